#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The manual pages are good roff.
set -euo pipefail
cd "$(dirname "$0")/../../man"
mandoc -T lint -W warning -- *.[1-8]
