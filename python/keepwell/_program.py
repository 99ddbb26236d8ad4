"""The program `keepwell`, started from Python's entry point."""

from __future__ import annotations

import signal
import sys


def main() -> None:
    """Runs the program with the arguments of the process, and exits with its code."""
    from keepwell import _core

    # The program neither waits nor holds anything, so it ends at once, and silently where nobody reads on.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    sys.exit(_core.run_program(["keepwell", *sys.argv[1:]]))
