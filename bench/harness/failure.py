# SPDX-License-Identifier: MIT
"""How a measurement fails."""


class Failure(Exception):
    """A message was lost, a push missed, a server did not start: there is no figure to print."""


class NoAnswer(Failure):
    """A server did not answer in the time that the scene gives it."""
