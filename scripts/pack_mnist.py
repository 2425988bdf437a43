#!/usr/bin/env python3
"""Packs MNIST into the two files that the program carries, mnist-train.bin and mnist-test.bin.

    python3 scripts/pack_mnist.py SOURCE [TARGET]

SOURCE is Keras's mnist.npz, or a folder with the four IDX files, plain or .gz; TARGET defaults to
crates/core/data of the project. Needs numpy. The same input gives the same bytes.

The format is described in crates/core/src/data/packed.rs. The arrays are checked against the SHA-256 of the
original IDX files before anything is written.
"""

import gzip
import hashlib
import pathlib
import struct
import sys
import zlib

import numpy as np

MAGIC = b"RNPT"
VERSION = 3
CLASSES = 10

# Part: stem of the IDX files, SHA-256 of the unpacked images and labels.
PARTS = {
    "train": (
        "train",
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    ),
    "test": (
        "t10k",
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    ),
}


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    source = pathlib.Path(sys.argv[1])
    default = pathlib.Path(__file__).resolve().parent.parent / "crates" / "core" / "data"
    target = pathlib.Path(sys.argv[2]) if len(sys.argv) == 3 else default
    for part, (stem, images_sum, labels_sum) in PARTS.items():
        images, labels = read(source, part, stem)
        check(f"{part} images", idx(images), images_sum)
        check(f"{part} labels", idx(labels), labels_sum)
        packed = pack(images, labels)
        path = target / f"mnist-{part}.bin"
        path.write_bytes(packed)
        print(f"{hashlib.sha256(packed).hexdigest()}  {path}  {len(packed)} bytes")


def read(source, part, stem):
    """The images (rows, 28, 28) and labels (rows) of one part, u8."""
    if source.is_dir():
        return read_idx(source, f"{stem}-images-idx3-ubyte"), read_idx(source, f"{stem}-labels-idx1-ubyte")
    with np.load(source) as arrays:
        return arrays[f"x_{part}"], arrays[f"y_{part}"]


def read_idx(folder, name):
    plain, gz = folder / name, folder / f"{name}.gz"
    data = plain.read_bytes() if plain.exists() else gzip.decompress(gz.read_bytes())
    shape = struct.unpack_from(f">{data[3]}I", data, 4)
    return np.frombuffer(data, np.uint8, offset=4 + 4 * data[3]).reshape(shape)


def idx(array):
    """The bytes of the IDX file that holds `array`."""
    head = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return head + np.ascontiguousarray(array).tobytes()


def check(what, data, want):
    got = hashlib.sha256(data).hexdigest()
    if got != want:
        sys.exit(f"{what}: got SHA-256 {got}, want {want}")


def pack(images, labels):
    rows, height, width = images.shape
    values = images[images != 0].tobytes()
    body = labels.tobytes() + bits(images.reshape(rows, -1) != 0) + values
    numbers = (VERSION, rows, height, width, CLASSES, len(values), zlib.crc32(body))
    return MAGIC + struct.pack("<7I", *numbers) + body


def bits(set_pixels):
    """Whole words of 8 bytes for each row, the lowest byte first: bit i is pixel i."""
    rows, pixels = set_pixels.shape
    padded = np.zeros((rows, -(-pixels // 64) * 64), bool)
    padded[:, :pixels] = set_pixels
    return np.packbits(padded, axis=1, bitorder="little").tobytes()


if __name__ == "__main__":
    main()
