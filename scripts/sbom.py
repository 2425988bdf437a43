#!/usr/bin/env python3
"""Writes what the program is built from: a bill of materials in CycloneDX 1.5, and the licences.

    scripts/sbom.py sbom.json LICENSES.txt

Both come from `cargo metadata` and the sources of the crates in cargo's cache. Only crates that are
linked into the program on this machine's kind of system are in them, and the data inside the program.
"""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

# Files of a crate that state its licence.
NAMES = ("license", "licence", "copying", "copyright", "notice", "unlicense")

# Data inside the program: name, licence, file with the terms, files.
DATA = [
    (
        "MNIST",
        {"expression": "CC-BY-SA-3.0"},
        "data/README.md",
        ["crates/core/data/mnist-train.bin", "crates/core/data/mnist-test.bin"],
    ),
    (
        "DejaVu Sans",
        {"license": {"name": "Bitstream Vera, with changes in the public domain"}},
        "data/fonts/LICENSE",
        ["data/fonts/DejaVuSans.ttf"],
    ),
]


def metadata():
    host = next(
        line.split(": ")[1]
        for line in output("rustc", "--version", "--verbose").splitlines()
        if line.startswith("host: ")
    )
    words = ["cargo", "metadata", "--format-version", "1", "--locked", "--filter-platform", host]
    return json.loads(output(*words))


def output(*words):
    return subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True).stdout


def linked(meta):
    """The packages that the program is linked from, with the ids of their direct dependencies."""
    nodes = {node["id"]: node for node in meta["resolve"]["nodes"]}
    packages = {package["id"]: package for package in meta["packages"]}
    found, todo = {}, [meta["resolve"]["root"]]
    while todo:
        one = todo.pop()
        if one in found:
            continue
        below = [
            dependency["pkg"]
            for dependency in nodes[one]["deps"]
            if any(kind["kind"] is None for kind in dependency["dep_kinds"])
            and not is_macro(packages[dependency["pkg"]])
        ]
        found[one] = below
        todo += below
    return packages, found


def is_macro(package):
    return any("proc-macro" in target["kind"] for target in package["targets"])


def reference(package):
    return f"pkg:cargo/{package['name']}@{package['version']}"


def checksums():
    """The SHA-256 of each crate's archive, from Cargo.lock."""
    found, name, version = {}, "", ""
    for line in Path("Cargo.lock").read_text().splitlines():
        key, _, value = line.partition(" = ")
        value = value.strip('"')
        if key == "name":
            name = value
        elif key == "version":
            version = value
        elif key == "checksum":
            found[name, version] = value
    return found


def bill(packages, found, root):
    sums = checksums()

    def component(id):
        package = packages[id]
        entry = {
            "type": "application" if id == root else "library",
            "bom-ref": reference(package),
            "name": package["name"],
            "version": package["version"],
            "purl": reference(package),
            "licenses": [{"expression": (package["license"] or "NOASSERTION").replace("/", " OR ")}],
        }
        checksum = sums.get((package["name"], package["version"]))
        if checksum:
            entry["hashes"] = [{"alg": "SHA-256", "content": checksum}]
        return entry

    def data(name, licence, path):
        digest = hashlib.sha256(Path(path).read_bytes()).hexdigest()
        return {
            "type": "data",
            "bom-ref": path,
            "name": f"{name}: {Path(path).name}",
            "licenses": [licence],
            "hashes": [{"alg": "SHA-256", "content": digest}],
        }

    ids = sorted(found, key=lambda id: reference(packages[id]))
    files = [data(name, licence, path) for name, licence, _, paths in DATA for path in paths]
    below = lambda id: sorted(reference(packages[other]) for other in found[id])
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": component(root)},
        "components": [component(id) for id in ids if id != root] + files,
        "dependencies": [{"ref": reference(packages[id]), "dependsOn": below(id)} for id in ids],
    }


def licences(packages, found):
    """The licence files of every crate; texts that several crates share are there once."""
    texts = {}
    for id in sorted(found, key=lambda id: reference(packages[id])):
        package = packages[id]
        folder = Path(package["manifest_path"]).parent
        files = [path for path in sorted(folder.iterdir()) if path.name.lower().startswith(NAMES)]
        title = f"{package['name']} {package['version']} ({package['license']})"
        for path in filter(Path.is_file, files):
            texts.setdefault(path.read_text(errors="replace").strip(), []).append(title)
        if not files:
            texts.setdefault(f"Under the terms of {package['license']}.", []).append(title)
    for name, _, path, _ in DATA:
        texts.setdefault(Path(path).read_text().strip(), []).append(f"{name}, inside the program")
    rule = "=" * 79
    parts = ["\n".join(titles) + f"\n\n{text}\n" for text, titles in texts.items()]
    return f"Licences of the crates and the data that runner is built from.\n\n{rule}\n" + f"\n{rule}\n".join(parts)


def main():
    sbom, texts = sys.argv[1:]
    meta = metadata()
    packages, found = linked(meta)
    root = meta["resolve"]["root"]
    for path in (sbom, texts):
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(sbom).write_text(json.dumps(bill(packages, found, root), indent=1) + "\n")
    Path(texts).write_text(licences(packages, found))
    print(f"{sbom}: {len(found)} packages")


if __name__ == "__main__":
    main()
