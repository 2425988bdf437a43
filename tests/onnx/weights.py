"""Applies a network of one dense softmax layer to raw rows, with NumPy alone.

    python weights.py FILE    with rows.json in the folder    ->  the outputs, as JSON

FILE is an export of the weights, .npz or .safetensors.
"""

import json
import struct
import sys

import numpy as np


def of_npz(path):
    file = np.load(path)
    weights = {name: file[name] for name in file.files}
    return weights, weights["input.scale"], weights["input.mean"], weights["input.std"]


def of_safetensors(path):
    bytes = open(path, "rb").read()
    (length,) = struct.unpack("<Q", bytes[:8])
    header = json.loads(bytes[8:8 + length])
    preparation = json.loads(header.pop("__metadata__")["preparation"])
    weights = {}
    for name, info in header.items():
        start, end = info["data_offsets"]
        data = np.frombuffer(bytes[8 + length + start:8 + length + end], "<f4")
        weights[name] = data.reshape(info["shape"])
    standardization = preparation["standardization"]
    deviations = np.maximum(np.sqrt(standardization["variance"]), 1e-7)
    return weights, preparation["scale"], standardization["mean"], deviations


path = sys.argv[1]
weights, scale, mean, std = of_npz(path) if path.endswith(".npz") else of_safetensors(path)
rows = np.array(json.load(open("rows.json")), dtype=np.float32).astype(np.float64)
inputs = (rows / scale - mean) / std
logits = inputs @ weights["dense_0.kernel"] + weights["dense_0.bias"]
powers = np.exp(logits - logits.max(1, keepdims=True))
json.dump((powers / powers.sum(1, keepdims=True)).tolist(), sys.stdout)
