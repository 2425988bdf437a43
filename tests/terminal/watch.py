"""Runs a program in a terminal as a person would, and prints what it saw as JSON;
usage: watch.py FOLDER PROGRAM ARGUMENT... < STEPS, where the steps are a JSON array of objects with
one of: open ([columns, rows], the first), see (text to wait for), press (characters), size ([columns, rows]), signal (a number),
close (the terminal goes away, which ends the steps)."""

import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time

PATIENCE = 20.0


def main():
    folder, *command = sys.argv[1:]
    steps = json.load(sys.stdin)
    ours, theirs = pty.openpty()
    size = lambda columns, rows: fcntl.ioctl(
        theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    size(*(steps.pop(0)["open"] if steps and "open" in steps[0] else (100, 30)))
    before = termios.tcgetattr(theirs)

    def own_session():
        os.setsid()
        fcntl.ioctl(theirs, termios.TIOCSCTTY, 0)

    process = subprocess.Popen(
        command, cwd=folder, stdin=theirs, stdout=theirs, stderr=theirs, preexec_fn=own_session)
    said, mark = b"", 0

    def listen(seconds):
        nonlocal said
        if select.select([ours], [], [], seconds)[0]:
            said += os.read(ours, 1 << 16)

    def seen():
        # What is on the screen is written in pieces: compare without the commands between them.
        text = said[mark:].decode(errors="replace")
        return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", " ", text)

    for step in steps:
        if "see" in step:
            end = time.monotonic() + PATIENCE
            while step["see"] not in seen():
                if time.monotonic() > end or process.poll() is not None:
                    sys.exit(f"never saw {step['see']!r}, but:\n{seen()}")
                listen(0.1)
            continue
        mark = len(said)
        if "press" in step:
            os.write(ours, step["press"].encode())
        elif "size" in step:
            size(*step["size"])
            process.send_signal(signal.SIGWINCH)
        elif "signal" in step:
            process.send_signal(step["signal"])
        elif "close" in step:
            os.close(theirs)
            os.close(ours)
            try:
                print(json.dumps({"status": process.wait(PATIENCE)}))
            finally:
                process.kill()
            return
    end = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < end:
        listen(0.1)
    known = -1
    while known < len(said):
        known = len(said)
        listen(0.1)
    after = termios.tcgetattr(theirs)
    print(json.dumps({
        "status": process.poll(),
        "text": re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", said.decode(errors="replace")),
        "as_before": after == before,
        "entered": said.count(b"\x1b[?1049h"),
        "left": said.count(b"\x1b[?1049l"),
        "cursor_last": (re.findall(rb"\x1b\[\?25([hl])", said) or [b""])[-1].decode(),
        "colors": len(re.findall(rb"\x1b\[3[1-7]m|\x1b\[38;", said)),
    }))
    process.kill()


main()
