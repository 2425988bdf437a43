"""A network in PyTorch on MNIST, fused Adam: EPOCHS THREADS MNIST UNITS[,UNITS...] BATCH.

Prints the seconds from the interpreter's start to the first epoch, and those of the epochs.
"""

import sys
import time

start = time.time()
epochs, threads, path = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
units, batch = [int(n) for n in sys.argv[4].split(",")], int(sys.argv[5])

import numpy as np
import torch
from torch import nn

torch.set_num_threads(threads)
torch.manual_seed(0)
with np.load(path) as data:
    x = torch.from_numpy(data["x_train"].reshape(60000, 784).astype("float32") / 255)
    y = torch.from_numpy(data["y_train"].astype("int64"))
train_x, train_y, val_x, val_y = x[:48000], y[:48000], x[48000:], y[48000:]
layers = []
for inputs, outputs in zip([784] + units, units):
    layers += [nn.Linear(inputs, outputs), nn.ReLU()]
model = nn.Sequential(*layers, nn.Linear(units[-1], 10))
optimizer = torch.optim.Adam(model.parameters(), lr=0.001, eps=1e-7, fused=True)
loss_of = nn.CrossEntropyLoss()
begun = time.time()
for _ in range(epochs):
    total = hits = 0
    order = torch.randperm(48000)
    for at in range(0, 48000, batch):
        rows = order[at : at + batch]
        logits = model(train_x[rows])
        loss = loss_of(logits, train_y[rows])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(rows)
        hits += (logits.argmax(1) == train_y[rows]).sum().item()
    with torch.no_grad():
        logits = model(val_x)
        val_loss = loss_of(logits, val_y).item()
        val_accuracy = (logits.argmax(1) == val_y).float().mean().item()
print(begun - start, time.time() - begun, val_accuracy)
