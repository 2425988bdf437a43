#!/usr/bin/env bash
# The fast check while you work: formatting, lints and unit tests, without Python and Chromium.
#
#   scripts/check.sh [arguments for cargo test, such as the name of a test]
#
# The full check is scripts/test.sh.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo fmt --all --check
cargo clippy --quiet --workspace --all-targets -- -D warnings
cargo test --quiet --workspace --lib "$@"
cargo test --quiet --test integration architecture
