#!/usr/bin/env bash
# Runs the unit tests of crates/kernels under Miri, which finds undefined behaviour: pointers out of
# bounds, writes through a shared borrow, data races. Miri detects no vector instructions, so that
# the portable kernels run.
#
#   scripts/miri.sh [filters of test names]
#
# Needs a nightly toolchain with `rustup component add miri rust-src --toolchain nightly`.
# PROPTEST_CASES is the budget of each property test, 4 if unset.
set -euo pipefail
cd "$(dirname "$0")/.."

command -v cargo >/dev/null && cargo +nightly miri --version >/dev/null 2>&1 || {
    echo "scripts/miri.sh: needs Miri; run rustup component add miri rust-src --toolchain nightly" >&2
    exit 1
}

# Tree borrows and no report of leaks: the queues of rayon need both.
export MIRIFLAGS="${MIRIFLAGS:--Zmiri-disable-isolation -Zmiri-tree-borrows -Zmiri-ignore-leaks -Zmiri-permissive-provenance}"
export RUST_BACKTRACE=0 PROPTEST_CASES="${PROPTEST_CASES:-4}"
filters=("$@")
# Thousands of values, or waits of millions of spins: they would take Miri an hour.
[ ${#filters[@]} -gt 0 ] || filters=(--skip math::tests --skip parked_workers
    --skip broadcast_calls --skip memory::tests --skip activation::tests --skip elementwise_loss::tests)
exec cargo +nightly miri test -p runner-kernels --lib -- "${filters[@]}"
