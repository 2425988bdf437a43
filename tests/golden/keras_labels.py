"""Records what Keras does with labels of every kind: whole numbers, signs, floats, one-hot rows.

    python keras_labels.py > keras_labels.json

Every network starts from zeros and is trained without shuffling, so that a config can repeat it.
Recorded with Keras 3.15.1 on TensorFlow 2.21.
"""

import json

import keras
import numpy as np

X = np.array([[0.5, -1.0], [1.5, 0.25], [-0.75, 0.5], [2.0, 1.0], [0.0, -0.5], [1.0, 1.0]])
HALVES = [1, 0, 0, 1, 0, 1]
SIGNS = [1, -1, -1, 1, -1, 1]
THIRDS = [0, 2, 1, 2, 0, 2]
PRICES = [250000, 310000, -12, 99, 180000, 70000]
COUNTS = [3, 20, 7, 0, 11, 5]
ONE_HOT = np.eye(3, dtype=int)[THIRDS].tolist()

CASES = {
    "whole_numbers": (PRICES, "int64", 1, "linear", "mean_squared_error", {}),
    "whole_numbers_in_a_column": ([[y] for y in PRICES], "int32", 1, "linear", "mean_absolute_error", {}),
    "counts": (COUNTS, "uint8", 1, "linear", "mean_squared_error", {}),
    "counts_above_in_validation": (COUNTS, "int64", 1, "linear", "mean_squared_error", {"validation": [200, -3]}),
    "ones_in_training_only": (HALVES, "int64", 1, "linear", "mean_squared_error", {"validation": [2, -1]}),
    "signs": (SIGNS, "int64", 1, "tanh", "hinge", {}),
    "signs_squared": (SIGNS, "int8", 1, "tanh", "squared_hinge", {}),
    "signs_weighed": (SIGNS, "int64", 1, "tanh", "hinge", {"class_weight": {"-1": 3.0}}),
    "signs_as_floats": (SIGNS, "float32", 1, "tanh", "hinge", {}),
    "halves": (HALVES, "int64", 1, "sigmoid", "mean_squared_error", {"metrics": ["accuracy"]}),
    "halves_as_floats": (HALVES, "float64", 1, "sigmoid", "mean_squared_error", {"metrics": ["accuracy"]}),
    "halves_linear": (HALVES, "int64", 1, "linear", "mean_squared_error", {"metrics": ["accuracy"]}),
    "halves_in_other_losses": (HALVES, "int64", 1, "sigmoid", "mean_absolute_error", {"metrics": ["accuracy"]}),
    "halves_as_booleans": (HALVES, "bool", 1, "sigmoid", "binary_crossentropy", {"metrics": ["accuracy"]}),
    "halves_weighed": (HALVES, "float32", 1, "sigmoid", "binary_crossentropy", {"class_weight": {"0": 0.5, "1": 4.0}}),
    "thirds_as_floats": (THIRDS, "float32", 3, "softmax", "sparse_categorical_crossentropy", {"metrics": ["accuracy"]}),
    "thirds_in_a_column": ([[y] for y in THIRDS], "float64", 3, "softmax", "sparse_categorical_crossentropy", {"metrics": ["accuracy"]}),
    "thirds_weighed": (THIRDS, "int64", 3, "softmax", "sparse_categorical_crossentropy", {"class_weight": {"1": 0.25, "2": 2.0}}),
    "one_hot": (ONE_HOT, "float32", 3, "softmax", "mean_squared_error", {"metrics": ["accuracy"]}),
    "one_hot_weighed": (ONE_HOT, "float32", 3, "softmax", "categorical_crossentropy", {"class_weight": {"1": 0.25, "2": 2.0}}),
    "one_hot_integers_weighed": (ONE_HOT, "int64", 3, "softmax", "categorical_crossentropy", {"class_weight": {"0": 3.0}}),
}


def record(y, dtype, units, activation, loss, more):
    x, y = X.astype("float32"), np.array(y, dtype)
    model = keras.Sequential([
        keras.Input((2,)),
        keras.layers.Dense(units, activation=activation, kernel_initializer="zeros"),
    ])
    model.compile(keras.optimizers.SGD(0.05), loss, metrics=more.get("metrics", []))
    weights = {int(label): weight for label, weight in more.get("class_weight", {}).items()}
    validation = more.get("validation")
    held = (x[:2], np.array(validation, dtype)) if validation else None
    history = model.fit(
        x, y, batch_size=4, epochs=3, shuffle=False, verbose=0, class_weight=weights or None,
        validation_data=held,
    ).history
    return {
        "x": x.tolist(), "y": y.tolist(), "dtype": dtype, "units": units, "activation": activation,
        "loss": loss, **more, "history": {name: list(map(float, v)) for name, v in history.items()},
    }


print(json.dumps({name: record(*case) for name, case in CASES.items()}, indent=1))
