"""Record what Keras's fit makes of sample weights: loss, metrics and weighted metrics.

Usage: pip install tensorflow-cpu keras==3.15.1; python keras_weights.py keras_weights.json

Every case trains one dense layer from zero weights on the rows of one table, in their order, the last
ten of which validate with their own weights. Keras refuses `class_weight` with `sample_weight`, so
the case of both has their products as the weights of the rows that train.
"""
import json, os, sys
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy as np, keras
from keras import losses, metrics, optimizers

(out,) = sys.argv[1:]
ROWS, TRAINED = 40, 30
random = np.random.default_rng(7)
x = random.normal(size=(ROWS, 4)).astype("float32").round(3)
score = x @ np.array([[1.0, -2.0, 0.5], [-1.0, 1.5, 0.0], [0.5, 0.5, -1.0], [0.0, 1.0, 1.0]])
label = (score + random.normal(size=(ROWS, 3))).argmax(1)
value = (score[:, 0] + 2.0 + random.normal(size=ROWS)).astype("float32").round(3)
weight = random.choice([0.0, 0.25, 1.0, 2.5, 4.0], size=ROWS).astype("float32")

CLASS_METRICS = ["accuracy", "categorical_crossentropy", "precision", "recall", "auc",
                 {"name": "f1_score", "average": "macro"}, {"name": "fbeta_score", "average": "weighted", "beta": 2.0},
                 {"name": "top_k_categorical_accuracy", "k": 2}]
NUMBER_METRICS = ["mean_squared_error", "root_mean_squared_error", "mean_absolute_error", "r2_score"]
CASES = {
    "classes": {"loss": "categorical_crossentropy", "activation": "softmax", "names": CLASS_METRICS},
    "classes-of-unlike-weight": {"loss": "categorical_crossentropy", "activation": "softmax",
                                 "names": CLASS_METRICS[:2], "class_weight": [2.0, 0.5, 1.0]},
    "yes-or-no": {"loss": "binary_crossentropy", "activation": "sigmoid", "units": 1,
                  "names": ["accuracy", "binary_crossentropy", "auc"]},
    "numbers": {"loss": "mean_squared_error", "activation": "linear", "units": 1, "names": NUMBER_METRICS},
}


def camel(name):
    return {"auc": "AUC", "r2_score": "R2Score", "fbeta_score": "FBetaScore"}.get(name) or "".join(w.capitalize() for w in name.split("_"))


def metric(value, at, weighted):
    args = {"name": value} if isinstance(value, str) else dict(value)
    name = args.pop("name")
    # A name of its own for each, in the order of the case.
    as_name = f"{'weighted' if weighted else 'plain'}_{at}"
    if name == "accuracy":
        cls = metrics.BinaryAccuracy if CASE.get("units") == 1 else metrics.CategoricalAccuracy
        return cls(name=as_name)
    return getattr(metrics, camel(name))(name=as_name, **args)


found = {}
for case, CASE in CASES.items():
    keras.utils.set_random_seed(0)
    units = CASE.get("units", 3)
    y = value[:, None] if case == "numbers" else (label == 1).astype("float32")[:, None] if units == 1 \
        else np.eye(3, dtype="float32")[label]
    rows = weight[:TRAINED].copy()
    if "class_weight" in CASE:
        rows *= np.array(CASE["class_weight"], dtype="float32")[label[:TRAINED]]
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(
        units, activation=CASE["activation"], kernel_initializer="zeros")])
    model.compile(optimizers.SGD(0.1), loss=CASE["loss"],
                  metrics=[metric(m, i, False) for i, m in enumerate(CASE["names"])],
                  weighted_metrics=[metric(m, i, True) for i, m in enumerate(CASE["names"])])
    h = model.fit(x[:TRAINED], y[:TRAINED], sample_weight=rows, batch_size=8, epochs=3, shuffle=False,
                  validation_data=(x[TRAINED:], y[TRAINED:], weight[TRAINED:]), verbose=0)
    found[case] = {**CASE, "history": {k: [float(v) for v in vs] for k, vs in h.history.items()},
                   "kernel": [float(v) for v in model.layers[0].get_weights()[0].ravel()]}

# The names under which Keras logs a metric that is weighted and not.
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, activation="softmax")])
model.compile("sgd", "categorical_crossentropy", metrics=["accuracy"], weighted_metrics=["accuracy", "auc"])
h = model.fit(x, np.eye(3)[label], sample_weight=weight, verbose=0)
json.dump({"keras": keras.__version__, "x": x.tolist(), "label": label.tolist(), "value": value.tolist(),
           "weight": weight.tolist(), "trained": TRAINED, "names": list(h.history), "cases": found},
          open(out, "w"))
