"""The program `keepwell`, started as Python starts it: the same program as the one built for Rust."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import keepwell

STARTS = [
    [sys.executable, "-m", "keepwell"],
    [sys.executable, "-c", "from keepwell._program import main; main()"],
]


class Program:
    """A user's home and working directory, and what the program says there."""

    def __init__(self, root: Path, start: list[str]) -> None:
        self.root = root
        self._start = start
        (root / "work").mkdir()

    def run(self, arguments: str, **variables: str) -> str:
        """A transcript: exit code, standard output, then standard error with `! ` before each line."""
        environment = {"KEEPWELL_HOME": str(self.root / "home"), "PYTHONPATH": PACKAGES, **variables}
        output = subprocess.run(
            [*self._start, *arguments.split()], capture_output=True, text=True, cwd=self.root / "work", env=environment
        )
        messages = "".join(f"! {line}\n" for line in output.stderr.splitlines())
        return f"[{output.returncode}]\n{output.stdout}{messages}".replace(str(self.root), "ROOT")


PACKAGES = os.pathsep.join(path for path in sys.path if path)


@pytest.fixture(params=STARTS, ids=["module", "entry point"])
def program(request: pytest.FixtureRequest, tmp_path: Path) -> Program:
    return Program(tmp_path, request.param)


def test_a_setting_that_is_set_holds_for_the_next_process(program: Program) -> None:
    assert program.run("config set KEEPWELL_RESULTS_PERSIST_BY_DEFAULT=true KEEPWELL_TASKS_DEFAULT_RETRIES=3") == (
        "[0]\nSet 'KEEPWELL_RESULTS_PERSIST_BY_DEFAULT' to 'true'.\nSet 'KEEPWELL_TASKS_DEFAULT_RETRIES' to '3'.\n"
        "Updated profile 'default'.\n"
    )
    assert program.run("config view") == (
        "[0]\nKEEPWELL_PROFILE='default'\nKEEPWELL_HOME='ROOT/home' (from env)\n"
        "KEEPWELL_RESULTS_PERSIST_BY_DEFAULT='true' (from profile)\nKEEPWELL_TASKS_DEFAULT_RETRIES='3' (from profile)\n"
    )
    assert program.run("config unset KEEPWELL_TASKS_DEFAULT_RETRIES -y") == (
        "[0]\nUnset 'KEEPWELL_TASKS_DEFAULT_RETRIES'.\nUpdated profile 'default'.\n"
    )
    assert program.run("config validate") == "[0]\nConfiguration valid!\n"


def test_what_is_wrong_is_said_with_a_hint_and_exit_code_one(program: Program) -> None:
    assert program.run("config set KEEPWELL_TASK_REFRESH_CACHE=1") == (
        "[1]\n! error: unknown setting name 'KEEPWELL_TASK_REFRESH_CACHE'\n"
        "!  hint: did you mean KEEPWELL_TASKS_REFRESH_CACHE?\n"
    )
    assert program.run("config set KEEPWELL_TASKS_DEFAULT_RETRIES=abc") == (
        "[1]\n! error: setting 'KEEPWELL_TASKS_DEFAULT_RETRIES' cannot be 'abc', expected a whole number, 0 or more\n"
        "!  hint: the default is `0`\n"
    )
    assert program.run("config view", KEEPWELL_DEBUG_MODE="perhaps").splitlines()[:2] == [
        "[1]",
        "! error: environment variable KEEPWELL_DEBUG_MODE is `perhaps`, expected `true` or `false` "
        "(or 1, 0, yes, no, on, off)",
    ]
    assert program.run("nonsense").splitlines()[0] == "[2]"


def test_profiles_are_made_used_and_removed(program: Program) -> None:
    assert [
        program.run("profile ls"),
        program.run("profile create work"),
        program.run("profile use work"),
        program.run("-p default profile ls"),
        program.run("profile delete work --yes"),
        program.run("profile rename work job"),
        program.run("profile ls"),
        program.run("profile inspect job"),
    ] == [
        "[0]\n* default\n",
        "[0]\nCreated profile 'work'.\n\nTo make it the active one:\n\n    keepwell profile use 'work'\n",
        "[0]\nProfile 'work' is now active.\n",
        "[0]\n* default\n  work\n",
        "[1]\n! error: profile 'work' is the active profile and cannot be removed\n"
        "!  hint: make another one active first: `keepwell profile use NAME`\n",
        "[0]\nRenamed profile 'work' to 'job'.\n",
        "[0]\n  default\n* job\n",
        "[0]\nProfile 'job' is empty.\n",
    ]


def test_the_version_is_that_of_the_package(program: Program) -> None:
    assert keepwell.__version__ in program.run("version")
    assert keepwell.__version__ in program.run("--version")


def test_the_program_installed_beside_python_is_the_same(tmp_path: Path) -> None:
    installed = shutil.which("keepwell", path=str(Path(sys.executable).parent))
    if installed is None:
        pytest.skip("keepwell is not installed here, only on the path")
    assert Program(tmp_path, [installed]).run("profile ls") == "[0]\n* default\n"
