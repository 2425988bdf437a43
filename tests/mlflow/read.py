"""What MLflow's own client reads of a store; usage: read.py FOLDER. Prints JSON: the runs by experiment."""

import json
import os
import sys
from pathlib import Path

os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"

from mlflow.tracking import MlflowClient

client = MlflowClient(tracking_uri=Path(sys.argv[1]).resolve().as_uri())


def told(run):
    names = run.data.metrics
    history = {name: client.get_metric_history(run.info.run_id, name) for name in names}
    return {
        "name": run.info.run_name,
        "status": run.info.status,
        "start": run.info.start_time,
        "end": run.info.end_time,
        "params": run.data.params,
        "tags": run.data.tags,
        "last": {name: str(value) for name, value in run.data.metrics.items()},
        "steps": {name: [one.step for one in values] for name, values in history.items()},
        "times": [one.timestamp for one in history.get("loss", [])],
        "artifacts": [one.path for one in client.list_artifacts(run.info.run_id)],
    }


print(json.dumps({
    experiment.name: sorted(
        (told(run) for run in client.search_runs([experiment.experiment_id])),
        key=lambda run: run["name"],
    )
    for experiment in client.search_experiments()
}))
