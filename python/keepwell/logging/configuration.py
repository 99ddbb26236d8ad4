"""Sets logging up: once, when something is first logged.

What is set up comes from `DEFAULT_CONFIGURATION`, or from the file `KEEPWELL_LOGGING_CONFIG_PATH`
(`$KEEPWELL_HOME/logging.yml`) where it exists: YAML in the form of `logging.config.dictConfig`. Each value can be set
by a variable made of the keys that lead to it: `KEEPWELL_LOGGING_FORMATTERS_STANDARD_DATEFMT`.

A program's own configuration is left alone. A logger that has handlers or a level before keepwell first logs keeps
them; lines go on to the root logger's handlers; and where one of those writes to the terminal, keepwell's does not.
"""

from __future__ import annotations

import os
import re
import threading

TYPE_CHECKING = False
if TYPE_CHECKING:
    import logging
    from collections.abc import Iterator, Mapping
    from typing import Any

DEFAULT_CONFIGURATION: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "standard": {
            "()": "keepwell.logging.formatters.KeepwellFormatter",
            "format": "%(asctime)s.%(msecs)03d | %(levelname)-7s | %(name)s - %(message)s",
            "flow_run_fmt": "%(asctime)s.%(msecs)03d | %(levelname)-7s | Flow run %(flow_run_name)r - %(message)s",
            "task_run_fmt": "%(asctime)s.%(msecs)03d | %(levelname)-7s | Task run %(task_run_name)r - %(message)s",
            "datefmt": "%H:%M:%S",
        },
    },
    "handlers": {
        "console": {
            "class": "keepwell.logging.handlers.KeepwellConsoleHandler",
            "level": "NOTSET",
            "formatter": "standard",
        },
    },
    "loggers": {
        "keepwell": {"level": "${KEEPWELL_LOGGING_LEVEL}", "handlers": ["console"], "propagate": True},
        "keepwell.extra": {"level": "${KEEPWELL_LOGGING_LEVEL}", "handlers": ["console"], "propagate": True},
    },
}
"""What is set up where there is no file. `${NAME}` stands for the value of a setting or variable."""

_lock = threading.RLock()
_is_underway = False
_configuration: dict[str, Any] | None = None


def ensure_setup() -> None:
    """Sets logging up unless it is. After the first call it costs next to nothing."""
    if _configuration is None:
        with _lock:
            # A handler of the user's own may log while it is being made.
            if _configuration is None and not _is_underway:
                setup_logging()


def setup_logging(incremental: bool | None = None) -> dict[str, Any]:
    """Sets logging up and returns what was set up, in the form of `logging.config.dictConfig`.

    Args:
        incremental: whether to set levels only, and leave handlers and formatters as they are. By default so at every
            call but the first.

    Raises:
        SettingsError: a setting of logging is wrong.
        ValueError: the file is not such a configuration. Nothing is set up.
    """
    global _configuration, _is_underway
    from keepwell.settings import get_current_settings

    with _lock:
        only_levels = _configuration is not None if incremental is None else incremental
        _is_underway = True
        try:
            settings = get_current_settings()
            # As text: a `Path` would take as long to import as all of keepwell.
            path = settings.to_environment_variables()["KEEPWELL_LOGGING_CONFIG_PATH"]
            configuration = load_logging_config(path)
            _configure(configuration, only_levels, path)
            _adopt(settings.logging.extra_loggers)
        finally:
            _is_underway = False
        _configuration = configuration
    return configuration


def _configure(configuration: dict[str, Any], only_levels: bool, path: str) -> None:
    if only_levels:
        _set_levels(configuration)
    elif os.path.exists(path):
        _configure_as_written(configuration)
    else:
        _configure_politely(configuration)


def load_logging_config(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The configuration in the YAML file at `path`, or the default where there is none, with what variables say.

    Raises:
        ValueError: the file is no mapping, or no YAML.
    """
    content = _read(path) if os.path.exists(path) else DEFAULT_CONFIGURATION
    variables = _variables()
    configuration: dict[str, Any] = _filled_in(content, (), variables)
    return configuration


def _variables() -> dict[str, str]:
    """What `${NAME}` and overriding variables are looked up in: the settings of logging, and the environment."""
    from keepwell.settings import get_current_settings

    settings = get_current_settings()
    known = settings.to_environment_variables()
    known["KEEPWELL_LOGGING_LEVEL"] = settings.log_level
    return {**os.environ, **known}


def _read(path: str | os.PathLike[str]) -> dict[str, Any]:
    import yaml  # type: ignore[import-untyped]

    try:
        with open(path, encoding="utf-8") as file:
            content = yaml.safe_load(file)
    except yaml.YAMLError as error:
        raise ValueError(f"{path} is not YAML: {error}") from error
    if not isinstance(content, dict):
        raise ValueError(f"{path} is not a logging configuration: it holds no mapping")
    return content


def _filled_in(value: Any, keys: tuple[str, ...], variables: Mapping[str, str]) -> Any:
    """A copy of `value` with texts filled in and values replaced where a variable is made of `keys`."""
    if isinstance(value, dict):
        return {key: _filled_in(item, (*keys, str(key)), variables) for key, item in value.items()}
    name = "KEEPWELL_LOGGING_" + re.sub(r"[^0-9A-Za-z]+", "_", "_".join(keys)).upper()
    override = variables.get(name) if len(keys) > 1 else None
    if override:
        return _like(value, override)
    if isinstance(value, str):
        return re.sub(r"\$\{(\w+)\}", lambda match: variables.get(match[1], match[0]), value)
    return list(value) if isinstance(value, list) else value


def _like(value: Any, text: str) -> Any:
    """The text of a variable as a value of the type that it replaces."""
    if isinstance(value, bool):
        return text.strip().lower() in ("1", "true", "yes", "on")
    if isinstance(value, list):
        return [element.strip() for element in text.split(",") if element.strip()]
    return type(value)(text) if isinstance(value, int | float) else text


def _set_levels(configuration: Mapping[str, Any]) -> None:
    import logging

    for name, logger in configuration.get("loggers", {}).items():
        if "level" in logger:
            logging.getLogger(name).setLevel(logger["level"])


def _configure_as_written(configuration: dict[str, Any]) -> None:
    """The user's file says what logging is, all of it."""
    import logging.config

    logging.config.dictConfig(configuration)


def _configure_politely(configuration: Mapping[str, Any]) -> None:
    """The default: like `dictConfig`, but handlers that the program made stay open and in place."""
    import logging

    handlers = dict(_handlers(configuration))
    for name, written in configuration["loggers"].items():
        logger = logging.getLogger(name)
        if logger.level == logging.NOTSET:
            logger.setLevel(written["level"])
        if not logger.handlers:
            logger.propagate = written["propagate"]
            for handler in written["handlers"]:
                logger.addHandler(handlers[handler])


def _handlers(configuration: Mapping[str, Any]) -> Iterator[tuple[str, logging.Handler]]:
    formatters = {name: _made(written) for name, written in configuration["formatters"].items()}
    for name, written in configuration["handlers"].items():
        options = {key: value for key, value in written.items() if key != "formatter"}
        handler: logging.Handler = _made(options)
        handler.setFormatter(formatters[written["formatter"]])
        yield name, handler


def _made(written: Mapping[str, Any]) -> Any:
    """An object of the class that a part of the configuration names, as `()` or as `class`."""
    from importlib import import_module

    options = dict(written)
    module, _, name = options.pop("()", options.pop("class", "")).rpartition(".")
    return getattr(import_module(module), name)(**options)


def _adopt(names: list[str]) -> None:
    """Shows the lines of other loggers as keepwell's own."""
    import logging

    extra = logging.getLogger("keepwell.extra")
    for name in names:
        logger = logging.getLogger(name)
        for handler in extra.handlers:
            if handler not in logger.handlers:
                logger.addHandler(handler)
        if logger.level == logging.NOTSET:
            logger.setLevel(extra.level)
