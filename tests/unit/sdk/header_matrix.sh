#!/bin/sh
# The C header compiles in every language it promises, the C++ wrapper in C++20, each header alone
# and without a warning, with gcc and, where it is there, with clang.
set -eu
include=$(cd "$(dirname "$0")/../../../sdk/include" && pwd)
warnings="-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror"
count=0

# check COMPILER LANGUAGE STANDARD HEADER
check() {
  echo "#include <stagerun/$4>" |
    "$1" -x "$2" "-std=$3" $warnings -I "$include" -fsyntax-only - || {
    echo "$4 does not compile with $1 as $3" >&2
    exit 1
  }
  count=$((count + 1))
}

for pair in gcc:g++ clang:clang++; do
  cc=${pair%:*} cxx=${pair#*:}
  command -v "$cxx" >/dev/null || continue
  for standard in c99 c11 c17; do check "$cc" c "$standard" stagerun.h; done
  for standard in c++17 c++20; do check "$cxx" c++ "$standard" stagerun.h; done
  for header in "$include"/stagerun/*.hpp; do
    check "$cxx" c++ c++20 "$(basename "$header")"
  done
done
test "$count" -gt 0 || { echo "no compiler was found" >&2; exit 1; }
echo "$count combinations compile"
