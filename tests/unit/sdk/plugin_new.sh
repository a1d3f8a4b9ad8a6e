#!/bin/sh
# What `plugin new` writes builds and passes its tests against an installed stagerun, for somebody
# who has never seen the source tree: installed into a prefix, which is then moved.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "$(dirname "$STAGERUN_PROGRAM")/.." && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
fail() { echo "$1" >&2; exit 1; }
quietly() { "$@" > "$folder/log" 2>&1 || { cat "$folder/log" >&2; exit 1; }; }

# As some systems have it: what others can write is no plugin.
umask 002
quietly cmake --install "$build" --prefix "$folder/first"
mv "$folder/first" "$folder/the prefix"
prefix="$folder/the prefix"
for path in "$folder/first" "$build" "${here%/tests/unit/sdk}/"; do
  ! grep -rIlF "$path" "$prefix" || fail "what is installed (above) holds $path"
done

# What is tested is what is installed, and nothing else.
unset STAGERUN_PROGRAM STAGERUN_WORKER STAGERUN_PLUGIN_DIR STAGERUN_TEST_PLUGIN_DIR
mkdir -m 755 "$folder/work" && cd "$folder/work"
export CXXFLAGS="-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror"

# The commands as the program prints them, and the one symbol.
"$prefix/bin/stagerun" plugin new acme.flag > said
sed -n 's/^  //p' said > commands
quietly sh -e commands
grep -q '^100% tests passed, 0 tests failed out of [1-9]' "$folder/log" ||
  fail "$(cat "$folder/log")"
sh "$here/one_symbol.sh" acme/build/acme.so
"$prefix/bin/stagerun" plugin show acme --plugins acme/build | grep -qF 'uses = "acme.flag"'

# The commands of its README; CMake finds the prefix by the PATH. Names that are odd will do.
"$prefix/bin/stagerun" plugin new 9-a_b > said
(cd 9-a_b && sed -n '/^```sh/,/^```/{/^```/!p}' README.md | sed -n 1,3p > ../commands &&
  PATH="$prefix/bin:$PATH" quietly sh -e ../commands)

# The version is the ABI's: another major one is not taken.
sed 's/stagerun-sdk 1 /stagerun-sdk 2 /' acme/CMakeLists.txt > 9-a_b/CMakeLists.txt
! cmake -S 9-a_b -B newer -DCMAKE_PREFIX_PATH="$prefix" > "$folder/log" 2>&1 ||
  fail "it was taken for version 2"
grep -q 'version: 1\.' "$folder/log" || fail "$(cat "$folder/log")"

# Without CMake. Of linker options, pkg-config does not quote spaces.
ln -s "$prefix" "$folder/plain"
export PKG_CONFIG_PATH="$folder/plain/share/pkgconfig"
pkg-config --modversion stagerun-sdk | grep -qx '1\.[0-9]*'
c++ -std=c++20 -shared -fPIC acme/acme.cc $(pkg-config --cflags --libs stagerun-sdk) -o by_hand.so
sh "$here/one_symbol.sh" by_hand.so
