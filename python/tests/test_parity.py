"""The scenarios in `parity/*.toml`, which every front end must pass. `parity/README.md` says how they are written."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from parity.world import World

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FOLDER = Path(__file__).parents[2] / "parity"


def scenarios() -> list[Any]:
    """Every scenario, named by its file and its sentence."""
    files = sorted(FOLDER.glob("*.toml"))
    return [
        pytest.param(scenario, id=f"{file.stem}: {scenario['name']}")
        for file in files
        for scenario in tomllib.loads(file.read_text(encoding="utf-8"))["scenario"]
    ]


@pytest.mark.parametrize("scenario", scenarios())
def test_a_scenario_goes_as_it_is_written(scenario: dict[str, Any], tmp_path: Path) -> None:
    assert World(scenario, tmp_path).play() == []
