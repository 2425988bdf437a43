#!/usr/bin/env bash
# Measures each way from an empty Debian to the first curve in TensorBoard: seconds and bytes of each command.
#
#   scripts/release.sh && scripts/install_times.sh [ways: wheel deb tarball container cargo; all without]
#
# Needs root, debootstrap, curl and the network. A way begins in a fresh copy of Debian's smallest system with nothing
# but apt, in target/install, and ends when TensorBoard in it serves the validation loss of the tutorial's run; the
# files of the last way stay, for a look with a browser. `cargo` counts the build, with the Rust of this machine.
#
# Each way leaves its commands with the end of their output in docs/transcripts, and prints the rows of a table: seconds
# on the clock, seconds of processors (the measure on a busy machine), megabytes that the system has grown by.
# RUNNER_INSTALL_BASE names an unpacked system to copy, in place of a new one.
set -euo pipefail
cd "$(dirname "$0")/.."

suite=bookworm
place=$PWD/target/install
root=$place/root
files=$PWD/target/release-files
base=${RUNNER_INSTALL_BASE:-$place/base}
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
ways=${*:-wheel deb tarball container cargo}
# Release files in the commands, as docs/install.md has them.
release=target/release-files

fail() {
    echo "scripts/install_times.sh: $*" >&2
    exit 1
}

[ "$(id -u)" -eq 0 ] || fail "this makes systems of their own and needs root"
[ -d "$files" ] || fail "there is nothing to install; run scripts/release.sh"
mkdir -p "$place" docs/transcripts
if [ ! -d "$base" ]; then
    command -v debootstrap >/dev/null || fail "this needs debootstrap: apt install debootstrap"
    debootstrap --variant=minbase --include=ca-certificates "$suite" "$base" >"$base.log" || fail "see $base.log"
fi

close() {
    [ -z "${board:-}" ] || kill -- "-$board" 2>/dev/null || true
    board=
    mount | cut -d' ' -f3 | { grep -E "^$root(/|$)" || true; } | sort --reverse | xargs --no-run-if-empty umount --lazy
}
trap close EXIT

# A new system with the network and the certificates of this one, and the checkout's folder with what is released.
open() {
    close
    rm -rf "$root"
    cp -a "$base" "$root"
    cp /etc/resolv.conf "$root/etc"
    # Written by Debian's installer, not by debootstrap.
    echo '127.0.0.1 localhost' >"$root/etc/hosts"
    # Beside those of the new system, which a package may write anew.
    cp /etc/ssl/certs/ca-certificates.crt "$root/etc/certificates.crt"
    mkdir -p "$root/checkout/configs" "$root/checkout/$release"
    cp configs/adam.toml "$root/checkout/configs"
    # A mount point, as the root of a system is: buildah mounts it anew.
    mount --bind "$root" "$root"
    mount --bind /proc "$root/proc"
    mount --bind /dev "$root/dev"
    mount --bind "$files" "$root/checkout/$release"
}

# The last two are for buildah: a system in a folder has neither overlays nor control groups.
enter=(chroot "$root" /usr/bin/env -i HOME=/root LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive
    PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/rust/bin PIP_DISABLE_PIP_VERSION_CHECK=1
    PIP_CERT=/etc/certificates.crt SSL_CERT_FILE=/etc/certificates.crt CARGO_HTTP_CAINFO=/etc/certificates.crt
    STORAGE_DRIVER=vfs BUILDAH_ISOLATION=chroot)

size() {
    du --summarize --bytes --one-file-system "$root" | cut -f1
}

# The end of what a command has said, without addresses of servers and with places as the page has them.
excerpt() {
    tr '\r' '\n' <"$1" | awk '!/:\/\// && NF { line[++count] = $0 }
            END { if (count > 4) print "..."; for (at = count > 4 ? count - 3 : 1; at <= count; at++) print line[at] }' |
        sed 's,/root/,~/,g; s,/checkout,.,g' | cut --characters=-118
}

# Runs one command of the transcript in the new system, and prints its row.
step() {
    local command=$* before after TIMEFORMAT='%R %U %S'
    before=$(size)
    printf '$ %s\n' "$command" >>"$transcript"
    { time "${enter[@]}" sh -c "cd /checkout && $command" >"$place/said" 2>&1; } 2>"$place/time" ||
        { tail -n 20 "$place/said" >&2 && fail "$way: $command failed"; }
    excerpt "$place/said" >>"$transcript"
    after=$(size)
    row "$command" "$(tail -n 1 "$place/time")" $((after - before))
}

row() {
    awk -v way="$way" -v what="$1" -v seconds="$2" -v bytes="$3" 'BEGIN {
        split(seconds, part, " ")
        printf "| %s | `%s` | %.1f | %.1f | %.0f |\n", way, what, part[1], part[2] + part[3], bytes / 1e6 }'
}

# Asks TensorBoard for something below its address.
ask() {
    curl --silent --fail --max-time 10 "$address/data/plugin/scalars/$1" || true
}

# The last step of each way: TensorBoard, until it serves the curve that its first page draws.
tensorboard() {
    local command='.venv/bin/tensorboard --logdir logs' address='' start curve='' points
    step '.venv/bin/pip install tensorboard'
    printf '$ %s\n' "$command" >>"$transcript"
    start=$(date +%s.%N)
    setsid "${enter[@]}" sh -c "cd /checkout && exec $command" >"$place/said" 2>&1 &
    board=$!
    for _ in $(seq 1800); do
        address=$(sed -n 's,^TensorBoard .* at \(http://[^ ]*\)/ .*,\1,p' "$place/said")
        [ -z "$address" ] || curve=$(ask tags | grep --only-matching '[^"]*/validation' | head -n 1 || true)
        [ -z "$curve" ] || break
        sleep 0.1
    done
    [ -n "$curve" ] || fail "$way: TensorBoard serves no curve"
    points=$(ask "scalars?run=$curve&tag=epoch_loss" | grep --only-matching '\], \[' | wc -l)
    [ "$points" = 19 ] || fail "$way: the curve has $((points + 1)) points, want 20"
    row "$command" "$(awk -v start="$start" -v end="$(date +%s.%N)" 'BEGIN { print end - start, 0, 0 }')" 0
    sed -n 's,^\(TensorBoard [^ ]*\) at .*,\1 serves the curve of epoch_loss: 20 points of '"$curve"',p' \
        "$place/said" >>"$transcript"
}

packages() {
    step 'apt-get update'
    step "apt-get install --yes --no-install-recommends $*"
}

environment() {
    step 'apt-get install --yes --no-install-recommends python3-venv'
    step 'python3 -m venv .venv'
}

way_wheel() {
    packages python3-venv
    step 'python3 -m venv .venv'
    step ".venv/bin/pip install $release/runner-$version-py3-none-manylinux_2_34_x86_64.whl"
    step '.venv/bin/runner run configs/adam.toml'
}

way_deb() {
    packages "./$release/runner_$version-1_amd64.deb"
    step 'runner run configs/adam.toml'
    environment
}

way_tarball() {
    step "tar --extract --file $release/runner-$version-x86_64-linux.tar.gz"
    step "runner-$version-x86_64-linux/runner run configs/adam.toml"
    step 'apt-get update'
    environment
}

way_container() {
    packages buildah
    step "gunzip --stdout $release/runner-$version-container.tar.gz >runner.tar"
    step 'buildah pull docker-archive:runner.tar'
    step "buildah from --name runner localhost/runner:$version"
    step 'mkdir --mode 777 logs'
    step 'buildah run --volume "$PWD:/work" runner -- /usr/bin/runner run configs/adam.toml'
    environment
}

way_cargo() {
    mkdir "$root/rust"
    mount --bind "$(rustc --print sysroot)" "$root/rust"
    git ls-files -z | tar --create --null --files-from=- | tar --extract --directory "$root/checkout"
    packages gcc libc6-dev
    step 'cargo install --locked --path .'
    step '~/.cargo/bin/runner run configs/adam.toml'
    environment
}

echo "| way | command | seconds | of processors | MB |"
echo "| --- | --- | --- | --- | --- |"
for way in $ways; do
    case $way in
        wheel | deb | tarball | container | cargo) ;;
        *) fail "no way is called $way: wheel, deb, tarball, container or cargo" ;;
    esac
    transcript=$place/$way.txt
    echo "# runner $version, $way, on a new Debian $(cat "$base/etc/debian_version")" >"$transcript"
    open
    "way_$way"
    tensorboard
    # Only a way that has come to its end is kept.
    cp "$transcript" docs/transcripts
done
