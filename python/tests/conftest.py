"""What every test has: a home of its own, so that none sees another's records or the user's settings."""

from __future__ import annotations

import importlib.util
import os
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

_home: Path


def pytest_configure(config: pytest.Config) -> None:
    """Clears the environment before keepwell is first imported and loads its settings."""
    for name in list(os.environ):
        if name.startswith(("KEEPWELL_", "PREFECT_")):
            del os.environ[name]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder that stands for `~/.keepwell`, empty."""
    folder = tmp_path / "home"
    monkeypatch.setenv("KEEPWELL_HOME", str(folder))
    monkeypatch.chdir(tmp_path)
    yield folder


@pytest.fixture
def load(tmp_path: Path) -> Iterator[Callable[..., ModuleType]]:
    """Imports a source as a module of the user's own, each time from another folder."""
    loaded: list[str] = []

    def load(source: str, name: str = "program", folder: str | None = None) -> ModuleType:
        path = tmp_path / (folder or f"folder{len(loaded)}") / f"{name}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(textwrap.dedent(source))
        specification = importlib.util.spec_from_file_location(name, path)
        assert specification is not None and specification.loader is not None
        module = importlib.util.module_from_spec(specification)
        sys.modules[name] = module
        loaded.append(name)
        specification.loader.exec_module(module)
        return module

    yield load
    for name in loaded:
        sys.modules.pop(name, None)
