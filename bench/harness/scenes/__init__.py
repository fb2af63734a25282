# SPDX-License-Identifier: MIT
"""The scenes by name, in the order in which they are measured. Each is a function of a Bench."""

from . import flood, logins, memory, messages, presence, refresh, start

SCENES = {
    "start": start.start,
    "idle": memory.idle,
    "scale": memory.scale,
    "messages": messages.messages,
    "login": logins.first_presence,
    "logins": logins.logins,
    "presence": presence.fan_out,
    "flood": flood.flood,
    "refresh": refresh.refresh,
    "spread": refresh.spread,
    "contacts": refresh.contacts,
}
