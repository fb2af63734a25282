# SPDX-License-Identifier: MIT
"""The scenes by name, in the order in which they are measured. Each is a function of a Bench."""

from . import logins, memory, messages, refresh

SCENES = {
    "idle": memory.idle,
    "messages": messages.messages,
    "logins": logins.logins,
    "refresh": refresh.refresh,
    "storm": refresh.storm,
    "spread": refresh.spread,
    "contacts": refresh.contacts,
}
