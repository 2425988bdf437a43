#!/usr/bin/env bash
# Builds everything that is released into target/release-files and tests each from its file: the wheel,
# a Debian package, a tarball, the content of the container image, a bill of materials, the licences
# of all crates, and the checksums.
#
#   scripts/release.sh [parts: wheel deb tarball container; all without]
#
# Needs cargo and python3; for the Debian package cargo-deb (cargo install --locked cargo-deb) and root.
set -euo pipefail
cd "$(dirname "$0")/.."

out=target/release-files
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
parts=${*:-wheel deb tarball container}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
    echo "scripts/release.sh: $*" >&2
    exit 1
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

for part in $parts; do
    case $part in
        wheel | deb | tarball | container) ;;
        *) fail "no part is called $part: wheel, deb, tarball or container" ;;
    esac
done
command -v cargo >/dev/null || fail "this needs cargo; see https://rustup.rs"

# The same paths in messages of the program, wherever it is built, and the same flags for all parts.
export RUSTFLAGS="--remap-path-prefix=$PWD=. --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=cargo"
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH

# Trains two epochs of the tutorial in an empty folder with the program of an artefact.
try() {
    local folder=$work/try
    rm -rf "$folder" && mkdir -m 777 "$folder"
    cp configs/adam.toml "$folder"
    (cd "$folder" && "$@" run adam.toml --set training.epochs=2 --quiet) || fail "$* does not train"
    [ -n "$(find "$folder/logs/adam" -name 'events.out.tfevents.*' -print -quit)" ] ||
        fail "$* left no event files"
}

rm -rf "$out" target/dist
mkdir -p "$out" target/dist/completions target/dist/man
cargo build --quiet --release --locked
python3 scripts/sbom.py "$out/runner-$version.cdx.json" target/dist/LICENSES.txt
for shell in bash zsh fish; do
    target/release/runner completions "$shell" >"target/dist/completions/runner.$shell"
done
cp docs/man/*.1 target/dist/man

make_wheel() {
    scripts/wheel.sh
    cp target/wheels/runner-*.whl "$out"
}

make_deb() {
    command -v cargo-deb >/dev/null || fail "the Debian package needs cargo-deb: cargo install --locked cargo-deb"
    cargo deb --quiet --no-build --output "$out"
    local deb
    deb=$(ls "$out"/*.deb)
    as_root dpkg --install "$deb" >/dev/null
    try /usr/bin/runner
    for path in man/man1/runner-run.1.gz bash-completion/completions/runner \
        zsh/vendor-completions/_runner fish/vendor_completions.d/runner.fish \
        doc/runner/copyright doc/runner/LICENSES.txt; do
        dpkg --listfiles runner | grep --quiet "^/usr/share/$path\$" || fail "$deb has no $path"
    done
    as_root dpkg --remove runner >/dev/null
    [ ! -e /usr/bin/runner ] || fail "removing the Debian package left the program"
}

make_tarball() {
    local name folder
    name=runner-$version-$(uname -m)-linux
    folder=$work/$name
    mkdir -p "$folder"
    cp target/release/runner README.md CHANGELOG.md LICENSE-* target/dist/LICENSES.txt "$folder"
    cp -r configs target/dist/man target/dist/completions "$folder"
    tar --create --gzip --file "$out/$name.tar.gz" --directory "$work" --sort=name --owner=0 --group=0 \
        --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" "$name"
    rm -rf "$folder"
    tar --extract --file "$out/$name.tar.gz" --directory "$work"
    try "$folder/runner"
}

# The files of the image: the program, its libraries, a folder to work in. Tried without root by chroot.
make_container() {
    local root=target/container library
    rm -rf "$root"
    install -D target/release/runner "$root/usr/bin/runner"
    install -d -m 1777 "$root/tmp" "$root/work"
    install -D -m 644 target/dist/LICENSES.txt "$root/usr/share/doc/runner/LICENSES.txt"
    ldd target/release/runner | grep -o '/[^ ]*' | while read -r library; do
        install -D "$library" "$root$library"
    done
    cp configs/adam.toml "$root/work"
    as_root chroot --userspec=65534:65534 "$root" /usr/bin/runner run /work/adam.toml --logdir /tmp/logs \
        --set training.epochs=1 --quiet || fail "the program does not train in the container's files"
    as_root rm -rf "$root/tmp/logs" "$root/work/adam.toml"
    tar --create --gzip --file "$out/runner-$version-container.tar.gz" --directory "$root" --sort=name \
        --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" .
}

for part in $parts; do
    "make_$part"
    echo "scripts/release.sh: $part: built and tested" >&2
done
(cd "$out" && sha256sum -- * >SHA256SUMS && sha256sum --check --quiet SHA256SUMS)
(cd "$out" && du --bytes -- * && cat SHA256SUMS)
