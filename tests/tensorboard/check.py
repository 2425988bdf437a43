"""Prints as JSON what TensorBoard sees in a log directory.

It judges nothing: what should be there is for the caller to know.

    check.py LOGDIR

    {"files":  {path: [{"kind", "step", "wall_time", "tags"}]}   its reader of event files
     "loader": {run: {tag: {"plugin", "points": [[step, value]]}}}   its Python loader
     "fast", "slow": ...}   its HTTP API over the Rust and the Python loader, see `ask`
"""

import json
import os
import queue
import re
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request

# Seconds until TensorBoard must have shown everything.
PATIENCE = 90


def event_files(logdir):
    """The paths of all event files below `logdir`."""
    for folder, _, names in sorted(os.walk(logdir)):
        for name in sorted(names):
            if "tfevents" in name:
                yield os.path.join(folder, name)


def read_files(logdir):
    """What TensorBoard's reader of event files finds in each."""
    from tensorboard.backend.event_processing import event_file_loader

    files = {}
    for path in event_files(logdir):
        # Unlike others, this loader does not give up in silence on a torn or corrupt record.
        events = event_file_loader.LegacyEventFileLoader(path).Load()
        files[os.path.relpath(path, logdir)] = [
            {
                "kind": event.WhichOneof("what"),
                "step": event.step,
                "wall_time": event.wall_time,
                "tags": [value.tag for value in event.summary.value],
            }
            for event in events
        ]
    return files


def load(logdir):
    """What TensorBoard's Python loader makes of the directory."""
    from tensorboard.backend.event_processing import plugin_event_multiplexer
    from tensorboard.util import tensor_util

    loader = plugin_event_multiplexer.EventMultiplexer()
    loader.AddRunsFromDirectory(logdir)
    loader.Reload()
    runs = {}
    for run in loader.Runs():
        runs[run] = {}
        for tag in loader.Runs()[run]["tensors"]:
            points = [
                [event.step, plain(tensor_util.make_ndarray(event.tensor_proto).tolist())]
                for event in loader.Tensors(run, tag)
            ]
            plugin = loader.SummaryMetadata(run, tag).plugin_data.plugin_name
            runs[run][tag] = {"plugin": plugin, "points": points}
    return runs


def plain(value):
    """The value as JSON has it; bytes as text, and what is no number as a word."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    if isinstance(value, float) and not abs(value) < float("inf"):
        return str(value)
    return value


class TensorBoard:
    """A TensorBoard on a free port of this machine."""

    def __init__(self, logdir, load_fast):
        self.lines = []
        command = [sys.executable, "-m", "tensorboard.main", "--logdir", logdir]
        command += ["--host", "127.0.0.1", "--port", "0", "--reload_interval", "1"]
        command += ["--load_fast", "true" if load_fast else "false"]
        self.process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        found = queue.Queue()
        threading.Thread(target=self.listen, args=[found], daemon=True).start()
        try:
            self.url = found.get(timeout=PATIENCE)
        except queue.Empty:
            self.url = None
        if self.url is None:
            self.stop()
            sys.exit("TensorBoard did not start; it said:\n" + "".join(self.lines))

    def listen(self, found):
        """Reads what TensorBoard says, to the end, and finds its address in it."""
        for line in self.process.stderr:
            self.lines.append(line)
            address = re.search(r"at (http://\S+)", line)
            if address:
                found.put(address[1])
        found.put(None)

    def get(self, path, body=None, **query):
        """The answer to a request, read as JSON; POST if there is a body."""
        url = urllib.parse.urljoin(self.url, path)
        if query:
            url += "?" + urllib.parse.urlencode(query)
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(url, data, headers)
        # Whatever proxy the environment names, this machine is not behind it.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=PATIENCE) as answer:
            text = answer.read().decode()
        return json.loads(text) if answer.headers.get_content_subtype() == "json" else text

    def stop(self):
        self.process.terminate()
        self.process.wait()


def ask(board):
    """What the pages of TensorBoard would show."""
    return {
        "provider": board.get("data/environment")["debug"]["data_provider"],
        "runs": sorted(board.get("data/runs")),
        "scalars": {
            run: {
                tag: [
                    [step, value]
                    for _, step, value in board.get(
                        "data/plugin/scalars/scalars", run=run, tag=tag
                    )
                ]
                for tag in tags
            }
            for run, tags in board.get("data/plugin/scalars/tags").items()
        },
        "tags": {
            plugin: {
                run: sorted(tags) for run, tags in board.get(f"data/plugin/{plugin}/tags").items()
            }
            for plugin in ("histograms", "distributions", "images", "text", "pr_curves")
        },
        "embeddings": {
            run: board.get("data/plugin/projector/info", run=run)["embeddings"]
            for run in board.get("data/plugin/projector/runs")
        },
        "graphs": ask_graphs(board),
        "hparams": ask_hparams(board),
    }


def ask_graphs(board):
    """For every run and tag with a model: the graph that the Graphs page draws."""
    graphs = {}
    for run, info in board.get("data/plugin/graphs/info").items():
        for tag, kinds in info["tags"].items():
            if kinds["conceptual_graph"]:
                graphs.setdefault(run, {})[tag] = board.get(
                    "data/plugin/graphs/graph", run=run, tag=tag, conceptual="true"
                )
    return graphs


def ask_hparams(board):
    """The table of the HParams page: its columns and rows, or None if there is none."""
    path = "data/plugin/hparams/"
    if not board.get("data/plugins_listing")["hparams"]["enabled"]:
        return None
    experiment = board.get(path + "experiment", {"experimentName": ""})
    columns = [{"hparam": info["name"]} for info in experiment["hparamInfos"]]
    columns += [{"metric": info["name"]} for info in experiment["metricInfos"]]
    statuses = ["STATUS_" + name for name in ("UNKNOWN", "SUCCESS", "FAILURE", "RUNNING")]
    groups = board.get(
        path + "session_groups",
        {
            "experimentName": "",
            "allowedStatuses": statuses,
            "colParams": columns,
            "startIndex": 0,
            "sliceSize": 1000,
        },
    )
    return {"experiment": experiment, "groups": groups["sessionGroups"]}


def serve(logdir, load_fast):
    """What TensorBoard shows once it has loaded every run and changes no more."""
    want = sorted({os.path.relpath(os.path.dirname(path), logdir) for path in event_files(logdir)})
    board = TensorBoard(logdir, load_fast)
    try:
        before, deadline = None, time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            shown = ask(board)
            if shown["runs"] == want and shown == before:
                return shown
            before = shown
            time.sleep(0.5)
    finally:
        board.stop()
    sys.exit(f"TensorBoard does not show {want}, but {before}; it said:\n" + "".join(board.lines))


def main():
    [logdir] = sys.argv[1:]
    try:
        import tensorboard  # noqa: F401
    except ImportError as error:
        sys.exit(f"{sys.executable} lacks TensorBoard ({error}): use scripts/test.sh")
    seen = {
        "files": read_files(logdir),
        "loader": load(logdir),
        "fast": serve(logdir, load_fast=True),
        "slow": serve(logdir, load_fast=False),
    }
    json.dump(seen, sys.stdout, indent=1)


if __name__ == "__main__":
    main()
