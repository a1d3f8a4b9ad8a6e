#!/bin/sh
# The example and the template build outside of stagerun's tree, as they are, into plugins with the
# one symbol; the template passes its tests. The build tree is the prefix.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
prefix=$(cd "$(dirname "$STAGERUN_PROGRAM")/.." && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
quietly() { "$@" > "$folder/log" 2>&1 || { cat "$folder/log" >&2; exit 1; }; }

for name in example template; do
  cp -r "$here/../../../sdk/$name" "$folder/$name"
  quietly cmake -S "$folder/$name" -B "$folder/$name/build" -DCMAKE_PREFIX_PATH="$prefix"
  quietly cmake --build "$folder/$name/build"
done
sh "$here/one_symbol.sh" "$folder/example/build/acme.so" "$folder/template/build/sample.so"
quietly ctest --test-dir "$folder/template/build" --no-tests=error --output-on-failure
