"""Record what Keras's fit makes of two embedded columns, with numbers and a one-hot column.

Usage: pip install jax keras==3.15.1; python keras_embeddings.py keras_embeddings.json

Columns of a row: the number a, the word city (5 words, embedded to 3), the number b, the word tree (3
words, embedded to 2) and the word size (2 words, one-hot). Some cities occur in a few rows only, so that most
batches leave rows of the table without a gradient.

The backend is JAX: TensorFlow gives a gradient for each occurrence of a word to the optimizer, and Adam and
RMSprop then square each before the sum, not the sum.
"""
import json, os, sys
os.environ["KERAS_BACKEND"] = "jax"
import numpy as np, keras
from keras import layers, optimizers

(out,) = sys.argv[1:]
ROWS, TRAINED = 60, 48
random = np.random.default_rng(11)
a, b = random.normal(size=(2, ROWS)).astype("float32").round(3)
city = random.choice(5, size=ROWS, p=[0.5, 0.3, 0.1, 0.06, 0.04])
tree, size = random.integers(0, 3, ROWS), random.integers(0, 2, ROWS)
# Every word occurs among the rows that train.
city[:5], tree[:3], size[:2] = range(5), range(3), range(2)
y = (a - b + np.array([0.0, 1.0, -2.0, 3.0, 1.0])[city] * (tree - 1) + size
     + 0.1 * random.normal(size=ROWS)).astype("float32").round(3)

start = {"embedding_0.city": random.uniform(-0.05, 0.05, (5, 3)), "embedding_0.tree": random.uniform(-0.05, 0.05, (3, 2)),
         "dense_0.kernel": random.normal(size=(9, 6)) * 0.4, "dense_0.bias": np.zeros(6),
         "dense_1.kernel": random.normal(size=(6, 1)) * 0.4, "dense_1.bias": np.zeros(1)}
start = {name: array.astype("float32").round(4) for name, array in start.items()}
OPTIMIZERS = {
    "sgd": {"name": "sgd", "learning_rate": 0.05, "momentum": 0.9},
    "adam": {"name": "adam", "learning_rate": 0.02},
    "adamw-clipped": {"name": "adamw", "learning_rate": 0.02, "weight_decay": 0.1, "clipnorm": 0.05},
    "rmsprop": {"name": "rmsprop", "learning_rate": 0.01},
}
KERAS = {"sgd": "SGD", "adam": "Adam", "adamw": "AdamW", "rmsprop": "RMSprop"}

found = {}
for case, optimizer in OPTIMIZERS.items():
    inputs = [keras.Input((1,)) for _ in range(5)]
    tables = [layers.Embedding(5, 3), layers.Embedding(3, 2)]
    one_hot = layers.CategoryEncoding(num_tokens=2, output_mode="one_hot")(inputs[4])
    joined = layers.Concatenate()([inputs[0], layers.Flatten()(tables[0](inputs[1])), inputs[2],
                                   layers.Flatten()(tables[1](inputs[3])), one_hot])
    dense = [layers.Dense(6, activation="tanh"), layers.Dense(1)]
    model = keras.Model(inputs, dense[1](dense[0](joined)))
    tables[0].set_weights([start["embedding_0.city"]])
    tables[1].set_weights([start["embedding_0.tree"]])
    for i, layer in enumerate(dense):
        layer.set_weights([start[f"dense_{i}.kernel"], start[f"dense_{i}.bias"]])
    args = dict(optimizer)
    model.compile(getattr(optimizers, KERAS[args.pop("name")])(**args), loss="mean_squared_error")
    x = [v[:, None] for v in (a, city, b, tree, size)]
    h = model.fit([v[:TRAINED] for v in x], y[:TRAINED], batch_size=8, epochs=4, shuffle=False, verbose=0,
                  validation_data=([v[TRAINED:] for v in x], y[TRAINED:]))
    weights = [*(t.get_weights()[0] for t in tables), *(w for d in dense for w in d.get_weights())]
    found[case] = {"optimizer": optimizer, "history": {k: [float(v) for v in vs] for k, vs in h.history.items()},
                   "weights": {name: w.ravel().tolist() for name, w in zip(start, weights)}}

rows = [[float(a[i]), int(city[i]), float(b[i]), int(tree[i]), int(size[i]), float(y[i])] for i in range(ROWS)]
json.dump({"keras": keras.__version__, "trained": TRAINED, "rows": rows, "cases": found,
           "start": {name: {"shape": list(w.shape), "values": w.ravel().tolist()} for name, w in start.items()}},
          open(out, "w"))
