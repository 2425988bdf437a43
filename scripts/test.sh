#!/usr/bin/env bash
# Runs every test of the project: formatting, lints, then all of `cargo test`, some of which need the
# real TensorBoard, a browser, a shell or Slurm. On Debian, missing packages are installed (as root, or by
# sudo): python3-venv, Chromium, Zsh, Fish, strace and Slurm. Python's packages go into .venv, made here when missing
# or out of date.
# RUNNER_TEST_CHROMIUM names another browser.
#
#   scripts/test.sh [arguments for cargo test]
#
# RUNNER_FUZZ_CASES sets how many damaged files each test of a reader tries, 32 if it is not set:
#
#   RUNNER_FUZZ_CASES=10000 scripts/test.sh fuzz
set -euo pipefail
cd "$(dirname "$0")/.."

venv=.venv
requirements=tests/requirements.txt

fail() {
    echo "scripts/test.sh: $*" >&2
    exit 1
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

has_chromium() {
    local name
    for name in ${RUNNER_TEST_CHROMIUM:+"$RUNNER_TEST_CHROMIUM"} chromium chromium-browser google-chrome; do
        command -v "$name" >/dev/null && return
    done
    return 1
}

# Debian's python3 has the module venv, but lacks what puts pip into an environment.
can_make_venv() {
    local dir status=0
    command -v python3 >/dev/null || return 1
    dir=$(mktemp -d)
    python3 -m venv "$dir/venv" >/dev/null 2>&1 || status=$?
    rm -rf "$dir"
    return "$status"
}

has_slurm() {
    local name
    for name in munged slurmctld slurmd sbatch; do
        command -v "$name" >/dev/null || [ -x "/usr/sbin/$name" ] || return 1
    done
}

install_packages() {
    local packages=() shell  # And strace, by which tests take locks away.
    has_slurm || packages+=(slurmctld slurmd slurm-client munge)
    can_make_venv || packages+=(python3-venv)
    has_chromium || packages+=(chromium)
    for shell in zsh fish strace; do
        command -v "$shell" >/dev/null || packages+=("$shell")
    done
    [ "${#packages[@]}" -eq 0 ] && return
    command -v apt-get >/dev/null ||
        fail "the tests need ${packages[*]}, which only Debian's apt-get is known to install; install them"
    echo "scripts/test.sh: installing ${packages[*]}" >&2
    as_root apt-get update --quiet
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install --quiet --yes --no-install-recommends "${packages[@]}"
    can_make_venv || fail "python3 cannot make a virtual environment, though python3-venv is installed"
    has_chromium || fail "there is no Chromium, though its package is installed"
    has_slurm || fail "there is no Slurm, though its packages are installed"
}

make_venv() {
    # The copy is made last: without it, the environment is not complete.
    cmp --silent "$requirements" "$venv/requirements.txt" && return
    rm -rf "$venv"
    python3 -m venv "$venv" || fail "python3 cannot make the virtual environment $venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check \
        --requirement "$requirements" ||
        fail "pip cannot install what $requirements names; see its message above"
    cp "$requirements" "$venv/requirements.txt"
}

command -v cargo >/dev/null || fail "the tests need cargo; see https://rustup.rs"
install_packages
cargo fmt --all --check || fail "the formatting is off; run cargo fmt"
cargo clippy --workspace --all-targets -- -D warnings || fail "clippy has warnings, see above"
make_venv
RUNNER_TEST_PYTHON=$PWD/$venv/bin/python cargo test --workspace "$@"
