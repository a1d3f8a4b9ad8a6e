#!/bin/sh
# backup.sh make|check|record|undo NAME: a copy of the database as world/backup/NAME.db.
set -eu

action=$1
backup=world/backup/$2.db

# What a copy leaves that was killed half-way: sqlite3 would take its journal for the next copy's.
remove_half() {
  rm -f "$backup.part" "$backup.part-journal"
}

count_bookings() {
  sqlite3 -readonly "$1" 'SELECT count(*) FROM bookings'
}

schema_of() {
  sqlite3 -readonly "$1" 'PRAGMA user_version'
}

is_whole() {
  [ "$(sqlite3 -readonly "$1" 'PRAGMA integrity_check')" = ok ]
}

case $action in
  make)
    # Never over an older backup: it may be the only one of its day.
    if [ -e "$backup" ]; then
      echo "$backup is there already: move it away" >&2
      exit 1
    fi
    mkdir -p world/backup
    # Whole or not at all: a broken copy never gets the name of a good one.
    remove_half
    sqlite3 -bail world/app.db ".backup '$backup.part'"
    is_whole "$backup.part"
    bookings=$(count_bookings "$backup.part")
    echo "bookings=$bookings" >> "$STAGERUN_OUTPUT"
    mv "$backup.part" "$backup"
    echo "saved $bookings bookings to $backup"
    ;;
  check)
    [ -e "$backup" ] || exit 1
    is_whole "$backup" || exit 2
    ;;
  record)
    if [ -e "$backup" ]; then echo kept; else echo none; fi
    ;;
  undo)
    remove_half
    # One that was there before us is not ours to remove.
    if [ "$(cat "$STAGERUN_BASELINE")" != none ]; then exit 0; fi
    # While the way back is not clear, it is the only copy of how things were.
    if [ -e "$backup" ] && [ "$(schema_of world/app.db)" != "$(schema_of "$backup")" ]; then
      echo "$backup is kept: the database is not back on its schema" >&2
      exit 8
    fi
    rm -f "$backup"
    rmdir world/backup 2> /dev/null || true
    ;;
  *)
    echo "backup.sh make|check|record|undo NAME" >&2
    exit 64
    ;;
esac
