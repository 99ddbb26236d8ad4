"""What every test has: a home of its own, so that none sees another's records or the user's settings."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

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
