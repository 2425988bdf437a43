#!/usr/bin/env bash
# Builds the wheel into target/wheels and tests it in an empty environment: the program, `python -m
# runner`, a training of the built-in MNIST, and its runs as a pandas frame.
#
#   scripts/wheel.sh [arguments for maturin build, such as --profile dev]
#
# REPRODUCE=1 builds a second time, from a copy of the sources in another folder and with nothing that is
# built already, and compares the two wheels byte for byte.
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
builder=$PWD/target/maturin
if [ ! -x "$builder/bin/maturin" ]; then
    python3 -m venv "$builder" || fail "python3 cannot make the virtual environment $builder"
    "$builder/bin/python" -m pip install --quiet --disable-pip-version-check 'maturin>=1.8,<2' ||
        fail "pip cannot install maturin"
fi

# Files in the wheel have the time of the commit, so that the same sources make the same bytes.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
export SOURCE_DATE_EPOCH

# Builds the sources of a folder and prints the path of their wheel. The program has the same paths in
# its messages wherever it is built.
build() (
    cd "$1"
    shift
    export RUSTFLAGS="--remap-path-prefix=$PWD=. --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=cargo"
    export CARGO_TARGET_DIR=$PWD/target
    rm -rf target/wheels
    python3 scripts/sbom.py target/dist/runner.cdx.json target/dist/LICENSES.txt >&2 &&
        "$builder/bin/maturin" build --quiet --out target/wheels \
            --sbom-include target/dist/runner.cdx.json "$@" >&2 &&
        ls "$PWD"/target/wheels/runner-*.whl
)

wheel=$(build . "$@") || fail "maturin cannot build the wheel"
if [ "${REPRODUCE:-}" ]; then
    mkdir "$work/sources"
    git ls-files -z | tar --create --null --files-from=- | tar --extract --directory "$work/sources"
    again=$(build "$work/sources" "$@") || fail "maturin cannot build the wheel a second time"
    cmp "$wheel" "$again" || fail "a second build has other bytes; kept as $(cp -v "$again" target/again.whl)"
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
import importlib.metadata

import runner

layers = [{"type": "dense", "units": 10, "activation": "softmax"}]
config = {"data": {"limit": 1000}, "model": {"layers": layers}, "training": {"epochs": 1}}
result = runner.run(config, set={"optimizer.name": ["adam", "sgd"]}, progress=False)
frame = runner.load("logs")
assert list(frame["optimizer.name"].sort_values()) == ["adam", "sgd"], frame
assert len(result.runs) == 2 and len(runner.history("logs")) == 2
licences = {path.name for path in importlib.metadata.files("runner") if "licenses" in path.parts}
assert licences == {"LICENSE", "LICENSE-APACHE", "LICENSE-MIT", "LICENSES.txt", "README.md"}, licences
PYTHON
"$python" -m pip uninstall --quiet --yes runner
[ ! -e venv/bin/runner ] || fail "uninstalling left the program"
cd - >/dev/null
echo "$wheel: $(stat -c %s "$wheel") bytes, tested"
