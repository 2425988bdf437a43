#!/usr/bin/env bash
# Builds the wheel into target/wheels and tests it in an empty environment: the program, `python -m
# runner`, a training of the built-in MNIST, and its runs as a pandas frame.
#
#   scripts/wheel.sh [arguments for maturin build, such as --profile dev]
#
# REPRODUCE=1 builds a second time, in another folder, and compares the two wheels.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
    echo "scripts/wheel.sh: $*" >&2
    exit 1
}

[ $# -gt 0 ] || set -- --release
command -v cargo >/dev/null || fail "the wheel needs cargo; see https://rustup.rs"
builder=target/maturin
if [ ! -x "$builder/bin/maturin" ]; then
    python3 -m venv "$builder" || fail "python3 cannot make the virtual environment $builder"
    "$builder/bin/python" -m pip install --quiet --disable-pip-version-check 'maturin>=1.8,<2' ||
        fail "pip cannot install maturin"
fi

# Files in the wheel have the time of the commit, so that the same sources make the same bytes.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
export SOURCE_DATE_EPOCH
# The same paths in messages of the program, wherever it is built.
export RUSTFLAGS="${RUSTFLAGS:---remap-path-prefix=$PWD=. --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=cargo}"

# Builds into a folder and prints the wheel's path.
build() {
    local out=$1
    shift
    "$builder/bin/maturin" build --quiet --out "$out" "$@" >&2 || fail "maturin cannot build the wheel"
    ls "$out"/runner-*.whl
}

rm -rf target/wheels
wheel=$(build target/wheels "$@")
if [ "${REPRODUCE:-}" ]; then
    again=$(build "$work/wheels" --target-dir "$work/target" "$@")
    cmp "$wheel" "$again" || fail "a second build has other bytes"
    echo "reproduced: $(sha256sum <"$again" | cut -d' ' -f1)"
fi

python3 -m venv "$work/venv"
python=$work/venv/bin/python
"$python" -m pip install --quiet --disable-pip-version-check "$wheel[pandas]" ||
    fail "pip cannot install $wheel"
cd "$work"
venv/bin/runner --version
"$python" -m runner --version
"$python" - <<'PYTHON'
import runner

layers = [{"type": "dense", "units": 10, "activation": "softmax"}]
config = {"data": {"limit": 1000}, "model": {"layers": layers}, "training": {"epochs": 1}}
result = runner.run(config, set={"optimizer.name": ["adam", "sgd"]}, progress=False)
frame = runner.load("logs")
assert list(frame["optimizer.name"].sort_values()) == ["adam", "sgd"], frame
assert len(result.runs) == 2 and len(runner.history("logs")) == 2
PYTHON
"$python" -m pip uninstall --quiet --yes runner
[ ! -e venv/bin/runner ] || fail "uninstalling left the program"
cd - >/dev/null
echo "$wheel: $(stat -c %s "$wheel") bytes, tested"
