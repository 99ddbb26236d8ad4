"""Sources of modules and programs whose digests are compared."""

from __future__ import annotations

import os
import subprocess
import textwrap
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

from keepwell import _core
from keepwell._source import task_source

Load = Callable[..., ModuleType]


def digest(module: ModuleType, name: str = "f", *, deep: bool = True) -> str:
    """The digest of a function of the module, in hexadecimal."""
    return task_source(getattr(module, name), deep=deep).hex()


def write(path: Path, source: str) -> Path:
    """Writes a source to a file, and gives the file."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(textwrap.dedent(source))
    return path


def run_python(python: str, *arguments: object) -> str:
    """What the program prints."""
    environment = {"PYTHONPATH": str(Path(_core.__file__).parents[1]), "PATH": os.environ["PATH"]}
    command = [python, "-B", *map(str, arguments)]
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout.strip()
