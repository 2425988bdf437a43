#!/usr/bin/env bash
# Builds everything that is released into target/release-files and tests each from its file: the wheel,
# a Debian package, a tarball, the container image, and the program as `cargo install` puts it; beside
# them a bill of materials, the licences of all crates, the checksums, and a table of sizes and seconds.
#
#   scripts/release.sh [parts: wheel deb tarball container cargo; all without]
#
# Needs cargo and python3; for the Debian package cargo-deb (cargo install --locked cargo-deb) and root; for
# the container root and buildah (apt install buildah), which needs neither a daemon nor the network here.
# REPRODUCE=1 builds the wheel a second time, in another folder, and compares the two.
set -euo pipefail
cd "$(dirname "$0")/.."

out=target/release-files
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
parts=${*:-wheel deb tarball container cargo}
work=$(mktemp -d)
trap 'as_root rm -rf "$work"' EXIT

fail() {
    echo "scripts/release.sh: $*" >&2
    exit 1
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

for part in $parts; do
    case $part in
        wheel | deb | tarball | container | cargo) ;;
        *) fail "no part is called $part: wheel, deb, tarball, container or cargo" ;;
    esac
done
command -v cargo >/dev/null || fail "this needs cargo; see https://rustup.rs"

# The same paths in messages of the program, wherever it is built, and the same flags for all parts.
export RUSTFLAGS="--remap-path-prefix=$PWD=. --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=cargo"
export CARGO_TARGET_DIR=$PWD/target
# Part of what some build scripts depend on: one value for all parts, or each would build anew.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
export SOURCE_DATE_EPOCH

# Trains two epochs of the tutorial in an empty folder with the program of an artefact.
try() {
    local folder=$work/try
    as_root rm -rf "$folder" && mkdir "$folder" && chmod 777 "$folder"
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

# buildah with its storage in the temporary folder and without a daemon.
image() {
    as_root buildah --root "$work/images" --runroot "$work/containers" --storage-driver vfs "$@"
}

# The files of the image: the program, its libraries, a folder to work in.
fill_container() {
    local root=target/container library
    rm -rf "$root"
    install -D target/release/runner "$root/usr/bin/runner"
    install -d -m 1777 "$root/tmp" "$root/work"
    install -D -m 644 --target-directory "$root/usr/share/doc/runner" \
        LICENSE-MIT LICENSE-APACHE target/dist/LICENSES.txt
    ldd target/release/runner | grep -o '/[^ ]*' | while read -r library; do
        install -D "$library" "$root$library"
    done
}

# The program of the image in a container with the folder as /work; the image names the user.
in_container() {
    local container
    container=$(image from --quiet "runner:$version")
    image run --isolation chroot --volume "$work/try:/work" "$container" -- /usr/bin/runner "$@"
}

make_container() {
    local file=$out/runner-$version-container.tar.gz
    command -v buildah >/dev/null || fail "the container needs buildah: apt install buildah"
    fill_container
    image bud --quiet --isolation chroot --timestamp "$SOURCE_DATE_EPOCH" --tag "runner:$version" . >/dev/null
    image push --quiet "runner:$version" "docker-archive:$work/image.tar:runner:$version"
    as_root cat "$work/image.tar" | gzip --no-name >"$file"
    as_root rm -rf "$work/images" "$work/containers" "$work/image.tar"
    # From here on only the file counts. Buildah before 1.30 reads no packed archives, unlike `load`.
    gunzip --stdout "$file" >"$work/image.tar"
    image pull --quiet "docker-archive:$work/image.tar" >/dev/null
    [ "$(image inspect --format '{{.OCIv1.Config.User}}' "runner:$version")" = 65534:65534 ] ||
        fail "the container's user is not 65534"
    try in_container
    [ "$(stat --format %u "$work/try/logs")" = 65534 ] || fail "the container has run as root"
}

make_cargo() {
    cargo install --quiet --locked --path . --root "$work/cargo"
    try "$work/cargo/bin/runner"
}

table=$work/table
for part in $parts; do
    SECONDS=0
    "make_$part"
    echo "$part: built and tested in $SECONDS s" | tee -a "$table"
done
(cd "$out" && sha256sum -- * >SHA256SUMS && sha256sum --check --quiet SHA256SUMS)
echo
cat "$table"
(cd "$out" && du --bytes -- * && cat SHA256SUMS)
