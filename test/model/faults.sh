#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Plays the model against a server with a fault: each patch in faults/ is applied to a copy of the
# sources, one after the other, and must break a rule. Prints the first seed that shows it, or the
# history in histories/.
#   test/model/faults.sh [SEEDS [PATCH…]]     SEEDS: as `model --seeds`, 1-400 and so on
set -euo pipefail
cd "$(dirname "$0")/../.."
here=$PWD/test/model
seeds=${1:-$(sed -n 's/^set(MODEL_SEEDS \(.*\))$/\1/p' "$here/CMakeLists.txt" | tr ' ' ,)}
shift || true
copy=build/faults/tree
mkdir -p "$copy"
# By contents: what was patched here is younger than what it is to be.
git ls-files -z | while IFS= read -rd '' file; do
  cmp -s "$file" "$copy/$file" || cp --parents -t "$copy" "$file"
done
cmake -S "$copy" -B build/faults/build -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo >/dev/null
build() { nice cmake --build build/faults/build --target model >build/faults/log 2>&1; }
build || { tail build/faults/log; exit 1; }
model=build/faults/build/test/model/model
find_seed() {
  timeout 600 nice "$model" --seeds "$seeds" 2>/dev/null |
    sed -n 's/^seed \([0-9]*\) fails.*/\1/p;T;q' || true
}
find_history() {
  for history in "$here"/histories/*.txt; do
    "$model" --replay "$history" >/dev/null 2>&1 || { basename "$history"; return; }
  done
}
missed=0
for patch in "${@:-$here/faults/*.patch}"; do
  for file in $patch; do
    name=$(basename "$file" .patch)
    patch -sfd "$copy" -p1 <"$file" || { echo "$name: does not apply"; exit 1; }
    found="does not build"
    build && found=$(find_seed)
    [[ -n $found ]] || found=$(find_history)
    [[ $found =~ ^[0-9]|\.txt$ ]] || missed=$((missed + 1))
    printf '%-45s %s\n' "$name" "${found:-NOT CAUGHT}"
    patch -sRfd "$copy" -p1 <"$file"
  done
done
((missed == 0)) || { echo "$missed not caught"; exit 1; }
