#!/bin/sh
# release.sh switch|check|record|undo VERSION: which release world/current is.
set -eu

action=$1
ours=../releases/$2
link=world/current

# In one rename, so that the link always leads somewhere.
point_to() {
  rm -f "$link.next"
  ln -s "$1" "$link.next"
  mv -T "$link.next" "$link"
}

current() {
  readlink "$link" || echo none
}

case $action in
  switch)
    point_to "$ours"
    echo "$link is $ours"
    ;;
  check)
    [ "$(current)" = "$ours" ]
    ;;
  record)
    current
    ;;
  undo)
    rm -f "$link.next"
    before=$(cat "$STAGERUN_BASELINE")
    found=$(current)
    if [ "$found" = "$before" ]; then exit 0; fi
    if [ "$found" != "$ours" ]; then
      echo "$link is $found: somebody else has switched it" >&2
      exit 8
    fi
    if [ "$before" = none ]; then rm -f "$link"; else point_to "$before"; fi
    echo "$link is $before again"
    ;;
  *)
    echo "release.sh switch|check|record|undo VERSION" >&2
    exit 64
    ;;
esac
