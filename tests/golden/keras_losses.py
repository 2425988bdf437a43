"""Record what Keras makes of every loss behind every last activation, and of every metric.

Usage: pip install keras==3.15.1 tensorflow-cpu; python keras_losses.py keras_losses.json

Each network is a dense layer whose kernel is the identity, so that the inputs are the logits. A case
trains one step of plain SGD on one batch and records loss, metrics and kernel, then the loss of the
same rows as validation data. The rows cover moderate, saturated and equal logits; the targets cover
one-hot, constant, all-zero, soft and real values. Numbers that are no numbers are null.
"""
import json, math, os, sys
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy as np, keras
from keras import layers, losses, metrics

INPUTS = {
    "moderate": [[0.5, -1.0, 2.0], [1.0, 0.2, -0.3], [-2.0, 0.1, 0.4], [0.3, 0.35, -1.5]],
    "saturated": [[40.0, -40.0, 0.0], [-40.0, 40.0, 39.0], [25.0, -30.0, 88.0], [-60.0, 60.0, 3.0]],
    "zeros": [[0.0, 0.0, 0.0], [-1.0, -2.0, -3.0], [0.0, 0.0, 0.0], [2.0, 0.0, 1.0]],
    "one-moderate": [[0.5], [-1.0], [0.2], [-0.3]],
    "one-saturated": [[40.0], [-40.0], [-40.0], [40.0]],
    "one-zeros": [[0.0], [0.0], [-3.0], [0.0]],
}
TARGETS = {
    "one-hot": [[0, 1, 0], [0, 1, 0], [1, 0, 0], [0, 0, 1]],
    "constant": [[0, 1, 0]] * 4,
    "none": [[0, 0, 0]] * 4,
    "several": [[1, 1, 0], [0, 0, 0], [1, 1, 1], [0, 1, 0]],
    "soft": [[0.2, 0.5, 0.3], [0.0, 0.9, 0.1], [0.4, 0.4, 0.2], [0.1, 0.0, 0.9]],
    "real": [[1.5, -2.0, 3.0], [0.5, 4.0, -1.0], [2.0, 2.0, 2.5], [-0.5, 0.1, 7.0]],
    "one-binary": [[1], [0], [1], [0]],
    "one-constant": [[1], [1], [1], [1]],
    "one-none": [[0], [0], [0], [0]],
    "one-real": [[2.0], [-1.0], [0.25], [5.0]],
    "one-constant-real": [[2.0], [2.0], [2.0], [2.0]],
    "classes": [1, 1, 0, 2],
}
ACTIVATIONS = ["linear", "relu", "leaky_relu", "elu", "selu", "gelu", "silu", "softplus", "softsign",
               "tanh", "sigmoid", "exponential", "softmax"]
NUMBERS = ["mean_squared_error", "mean_absolute_error", "mean_absolute_percentage_error",
           "mean_squared_logarithmic_error", "huber", "log_cosh", "poisson", "hinge", "squared_hinge",
           "cosine_similarity"]
BINARY = ["binary_crossentropy", {"name": "binary_crossentropy", "label_smoothing": 0.2},
          "binary_focal_crossentropy",
          {"name": "binary_focal_crossentropy", "apply_class_balancing": True, "gamma": 1.5, "label_smoothing": 0.1}]
CLASSES = ["categorical_crossentropy", {"name": "categorical_crossentropy", "label_smoothing": 0.2},
           "categorical_focal_crossentropy", "categorical_hinge", "kl_divergence"]
FROM_LOGITS = [{"name": name, "from_logits": True} for name in
               ["categorical_crossentropy", "sparse_categorical_crossentropy", "binary_crossentropy"]]
METRICS = [
    ["accuracy", "binary_accuracy", "categorical_accuracy", {"name": "top_k_categorical_accuracy", "k": 2},
     "f1_score", "fbeta_score", "r2_score", "mean_squared_error", "root_mean_squared_error",
     "mean_absolute_error", "mean_absolute_percentage_error", "mean_squared_logarithmic_error", "log_cosh",
     "poisson", "hinge", "squared_hinge", "categorical_hinge", "kl_divergence", "cosine_similarity",
     "binary_crossentropy", "categorical_crossentropy"],
    [{"name": "f1_score", "average": "micro"}, {"name": "fbeta_score", "average": "weighted", "beta": 2.0},
     {"name": "binary_accuracy", "threshold": 0.2}, {"name": "top_k_categorical_accuracy", "k": 1}],
    [{"name": "f1_score", "average": "weighted", "threshold": 0.4}, {"name": "fbeta_score", "threshold": 0.4, "beta": 0.5}],
]
THRESHOLDED = [["precision", "recall", "auc"],
               [{"name": "precision", "thresholds": 0.3}, {"name": "recall", "thresholds": 0.3}, {"name": "auc", "curve": "PR"}],
               [{"name": "precision", "class_id": 1}, {"name": "recall", "class_id": 1}]]
SPARSE = [["accuracy", "sparse_categorical_accuracy", {"name": "sparse_top_k_categorical_accuracy", "k": 2},
           "sparse_categorical_crossentropy"]]


def table(value):
    value = {"name": value} if isinstance(value, str) else dict(value)
    return value.pop("name"), value


def camel(name):
    return "".join(word.capitalize() for word in name.split("_"))


def build_metric(metric):
    name, arguments = table(metric)
    if name in ("accuracy", "binary_crossentropy", "categorical_crossentropy", "sparse_categorical_crossentropy") and not arguments:
        return name
    if name in ("f1_score", "fbeta_score"):
        arguments.setdefault("average", "macro")
    classes = {"auc": "AUC", "f1_score": "F1Score", "fbeta_score": "FBetaScore", "r2_score": "R2Score",
               "log_cosh": "LogCoshError", "kl_divergence": "KLDivergence"}
    return getattr(metrics, classes.get(name, camel(name)))(name=name, **arguments)


def build_loss(loss):
    name, arguments = table(loss)
    classes = {"kl_divergence": "KLDivergence"}
    return getattr(losses, classes.get(name, camel(name)))(**arguments)


def build_layer(layer, width):
    kind, arguments = layer["type"], {k: v for k, v in layer.items() if k != "type"}
    if kind == "dense":
        return layers.Dense(width, activation=arguments["activation"], use_bias=False)
    if kind == "activation":
        return layers.Activation(arguments["activation"])
    return {"dropout": layers.Dropout, "gaussian_noise": layers.GaussianNoise}[kind](**arguments)


def number(x):
    x = float(x)
    return float(f"{x:.8g}") if math.isfinite(x) else None


class Network:
    """One compiled model, trained anew for each set of rows: compiling takes most of the time."""

    def __init__(self, width, stack, loss, names, rate):
        self.stack, self.loss, self.names, self.rate, self.width = stack, loss, names, rate, width
        self.model = keras.Sequential([keras.Input((width,))] + [build_layer(l, width) for l in stack])
        self.model.compile(optimizer=keras.optimizers.SGD(rate), loss=build_loss(loss),
                           metrics=[build_metric(m) for m in names])

    def record(self, inputs, targets):
        # Their squares are beyond float32 there.
        if self.stack[0]["activation"] == "exponential" and "saturated" in inputs: return
        x = np.array(INPUTS[inputs], "float32")
        t = np.array(TARGETS[targets], "int64" if targets == "classes" else "float32")
        self.model.layers[0].set_weights([np.eye(self.width, dtype="float32")])
        self.model.optimizer.iterations.assign(0)
        fit = self.model.fit(x, t, batch_size=len(x), epochs=1, shuffle=False, verbose=0, validation_data=(x, t))
        case = {"layers": self.stack, "loss": self.loss, "inputs": inputs, "targets": targets}
        if self.rate: case["learning_rate"] = self.rate
        if self.names: case["metrics"] = self.names
        case["history"] = {k: number(v[0]) for k, v in fit.history.items()}
        case["kernel"] = [number(w) for w in self.model.layers[0].get_weights()[0].ravel()]
        CASES.append(case)


CASES = []
dense = lambda activation: {"type": "dense", "activation": activation}
for activation in ACTIVATIONS:
    for loss in NUMBERS + BINARY + CLASSES:
        network = Network(3, [dense(activation)], loss, [], 0.1)
        for inputs in ["moderate", "saturated", "zeros"]:
            network.record(inputs, "one-hot")
        if loss in NUMBERS:
            network.record("moderate", "real")
        else:
            network.record("moderate", "soft")
    network = Network(3, [dense(activation)], "sparse_categorical_crossentropy", [], 0.1)
    for inputs in ["moderate", "saturated", "zeros"]:
        network.record(inputs, "classes")
    if activation == "softmax": continue
    for loss in NUMBERS + BINARY:
        network = Network(1, [dense(activation)], loss, [], 0.1)
        for inputs in ["one-moderate", "one-saturated", "one-zeros"]:
            network.record(inputs, "one-binary")
    print(activation, len(CASES), flush=True)

for loss in FROM_LOGITS:
    targets = "classes" if "sparse" in loss["name"] else "one-hot"
    for activation in ["linear", "softmax", "sigmoid"]:
        network = Network(3, [dense(activation)], loss, [], 0.1)
        for inputs in ["moderate", "saturated", "zeros"]:
            network.record(inputs, targets)

crossentropies = [("categorical_crossentropy", "one-hot"), ("sparse_categorical_crossentropy", "classes"),
                  ("binary_crossentropy", "one-hot"), ("binary_focal_crossentropy", "one-hot"),
                  ("categorical_focal_crossentropy", "one-hot"), ("mean_squared_error", "one-hot")]
for loss, targets in crossentropies:
    for activation in ["softmax", "sigmoid"]:
        stacks = [
            [dense("linear"), {"type": "activation", "activation": activation}],
            [dense(activation), {"type": "activation", "activation": "linear"}],
            [dense("sigmoid"), {"type": "activation", "activation": activation}],
            [dense(activation), {"type": "dropout", "rate": 0.0}],
        ]
        for stack in stacks:
            network = Network(3, stack, loss, [], 0.1)
            for inputs in ["moderate", "saturated"]:
                network.record(inputs, targets)
        # Random in training: only the validation numbers can be compared.
        for layer in [{"type": "dropout", "rate": 0.5}, {"type": "gaussian_noise", "stddev": 0.1}]:
            network = Network(3, [dense(activation), layer], loss, [], 0.0)
            network.record("saturated", targets)
print("stacks", len(CASES), flush=True)

for activation in ["linear", "relu", "tanh", "sigmoid", "softmax"]:
    groups = METRICS + (THRESHOLDED if activation in ("sigmoid", "softmax") else THRESHOLDED[:0])
    for names in groups:
        network = Network(3, [dense(activation)], "mean_squared_error", names, 0.0)
        for inputs in ["moderate", "saturated", "zeros"]:
            for targets in ["one-hot", "constant", "none", "several", "soft", "real"]:
                if names in THRESHOLDED and targets == "real": continue
                network.record(inputs, targets)
    for names in SPARSE:
        network = Network(3, [dense(activation)], "sparse_categorical_crossentropy", names, 0.0)
        for inputs in ["moderate", "saturated", "zeros"]:
            network.record(inputs, "classes")
    if activation == "softmax": continue
    for names in groups:
        names = [m for m in names if "categorical" not in table(m)[0] and "class_id" not in table(m)[1]]
        if not names: continue
        network = Network(1, [dense(activation)], "mean_squared_error", names, 0.0)
        for inputs in ["one-moderate", "one-saturated", "one-zeros"]:
            for targets in ["one-binary", "one-constant", "one-none", "one-real", "one-constant-real"]:
                if names[0] in ("precision",) and "real" in targets: continue
                network.record(inputs, targets)
    print("metrics", activation, len(CASES), flush=True)

# The metric of a loss's name behind the same logits, and accuracy beside from_logits.
for loss, targets, names in [
    ("categorical_crossentropy", "one-hot", ["categorical_crossentropy", "accuracy"]),
    ("sparse_categorical_crossentropy", "classes", ["sparse_categorical_crossentropy", "accuracy"]),
    ("binary_crossentropy", "one-hot", ["binary_crossentropy", "accuracy", "binary_accuracy"]),
    (FROM_LOGITS[0], "one-hot", ["accuracy", "categorical_crossentropy"]),
    (FROM_LOGITS[2], "one-hot", ["accuracy", "binary_accuracy", "binary_crossentropy"]),
]:
    for activation in ["softmax", "sigmoid"] if isinstance(loss, str) else ["linear"]:
        network = Network(3, [dense(activation)], loss, names, 0.0)
        for inputs in ["moderate", "saturated", "zeros"]:
            network.record(inputs, targets)
network = Network(1, [dense("linear")], FROM_LOGITS[2], ["accuracy", "binary_accuracy", "binary_crossentropy"], 0.0)
for inputs in ["one-moderate", "one-saturated", "one-zeros"]:
    network.record(inputs, "one-binary")

with open(sys.argv[1], "w") as out:
    head = {"keras": keras.__version__, "backend": keras.backend.backend(), "inputs": INPUTS, "targets": TARGETS}
    out.write(json.dumps(head)[:-1] + ', "cases": [\n')
    out.write(",\n".join(json.dumps(case) for case in CASES) + "\n]}\n")
print(len(CASES), "cases")
