"""The active flow run.

Inside a task it is the flow run that the task belongs to. Outside of a flow run each is `None`, `parameters` and
`job_variables` are `{}`, `tags` is `[]`, `run_count` is 0 and `scheduled_start_time` is now. There is no server and no
deployment, so what would name one is `None`.
"""

from __future__ import annotations

from keepwell.runtime._answers import answer, listed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from typing import Any


def _context() -> Any:
    from keepwell.context import FlowRunContext

    return FlowRunContext.get()


def _run() -> Any:
    context = _context()
    return context.flow_run if context is not None else None


def _flow() -> Any:
    context = _context()
    return context.flow if context is not None else None


def _text_of_run(field: str) -> Callable[[], str | None]:
    def text() -> str | None:
        value = getattr(_run(), field, None)
        return str(value) if value is not None else None

    return text


def _text_of_flow(field: str) -> Callable[[], str | None]:
    def text() -> str | None:
        value = getattr(_flow(), field, None)
        return str(value) if value is not None else None

    return text


def _tags() -> list[str]:
    return listed(getattr(_run(), "tags", None))


def _run_count() -> int:
    return getattr(_run(), "run_count", 0)


def _parameters() -> dict[str, Any]:
    context = _context()
    return dict(context.parameters or {}) if context is not None else {}


def _scheduled_start_time() -> datetime:
    from datetime import datetime, timezone

    return getattr(_run(), "expected_start_time", None) or datetime.now(timezone.utc)


def _root_flow_run_id() -> str | None:
    run = _run()
    root = getattr(run, "root_flow_run_id", None) or getattr(run, "id", None)
    return str(root) if root is not None else None


def _job_variables() -> dict[str, Any]:
    return {}


def _nothing() -> None:
    return None


FIELDS: dict[str, Callable[[], Any]] = {
    "id": _text_of_run("id"),
    "tags": _tags,
    "scheduled_start_time": _scheduled_start_time,
    "name": _text_of_run("name"),
    "flow_name": _text_of_flow("name"),
    "flow_version": _text_of_flow("version"),
    "parameters": _parameters,
    "parent_flow_run_id": _text_of_run("parent_flow_run_id"),
    "parent_deployment_id": _nothing,
    "root_flow_run_id": _root_flow_run_id,
    "run_count": _run_count,
    "api_url": _nothing,
    "ui_url": _nothing,
    "job_variables": _job_variables,
}

__all__ = [  # noqa: F822
    "api_url",
    "flow_name",
    "flow_version",
    "id",
    "job_variables",
    "name",
    "parameters",
    "parent_deployment_id",
    "parent_flow_run_id",
    "root_flow_run_id",
    "run_count",
    "scheduled_start_time",
    "tags",
    "ui_url",
]


def __getattr__(name: str) -> Any:
    return answer(__name__, FIELDS, name)


def __dir__() -> list[str]:
    return sorted(__all__)
