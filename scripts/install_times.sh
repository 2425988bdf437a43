#!/usr/bin/env bash
# Measures each way from an empty Debian to the first curve in TensorBoard: seconds and bytes of each step.
#
#   scripts/release.sh && scripts/install_times.sh [ways: wheel deb container cargo; all without]
#
# Needs root, debootstrap and the network. A way begins in a fresh copy of Debian's smallest system with nothing but
# apt, in target/install, and ends when TensorBoard in it serves the validation loss of the tutorial's run; the
# files of the last way stay, for a look with a browser. `cargo` counts the build, with the Rust of this machine.
# RUNNER_INSTALL_BASE names an unpacked system to copy, in place of a new one.
set -euo pipefail
cd "$(dirname "$0")/.."

suite=bookworm
files=$PWD/target/release-files
root=$PWD/target/install/root
base=${RUNNER_INSTALL_BASE:-$PWD/target/install/base}
port=16006
ways=${*:-wheel deb container cargo}

fail() {
    echo "scripts/install_times.sh: $*" >&2
    exit 1
}

[ "$(id -u)" -eq 0 ] || fail "this makes systems of their own and needs root"
[ -d "$files" ] || fail "there is nothing to install; run scripts/release.sh"
if [ ! -d "$base" ]; then
    command -v debootstrap >/dev/null || fail "this needs debootstrap: apt install debootstrap"
    mkdir -p "$(dirname "$base")"
    debootstrap --variant=minbase --include=ca-certificates "$suite" "$base" >"$base.log" || fail "see $base.log"
fi

close() {
    [ -z "${board:-}" ] || kill "$board" 2>/dev/null || true
    board=
    mount | cut -d' ' -f3 | { grep "^$root/" || true; } | sort --reverse | xargs --no-run-if-empty umount
}
trap close EXIT

# A new system, with the network and the certificates of this one.
open() {
    close
    rm -rf "$root"
    cp -a "$base" "$root"
    cp /etc/resolv.conf "$root/etc"
    mkdir -p "$root/files" "$root/work"
    # Beside those of the new system, which a package may write anew.
    cp /etc/ssl/certs/ca-certificates.crt "$root/etc/certificates.crt"
    mount --bind /proc "$root/proc"
    mount --bind /dev "$root/dev"
    mount --bind "$files" "$root/files"
    cp configs/adam.toml "$root/work"
}

inside() {
    chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
        PIP_CERT=/etc/certificates.crt DEBIAN_FRONTEND=noninteractive "$@"
}

size() {
    du --summarize --bytes --one-file-system "$root" | cut -f1
}

# Runs a step and prints its row: what, seconds, megabytes that it has added.
step() {
    local what=$1 start before
    shift
    before=$(size)
    start=$(date +%s.%N)
    "$@" >"$root/../$way.log" 2>&1 || { tail -n 20 "$root/../$way.log" >&2 && fail "$way: $what failed"; }
    awk -v way="$way" -v what="$what" -v start="$start" -v end="$(date +%s.%N)" -v before="$before" \
        -v after="$(size)" 'BEGIN { printf "| %s | %s | %.1f | %.0f |\n", way, what, end - start, (after - before) / 1e6 }'
}

# Patterns in the arguments of these two are those of the new system.
packages() {
    inside sh -c "apt-get update --quiet && apt-get install --quiet --yes --no-install-recommends $*"
}
pip() { inside sh -c "/opt/venv/bin/pip install --quiet --disable-pip-version-check $*"; }
environment() { inside python3 -m venv /opt/venv; }
run() { inside sh -c 'cd /work && "$@"' sh "$@" run adam.toml --quiet; }

# Ends when TensorBoard serves the curve that its first page draws.
curve() {
    inside /opt/venv/bin/tensorboard --logdir /work/logs --host 127.0.0.1 --port "$port" &
    board=$!
    local tags=http://127.0.0.1:$port/data/plugin/scalars/tags
    for _ in $(seq 600); do
        curl --silent "$tags" | grep --quiet epoch_loss && return
        sleep 0.1
    done
    return 1
}

tensorboard() {
    step "pip install tensorboard" pip tensorboard
    step "TensorBoard serves the curve" curve
}

way_wheel() {
    step "apt install python3-venv" packages python3-venv
    step "make an environment" environment
    step "pip install the wheel" pip '/files/runner-*.whl'
    step "20 epochs of the tutorial" run /opt/venv/bin/runner
    tensorboard
}

way_deb() {
    step "apt install the package" packages '/files/runner_*.deb'
    step "20 epochs of the tutorial" run runner
    step "apt install python3-venv" packages python3-venv
    step "make an environment" environment
    tensorboard
}

# Buildah runs a container without cgroups, which a system in a folder does not have.
image() { inside buildah --storage-driver vfs "$@"; }
load_image() {
    inside sh -c 'gunzip --stdout /files/runner-*-container.tar.gz >/tmp/image.tar' &&
        image pull --quiet docker-archive:/tmp/image.tar && rm "$root/tmp/image.tar"
}
run_image() {
    chmod 777 "$root/work"
    local name container
    name=$(image images --format '{{.Name}}:{{.Tag}}' | head -n 1)
    container=$(image from --quiet "$name")
    image run --isolation chroot --volume /work:/work "$container" -- /usr/bin/runner run adam.toml --quiet
}
way_container() {
    step "apt install buildah" packages buildah
    step "load the image" load_image
    step "20 epochs of the tutorial" run_image
    step "apt install python3-venv" packages python3-venv
    step "make an environment" environment
    tensorboard
}

build() {
    inside env PATH="/rust/bin:/usr/bin:/bin" CARGO_HOME=/root/.cargo SSL_CERT_FILE=/etc/certificates.crt \
        CARGO_HTTP_CAINFO=/etc/certificates.crt \
        cargo install --quiet --locked --path /source --root /usr/local --target-dir /tmp/target
}
way_cargo() {
    mkdir "$root/rust" "$root/source"
    mount --bind "$(rustc --print sysroot)" "$root/rust"
    git ls-files -z | tar --create --null --files-from=- | tar --extract --directory "$root/source"
    step "apt install gcc" packages gcc libc6-dev
    step "cargo install" build
    step "20 epochs of the tutorial" run /usr/local/bin/runner
    step "apt install python3-venv" packages python3-venv
    step "make an environment" environment
    tensorboard
}

echo "| way | step | seconds | MB |"
echo "| --- | --- | --- | --- |"
for way in $ways; do
    case $way in
        wheel | deb | container | cargo) ;;
        *) fail "no way is called $way: wheel, deb, container or cargo" ;;
    esac
    open
    start=$(date +%s)
    "way_$way"
    echo "| $way | all | $(($(date +%s) - start)) | |"
done
