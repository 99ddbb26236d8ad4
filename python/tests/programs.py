"""Runs a Python program as a user would, in a fresh process and a home of its own; says what it printed and logged."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]

# Where the package is when it is not installed: relative to the folder that the tests were started in.
_PACKAGES = os.pathsep.join(
    os.path.abspath(entry) for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if entry
)


def packages() -> str:
    """The value of `PYTHONPATH` for programs that run in another folder."""
    return _PACKAGES


_TIME = re.compile(r"^\d\d:\d\d:\d\d\.\d\d\d \| ")
_RANDOM_END = re.compile(r"-[0-9a-f]{3}'")
_FINISHED = re.compile(r"\| Task run '(?P<name>.+?)(-…)?' - Finished in state (?P<state>.*)$")
_COMPUTED_KEY = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Run:
    """What a program left behind."""

    exit_code: int
    #: The lines on standard output.
    printed: list[str]
    #: The lines on standard error, as they are.
    errors: list[str]

    @property
    def logged(self) -> list[str]:
        """The log lines without their times, and with `…` for the random ends of names of runs in flows."""
        lines = [_TIME.sub("", line) for line in self.errors if _TIME.match(line)]
        return [_RANDOM_END.sub("-…'", line) for line in lines]

    def states_of(self, task: str) -> list[str]:
        """The final states of the runs of a task, in order."""
        found = [match for line in self.logged if (match := _FINISHED.search(line))]
        return [match["state"] for match in found if match["name"] == task]


@dataclass(frozen=True)
class Home:
    """A user's home, which is also the working directory, with environment variables of its own."""

    folder: Path
    variables: dict[str, str] = field(default_factory=dict)

    def given(self, **variables: str) -> Home:
        """The same home with more environment variables."""
        return Home(self.folder, {**self.variables, **variables})

    def run(self, program: Path, *arguments: str, exit_code: int = 0) -> Run:
        """Runs the program in a fresh process, which must end with this exit code."""
        return self._start([sys.executable, str(program), *arguments], exit_code)

    def keepwell(self, *arguments: str, exit_code: int = 0) -> Run:
        """Runs the command `keepwell`: the installed one, or the package's where it is not installed."""
        installed = Path(sys.executable).with_name("keepwell")
        command = [str(installed)] if installed.exists() else [sys.executable, "-c", _ENTRY_POINT]
        return self._start([*command, *arguments], exit_code)

    @property
    def storage(self) -> Path:
        """The default storage."""
        return self.folder / ".keepwell" / "storage"

    def records(self) -> list[str]:
        """The names of the records in the default storage, sorted."""
        return records_in(self.storage)

    def _start(self, command: list[str], exit_code: int) -> Run:
        environment = {"HOME": str(self.folder), "PATH": os.environ["PATH"], "PYTHONPATH": _PACKAGES, **self.variables}
        done = subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == exit_code, f"{command} ended with {done.returncode}\n{done.stdout}{done.stderr}"
        return Run(done.returncode, done.stdout.splitlines(), done.stderr.splitlines())


_ENTRY_POINT = "from keepwell._program import main; main()"


def records_in(folder: Path) -> list[str]:
    """The names of the records in a storage's folder, sorted. None where there is no folder."""
    if not folder.exists():
        return []
    return sorted(entry.name for entry in folder.iterdir() if entry.name != ".keepwell")


def is_computed_key(name: str) -> bool:
    """Whether a name is a computed key: the digits of a BLAKE3-256 digest."""
    return _COMPUTED_KEY.fullmatch(name) is not None
