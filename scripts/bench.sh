#!/usr/bin/env bash
# Times the tutorial in `runner`, Keras, PyTorch, JAX and burn, side by side, and prints Markdown
# tables. Each framework gets an environment of its own under target/bench, made when it is missing.
#
#   scripts/bench.sh [contender...]     such as `scripts/bench.sh keras jax`; all without any
#
# MNIST names the data (mnist.npz, downloaded when not given), REPEATS how often each is timed (5),
# JOBS the networks: tutorial, wide, or both ("tutorial wide").
set -euo pipefail
cd "$(dirname "$0")/.."

bench=target/bench
mkdir -p "$bench"
wanted=${*:-keras torch jax burn}

fail() {
    echo "scripts/bench.sh: $*" >&2
    exit 1
}

for tool in cargo python3 taskset; do
    command -v "$tool" >/dev/null || fail "this needs $tool; install it"
done

for job in ${JOBS:=tutorial wide}; do
    case $job in
        tutorial | wide) ;;
        *) fail "no network is called $job: tutorial or wide" ;;
    esac
done

environment() {
    local name=$1
    shift
    [ -x "$bench/$name/bin/python" ] && return
    python3 -m venv "$bench/$name.new"
    "$bench/$name.new/bin/python" -m pip install --quiet "$@" || fail "pip cannot install $*"
    mv "$bench/$name.new" "$bench/$name"
}

# From its folder, whose .cargo/config.toml asks for this machine's instructions.
build_burn() {
    (cd scripts/bench/burn && CARGO_TARGET_DIR="$OLDPWD/$bench/burn" \
        cargo build --quiet --release --locked) || fail "cargo cannot build scripts/bench/burn"
}

for name in $wanted; do
    case $name in
        keras) environment keras tensorflow-cpu keras tensorboard ;;
        torch) environment torch torch numpy ;;
        jax) environment jax jax numpy ;;
        burn) build_burn ;;
        *) fail "no contender is called $name: keras, torch, jax or burn" ;;
    esac
done

mnist=${MNIST:-$bench/mnist.npz}
if [ ! -f "$mnist" ]; then
    curl --fail --silent --show-error --output "$mnist.new" \
        https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz
    echo "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1  $mnist.new" |
        sha256sum --check --quiet || fail "the downloaded data is not MNIST"
    mv "$mnist.new" "$mnist"
fi

cargo build --quiet --release
# shellcheck disable=SC2086 # the names are words
python3 scripts/bench/compare.py "$mnist" "${REPEATS:-5}" "$JOBS" $wanted
