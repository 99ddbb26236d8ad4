"""Logging: what lines look like, whose configuration holds, and what prints become."""

from __future__ import annotations

import json
import logging
import os
import re
import subprocess
import sys
import threading
from contextvars import copy_context
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from keepwell.exceptions import MissingContextError
from keepwell.logging import LogEavesdropper, disable_run_logger, get_logger, get_run_logger
from keepwell.logging.configuration import DEFAULT_CONFIGURATION, load_logging_config, setup_logging
from keepwell.logging.formatters import JsonFormatter, KeepwellFormatter
from keepwell.logging.handlers import KeepwellConsoleHandler
from keepwell.logging.loggers import KeepwellLogAdapter, flow_run_logger, task_run_logger
from keepwell.logging.prints import prints_logged

TASK_RUN = SimpleNamespace(id="t-1", name="x", flow_run_id="f-1")
FLOW_RUN = SimpleNamespace(id="f-1", name="calm-bear")
TASK = SimpleNamespace(name="add")
FLOW = SimpleNamespace(name="etl")

LINES = """
import types
from keepwell.logging import get_logger
from keepwell.logging.loggers import flow_run_logger, task_run_logger
run = types.SimpleNamespace(id="1", name="x", flow_run_id=None)
task_run_logger(run).info("Finished in state Cached(type=COMPLETED)")
flow_run_logger(run).error("Finished")
get_logger("tasks").warning("late")
get_logger().debug("detail")
"""
PACKAGES = os.pathsep.join(path for path in sys.path if path)


def said(code: str, folder: Path, **variables: str) -> str:
    """What a program writes to standard error, times shown as `TIME`."""
    environment = {"KEEPWELL_HOME": str(folder), "PYTHONPATH": PACKAGES, **variables}
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, cwd=folder, timeout=60
    )
    assert (run.returncode, run.stdout) == (0, ""), run.stderr
    return re.sub(r"^\d\d:\d\d:\d\d\.\d{3}", "TIME", run.stderr, flags=re.MULTILINE)


def test_lines_say_when_how_grave_and_whose(tmp_path: Path) -> None:
    expected = (
        "TIME | INFO    | Task run 'x' - Finished in state Cached(type=COMPLETED)\n"
        "TIME | ERROR   | Flow run 'x' - Finished\n"
        "TIME | WARNING | keepwell.tasks - late\n"
    )
    assert said(LINES, tmp_path) == expected
    assert said(LINES, tmp_path, KEEPWELL_DEBUG_MODE="1") == expected + "TIME | DEBUG   | keepwell - detail\n"
    assert said(LINES, tmp_path, KEEPWELL_LOGGING_LEVEL="ERROR") == expected.splitlines(keepends=True)[1]


def test_a_variable_replaces_any_value_of_the_configuration(tmp_path: Path) -> None:
    code = "from keepwell.logging import get_logger; get_logger('a').info('x')"
    variables = {
        "KEEPWELL_LOGGING_FORMATTERS_STANDARD_FORMAT": "%(name)s: %(message)s",
        "KEEPWELL_LOGGING_LOGGERS_KEEPWELL_LEVEL": "DEBUG",
    }
    assert said(code, tmp_path, **variables) == "keepwell.a: x\n"


def test_a_file_in_the_home_configures_logging_and_variables_fill_it_in(tmp_path: Path) -> None:
    (tmp_path / "logging.yml").write_text(
        "version: 1\n"
        "disable_existing_loggers: false\n"
        "formatters:\n"
        "  mine: {'()': keepwell.logging.formatters.KeepwellFormatter, format: '${WORD} %(message)s',"
        " task_run_fmt: 'T %(task_name)s %(message)s'}\n"
        "handlers:\n"
        "  out: {class: keepwell.logging.handlers.KeepwellConsoleHandler, formatter: mine}\n"
        "loggers:\n"
        "  keepwell: {level: '${KEEPWELL_LOGGING_LEVEL}', handlers: [out], propagate: false}\n"
    )
    assert said(LINES, tmp_path, WORD="hey", KEEPWELL_LOGGING_HANDLERS_OUT_LEVEL="INFO") == (
        "T <unknown> Finished in state Cached(type=COMPLETED)\nhey Finished\nhey late\n"
    )
    (tmp_path / "logging.yml").write_text("[1]")
    with pytest.raises(ValueError, match=r"logging\.yml is not a logging configuration: it holds no mapping"):
        load_logging_config(tmp_path / "logging.yml")
    (tmp_path / "logging.yml").write_text("a: [")
    with pytest.raises(ValueError, match=r"logging\.yml is not YAML"):
        load_logging_config(tmp_path / "logging.yml")


def test_a_handler_that_logs_while_it_is_made_does_not_hang(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "import logging; from keepwell.logging import get_logger\n"
        "class Mine(logging.StreamHandler):\n"
        "    def __init__(self): super().__init__(); get_logger('mine').info('early')\n"
    )
    (tmp_path / "logging.yml").write_text(
        "version: 1\nhandlers: {out: {class: mine.Mine}}\nloggers: {keepwell: {level: INFO, handlers: [out]}}\n"
    )
    code = "import sys; sys.path.insert(0, '.'); from keepwell.logging import get_logger; get_logger('a').info('late')"
    assert said(code, tmp_path) == "late\n"


def test_the_configuration_of_the_program_is_respected(tmp_path: Path) -> None:
    basic = "import logging; logging.basicConfig(format='mine %(name)s %(message)s', level='INFO')\n"
    code = "from keepwell.logging import get_logger; get_logger('a').info('x')"
    assert said(basic + code, tmp_path) == "mine keepwell.a x\n"
    to_file = "import logging; logging.basicConfig(filename='log', filemode='w', format='%(message)s', level='INFO')\n"
    assert said(to_file + code + "\nlogging.warning('y')", tmp_path) == "TIME | INFO    | keepwell.a - x\n"
    assert (tmp_path / "log").read_text() == "x\ny\n"
    own = "import logging as l; k = l.getLogger('keepwell'); k.addHandler(l.StreamHandler()); k.setLevel(10)\n"
    assert said(own + code + "\nget_logger('a').debug('y')", tmp_path) == "x\ny\n"


def test_lines_of_other_loggers_are_shown_where_asked(tmp_path: Path) -> None:
    code = (
        "import logging; from keepwell.logging import get_logger; get_logger()\n"
        "logging.getLogger('lib.part').info('x'); logging.getLogger('other').info('y')"
    )
    assert said(code, tmp_path, KEEPWELL_LOGGING_EXTRA_LOGGERS="lib") == "TIME | INFO    | lib.part - x\n"


def test_nothing_of_logging_is_imported_before_the_first_line(tmp_path: Path) -> None:
    code = (
        "import sys, keepwell, keepwell.settings, keepwell.utilities.annotations\n"
        "print('logging' in sys.modules, 'yaml' in sys.modules, file=sys.stderr)\n"
        "from keepwell.logging import get_logger; get_logger().info('x')\n"
        "print('yaml' in sys.modules, file=sys.stderr)"
    )
    assert said(code, tmp_path).splitlines() == ["False False", "TIME | INFO    | keepwell - x", "False"]


def test_setting_up_again_changes_levels_only(monkeypatch: pytest.MonkeyPatch) -> None:
    setup_logging()
    logger = logging.getLogger("keepwell")
    handlers, level = list(logger.handlers), logger.level
    monkeypatch.setenv("KEEPWELL_LOGGING_LEVEL", "ERROR")
    configuration = setup_logging()
    assert (logger.level, logger.handlers) == (logging.ERROR, handlers)
    assert set(configuration["loggers"]) == set(DEFAULT_CONFIGURATION["loggers"])
    monkeypatch.delenv("KEEPWELL_LOGGING_LEVEL")
    setup_logging()
    assert logger.level == level == logging.INFO


def test_loggers_are_below_keepwell() -> None:
    names = [get_logger().name, get_logger("a").name, get_logger("keepwell.a.b").name, get_logger("keepwell").name]
    assert names == ["keepwell", "keepwell.a", "keepwell.a.b", "keepwell"]


def test_records_of_runs_have_the_fields_of_the_run(caplog: pytest.LogCaptureFixture) -> None:
    of_task = {
        "task_run_id": "t-1",
        "flow_run_id": "f-1",
        "task_run_name": "x",
        "task_name": "add",
        "flow_run_name": "calm-bear",
        "flow_name": "etl",
    }
    task_run_logger(TASK_RUN, TASK, FLOW_RUN, FLOW, more="m").info("a", extra={"task_name": "other"})
    task_run_logger(TASK_RUN).getChild("inner", {"deep": "d"}).info("b")
    flow_run_logger(FLOW_RUN, FLOW).info("c")
    first, second, third = (record.__dict__ for record in caplog.records)
    assert {key: first[key] for key in [*of_task, "more"]} == {**of_task, "task_name": "other", "more": "m"}
    unknown = {"task_name": "<unknown>", "flow_run_name": "<unknown>", "flow_name": "<unknown>", "deep": "d"}
    assert {key: second[key] for key in unknown} == unknown
    assert [first["name"], second["name"]] == ["keepwell.task_runs", "keepwell.task_runs.inner"]
    of_flow = {"name": "keepwell.flow_runs", "flow_run_name": "calm-bear", "flow_run_id": "f-1", "flow_name": "etl"}
    assert {key: third[key] for key in of_flow} == of_flow


def test_outside_of_runs_there_is_no_run_logger_unless_it_is_disabled(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(MissingContextError, match=r"There is no active flow or task run context\."):
        get_run_logger()
    with disable_run_logger():
        get_run_logger().info("unheard")
        task_run_logger(TASK_RUN).info("unheard")
    task_run_logger(TASK_RUN).info("heard")
    assert [record.message for record in caplog.records] == ["heard"]
    with pytest.raises(TypeError, match="Received unexpected type 'int' for context"):
        get_run_logger(1)


def test_an_eavesdropper_hears_its_logger_while_it_listens() -> None:
    with LogEavesdropper("keepwell.a", level=logging.DEBUG) as ears:
        get_logger("a").debug("one")
        get_logger("a.b").info("two")
        get_logger("c").info("three")
    get_logger("a").info("four")
    assert ears.text() == "[DEBUG]: one\n[INFO]: two"


def record(message: str = "text %s", error: Any = None) -> logging.LogRecord:
    exc_info = (type(error), error, error.__traceback__) if error else None
    return logging.LogRecord("keepwell.a", logging.INFO, "f.py", 1, message, ("x",), exc_info)


def test_records_as_json_have_every_field() -> None:
    fields = json.loads(JsonFormatter("default", None, "%").format(record(error=ValueError("boom"))))
    assert set(fields) == {*record().__dict__, "message"}
    wanted = {key: fields[key] for key in ("name", "levelname", "message", "msg", "args", "lineno")}
    assert wanted == {
        "name": "keepwell.a",
        "levelname": "INFO",
        "message": "text x",
        "msg": "text %s",
        "args": ["x"],
        "lineno": 1,
    }
    assert (fields["exc_info"]["type"], fields["exc_info"]["message"]) == ("ValueError", "boom")
    assert JsonFormatter("pretty", None, "%").format(record()).startswith('{\n  "name"')
    with pytest.raises(ValueError, match="Format must be either"):
        JsonFormatter("other")


def test_a_form_that_names_no_field_is_refused() -> None:
    with pytest.raises(ValueError, match="Invalid format"):
        KeepwellFormatter("%(message)s", task_run_fmt="%(broken")
    assert KeepwellFormatter("{levelname} {message}", style="{").format(record()) == "INFO text x"


class Terminal:
    """A stream that says that it is a terminal."""

    def __init__(self) -> None:
        self.written = ""

    def write(self, text: str) -> int:
        self.written += text
        return len(text)

    def flush(self) -> None:
        pass

    def isatty(self) -> bool:
        return True


def test_levels_are_coloured_on_a_terminal_unless_it_is_not_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal: Any = Terminal()
    handler = KeepwellConsoleHandler(terminal)
    handler.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
    monkeypatch.delenv("NO_COLOR", raising=False)
    handler.emit(record())
    monkeypatch.setenv("KEEPWELL_LOGGING_COLORS", "0")
    handler.emit(record())
    monkeypatch.setenv("KEEPWELL_LOGGING_COLORS", "1")
    monkeypatch.setenv("NO_COLOR", "1")
    handler.emit(record())
    assert terminal.written == "\x1b[36mINFO\x1b[0m text x\nINFO text x\nINFO text x\n"


def logger_of_prints() -> KeepwellLogAdapter:
    return task_run_logger(TASK_RUN)


def test_prints_become_lines_and_only_those_of_the_block(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    original = print
    with prints_logged(logger_of_prints()):
        print("a", 100, "%s", sep="-")
        print("to the terminal", file=sys.stderr)
        with (tmp_path / "own").open("w") as own:
            print("b", file=own)
        with prints_logged(None):
            print("c")
        print("d\ne", end="!\n\n")
    print("f")
    assert [record.message for record in caplog.records] == ["a-100-%s", "to the terminal", "d\ne!"]
    assert (capsys.readouterr().out, (tmp_path / "own").read_text(), print) == ("c\nf\n", "b\n", original)


def test_prints_of_other_threads_are_printed_unless_they_share_the_context(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    with prints_logged(logger_of_prints()):
        for target in (lambda: print("other"), lambda context=copy_context(): context.run(print, "mine")):
            thread = threading.Thread(target=target)
            thread.start()
            thread.join()
    assert ([record.message for record in caplog.records], capsys.readouterr().out) == (["mine"], "other\n")


def test_a_handler_that_prints_does_not_log_what_it_prints(capsys: pytest.CaptureFixture[str]) -> None:
    class Loud(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            print("loud", record.getMessage())

    handler = Loud()
    logging.getLogger("keepwell.task_runs").addHandler(handler)
    try:
        with prints_logged(logger_of_prints()):
            print("a")
    finally:
        logging.getLogger("keepwell.task_runs").removeHandler(handler)
    assert capsys.readouterr().out == "loud a\n"


def test_a_print_that_somebody_else_replaced_meanwhile_stays(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import builtins

    monkeypatch.setattr(builtins, "print", builtins.print)
    with prints_logged(logger_of_prints()):
        replaced = builtins.print
        theirs = lambda *values, **options: replaced("theirs", *values, **options)  # noqa: E731
        builtins.print = theirs
    print("a")
    with prints_logged(logger_of_prints()):
        pass
    assert (builtins.print, capsys.readouterr().out) == (theirs, "theirs a\n")
