"""What the running code can ask about its run.

`keepwell.runtime.task_run.name`, `keepwell.runtime.flow_run.id` and so on are looked up when they are read. Outside of
a run the answers are `None`, or empty. A test can give answers of its own in variables:
`KEEPWELL__RUNTIME__TASK_RUN__NAME=mine`.
"""

from __future__ import annotations

from keepwell.runtime import deployment, flow_run, task_run

__all__ = ["deployment", "flow_run", "task_run"]
