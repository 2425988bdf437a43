"""A network in JAX on MNIST, each epoch one compiled `lax.scan`:
EPOCHS THREADS MNIST UNITS[,UNITS...] BATCH.

Prints the seconds from the interpreter's start to the first epoch, and those of the epochs; the
compilation is in the latter, and in `compiled` the median of the later epochs.
"""

import os
import sys
import time

start = time.time()
epochs, threads, path = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
units, batch = [int(n) for n in sys.argv[4].split(",")], int(sys.argv[5])
if threads == 1:
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"

import jax
import jax.numpy as jnp
import numpy as np

with np.load(path) as data:
    x = jnp.asarray(data["x_train"].reshape(60000, 784).astype("float32") / 255)
    y = jnp.asarray(np.eye(10, dtype="float32")[data["y_train"]])
train_x, train_y, val_x, val_y = x[:48000], y[:48000], x[48000:], y[48000:]


def glorot(key, rows, cols):
    limit = (6 / (rows + cols)) ** 0.5
    return jax.random.uniform(key, (rows, cols), minval=-limit, maxval=limit)


def score(params, x, y):
    *hidden, (kernel, bias) = zip(params[::2], params[1::2])
    for inner_kernel, inner_bias in hidden:
        x = jax.nn.relu(x @ inner_kernel + inner_bias)
    logits = x @ kernel + bias
    loss = -(jax.nn.log_softmax(logits) * y).sum(1).mean()
    return loss, (logits.argmax(1) == y.argmax(1)).mean()


def step(carry, rows):
    params, m, v, t = carry
    (loss, hits), grads = jax.value_and_grad(score, has_aux=True)(
        params, train_x[rows], train_y[rows]
    )
    t += 1
    alpha = 0.001 * jnp.sqrt(1 - 0.999**t) / (1 - 0.9**t)
    m = [a + (g - a) * 0.1 for a, g in zip(m, grads)]
    v = [a + (g * g - a) * 0.001 for a, g in zip(v, grads)]
    params = [p - a * alpha / (jnp.sqrt(b) + 1e-7) for p, a, b in zip(params, m, v)]
    return (params, m, v, t), (loss, hits)


@jax.jit
def epoch(carry, key):
    rows = jax.random.permutation(key, 48000).reshape(48000 // batch, batch)
    carry, (loss, hits) = jax.lax.scan(step, carry, rows)
    return carry, loss.mean(), hits.mean(), score(carry[0], val_x, val_y)


sizes = [784, *units, 10]
keys = jax.random.split(jax.random.key(0), epochs + len(sizes) - 1)
params = []
for key, rows, cols in zip(keys, sizes, sizes[1:]):
    params += [glorot(key, rows, cols), jnp.zeros(cols)]
zeros = [jnp.zeros_like(p) for p in params]
carry = (params, zeros, zeros, jnp.float32(0))
begun = time.time()
seconds = []
for key in keys[len(sizes) - 1 :]:
    at = time.time()
    carry, loss, hits, validation = epoch(carry, key)
    validation = [float(number) for number in validation]
    seconds.append(time.time() - at)
print(begun - start, time.time() - begun, validation[1], "compiled", np.median(seconds[1:]))
