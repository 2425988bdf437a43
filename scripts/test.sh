#!/usr/bin/env bash
# Runs every test of the project: formatting, lints, then all of `cargo test`, some of which need
# the real TensorBoard. Python goes into .venv, made here when it is missing or out of date.
#
#   scripts/test.sh [arguments for cargo test]
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

command -v cargo >/dev/null || fail "the tests need cargo; see https://rustup.rs"
cargo fmt --check || fail "the formatting is off; run cargo fmt"
cargo clippy --all-targets -- -D warnings || fail "clippy has something to say, see above"
make_venv
RUNNER_TEST_PYTHON=$PWD/$venv/bin/python cargo test "$@"
