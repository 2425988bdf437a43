"""HyperQueue for tests: the server and a worker of the Python module `hyperqueue`, which has no command `hq`.

    hq.py serve DIR [CORES]   starts both, in a network namespace of their own, and answers until killed
    hq.py write DIR PYTHON    writes DIR/hq, the command for clients

The server listens on every interface, and has no option against it. Therefore it gets a network without any.
A client of ours asks by a socket in DIR. It takes the arguments that `runner` gives to `hq`, and answers in the
words of `hq` 0.27: an id alone with --output-mode=quiet, and JSON with --output-mode=json. The options in a script
are read as `hq` reads them. The module can neither cancel a job nor list its tasks. Here, `job cancel` ends the
processes of the tasks as a worker does, by INT and a second later by KILL, until none is left to start; `job info`
asks the server whether the job is at its end, and tells the running tasks by their processes.
"""

import fcntl
import json
import os
import shlex
import signal
import socket
import struct
import sys
import time
from pathlib import Path

SOCKET = "hq.socket"


def write_command(directory, python):
    """The command `hq`, which passes its arguments on and prints the answer."""
    command = Path(directory) / "hq"
    command.write_text(f'#!/bin/sh\nexec "{python}" "{Path(__file__).resolve()}" ask "{directory}" "$@"\n')
    command.chmod(0o755)


def ask(directory, arguments):
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(str(Path(directory) / SOCKET))
        except OSError:
            print("No online server was found", file=sys.stderr)
            return 1
        client.sendall(json.dumps(arguments).encode())
        client.shutdown(socket.SHUT_WR)
        answer = json.loads(client.makefile("rb").read())
    print(answer["text"], file=sys.stderr if answer["status"] else sys.stdout)
    return answer["status"]


def raise_loopback():
    """Brings up the loopback interface of a new network namespace: `ip link set lo up`."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        request = struct.pack("16sH14x", b"lo", 0x1)  # IFF_UP
        fcntl.ioctl(control, 0x8914, request)  # SIOCSIFFLAGS


class Server:
    """The jobs of a server and a worker."""

    def __init__(self, directory, cores):
        from hyperqueue import LocalCluster
        from hyperqueue.cluster import WorkerConfig

        self.jobs = {}
        self.cluster = LocalCluster(str(Path(directory) / "server"))
        self.cluster.start_worker(WorkerConfig(cores=cores))
        self.client = self.cluster.client()

    def answer(self, arguments):
        mode, verb, *rest = [word for word in arguments]
        if verb == "server":
            return json.dumps({"version": "0.27.0"})
        if verb == "submit":
            *options, script = rest
            job = self.submit(script, options)
            return str(job) if mode.endswith("quiet") else json.dumps({"id": job})
        ids = [int(word) for word in rest[1].split(",")]
        known = [job for job in ids if job in self.jobs]
        if rest[0] == "info":
            return json.dumps([self.info(job) for job in known])
        if rest[0] == "cancel":
            for job in known:
                self.cancel(job)
            return json.dumps({})
        raise ValueError(f"cannot {arguments}")

    def submit(self, script, options):
        from hyperqueue import Job
        from hyperqueue.ffi.protocol import ResourceRequest

        words = []
        for line in Path(script).read_text().splitlines():
            if line.startswith("#HQ "):
                words += shlex.split(line[4:])
        given = dict(word.removeprefix("--").split("=", 1) for word in words + options)
        known = {"name", "array", "pin", "stdout", "stderr", "cpus", "time-request", "crash-limit"}
        if unknown := given.keys() - known:
            raise ValueError(f"unexpected argument {sorted(unknown)}")
        first, last = (int(number) for number in given["array"].split("-"))
        assert first == 0 and given["stdout"] == given["stderr"] == "none"
        job = Job(name=given["name"], max_fails=None)
        pinned = ["/usr/bin/env", "sh", "-c", 'exec taskset -c "$HQ_CPUS" "$@"', "sh"]
        pin = pinned if given.get("pin") == "taskset" else []
        for _ in range(last + 1):
            job.program(
                [*pin, "/bin/sh", script],
                stdout=None,
                stderr=None,
                resources=ResourceRequest(cpus=int(given.get("cpus", 1))),
            )
        number = self.client.submit(job).id
        self.jobs[number] = (script, last + 1)
        return number

    def running(self, job):
        """The processes of a job's tasks, by the number of the task."""
        found = {}
        for entry in Path("/proc").iterdir():
            try:
                words = (entry / "environ").read_bytes().split(b"\0")
                state = (entry / "stat").read_text().rsplit(")", 1)[1].split()[0]
            except (OSError, IndexError):
                continue
            environment = dict(word.split(b"=", 1) for word in words if b"=" in word)
            server = environment.get(b"HQ_TEST_SERVER") == str(os.getpid()).encode()
            if server and environment.get(b"HQ_JOB_ID") == str(job).encode() and state != "Z":
                found.setdefault(int(environment[b"HQ_TASK_ID"]), []).append(int(entry.name))
        return found

    def ended(self, job):
        """How many tasks have finished or failed, and whether all have."""

        class Enough(Exception):
            pass

        seen = {}

        def look(jobs):
            seen.update(jobs[job])
            raise Enough

        try:
            self.client.connection.wait_for_jobs([job], look)
        except Enough:
            pass
        return seen

    def info(self, job):
        script, tasks = self.jobs[job]
        running = self.running(job)
        completed = self.ended(job)["completed"]
        return {
            "info": {"id": job, "task_count": tasks},
            "submits": [{"array": {"program": {"args": ["/bin/sh", script]}}}],
            "tasks": [
                {"id": task, "state": "finished"}
                if completed
                else {"id": task, "state": "running", "worker": 1}
                if task in running
                else {"id": task, "state": "waiting"}
                for task in range(tasks)
            ],
        }

    def cancel(self, job):
        asked = {}
        while not self.ended(job)["completed"]:
            for process in sum(self.running(job).values(), []):
                first = asked.setdefault(process, time.monotonic())
                late = 1 < time.monotonic() - first
                try:
                    os.kill(process, signal.SIGKILL if late else signal.SIGINT)
                except ProcessLookupError:
                    pass
            time.sleep(0.05)


def serve(directory, cores):
    raise_loopback()
    os.environ["HQ_TEST_SERVER"] = str(os.getpid())
    server = Server(directory, cores)
    path = Path(directory) / SOCKET
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        while True:
            client, _ = listener.accept()
            with client:
                arguments = json.loads(client.makefile("rb").read())
                try:
                    answer = {"status": 0, "text": server.answer(arguments)}
                except Exception as error:  # As hq: a message, and exit status 1.
                    answer = {"status": 1, "text": f"{type(error).__name__}: {error}"}
                client.sendall(json.dumps(answer).encode())


def main():
    match sys.argv[1:]:
        case ["serve", directory, cores]:
            serve(directory, int(cores))
        case ["write", directory, python]:
            write_command(directory, python)
        case ["ask", directory, *arguments]:
            sys.exit(ask(directory, arguments))
        case other:
            sys.exit(f"hq.py: cannot {other}")


if __name__ == "__main__":
    main()
