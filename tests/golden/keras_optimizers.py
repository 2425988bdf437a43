"""Record what Keras's optimizers and schedules compute, for the tests of the rules.

Usage: pip install tensorflow-cpu; python keras_optimizers.py OUT.json

Every case lets one optimizer update a matrix and a vector by the same gradients, some of them 0, and
records both weights after the last step (`raw`) and, where weights are averaged, after
`finalize_variable_values` (`final`).
Every schedule is recorded at STEPS.
"""
import json, os, sys
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy as np, keras, tensorflow as tf
from keras import optimizers as O

KINDS = {"sgd": "SGD", "rmsprop": "RMSprop", "adamw": "AdamW", "schedulefreeadamw": "ScheduleFreeAdamW"}
UPDATES = 7


class ScheduleFreeAdamW(O.ScheduleFreeAdamW):
    """The formula of Keras's source, as JAX computes it: on TensorFlow `momentum.value` is no copy, so that
    Keras there reads the old momentum after its update."""

    def assign_sub(self, variable, value):
        variable._value = tf.Variable(variable._value - value)


O.ScheduleFreeAdamW = ScheduleFreeAdamW
rng = np.random.default_rng(3)
SHAPES = {"tall": (5, 3), "wide": (3, 20)}


def numbers(shape, scale):
    return (scale * rng.standard_normal(shape)).astype("float32")


def weights(shape):
    gradients = []
    for t in range(UPDATES):
        pair = [numbers(shape, 0.3), numbers(shape[1], 0.3)]
        pair[0][0] = 0.0  # an input that is never used
        pair[0][1, : t % 2 + 1] = 0.0
        pair[1][t % shape[1]] = 0.0
        gradients.append(pair)
    return {"start": [numbers(shape, 1.0), numbers(shape[1], 1.0)], "gradients": gradients}


PROBLEMS = {name: weights(shape) for name, shape in SHAPES.items()}


def flat(array):
    return [float(f"{x:.9g}") for x in array.ravel()]


def camel(name):
    return "".join(word.capitalize() for word in name.split("_"))


def schedule(arguments):
    arguments = dict(arguments)
    return getattr(O.schedules, camel(arguments.pop("schedule")))(**arguments)


def run(config, problem):
    arguments = dict(config)
    name = arguments.pop("name")
    if isinstance(arguments.get("learning_rate"), dict):
        arguments["learning_rate"] = schedule(arguments["learning_rate"])
    optimizer = getattr(O, KINDS.get(name, name.capitalize()))(**arguments)
    variables = [keras.Variable(w, name=n) for w, n in zip(problem["start"], ("kernel", "bias"))]
    for gradients in problem["gradients"]:
        optimizer.apply([keras.ops.convert_to_tensor(g) for g in gradients], variables)
    raw = [flat(np.asarray(v)) for v in variables]
    optimizer.finalize_variable_values(variables)
    final = [flat(np.asarray(v)) for v in variables]
    return {"raw": raw, "final": final} if config.get("use_ema") else {"raw": raw}


HALVING = {"schedule": "exponential_decay", "initial_learning_rate": 0.1, "decay_steps": 2, "decay_rate": 0.5}
CASES = [
    {"name": "sgd"},
    {"name": "sgd", "momentum": 0.9},
    {"name": "sgd", "momentum": 0.9, "nesterov": True},
    {"name": "sgd", "learning_rate": 0.1, "weight_decay": 0.05},
    {"name": "sgd", "learning_rate": 0.1, "clipvalue": 0.2},
    {"name": "sgd", "learning_rate": 0.1, "clipnorm": 0.5},
    {"name": "sgd", "learning_rate": 0.1, "global_clipnorm": 0.5},
    {"name": "sgd", "learning_rate": 0.1, "global_clipnorm": 50.0},
    {"name": "sgd", "learning_rate": 0.1, "clipnorm": 0.5, "weight_decay": 0.05, "momentum": 0.5},
    {"name": "sgd", "learning_rate": 0.1, "use_ema": True},
    {"name": "sgd", "learning_rate": 0.1, "use_ema": True, "ema_momentum": 0.5, "ema_overwrite_frequency": 3},
    {"name": "sgd", "learning_rate": 0.1, "gradient_accumulation_steps": 2},
    {"name": "sgd", "learning_rate": HALVING, "gradient_accumulation_steps": 3, "clipvalue": 0.1},
    {"name": "adam", "gradient_accumulation_steps": 2, "use_ema": True, "ema_momentum": 0.8, "ema_overwrite_frequency": 2},
    {"name": "sgd", "learning_rate": HALVING},
    {"name": "rmsprop"},
    {"name": "rmsprop", "momentum": 0.5},
    {"name": "rmsprop", "centered": True},
    {"name": "rmsprop", "centered": True, "momentum": 0.5, "rho": 0.8, "epsilon": 0.001},
    {"name": "adam"},
    {"name": "adam", "learning_rate": 0.01, "beta_1": 0.8, "beta_2": 0.9, "epsilon": 0.01},
    {"name": "adam", "amsgrad": True, "beta_2": 0.5},
    {"name": "adam", "clipvalue": 0.1, "weight_decay": 0.1},
    {"name": "adamw"},
    {"name": "adamw", "learning_rate": 0.01, "weight_decay": 0.5, "amsgrad": True, "beta_2": 0.5},
    {"name": "adagrad"},
    {"name": "adagrad", "learning_rate": 0.1, "initial_accumulator_value": 0.5, "epsilon": 0.001, "weight_decay": 0.1},
    {"name": "adadelta"},
    {"name": "adadelta", "learning_rate": 1.0, "rho": 0.8, "epsilon": 0.001},
    {"name": "adamax"},
    {"name": "adamax", "learning_rate": 0.01, "beta_1": 0.8, "beta_2": 0.9, "epsilon": 0.001},
    {"name": "nadam"},
    {"name": "nadam", "learning_rate": 0.01, "beta_1": 0.8, "beta_2": 0.9, "epsilon": 0.001},
    {"name": "ftrl"},
    {"name": "ftrl", "learning_rate": 0.1, "l1_regularization_strength": 0.3, "l2_regularization_strength": 0.2},
    {"name": "ftrl", "learning_rate": 0.1, "l2_shrinkage_regularization_strength": 0.2, "beta": 0.5, "initial_accumulator_value": 0.5},
    {"name": "ftrl", "learning_rate": 0.1, "learning_rate_power": -0.3},
    {"name": "ftrl", "learning_rate": 0.1, "learning_rate_power": 0.0},
    {"name": "lion"},
    {"name": "lion", "learning_rate": 0.01, "beta_1": 0.5, "beta_2": 0.6, "weight_decay": 0.1},
    {"name": "lamb"},
    {"name": "lamb", "learning_rate": 0.01, "beta_1": 0.8, "beta_2": 0.9, "epsilon": 0.001, "weight_decay": 0.1},
    {"name": "adafactor"},
    {"name": "adafactor", "learning_rate": 0.7, "relative_step": False},
    {"name": "adafactor", "learning_rate": 0.7, "clip_threshold": 0.5, "beta_2_decay": -0.5, "epsilon_2": 0.5},
    {"name": "adafactor", "learning_rate": HALVING, "weight_decay": 0.1},
    {"name": "muon"},
    {"name": "muon", "learning_rate": 0.01, "nesterov": False, "momentum": 0.5, "ns_steps": 2},
    {"name": "muon", "learning_rate": 0.01, "adam_lr_ratio": 0.5, "adam_beta_1": 0.8, "adam_beta_2": 0.9,
     "epsilon": 0.001, "weight_decay": 0.2, "adam_weight_decay": 0.3, "rms_rate": 0.5, "clipvalue": 0.2},
    {"name": "muon", "muon_a": 2.0, "muon_b": -1.5, "muon_c": 0.5},
    {"name": "schedulefreeadamw"},
    {"name": "schedulefreeadamw", "learning_rate": 0.1, "beta_1": 0.6, "beta_2": 0.9, "epsilon": 0.001, "warmup_steps": 4,
     "weight_decay": 0.2},
    {"name": "schedulefreeadamw", "learning_rate": HALVING, "gradient_accumulation_steps": 2, "clipnorm": 0.5},
]

STEPS = [0, 1, 2, 3, 5, 7, 9, 10, 11, 14, 20, 25, 30, 40, 69, 70, 75, 100, 1000]
COSINE = {"schedule": "cosine_decay", "initial_learning_rate": 0.1, "decay_steps": 10}
RESTARTS = {"schedule": "cosine_decay_restarts", "initial_learning_rate": 0.1, "first_decay_steps": 10}
POLYNOMIAL = {"schedule": "polynomial_decay", "initial_learning_rate": 0.1, "decay_steps": 10}
SCHEDULES = [
    HALVING,
    {**HALVING, "decay_steps": 10, "decay_rate": 0.9},
    {**HALVING, "decay_steps": 10, "staircase": True},
    {"schedule": "piecewise_constant_decay", "boundaries": [2, 10, 70], "values": [1.0, 0.5, 0.25, 0.125]},
    POLYNOMIAL,
    {**POLYNOMIAL, "end_learning_rate": 0.01, "power": 2.0},
    {**POLYNOMIAL, "end_learning_rate": 0.01, "power": 0.5, "cycle": True},
    {"schedule": "inverse_time_decay", "initial_learning_rate": 0.1, "decay_steps": 10, "decay_rate": 0.5},
    {"schedule": "inverse_time_decay", "initial_learning_rate": 0.1, "decay_steps": 10, "decay_rate": 0.5, "staircase": True},
    COSINE,
    {**COSINE, "alpha": 0.1},
    {**COSINE, "initial_learning_rate": 0.0, "warmup_target": 0.1, "warmup_steps": 5},
    {**COSINE, "initial_learning_rate": 0.02, "warmup_target": 0.1, "warmup_steps": 7, "alpha": 0.2},
    RESTARTS,
    {**RESTARTS, "alpha": 0.1, "m_mul": 0.8},
    {**RESTARTS, "t_mul": 1.0, "m_mul": 0.5},
    {**RESTARTS, "t_mul": 1.5, "m_mul": 0.9, "alpha": 0.05},
]

record = {
    "keras": keras.__version__,
    "backend": keras.backend.backend(),
    "problems": {
        name: {
            "shape": SHAPES[name],
            "start": [flat(w) for w in problem["start"]],
            "gradients": [[flat(g) for g in pair] for pair in problem["gradients"]],
        }
        for name, problem in PROBLEMS.items()
    },
    "cases": [{"optimizer": case, **{name: run(case, p) for name, p in PROBLEMS.items()}} for case in CASES],
    "steps": STEPS,
    "schedules": [{"learning_rate": s, "values": flat(np.array([schedule(s)(step) for step in STEPS]))} for s in SCHEDULES],
}
with open(sys.argv[1], "w") as file:
    file.write(json.dumps(record).replace('{"optimizer"', '\n{"optimizer"').replace('{"learning_rate": {"sch', '\n{"learning_rate": {"sch') + "\n")
