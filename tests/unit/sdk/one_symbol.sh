#!/bin/sh
# Each plugin given exports the entry point and nothing else.
set -eu
test "$#" -gt 0 || { echo "usage: one_symbol.sh PLUGIN.so..." >&2; exit 1; }
for plugin in "$@"; do
  symbols=$(nm -D --defined-only "$plugin" | awk '{print $2 " " $3}')
  test "$symbols" = "T stagerun_module_v1" || {
    echo "$plugin exports more, or less, than stagerun_module_v1:" >&2
    echo "$symbols" >&2
    exit 1
  }
done
echo "$# plugins export one symbol each"
