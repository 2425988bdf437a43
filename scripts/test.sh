#!/usr/bin/env bash
# Runs every test of the project: formatting, lints, then all of `cargo test`, some of which need
# the real TensorBoard or a browser. Python goes into .venv, made here when it is missing or out of
# date; the browser is Chromium, or what RUNNER_TEST_CHROMIUM names.
#
#   scripts/test.sh [arguments for cargo test]
#
# RUNNER_FUZZ_CASES sets how many damaged files each test of a reader tries, 32 if it is not set:
#
#   RUNNER_FUZZ_CASES=10000 scripts/test.sh fuzz
set -euo pipefail
cd "$(dirname "$0")/.."

venv=.venv
requirements=tests/requirements.txt

fail() {
    echo "scripts/test.sh: $*" >&2
    exit 1
}

make_venv() {
    # The copy is the last thing to get there: without it, the environment is not complete.
    cmp --silent "$requirements" "$venv/requirements.txt" && return
    command -v python3 >/dev/null ||
        fail "the tests need python3 for TensorBoard, and there is none; install it"
    rm -rf "$venv"
    python3 -m venv "$venv" ||
        fail "python3 cannot make a virtual environment; on Debian, install python3-venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check \
        --requirement "$requirements" ||
        fail "pip cannot install what $requirements names; see its message above"
    cp "$requirements" "$venv/requirements.txt"
}

find_chromium() {
    local name
    for name in ${RUNNER_TEST_CHROMIUM:+"$RUNNER_TEST_CHROMIUM"} chromium chromium-browser google-chrome; do
        command -v "$name" >/dev/null && return
    done
    fail "the tests need Chromium for the pages of \`runner report\`, and there is none; install it"
}

command -v cargo >/dev/null || fail "the tests need cargo; see https://rustup.rs"
find_chromium
cargo fmt --check || fail "the formatting is off; run cargo fmt"
cargo clippy --all-targets -- -D warnings || fail "clippy has something to say, see above"
make_venv
RUNNER_TEST_PYTHON=$PWD/$venv/bin/python cargo test "$@"
