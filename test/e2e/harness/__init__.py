# SPDX-License-Identifier: MIT
"""What the end-to-end tests and the demo are made of: processes, clients, back ends, and journals
to wait on. Nothing here sleeps for a time, and every wait ends."""
