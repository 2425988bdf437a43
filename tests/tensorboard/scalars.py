"""Prints the scalars of every run below a log folder as TensorBoard's own loader reads them.

    python scalars.py LOGDIR    ->  {run: {tag: [[step, wall_time, value], ...]}}

A value that JSON has no number for is its Python name.
"""

import json
import math
import os
import sys

from tensorboard.backend.event_processing import plugin_event_accumulator
from tensorboard.util import tensor_util

logdir = sys.argv[1]
keep_all = {"tensors": 0}
runs = {}
for folder, _, files in os.walk(logdir):
    if not any("tfevents" in name for name in files):
        continue
    loader = plugin_event_accumulator.EventAccumulator(folder,
                                                       size_guidance=keep_all,
                                                      purge_orphaned_data=False)
    loader.Reload()
    tags = {}
    for tag in loader.Tags()["tensors"]:
        try:
            plugin = loader.SummaryMetadata(tag).plugin_data.plugin_name
        except KeyError:  # no value of the tag says what it is: no page shows it
            continue
        if plugin != "scalars":
            continue
        values = []
        for event in loader.Tensors(tag):
            value = float(tensor_util.make_ndarray(event.tensor_proto).item())
            values.append([event.step, event.wall_time,
                           value if math.isfinite(value) else repr(value)])
        tags[tag] = values
    runs[os.path.relpath(folder, logdir)] = tags
json.dump(runs, sys.stdout)
