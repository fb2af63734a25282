#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Shell scripts, by shellcheck.
set -euo pipefail
cd "$(dirname "$0")/../.."

scripts=()
while IFS= read -r file; do
  scripts+=("$file")
done < <(grep -rlE --exclude-dir=build --exclude-dir=.git --exclude-dir=__pycache__ \
  -m 1 '^#!.*[/ ](ba)?sh$' . | sort)
((${#scripts[@]} > 0))
shellcheck "${scripts[@]}"
