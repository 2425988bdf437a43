"""Record what Keras's fit makes of layers, losses, metrics, class weights and callbacks.

Usage: pip install tensorflow-cpu; python keras_fit.py MNIST.npz init-784-64-10.npz keras_fit.json [CASE ...]

A case is what a config of runner says, in the same words. Every case starts from the same dense
weights (the second kernel is cut to the units of the case), trains on the first 2000 training images
without shuffling, the last fifth of them for validation, and records each epoch's numbers and the
norms of the final weights.
"""
import json, os, sys
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy as np, keras
from keras import callbacks, constraints, layers, losses, metrics, optimizers, regularizers

mnist, init, out, *only = sys.argv[1:]
LIMIT = 2000
data, weights = np.load(mnist), np.load(init)
x = (data["x_train"][:LIMIT].reshape(LIMIT, 784) / 255.0).astype("float32")
labels = data["y_train"][:LIMIT]


def camel(name):
    return "".join(word.capitalize() for word in name.split("_"))


def table(value):
    value = {"name": value} if isinstance(value, str) else dict(value)
    return value.pop("name"), value


def regularizer(value):
    name, args = table(value)
    return {"l1": regularizers.L1, "l2": regularizers.L2, "l1_l2": regularizers.L1L2}[name](**args)


def constraint(value):
    name, args = table(value)
    return getattr(constraints, camel(name))(**args)


def layer(config):
    config = dict(config)
    kind = config.pop("type")
    for key in list(config):
        if key.endswith("_regularizer"):
            config[key] = regularizer(config[key])
        if key.endswith("_constraint"):
            config[key] = constraint(config[key])
    return getattr(layers, camel(kind))(**config)


LOSSES = {"mean_squared_error": "MeanSquaredError", "kl_divergence": "KLDivergence"}
METRICS = {"auc": "AUC", "fbeta_score": "FBetaScore", "kl_divergence": "KLDivergence", "log_cosh": "LogCoshError"}


def loss(value):
    name, args = table(value)
    return getattr(losses, LOSSES.get(name, camel(name)))(**args)


def metric(value):
    name, args = table(value)
    if name in ("accuracy",):
        return name
    return getattr(metrics, METRICS.get(name, camel(name)))(name=name, **args)


def callback(name, args):
    args = dict(args)
    if name == "learning_rate_scheduler":
        at = dict(zip(args["epochs"], args["learning_rates"]))
        return callbacks.LearningRateScheduler(lambda epoch, rate: at.get(epoch, rate))
    return getattr(callbacks, {"reduce_lr_on_plateau": "ReduceLROnPlateau"}.get(name, camel(name)))(**args)


def run(case):
    model = keras.Sequential([keras.Input((784,))] + [layer(config) for config in case["layers"]])
    dense = [l for l in model.layers if isinstance(l, layers.Dense)]
    for i, l in enumerate(dense):
        units = l.units
        start = [weights[f"dense_{i}.kernel"][:, :units], weights[f"dense_{i}.bias"][:units]]
        l.set_weights(start[:len(l.get_weights())])
    units = dense[-1].units
    name = table(case["loss"])[0]
    y = labels.astype("float32")[:, None]
    if units > 1 and not name.startswith("sparse"):
        y = keras.utils.to_categorical(labels, 10)
    if name.startswith("sparse"):
        y = labels
    kind, args = table(case.get("optimizer", {"name": "adam", "learning_rate": 0.003}))
    kind = {"adam": "Adam", "sgd": "SGD"}[kind]
    model.compile(optimizer=getattr(optimizers, kind)(**args), loss=loss(case["loss"]),
                  metrics=[metric(m) for m in case.get("metrics", [])])
    weight = case.get("class_weight")
    h = model.fit(x, y, batch_size=case.get("batch_size", 32), epochs=case.get("epochs", 3),
                  validation_split=0.2, shuffle=False, verbose=0,
                  class_weight={int(k): v for k, v in weight.items()} if weight else None,
                  callbacks=[callback(*c) for c in case.get("callbacks", {}).items()])
    return {
        "history": {k: [float(v) for v in vs] for k, vs in h.history.items()},
        "final_l2": [float(np.sqrt((w.astype("float64") ** 2).sum()))
                     for l in model.layers for w in l.get_weights()],
    }


def dense(units, activation="linear", **more):
    return {"type": "dense", "units": units, "activation": activation, **more}


def stack(*between, first={}, last="softmax", units=10):
    return [dense(64, "relu", **first), *between, dense(units, last)]


CCE = "categorical_crossentropy"
BN, LN = {"type": "batch_normalization"}, {"type": "layer_normalization"}
SGD = {"name": "sgd", "learning_rate": 0.1}
HARD = ["accuracy", "top_k_categorical_accuracy", {"name": "top_k_categorical_accuracy", "k": 2},
        "precision", "recall", "auc", {"name": "f1_score", "average": "macro"}]
CASES = {
    # A bias would have no gradient but rounding, of which Adam makes steps of full size.
    "batch-normalization": {"layers": [dense(64, use_bias=False), BN, {"type": "activation", "activation": "relu"}, dense(10, "softmax")], "loss": CCE},
    "batch-normalization-first": {"layers": [{**BN, "momentum": 0.9, "epsilon": 0.01}, *stack()], "loss": CCE},
    "batch-normalization-plain": {"layers": stack({**BN, "scale": False, "center": False}), "loss": CCE},
    # After relu a unit may be 0 for a whole batch, and its rounding is then magnified by 1 / sqrt(epsilon).
    "batch-normalization-twice": {"layers": [dense(64, "tanh"), {**BN, "scale": False}, {"type": "activation", "activation": "tanh"}, {**BN, "center": False}, dense(10, "softmax")], "loss": CCE, "batch_size": 48, "optimizer": SGD},
    "layer-normalization": {"layers": stack(LN), "loss": CCE},
    "layer-normalization-first": {"layers": [{**LN, "epsilon": 0.01}, *stack({**LN, "scale": False})], "loss": CCE},
    "unit-normalization": {"layers": stack({"type": "unit_normalization"}), "loss": CCE},
    "mish": {"layers": [dense(64, "mish"), dense(10, "softmax")], "loss": CCE},
    "activation-layers": {"layers": [dense(64), {"type": "activation", "activation": "gelu"}, dense(10), {"type": "activation", "activation": "softmax"}], "loss": CCE},
    "no-effect-of-nothing": {"layers": [{"type": "dropout", "rate": 0.0}, *stack({"type": "gaussian_noise", "stddev": 0.0})], "loss": CCE},
    "l1": {"layers": stack(first={"kernel_regularizer": {"name": "l1", "l1": 1e-4}}), "loss": CCE},
    "l2-by-name": {"layers": stack(first={"kernel_regularizer": "l2"}), "loss": CCE},
    "l1-l2-and-bias": {"layers": stack(first={"kernel_regularizer": {"name": "l1_l2", "l1": 1e-4, "l2": 1e-3}, "bias_regularizer": {"name": "l2", "l2": 0.1}}), "loss": CCE, "optimizer": {**SGD, "global_clipnorm": 1.0}},
    "max-norm": {"layers": stack(first={"kernel_constraint": {"name": "max_norm", "max_value": 1.2}, "bias_constraint": {"name": "max_norm", "max_value": 0.1}}), "loss": CCE},
    "min-max-norm": {"layers": stack(first={"kernel_constraint": {"name": "min_max_norm", "min_value": 1.5, "max_value": 1.6, "rate": 0.5}}), "loss": CCE},
    "unit-norm": {"layers": stack(first={"kernel_constraint": "unit_norm"}), "loss": CCE},
    "non-neg": {"layers": stack(first={"kernel_constraint": "non_neg", "bias_constraint": "non_neg"}), "loss": CCE},
    "mae": {"layers": stack(last="relu", units=1), "loss": "mean_absolute_error", "metrics": ["mean_squared_error", "root_mean_squared_error", "mean_absolute_percentage_error"]},
    "mape": {"layers": stack(last="sigmoid"), "loss": "mean_absolute_percentage_error", "optimizer": {"name": "sgd", "learning_rate": 1e-9}},
    "msle": {"layers": stack(last="softplus", units=1), "loss": "mean_squared_logarithmic_error", "metrics": ["mean_squared_logarithmic_error", "mean_absolute_error"]},
    "huber": {"layers": stack(last="linear", units=1), "loss": "huber", "metrics": ["mean_absolute_error", "r2_score"]},
    "huber-wide": {"layers": stack(last="linear", units=1), "loss": {"name": "huber", "delta": 3.0}},
    "log-cosh": {"layers": stack(last="linear", units=1), "loss": "log_cosh", "metrics": ["log_cosh"]},
    "poisson": {"layers": stack(last="softplus", units=1), "loss": "poisson", "metrics": ["poisson"]},
    "hinge": {"layers": stack(last="tanh"), "loss": "hinge", "metrics": ["accuracy", "hinge"], "optimizer": SGD},
    "squared-hinge": {"layers": stack(last="tanh"), "loss": "squared_hinge", "metrics": ["squared_hinge"]},
    "categorical-hinge": {"layers": stack(last="linear"), "loss": "categorical_hinge", "metrics": ["accuracy", "categorical_hinge"]},
    "kl-divergence": {"layers": stack(), "loss": "kl_divergence", "metrics": ["kl_divergence"]},
    "cosine-similarity": {"layers": stack(last="linear"), "loss": "cosine_similarity", "metrics": ["cosine_similarity", "accuracy"]},
    "categorical-focal": {"layers": stack(), "loss": "categorical_focal_crossentropy", "metrics": ["accuracy", "categorical_crossentropy"]},
    "categorical-focal-arguments": {"layers": stack(), "loss": {"name": "categorical_focal_crossentropy", "alpha": 0.5, "gamma": 1.0, "label_smoothing": 0.1}},
    "binary-focal": {"layers": stack(last="sigmoid"), "loss": "binary_focal_crossentropy", "metrics": ["accuracy", "binary_accuracy", "binary_crossentropy"]},
    "binary-focal-arguments": {"layers": stack(last="sigmoid"), "loss": {"name": "binary_focal_crossentropy", "apply_class_balancing": True, "alpha": 0.4, "gamma": 3.0}},
    "sparse": {"layers": stack(), "loss": "sparse_categorical_crossentropy", "metrics": ["accuracy", "sparse_top_k_categorical_accuracy", "sparse_categorical_crossentropy"]},
    "metrics-softmax": {"layers": stack(), "loss": CCE, "metrics": HARD[:2] + HARD[3:]},
    "metrics-top-2": {"layers": stack(), "loss": CCE, "metrics": [HARD[2], {"name": "precision", "thresholds": 0.3}, {"name": "recall", "thresholds": 0.3}, {"name": "auc", "curve": "PR"}, {"name": "f1_score", "average": "micro"}, {"name": "fbeta_score", "average": "weighted", "beta": 2.0}]},
    "metrics-sigmoid": {"layers": stack(last="sigmoid"), "loss": "binary_crossentropy", "metrics": ["accuracy", "precision", "recall", "auc", {"name": "f1_score", "average": "weighted"}]},
    "class-weight": {"layers": stack(), "loss": CCE, "metrics": ["accuracy"], "class_weight": {"0": 0.5, "3": 2.0, "7": 0.0}},
    "class-weight-l2": {"layers": stack(first={"kernel_regularizer": "l2"}), "loss": "sparse_categorical_crossentropy", "class_weight": {"1": 3.0}},
    "reduce-lr-on-plateau": {"layers": stack(), "loss": CCE, "epochs": 8, "optimizer": {"name": "adam", "learning_rate": 0.02}, "callbacks": {"reduce_lr_on_plateau": {"monitor": "val_loss", "factor": 0.2, "patience": 1, "min_lr": 0.001}}},
    "reduce-lr-cooldown": {"layers": stack(), "loss": CCE, "epochs": 10, "optimizer": {"name": "sgd", "learning_rate": 0.5}, "callbacks": {"reduce_lr_on_plateau": {"monitor": "val_loss", "factor": 0.5, "patience": 1, "cooldown": 2, "min_delta": 0.05}}},
    "learning-rate-scheduler": {"layers": stack(), "loss": CCE, "epochs": 5, "callbacks": {"learning_rate_scheduler": {"epochs": [1, 3], "learning_rates": [0.01, 0.0005]}}},
    "early-stopping": {"layers": stack(), "loss": CCE, "epochs": 12, "optimizer": {"name": "adam", "learning_rate": 0.01}, "callbacks": {"early_stopping": {"monitor": "val_loss", "patience": 2, "restore_best_weights": True, "start_from_epoch": 1}}},
}

result = {"keras": keras.__version__, "backend": keras.backend.backend(), "cases": {}}
for name, case in CASES.items():
    if only and name not in only: continue
    keras.utils.set_random_seed(0)
    result["cases"][name] = {**case, **run(case)}
    print(name, {k: v[-1] for k, v in result["cases"][name]["history"].items()}, flush=True)
json.dump(result, open(out, "w"), indent=1)
