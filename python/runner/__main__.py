"""`python -m runner` is the program `runner`."""

import os
import subprocess
import sys

from ._program import program


def main() -> int:
    """Runs the program in the place of this process, or beside it on Windows."""
    words = [str(program()), *sys.argv[1:]]
    if os.name == "posix":
        os.execv(words[0], words)
    return subprocess.call(words)


if __name__ == "__main__":
    sys.exit(main())
