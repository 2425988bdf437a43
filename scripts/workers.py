#!/usr/bin/env python3
"""What workers of a sweep cost beside `runner run`, and what a run costs a file system.

    python3 scripts/workers.py overhead PROGRAM [--runs 60] [--repeats 5]
    python3 scripts/workers.py files PROGRAM [-- OPTIONS OF work]
    python3 scripts/workers.py latency PROGRAM [--milliseconds 1]
    python3 scripts/workers.py plan PROGRAM [--runs 1000 100000 1000000]
    python3 scripts/workers.py kills PROGRAM [--kills 100]

`overhead` trains the same sweep by `run`, by one worker, and by as many workers as there are cores, in turns.
`files` counts the calls of the system by strace over sweeps of 10 and of 30 runs, the difference divided by 20.
`latency` lets strace delay each call with a path, as a file system behind a network does.
`plan` freezes sweeps, and takes the processor's time and the largest memory of that and of a worker's start.
`kills` kills workers by KILL at seeded moments, and prints how much training the next one repeats.
"""

import argparse
import os
import random
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SWEEP = """
[data]
dataset = "mnist"
limit = {rows}
[model]
layers = [
  {{ type = "dense", units = 64, activation = "relu" }},
  {{ type = "dense", units = 10, activation = "softmax" }},
]
[optimizer]
name = "adam"
[training]
epochs = {epochs}
[sweep]
[sweep.parameters]
"optimizer.learning_rate" = [{rates}]
"optimizer.beta_1" = [{betas}]
"""
CHANGES = ["open that creates", "mkdir", "rename", "unlink"]
PATHS = "openat,mkdir,rename,renameat,renameat2,unlink,unlinkat,rmdir,statx,newfstatat,readlink,access"


def config(folder, runs, rows=2000, epochs=20):
    """A sweep of so many runs: the tutorial's network on some rows."""
    wide = next(n for n in (1000, 100, 10, 1) if runs % n == 0 and n * n <= max(runs, 1))
    number = lambda n, low, high: ", ".join(f"{low + i * (high - low) / n:.7g}" for i in range(n))
    text = SWEEP.format(rows=rows, epochs=epochs, rates=number(runs // wide, 1e-4, 1e-2),
                        betas=number(wide, 0.8, 0.99))
    path = Path(folder) / "sweep.toml"
    path.write_text(text)
    return path


def call(words, **options):
    done = subprocess.run(list(map(str, words)), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, **options)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, words))}: {done.stderr}")
    return done.stdout.strip()


def frozen(program, folder, path):
    return Path(call([program, "run", path, "-q", "--plan-only", "--logdir", Path(folder) / "logs"]))


def worker(program, sweep, index=0, count=1):
    return [program, "work", sweep, "--shard", f"{index}/{count}", "-q"]


def timed(work):
    """Seconds by the clock, and of processors."""
    used = lambda: sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])
    begun, before = time.perf_counter(), used()
    work()
    return time.perf_counter() - begun, used() - before


def overhead(args):
    cores = len(os.sched_getaffinity(0))
    seconds = {"run": [], "one worker": [], f"{cores} workers": []}

    def together(sweep):
        words = [[*worker(args.program, sweep, i, cores), "--threads", "1"] for i in range(cores)]
        for process in [subprocess.Popen(list(map(str, call))) for call in words]:
            assert process.wait() == 0

    for _ in range(args.repeats):
        for name, times in seconds.items():
            with tempfile.TemporaryDirectory() as folder:
                path = config(folder, args.runs, args.rows, args.epochs)
                if name == "run":
                    words = [args.program, "run", path, "-q", "--logdir", f"{folder}/logs"]
                    times.append(timed(lambda: call(words)))
                    continue
                sweep = frozen(args.program, folder, path)
                alone = lambda: call(worker(args.program, sweep))
                times.append(timed(alone if name == "one worker" else lambda: together(sweep)))
    print(f"{args.runs} runs of {args.rows} rows and {args.epochs} epochs, medians of {args.repeats}, {cores} cores\n")
    print("| | s | beside `run` | CPU s | beside `run` |\n| --- | --- | --- | --- | --- |")
    medians = {name: [statistics.median(column) for column in zip(*times)] for name, times in seconds.items()}
    for name, found in medians.items():
        cells = [f"{value:.2f} | {100 * (value / base - 1):+.1f} %" for value, base in zip(found, medians["run"])]
        print(f"| {name} | {' | '.join(cells)} |")


def counts(program, runs, options):
    """The system calls of a worker on a sweep of so many runs, and what stays."""
    with tempfile.TemporaryDirectory() as folder:
        # So short that the only checkpoint is the last.
        sweep = frozen(program, folder, config(folder, runs, rows=500, epochs=5))
        log = Path(folder) / "strace"
        call(["strace", "-f", "-qq", "-e", "trace=file", "-o", log, *worker(program, sweep), *options])
        found = dict.fromkeys([*CHANGES, "statx", "openat", "calls with a path"], 0)
        for line in log.read_text().splitlines():
            name = re.match(r"\d+ +(\w+)\(", line)
            # A call that another thread has interrupted has a second line, without a name.
            if name is None:
                continue
            name = name[1]
            found["calls with a path"] += 1
            for known in ("statx", "openat"):
                found[known] += name == known
            if " = -1 " in line:
                continue
            found["mkdir"] += name.startswith("mkdir")
            found["rename"] += name.startswith("rename")
            found["unlink"] += name in ("unlink", "unlinkat", "rmdir")
            found["open that creates"] += name == "openat" and "O_CREAT" in line
        run = next(path for path in sorted(sweep.iterdir()) if path.is_dir() and path.name[0].isdigit())
        inside = [path for path in run.rglob("*")]
        files = [path for path in inside if path.is_file()]
        stays = (len(files), 1 + len(inside) - len(files), sum(path.stat().st_size for path in files),
                 sorted(str(path.relative_to(run)) for path in files))
        return found, stays


def files(args):
    (few, _), (many, stays) = (counts(args.program, runs, args.options) for runs in (10, 30))
    print(f"stay: {stays[0]} files and {stays[1]} folders, {stays[2] / 1e6:.2f} MB: {', '.join(stays[3])}\n")
    print("| of each run | |\n| --- | --- |")
    for name in few:
        print(f"| {name} | {(many[name] - few[name]) / 20:g} |")


def latency(args):
    """Delays the calls on a shared folder alone, and on none."""
    runs = 20
    for delay in (0, args.milliseconds):
        times = []
        for _ in range(3):
            with tempfile.TemporaryDirectory() as folder:
                sweep = frozen(args.program, folder, config(folder, runs))
                words = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={PATHS}"]
                if delay:
                    words += ["-e", f"inject={PATHS}:delay_enter={round(1000 * delay)}"]
                times.append(timed(lambda: call([*words, *worker(args.program, sweep), "-j", 1, "--threads", 1]))[0])
        print(f"{delay} ms a call with a path: {1000 * statistics.median(times) / runs:.0f} ms a run")


def measured(words):
    """Seconds of a processor and the largest memory in MB of a process, its status and its words."""
    reader, writer = os.pipe()
    if not os.fork():
        os.close(reader)
        done = subprocess.run(list(map(str, words)), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True)
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        words = done.stderr[-300:] if done.returncode else done.stdout
        os.write(writer, f"{used.ru_utime + used.ru_stime} {used.ru_maxrss} {done.returncode} {words}".encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as answer:
        seconds, kilobytes, status, text = answer.read().split(" ", 3)
    os.wait()
    return float(seconds), int(kilobytes) / 1024, int(status), text.strip()


def plan(args):
    print("| runs | deed | CPU s | MB | |\n| --- | --- | --- | --- | --- |")
    for runs in args.runs:
        folder = tempfile.mkdtemp()
        path = config(folder, runs, epochs=1, rows=100)
        line = lambda deed, found, note="": print(
            f"| {runs:,} | {deed} | {found[0]:.2f} | {found[1]:.0f} | {note} |", flush=True)
        line("check", measured([args.program, "check", path]))
        done = measured([args.program, "run", path, "-q", "--plan-only", "--logdir", f"{folder}/logs"])
        if done[2]:
            sys.exit(done[3])
        sweep = Path(done[3])
        line("freeze", done, f"plan.json {(sweep / 'plan.json').stat().st_size / 1e6:.0f} MB")
        # A shard without a run: what a task costs before it trains.
        line("a worker without a run", measured(worker(args.program, sweep, runs, runs + 1)))
        shutil.rmtree(folder)


def kills(args):
    """The seconds that a worker has trained since its last checkpoint, at each kill; and whether the ends are equal."""
    chance, repeated = random.Random(0), []
    with tempfile.TemporaryDirectory() as folder:
        path = config(folder, 4, rows=60_000, epochs=60)
        begun = time.perf_counter()
        call([args.program, "run", path, "-q", "--logdir", f"{folder}/home"])
        seconds = (time.perf_counter() - begun) * min(4, len(os.sched_getaffinity(0))) / 4 / 60
        while len(repeated) < args.kills:
            sweep = frozen(args.program, folder, path)
            while True:
                start = time.time()
                process = subprocess.Popen(list(map(str, [*worker(args.program, sweep), "-j", 1])))
                try:
                    status = process.wait(chance.uniform(0.1, 3))
                    assert status == 0, status
                    break
                except subprocess.TimeoutExpired:
                    process.kill()
                    now = time.time()
                    process.wait()
                running = [run for run in sweep.glob("0*") if '"running"' in (run / "run.json").read_text()]
                for run in running:
                    # Without a checkpoint, a run has trained since its record was written first.
                    state = run / "checkpoint/state.safetensors"
                    saved = (state if state.exists() else run / "run.json").stat().st_mtime
                    repeated.append(now - max(saved, start))
            home = next(Path(folder, "home").glob("*/*"))
            for name in ("history.csv", "model.safetensors"):
                for run in home.glob("0*"):
                    assert (run / name).read_bytes() == (sweep / run.name / name).read_bytes(), (run, name)
            shutil.rmtree(sweep)
    print(f"{len(repeated)} kills; an epoch takes {seconds:.2f} s; trained again: median "
          f"{statistics.median(repeated):.2f} s, at most {max(repeated):.2f} s; all ends equal")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(required=True)
    for verb in (overhead, files, latency, plan, kills):
        sub = verbs.add_parser(verb.__name__)
        sub.set_defaults(verb=verb)
        sub.add_argument("program")
        if verb is overhead:
            sub.add_argument("--runs", type=int, default=60)
            sub.add_argument("--repeats", type=int, default=5)
            sub.add_argument("--rows", type=int, default=10_000)
            sub.add_argument("--epochs", type=int, default=10)
        if verb is files:
            sub.add_argument("options", nargs="*")
        if verb is latency:
            sub.add_argument("--milliseconds", type=float, default=1.0)
        if verb is plan:
            sub.add_argument("--runs", type=int, nargs="+", default=[1000, 100_000, 1_000_000])
        if verb is kills:
            sub.add_argument("--kills", type=int, default=100)
    args = parser.parse_args()
    args.verb(args)


if __name__ == "__main__":
    main()
