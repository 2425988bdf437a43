#!/usr/bin/env bash
# Builds the pages of docs as a book in target/book, for a browser. A dead link is an error.
#
#   scripts/book.sh [arguments for mkdocs build, such as --site-dir FOLDER]
#
# MKDOCS names the program; without it, that of .venv, which scripts/test.sh makes.
set -euo pipefail
cd "$(dirname "$0")/.."

mkdocs=${MKDOCS:-.venv/bin/mkdocs}
command -v "$mkdocs" >/dev/null || {
    echo "scripts/book.sh: needs mkdocs; run scripts/test.sh once, or set MKDOCS" >&2
    exit 1
}
# The commit's time in the pages, so that the same sources make the same book.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 0)}
export SOURCE_DATE_EPOCH
# Not --quiet: mkdocs would count no warnings.
exec "$mkdocs" build --strict "$@"
