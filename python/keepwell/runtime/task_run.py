"""The active task run: `id`, `tags`, `name`, `parameters`, `run_count`, `task_name`, `api_url`, `ui_url`.

Outside of a task run each is `None`, `parameters` is `{}`, `tags` is `[]` and `run_count` is 0. There is no server, so
`api_url` and `ui_url` are always `None`.
"""

from __future__ import annotations

from keepwell.runtime._answers import answer, listed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def _run() -> Any:
    from keepwell.context import TaskRunContext

    context = TaskRunContext.get()
    return context.task_run if context is not None else None


def _id() -> str | None:
    run = _run()
    return str(run.id) if run is not None else None


def _tags() -> list[str]:
    run = _run()
    return listed(getattr(run, "tags", None))


def _name() -> str | None:
    run = _run()
    return run.name if run is not None else None


def _run_count() -> int:
    run = _run()
    return getattr(run, "run_count", 0) if run is not None else 0


def _parameters() -> dict[str, Any]:
    from keepwell.context import TaskRunContext

    context = TaskRunContext.get()
    return dict(context.parameters or {}) if context is not None else {}


def _task_name() -> str | None:
    from keepwell.context import TaskRunContext

    context = TaskRunContext.get()
    return context.task.name if context is not None else None


def _nothing() -> None:
    return None


FIELDS: dict[str, Callable[[], Any]] = {
    "id": _id,
    "tags": _tags,
    "name": _name,
    "parameters": _parameters,
    "run_count": _run_count,
    "task_name": _task_name,
    "api_url": _nothing,
    "ui_url": _nothing,
}

__all__ = ["api_url", "id", "name", "parameters", "run_count", "tags", "task_name", "ui_url"]  # noqa: F822


def __getattr__(name: str) -> Any:
    return answer(__name__, FIELDS, name)


def __dir__() -> list[str]:
    return sorted(__all__)
