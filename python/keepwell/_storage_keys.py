"""Storage keys of tasks, given as a text with fields in braces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keepwell._core import Policy

if TYPE_CHECKING:
    from typing import Any


class StorageKeyPolicy:
    """Stands where a cache policy is expected: the key of a run is `template` with its fields filled."""

    def __init__(self, template: str) -> None:
        self._template = template

    def _engine_policy(self) -> Policy:
        return Policy.storage_key(self._filled)

    def _filled(self, parameters: dict[str, Any]) -> str:
        from keepwell import runtime

        return self._template.format(flow_run=runtime.flow_run, task_run=runtime.task_run, parameters=parameters)
