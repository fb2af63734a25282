#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# C and C++ are as clang-format writes them; `make format` mends them.
set -euo pipefail
cd "$(dirname "$0")/../.."

folders=()
for folder in src test bench; do
  [[ ! -d $folder ]] || folders+=("$folder")
done
find "${folders[@]}" \( -name '*.cc' -o -name '*.h' -o -name '*.c' \) -print0 |
  xargs -0 clang-format --dry-run -Werror
