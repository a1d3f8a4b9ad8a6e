#!/bin/sh
# The example builds outside of stagerun's tree, as docs/plugin-authoring.md says, into a plugin with
# the one symbol.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cp -r "$here/../../../sdk/example" "$folder/acme"
cmake -S "$folder/acme" -B "$folder/build" -DSTAGERUN_SDK="$here/../../../sdk" > "$folder/log"
cmake --build "$folder/build" >> "$folder/log" || { cat "$folder/log" >&2; exit 1; }
sh "$here/one_symbol.sh" "$folder/build/acme.so"
