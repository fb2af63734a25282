#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Includes point down only, and each foreign library has one home (src/README.md).
set -euo pipefail
cd "$(dirname "$0")/../../src"

# room: rooms whose headers it may include, beside its own
declare -A may_include=(
  [base]=''
  [xml]='base'
  [http]='base'
  [net]='base'
  [xmpp]='xml base'
  [web]='http net base'
  [im]='xmpp xml base'
  [c2s]='im xmpp xml web http net base'
  [app]='im xmpp web http net base'
  [store]='im xmpp net base'
  [.]='base xml http net xmpp web im c2s app store'
)

# pattern of a header: where it may be included, as a pattern of file names
declare -A homes=(
  ['uv\.h']='net/*'
  ['openssl/ssl\.h']='net/*'
  ['openssl/.*']='net/* base/*'
  ['libxml/.*']='xml/*'
  ['yajl/.*']='base/*'
  ['llhttp\.h']='http/*'
  ['unicode/.*']='xmpp/*'
  ['fmt/.*']='base/*'
  ['tl/.*']='base/*'
  ['toml\+\+.*|toml\.h.*']='./config*.cc'
)

# What would make a pure room impure.
pure='xml http xmpp im'
impure='sys/.*|netinet/.*|arpa/.*|netdb\.h|unistd\.h|fcntl\.h|pthread\.h|fstream|filesystem|thread'

faults=0
fault() {
  echo "$1"
  faults=$((faults + 1))
}

check_room() {  # file, its room, header
  local target=${3%%/*}
  [[ $3 == */* ]] || target=.
  [[ $target == "$2" || " ${may_include[$2]} " == *" $target "* ]] ||
    fault "src/$1: $2 may not include \"$3\""
}

check_foreign() {  # file, its room, header
  local header home allowed
  for header in "${!homes[@]}"; do
    [[ $3 =~ ^($header)$ ]] || continue
    allowed=no
    for home in ${homes[$header]}; do
      # shellcheck disable=SC2053  # a pattern on purpose
      [[ $1 == $home ]] && allowed=yes
    done
    [[ $allowed == yes ]] || fault "src/$1: <$3> belongs to ${homes[$header]}"
  done
  [[ " $pure " == *" $2 "* && $3 =~ ^($impure)$ ]] && fault "src/$1: $2 is pure, no <$3>"
  return 0
}

set -f  # the patterns of `homes` are not to be expanded
while IFS=: read -r file include; do
  room=$(dirname "$file")
  [[ $room == . ]] || file=${file#./}
  room=${room#./}
  room=${room%%/*}
  [[ -v may_include[$room] ]] || { fault "src/$file: no such room: $room"; continue; }
  header=${include#*[<\"]}
  header=${header%%[>\"]*}
  if [[ $include == *\"* ]]; then
    check_room "$file" "$room" "$header"
  else
    check_foreign "$file" "$room" "$header"
  fi
done < <(grep -rE '^ *# *include' --include='*.h' --include='*.cc' .)

# Every arrow between rooms that the build draws is one of the above, too.
while read -r room links; do
  for target in $links; do
    [[ " ${may_include[$room]} " == *" $target "* ]] ||
      fault "CMakeLists.txt: $room may not link $target"
  done
done < <(sed -nE 's/^rosterd_room\(([a-z0-9]+).* LINKS ([a-z0-9 ]+).*/\1 \2/p' ../CMakeLists.txt |
  sed -E 's/ LIBRARIES.*//')

((faults == 0)) || { echo "$faults faults"; exit 1; }
