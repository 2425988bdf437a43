#!/usr/bin/env bash
# Checks licences, advisories and sources of the dependencies against deny.toml.
#
#   scripts/deny.sh [checks, such as licenses bans sources; all without]
#
# Needs cargo-deny: cargo install --locked cargo-deny. Advisories need the network.
set -euo pipefail
cd "$(dirname "$0")/.."

command -v cargo-deny >/dev/null || {
    echo "scripts/deny.sh: needs cargo-deny; run cargo install --locked cargo-deny" >&2
    exit 1
}
exec cargo deny --workspace check "$@"
