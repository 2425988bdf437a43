"""Times the tutorial's 20 epochs and a wide network in every framework, and prints Markdown tables.

Every contender is a whole process with its start; they take turns, so that a machine that slows
down slows all of them. Python's standard library only; scripts/bench.sh installs the rest.
"""

import glob
import os
import statistics
import struct
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
EPOCHS = 20

# Units of the hidden layers, and the batch, as the scripts take them.
TUTORIAL = ["64", "32"]
WIDE = ["512,256", "128"]
WIDE_CHANGES = [
    "--set=training.batch_size=128",
    '--set=model.layers=[{ type = "dense", units = 512, activation = "relu" }, '
    '{ type = "dense", units = 256, activation = "relu" }, '
    '{ type = "dense", units = 10, activation = "softmax" }]',
]


def burn_version():
    with open(os.path.join(HERE, "burn", "Cargo.lock")) as lock:
        return lock.read().split('name = "burn"\nversion = "')[1].split('"')[0]


def contenders(mnist, logs, job, wanted):
    """Name: the command for a number of threads, of `runner` and of those `wanted` that are
    installed. `job`: units and batch."""
    bench = os.path.join(ROOT, "target", "bench")

    def python(env, script, *more):
        path = os.path.join(bench, env, "bin", "python")
        file = os.path.join(HERE, script)
        return path, lambda threads: [path, file, str(EPOCHS), str(threads), mnist, *more]

    runner = os.path.join(ROOT, "target", "release", "runner")
    burn = os.path.join(bench, "burn", "release", "burn-fit")
    config = os.path.join(ROOT, "configs", "adam.toml")
    changes = [] if job == TUTORIAL else WIDE_CHANGES
    changes = [f"--set=training.epochs={EPOCHS}", *changes]
    run = [runner, "run", config, *changes, "--quiet", "--logdir", logs, "--threads"]
    found = {
        "runner": ("runner", runner, lambda threads: [*run, str(threads)]),
        "keras": (
            "Keras 3, TensorFlow, TensorBoard callback",
            *python("keras", "keras_fit.py", logs),
        ),
        "torch": ("PyTorch, fused Adam", *python("torch", "torch_fit.py", *job)),
        "jax": ("JAX, one `lax.scan` per epoch", *python("jax", "jax_fit.py", *job)),
        "burn": (
            f"burn {burn_version()}, flex",
            burn,
            lambda threads: [burn, str(EPOCHS), str(threads), mnist, *job],
        ),
    }
    if job != TUTORIAL:
        del found["keras"]
    chosen = [found[key] for key in found if key == "runner" or key in wanted]
    return {name: command for name, path, command in chosen if os.path.exists(path)}


def epoch_of_run(folder):
    """Seconds from the end of an epoch to that of the next, the median, by the times in the run's
    event file: the start of the process is not among them, as in the other contenders' epochs."""
    (path,) = glob.glob(os.path.join(folder, "train", "events.out.tfevents.*"))
    ends = {}
    with open(path, "rb") as file:
        # A record is a length, its checksum, an event and its checksum. An event begins with its
        # time and, but for step 0, its step, of one byte because there are few.
        while header := file.read(12):
            event = file.read(struct.unpack("<Q", header[:8])[0])
            file.read(4)
            step = event[10] if event[9] == 0x10 else 0
            (ends[step],) = struct.unpack("<d", event[1:9])
    ends = [ends[step] for step in sorted(ends)]
    return statistics.median(end - begun for begun, end in zip(ends, ends[1:]))


def seconds_of_epochs(said, logs):
    """Those of all epochs (None from `runner`) and of one: what a script's last line says is
    `start epochs accuracy [word median]`; `runner` says nothing and leaves its event files."""
    if said:
        words = said.splitlines()[-1].split()
        inside = float(words[1])
        return inside, float(words[4]) if len(words) > 4 else inside / EPOCHS
    records = glob.glob(os.path.join(logs, "**", "run.json"), recursive=True)
    return None, epoch_of_run(os.path.dirname(max(records, key=os.path.getmtime)))


def measure(command, threads, logs):
    """Seconds, those of the epochs as the process says them (or None), of one epoch, megabytes."""
    cores = ",".join(str(core) for core in range(threads))
    begun = time.perf_counter()
    process = subprocess.Popen(["taskset", "-c", cores, *command], stdout=subprocess.PIPE)
    said = process.stdout.read().decode()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(command)} failed with {process.returncode}")
    return seconds, *seconds_of_epochs(said, logs), usage.ru_maxrss / 1024


def machine():
    with open("/proc/cpuinfo") as lines:
        names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return f"{names[0]}, {len(names)} cores"


def time_all(mnist, repeats, job, wanted):
    """(name, number of threads): what `measure` gave, each time."""
    times = {}
    with tempfile.TemporaryDirectory() as logs:
        found = contenders(mnist, logs, job, wanted)
        for turn in range(repeats):
            for threads in [threads for threads in (1, 2) if threads <= (os.cpu_count() or 1)]:
                for name, command in found.items():
                    result = measure(command(threads), threads, logs)
                    print(f"{turn + 1}/{repeats} {threads} {name}: {result}", file=sys.stderr)
                    times.setdefault((name, threads), []).append(result)
    return dict(sorted(times.items(), key=lambda item: item[0][1]))


def print_table(times):
    heads = ["", "threads", "whole process", "without its start", "`runner` is faster by"]
    heads += ["an epoch", "by", "memory"]
    print("| " + " | ".join(heads) + " |")
    print("| --- " * len(heads) + "|")
    medians = {}
    for key, results in times.items():
        whole, inside, epoch, memory = zip(*results)
        inside = None if None in inside else statistics.median(inside)
        medians[key] = *map(statistics.median, (whole, epoch, memory)), inside
    for (name, threads), (whole, epoch, memory, inside) in medians.items():
        ours, our_epoch, *_ = medians["runner", threads]
        inside = "" if inside is None else f"{inside:.2f} s"
        ratio, by, title = f"{whole / ours:.1f}x", f"{epoch / our_epoch:.1f}x", name
        if name == "runner":
            ratio, by, title = "", "", "`runner`"
        print(
            f"| {title} | {threads} | {whole:.2f} s | {inside} | {ratio} "
            f"| {epoch * 1000:.0f} ms | {by} | {memory:.0f} MB |"
        )


def main():
    mnist, repeats, jobs, wanted = sys.argv[1], int(sys.argv[2]), sys.argv[3].split(), sys.argv[4:]
    print(f"Medians of {repeats} on {machine()}; {EPOCHS} epochs. An epoch: JAX's when compiled.")
    known = {
        "tutorial": ("784-64-10, batch 32", TUTORIAL),
        "wide": ("784-512-256-10, batch 128", WIDE),
    }
    for title, job in [known[job] for job in jobs]:
        print(f"\n{title}:\n")
        print_table(time_all(mnist, repeats, job, wanted))


main()
