"""Times the tutorial's 20 epochs in every framework, side by side, and prints a Markdown table.

Every contender is a whole process with its start; they take turns, so that a machine that slows
down slows all of them. Python's standard library only; scripts/bench.sh installs the rest.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
EPOCHS = 20


def contenders(mnist, logs):
    """Name: (needs this file, the command for a number of threads)."""
    bench = os.path.join(ROOT, "target", "bench")

    def python(env, script, *more):
        path = os.path.join(bench, env, "bin", "python")
        file = os.path.join(HERE, script)
        return path, lambda threads: [path, file, str(EPOCHS), str(threads), mnist, *more]

    runner = os.path.join(ROOT, "target", "release", "runner")
    config = os.path.join(ROOT, "configs", "adam.toml")
    run = [runner, "run", config, "--quiet", "--logdir", logs, "--threads"]
    return {
        "runner": (runner, lambda threads: [*run, str(threads)]),
        "Keras 3, TensorFlow, TensorBoard callback": python("keras", "keras_fit.py", logs),
        "PyTorch, fused Adam": python("torch", "torch_fit.py", "64", "32"),
        "JAX, one `lax.scan` per epoch": python("jax", "jax_fit.py"),
    }


def measure(command, threads):
    """Seconds, seconds of the epochs as the process says them (or None), megabytes."""
    cores = ",".join(str(core) for core in range(threads))
    begun = time.perf_counter()
    process = subprocess.Popen(["taskset", "-c", cores, *command], stdout=subprocess.PIPE)
    said = process.stdout.read().split()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(command)} failed with {process.returncode}")
    return seconds, float(said[1]) if said else None, usage.ru_maxrss / 1024


def machine():
    with open("/proc/cpuinfo") as lines:
        names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return f"{names[0]}, {len(names)} cores"


def main():
    mnist, repeats = sys.argv[1], int(sys.argv[2])
    with tempfile.TemporaryDirectory() as logs:
        found = {n: c for n, (path, c) in contenders(mnist, logs).items() if os.path.exists(path)}
        threads_of = [threads for threads in (1, 2) if threads <= (os.cpu_count() or 1)]
        times = {}
        for turn in range(repeats):
            for threads in threads_of:
                for name, command in found.items():
                    result = measure(command(threads), threads)
                    print(f"{turn + 1}/{repeats} {threads} {name}: {result}", file=sys.stderr)
                    times.setdefault((name, threads), []).append(result)
    print(f"Medians of {repeats} on {machine()}; the tutorial's {EPOCHS} epochs.\n")
    print("| | threads | whole process | without its start | `runner` is faster by | memory |")
    print("| --- | --- | --- | --- | --- | --- |")
    for threads in threads_of:
        ours = statistics.median(result[0] for result in times["runner", threads])
        for name in found:
            whole, epochs, memory = zip(*times[name, threads])
            whole, memory = statistics.median(whole), statistics.median(memory)
            inside = "" if None in epochs else f"{statistics.median(epochs):.2f} s"
            ratio = "" if name == "runner" else f"{whole / ours:.1f}x"
            print(f"| {name} | {threads} | {whole:.2f} s | {inside} | {ratio} | {memory:.0f} MB |")


main()
