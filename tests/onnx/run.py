"""Runs an ONNX file on rows of numbers.

    python run.py MODEL.onnx < ROWS.json    ->  the outputs, as JSON

It has onnxruntime, and with it ONNX's own checks of the model.
"""

import json
import sys

import numpy as np
import onnxruntime

onnxruntime.set_default_logger_severity(3)
session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
rows = np.array(json.load(sys.stdin), dtype=np.float32)
(outputs,) = session.run(["output"], {"input": rows})
metadata = session.get_modelmeta()
json.dump({
    "outputs": outputs.astype(float).tolist(),
    "input_shape": session.get_inputs()[0].shape,
    "output_shape": session.get_outputs()[0].shape,
    "producer": metadata.producer_name,
    "metadata": metadata.custom_metadata_map,
}, sys.stdout)
