"""What TensorBoard takes to load log folders: seconds until it serves every scalar, processor seconds and
peak memory of it and its data server, and the event files that it reads.

    .venv/bin/python scripts/bench/board_load.py LOGDIR...

Linux only: it reads /proc.
"""

import os
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "tests" / "tensorboard"))

from check import PATIENCE, TensorBoard, event_files  # noqa: E402


def tree(pid):
    """The process and all below it."""
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid] + [below for child in children for below in tree(int(child))]


def used(pid):
    """Processor seconds and megabytes at the peak."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    peak = int(status.split("VmHWM:")[1].split()[0]) / 1024
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"), peak


def load(logdir):
    files = list(event_files(logdir))
    want = len({os.path.dirname(path) for path in files})
    size = sum(os.path.getsize(path) for path in files)
    begun = time.monotonic()
    board = TensorBoard(logdir, load_fast=True)
    try:
        before = None
        while time.monotonic() < begun + PATIENCE:
            tags = board.get("data/plugin/scalars/tags")
            shown = (len(board.get("data/runs")), sum(map(len, tags.values())))
            if shown[0] == want and shown == before:
                break
            before = shown
            time.sleep(0.1)
        seconds = time.monotonic() - begun
        every = [used(pid) for pid in tree(board.process.pid)]
    finally:
        board.stop()
    return want, size, seconds, sum(cpu for cpu, _ in every), sum(peak for _, peak in every)


def main():
    print("| log folder | folders with event files | MB of them | s | processor s | peak MB |")
    print("| --- | --- | --- | --- | --- | --- |")
    for logdir in sys.argv[1:]:
        runs, size, seconds, cpu, peak = load(logdir)
        print(f"| {logdir} | {runs} | {size / 1e6:.1f} | {seconds:.1f} | {cpu:.1f} | {peak:.0f} |")


main()
