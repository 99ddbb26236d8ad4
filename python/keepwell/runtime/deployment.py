"""The deployment of the active flow run. keepwell deploys nothing, so `id`, `name` and `version` are `None`."""

from __future__ import annotations

from keepwell.runtime._answers import answer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def _nothing() -> None:
    return None


def _flow_run_id() -> str | None:
    from keepwell.runtime import flow_run

    found: str | None = flow_run.FIELDS["id"]()
    return found


def _parameters() -> dict[str, Any]:
    return {}


FIELDS: dict[str, Callable[[], Any]] = {
    "id": _nothing,
    "name": _nothing,
    "version": _nothing,
    "flow_run_id": _flow_run_id,
    "parameters": _parameters,
}

__all__ = ["flow_run_id", "id", "name", "parameters", "version"]  # noqa: F822


def __getattr__(name: str) -> Any:
    return answer(__name__, FIELDS, name)


def __dir__() -> list[str]:
    return sorted(__all__)
