"""Logging: the loggers below `keepwell`, what their lines look like, and the logger of the active run.

Nothing is set up until the first line is to be logged. A program that has configured logging itself keeps its
configuration: see `keepwell.logging.configuration`.
"""

from __future__ import annotations

from keepwell.logging.loggers import LogEavesdropper, disable_run_logger, get_logger, get_run_logger

__all__ = ["LogEavesdropper", "disable_run_logger", "get_logger", "get_run_logger"]
