"""The search of `scripts/search.toml` by Optuna, which drives Keras: search_keras.py MNIST.NPZ ROWS TRIALS

Prints the best loss on the validation rows. `scripts/search.sh wall` takes the time of the whole process, as of
`runner`. Needs optuna 5.0.0, keras and tensorflow-cpu.
"""

import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np
import optuna

ROWS, TRIALS = int(sys.argv[2]), int(sys.argv[3])
EPOCHS = 3
VALIDATION_SPLIT = 0.3

with np.load(sys.argv[1]) as data:
    x = data["x_train"][:ROWS].reshape(-1, 784).astype("float32") / 255
    y = keras.utils.to_categorical(data["y_train"][:ROWS], 10)


def network(trial):
    depth = trial.suggest_categorical("layers", [1, 2, 3])
    units = trial.suggest_int("units", 16, 256, log=True)
    activation = trial.suggest_categorical("activation", ["relu", "tanh", "gelu"])
    layers = [
        keras.Input((784,)),
        keras.layers.Dense(units, activation=activation),
        keras.layers.Dropout(trial.suggest_float("dropout", 0.0, 0.6, step=0.05)),
    ]
    layers += [keras.layers.Dense(units, activation="relu") for units in [32, 16][: depth - 1]]
    return keras.Sequential([*layers, keras.layers.Dense(10, activation="softmax")])


def optimizer(trial):
    name = trial.suggest_categorical("optimizer", ["adam", "sgd", "rmsprop"])
    rate = trial.suggest_float("rate", 1e-4, 1e-1, log=True)
    if name == "adam":
        return keras.optimizers.Adam(rate, beta_1=trial.suggest_float("beta_1", 0.5, 0.99))
    if name == "sgd":
        return keras.optimizers.SGD(rate, momentum=trial.suggest_float("momentum", 0.0, 0.95))
    return keras.optimizers.RMSprop(rate, rho=trial.suggest_float("rho", 0.5, 0.99))


def objective(trial):
    keras.backend.clear_session()
    keras.utils.set_random_seed(0)
    model = network(trial)
    model.compile(optimizer(trial), loss="categorical_crossentropy", metrics=["accuracy"])
    batch = trial.suggest_int("batch", 16, 128, step=16)
    history = model.fit(
        x, y, batch_size=batch, epochs=EPOCHS, validation_split=VALIDATION_SPLIT, verbose=0
    )
    return history.history["val_loss"][-1]


optuna.logging.set_verbosity(optuna.logging.WARNING)
study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=0))
study.optimize(objective, n_trials=TRIALS)
print(f"{study.best_value:.4f}")
