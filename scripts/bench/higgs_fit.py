"""Times epochs on a table of HIGGS's shape in runner, PyTorch, JAX and Keras, with the rows in memory.

    python higgs_fit.py compare FILE [--threads 2] [--epochs 3] [--batch 256] [--runner PROGRAM]
    python higgs_fit.py torch|jax|keras FILE THREADS EPOCHS BATCH

FILE is a `rows.parquet` of `higgs.py make`. The network has 28 inputs, 64 units with relu and one with sigmoid; Adam,
binary crossentropy, rows shuffled in each epoch, no validation. Each contender is a process of its own, one after the
other; the first epoch, in which graphs are compiled, is not in the median. `runner files` leaves the rows in the file
(`in_memory = false`). The tables are Markdown. Needs numpy, pyarrow, torch, jax, keras and tensorflow-cpu.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time

CONFIG = """
name = "higgs"
[data]
dataset = "{file}"
label = "label"
in_memory = {in_memory}
[model]
layers = [{{ type = "dense", units = 64, activation = "relu" }}, {{ type = "dense", units = 1, activation = "sigmoid" }}]
[optimizer]
name = "adam"
[training]
epochs = {epochs}
batch_size = {batch}
loss = "binary_crossentropy"
metrics = ["accuracy"]
"""


def rows(path):
    import numpy
    import pyarrow.parquet

    table = pyarrow.parquet.read_table(path)
    inputs = numpy.empty((len(table), 28), "float32")
    for at in range(28):
        inputs[:, at] = table.column(f"x{at}").to_numpy()
    return inputs, table.column("label").to_numpy().astype("float32")


def torch_fit(path, threads, epochs, batch):
    import torch
    from torch import nn

    torch.set_num_threads(threads)
    torch.manual_seed(0)
    x, y = (torch.from_numpy(values) for values in rows(path))
    model = nn.Sequential(nn.Linear(28, 64), nn.ReLU(), nn.Linear(64, 1))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.001, eps=1e-7, fused=True)
    loss_of = nn.BCEWithLogitsLoss()
    for _ in range(epochs):
        begun, total, hits = time.perf_counter(), 0.0, 0
        order = torch.randperm(len(x))
        for at in range(0, len(x), batch):
            chosen = order[at : at + batch]
            logits = model(x[chosen])[:, 0]
            loss = loss_of(logits, y[chosen])
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(chosen)
            hits += ((logits > 0) == (y[chosen] > 0.5)).sum().item()
        yield time.perf_counter() - begun, total / len(x), hits / len(x)


def jax_fit(path, threads, epochs, batch):
    if threads == 1:
        os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    import jax
    import jax.numpy as jnp

    x, y = (jnp.asarray(values) for values in rows(path))
    steps = len(x) // batch

    def score(params, x, y):
        (w1, b1), (w2, b2) = params
        logits = (jax.nn.relu(x @ w1 + b1) @ w2 + b2)[:, 0]
        loss = jnp.maximum(logits, 0) - logits * y + jnp.log1p(jnp.exp(-jnp.abs(logits)))
        return loss.mean(), ((logits > 0) == (y > 0.5)).mean()

    def step(carry, chosen):
        params, m, v, t = carry
        (loss, hits), grads = jax.value_and_grad(score, has_aux=True)(params, x[chosen], y[chosen])
        t += 1
        alpha = 0.001 * jnp.sqrt(1 - 0.999**t) / (1 - 0.9**t)
        m = jax.tree.map(lambda a, g: a + (g - a) * 0.1, m, grads)
        v = jax.tree.map(lambda a, g: a + (g * g - a) * 0.001, v, grads)
        params = jax.tree.map(lambda p, m, v: p - alpha * m / (jnp.sqrt(v) + 1e-7), params, m, v)
        return (params, m, v, t), (loss, hits)

    @jax.jit
    def epoch(carry, key):
        order = jax.random.permutation(key, len(x))[: steps * batch].reshape(steps, batch)
        carry, (losses, hits) = jax.lax.scan(step, carry, order)
        return carry, losses.mean(), hits.mean()

    def glorot(key, rows, cols):
        limit = (6 / (rows + cols)) ** 0.5
        return jax.random.uniform(key, (rows, cols), minval=-limit, maxval=limit)

    keys = jax.random.split(jax.random.key(0), epochs + 2)
    params = [(glorot(keys[0], 28, 64), jnp.zeros(64)), (glorot(keys[1], 64, 1), jnp.zeros(1))]
    zeros = jax.tree.map(jnp.zeros_like, params)
    carry = (params, zeros, zeros, 0.0)
    for key in keys[2:]:
        begun = time.perf_counter()
        carry, loss, hits = epoch(carry, key)
        loss = float(loss)
        yield time.perf_counter() - begun, loss, float(hits)


def keras_fit(path, threads, epochs, batch):
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    os.environ["KERAS_BACKEND"] = "tensorflow"
    import tensorflow

    tensorflow.config.threading.set_intra_op_parallelism_threads(threads)
    tensorflow.config.threading.set_inter_op_parallelism_threads(threads)
    import keras

    x, y = rows(path)
    layers = [keras.Input((28,)), keras.layers.Dense(64, activation="relu"), keras.layers.Dense(1, activation="sigmoid")]
    model = keras.Sequential(layers)
    model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
    for _ in range(epochs):
        begun = time.perf_counter()
        logs = model.fit(x, y, batch_size=batch, epochs=1, verbose=0).history
        yield time.perf_counter() - begun, logs["loss"][0], logs["accuracy"][0]


def fit(name, path, threads, epochs, batch):
    for seconds, loss, accuracy in {"torch": torch_fit, "jax": jax_fit, "keras": keras_fit}[name](path, threads, epochs, batch):
        print(seconds, loss, accuracy, flush=True)


def runner_fit(program, path, in_memory, args):
    """Seconds between the ends of epochs, and the loss and accuracy of the last."""
    with tempfile.TemporaryDirectory() as folder:
        config = os.path.join(folder, "higgs.toml")
        with open(config, "w") as file:
            text = CONFIG.format(file=os.path.abspath(path), in_memory=in_memory, epochs=args.epochs, batch=args.batch)
            file.write(text)
        logs = os.path.join(folder, "logs")
        call = [program, "run", config, "--logdir", logs, "--threads", str(args.threads), "--progress", "plain"]
        process = subprocess.Popen(call, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
        ends, last = [], ""
        for line in process.stderr:
            if "loss" in line:
                ends.append(time.perf_counter())
                last = line.strip()
        _, status, usage = os.wait4(process.pid, 0)
        if status:
            sys.exit(f"{program} failed: {last}")
        times = [b - a for a, b in zip(ends, ends[1:])]
        return times, last, usage.ru_maxrss / 1024


def compare(args):
    print(f"{args.threads} threads, batch {args.batch}, {args.file}\n")
    print("| contender | s per epoch | peak memory | last epoch |\n| --- | --- | --- | --- |")
    for name, in_memory in [("runner", "true"), ("runner files", "false")]:
        times, last, peak = runner_fit(args.runner, args.file, in_memory, args)
        print(f"| {name} | {statistics.median(times):.2f} | {peak:.0f} MB | {last} |", flush=True)
    for name in ["torch", "jax", "keras"]:
        call = [sys.executable, __file__, name, args.file, str(args.threads), str(args.epochs), str(args.batch)]
        process = subprocess.Popen(call, stdout=subprocess.PIPE, text=True)
        epochs = [[float(number) for number in line.split()] for line in process.stdout]
        _, status, usage = os.wait4(process.pid, 0)
        if status or len(epochs) < 2:
            sys.exit(f"{name} failed")
        seconds = statistics.median(epoch[0] for epoch in epochs[1:])
        peak, loss, accuracy = usage.ru_maxrss / 1024, *epochs[-1][1:]
        print(f"| {name} | {seconds:.2f} | {peak:.0f} MB | loss {loss:.4f}, accuracy {accuracy:.4f} |", flush=True)


if sys.argv[1:2] == ["compare"]:
    parser = argparse.ArgumentParser()
    parser.add_argument("file")
    for name, default in [("threads", 2), ("epochs", 3), ("batch", 256)]:
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--runner", default="target/release/runner")
    compare(parser.parse_args(sys.argv[2:]))
elif len(sys.argv) == 6:
    fit(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:]))
else:
    sys.exit(__doc__)
