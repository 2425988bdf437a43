"""The tutorial in Keras with its TensorBoard callback: EPOCHS THREADS MNIST LOGDIR.

Prints the seconds from the interpreter's start to the first epoch, and those of the epochs.
"""

import os
import sys
import time

start = time.time()
epochs, threads, path, logdir = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["KERAS_BACKEND"] = "tensorflow"

import numpy as np
import tensorflow as tf

tf.config.threading.set_intra_op_parallelism_threads(threads)
tf.config.threading.set_inter_op_parallelism_threads(threads)
import keras

with np.load(path) as data:
    x = data["x_train"].reshape(60000, 784).astype("float32") / 255
    y = keras.utils.to_categorical(data["y_train"], 10)
model = keras.Sequential(
    [
        keras.Input((784,)),
        keras.layers.Dense(64, activation="relu"),
        keras.layers.Dense(10, activation="softmax"),
    ]
)
model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
begun = time.time()
history = model.fit(
    x,
    y,
    batch_size=32,
    epochs=epochs,
    validation_split=0.2,
    verbose=0,
    callbacks=[keras.callbacks.TensorBoard(log_dir=logdir)],
)
print(begun - start, time.time() - begun, history.history["val_accuracy"][-1])
