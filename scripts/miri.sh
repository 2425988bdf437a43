#!/usr/bin/env bash
# Runs the unit tests of src/kernels under Miri, which finds undefined behaviour: pointers out of
# bounds, writes through a shared borrow, data races. Miri detects no vector instructions, so that
# the portable kernels run. The kernels depend on `memory` alone: with it they are built as a crate
# of their own, in minutes.
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

root=$PWD
crate=$root/target/miri-kernels
mkdir -p "$crate"
# The versions of the project's own dependencies.
wanted() { grep -E "^$1 = " Cargo.toml; }
cat >"$crate/Cargo.toml" <<MANIFEST
[package]
name = "kernels"
version = "0.0.0"
edition = "2024"
publish = false

[lib]
path = "lib.rs"

[dependencies]
$(wanted libc)
$(wanted rayon)
$(wanted thiserror)

[dev-dependencies]
$(wanted proptest)
$(wanted tempfile)

[workspace]
MANIFEST
cat >"$crate/lib.rs" <<SOURCE
//! The kernels alone.
#![deny(unsafe_code)]
#[path = "$root/src/kernels/mod.rs"]
pub mod kernels;
#[path = "$root/src/memory/mod.rs"]
pub mod memory;
SOURCE
cp Cargo.lock "$crate/Cargo.lock"
# Tree borrows and no report of leaks: the queues of rayon need both.
export MIRIFLAGS="${MIRIFLAGS:--Zmiri-disable-isolation -Zmiri-tree-borrows -Zmiri-ignore-leaks -Zmiri-permissive-provenance}"
export RUST_BACKTRACE=0 PROPTEST_CASES="${PROPTEST_CASES:-4}" CARGO_TARGET_DIR="$crate/target"
filters=("$@")
# Thousands of values, or waits of millions of spins: they would take Miri an hour.
[ ${#filters[@]} -gt 0 ] || filters=(--skip math::tests --skip team::tests::work_goes_on
    --skip team::tests::every_member --skip pages::tests --skip activate::tests --skip pointwise::tests)
exec cargo +nightly miri test --manifest-path "$crate/Cargo.toml" --lib -- "${filters[@]}"
