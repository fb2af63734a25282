# SPDX-License-Identifier: MIT
"""What bench/run is made of: servers to measure, scenes that measure them, and the table."""
