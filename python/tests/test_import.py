"""What importing keepwell and calling a task brings in: nothing that takes long to import and is not needed yet."""

from __future__ import annotations

from pathlib import Path

import pytest

from programs import Home

# Each takes as long to import as all of keepwell, or brings in others that do.
DEAR = {
    "asyncio",
    "cloudpickle",
    "concurrent.futures",
    "dataclasses",
    "inspect",
    "json",
    "keepwell.logging.loggers",
    "logging.config",
    "numpy",
    "pandas",
    "pathlib",
    "pydantic",
    "subprocess",
    "tempfile",
    "typing",
    "uuid",
    "yaml",
}
# What `logging` brings in, so that a call that may log has it.
OF_LOGGING = {"logging", "re", "threading", "traceback"}
# Python itself loads these in some environments, before any of ours.
REPORT = """
import sys
before = set(sys.modules)
{code}
print("\\n".join(sorted(set(sys.modules) - before)))
"""


@pytest.fixture
def user(tmp_path: Path) -> Home:
    return Home(tmp_path).given(KEEPWELL_LOGGING_LEVEL="WARNING")


def imported_by(user: Home, code: str) -> set[str]:
    program = user.folder / "program.py"
    program.write_text(REPORT.format(code=code), encoding="utf-8")
    return set(user.run(program).printed)


DEFINED = """
from keepwell import task, flow
from keepwell.cache_policies import INPUTS

@task(cache_policy=INPUTS, persist_result=True, retries=2)
def double(x):
    return 2 * x
"""


def test_importing_the_decorators_imports_nothing_dear(user: Home) -> None:
    imported = imported_by(user, "from keepwell import task, flow")

    assert {"keepwell.tasks", "keepwell.flows"} <= imported
    assert imported & (DEAR | OF_LOGGING | {"contextlib", "enum"}) == set()


def test_importing_the_package_alone_imports_its_extension_alone(user: Home) -> None:
    imported = imported_by(user, "import keepwell")

    assert {name for name in imported if name.startswith("keepwell")} == {"keepwell", "keepwell._core"}


def test_defining_a_task_imports_nothing_dear(user: Home) -> None:
    imported = imported_by(user, DEFINED)

    assert imported & (DEAR | OF_LOGGING | {"enum"}) == set()


def test_a_call_and_a_hit_import_what_logging_needs_and_nothing_dear(user: Home) -> None:
    imported = imported_by(user, DEFINED + "assert (double(1), double(1)) == (2, 2)")

    assert imported & DEAR == set()
    assert "keepwell._state" not in imported


def test_calling_a_flow_imports_nothing_dear(user: Home) -> None:
    imported = imported_by(user, DEFINED + "assert flow(lambda: double(3))() == 6")

    assert imported & DEAR == set()


def test_a_hit_imports_nothing_more(user: Home) -> None:
    code = DEFINED + "double(1)\nbefore.update(sys.modules)\nassert double(1) == 2"

    assert imported_by(user, code) == {""}
