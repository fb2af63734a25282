#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Each source says its licence, is short enough to be read, and is finished.
set -euo pipefail
cd "$(dirname "$0")/../.."

max_lines=600
max_columns=100

faults=0
fault() {
  echo "$1"
  faults=$((faults + 1))
}

while IFS= read -r file; do
  head -n 4 "$file" | grep -q 'SPDX-License-Identifier: MIT' || fault "$file: no SPDX line"
  (($(wc -l <"$file") <= max_lines)) || fault "$file: more than $max_lines lines"
  if grep -nE 'TODO|FIXME' "$file" | grep -vF "grep -nE"; then fault "$file: unfinished"; fi
  if grep -nE '[[:space:]]+$' "$file"; then fault "$file: white space at the end of a line"; fi
done < <(find src test bench examples .ci \( -path '*/corpus/*' -o -name __pycache__ \) -prune -o \
  \( -name '*.cc' -o -name '*.h' -o -name '*.c' -o -name '*.py' -o -name '*.sh' \
  -o -name '*.php' -o -name '*.mjs' -o -name '*.js' -o -name '*.css' \) -print)

# In characters, not bytes.
long=$(find test bench examples \( -name '*.py' -o -name '*.php' -o -name '*.mjs' \
  -o -name '*.js' -o -name '*.css' \) -exec \
  env LC_ALL=C.UTF-8 grep -nHE "^.{$((max_columns + 1)),}" {} + || true)
[[ -z $long ]] || fault "$long"

((faults == 0)) || { echo "$faults faults"; exit 1; }
