"""Checks of the options that tasks and flows have in common, in the words that their users know."""

from __future__ import annotations

from keepwell.exceptions import InvalidNameError, ReservedArgumentError
from keepwell.utilities.annotations import NotSet

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

_MOST_DELAYS = 50
_BANNED = ("/", "%", "&", ">", "<")
_RESERVED = ("return_state", "wait_for")


def check_parameters(names: Iterable[str]) -> None:
    """Refuses parameters whose names keepwell needs for itself.

    Raises:
        ReservedArgumentError: There is one.
    """
    for name in names:
        if name in _RESERVED:
            raise ReservedArgumentError(
                f"{name!r} is a reserved argument name and cannot be used in task or flow functions."
            )


def check_name(name: str) -> None:
    """Refuses the name of a flow that has characters which names in links and paths must not have.

    Raises:
        InvalidNameError: It has one.
    """
    if any(character in name for character in _BANNED):
        raise InvalidNameError(
            f"Name {name!r} contains an invalid character. Must not contain any of: {', '.join(map(repr, _BANNED))}."
        )


def check_hooks(decorator: str, hooks: dict[str, Any]) -> dict[str, list[Any]]:
    """The hooks of each kind as lists.

    Raises:
        TypeError: Something is no list of functions.
    """
    return {name: _checked_hooks(decorator, name, given) for name, given in hooks.items()}


def _checked_hooks(decorator: str, name: str, hooks: Any) -> list[Any]:
    if hooks is None:
        return []
    example = f"@{decorator}({name}=[hook1, hook2])\ndef my_{decorator}():\n\tpass"
    try:
        listed = list(hooks)
    except TypeError:
        kind = type(hooks).__name__
        raise TypeError(
            f"Expected iterable for '{name}'; got {kind} instead. Please provide a list of hooks to '{name}':\n\n"
            f"{example}"
        ) from None
    for hook in listed:
        if not callable(hook):
            raise TypeError(
                f"Expected callables in '{name}'; got {type(hook).__name__} instead. Please provide a list of hooks to "
                f"'{name}':\n\n{example}"
            )
    return listed


def check_run_name(option: str, run_name: Any) -> None:
    """Refuses a name of runs that is neither a text nor a function.

    Raises:
        TypeError: It is something else.
    """
    if run_name is not None and not isinstance(run_name, str) and not callable(run_name):
        raise TypeError(f"Expected string or callable for '{option}'; got {type(run_name).__name__} instead.")


def checked_delays(delay: Any, retries: int) -> float | list[float]:
    """The delays before retries as a number or a list of numbers. A function is asked for them.

    Raises:
        TypeError: They are something else.
        ValueError: There are more than 50.
    """
    if callable(delay):
        delay = delay(retries)
    if isinstance(delay, (int, float)) and not isinstance(delay, bool):
        return delay
    if not isinstance(delay, (list, tuple)):
        raise TypeError(
            "Invalid `retry_delay_seconds` provided; must be an int, float, list or callable. Received type "
            f"{type(delay)}"
        )
    if len(delay) > _MOST_DELAYS:
        raise ValueError("Can not configure more than 50 retry delays per task.")
    return list(delay)


def check_storage(result_storage: Any) -> None:
    """Refuses a block that has not been saved.

    Raises:
        TypeError: It has not.
    """
    if result_storage is None or isinstance(result_storage, str):
        return
    is_block = hasattr(type(result_storage), "_block_type_slug") or hasattr(type(result_storage), "get_block_type_slug")
    if is_block and getattr(result_storage, "_block_document_id", None) is None:
        raise TypeError(
            "Result storage configuration must be persisted server-side. Please call `.save()` on your block before "
            "passing it in, or use a string reference like 'local-file-system/my-storage' instead."
        )


def run_namer(run_name: Any, what: str) -> Any:
    """What makes the name of a run of its parameters, where the definition names its runs.

    Raises:
        TypeError: (when it is called) A function gave something that is no text.
    """
    if run_name is None:
        return None
    if isinstance(run_name, str):
        return lambda parameters: run_name.format(**parameters)

    def named(parameters: dict[str, Any]) -> str:
        from keepwell._functions import parameters_of

        takes_parameters = any(name == "parameters" for name, _, _ in parameters_of(run_name))
        name = run_name(parameters=parameters) if takes_parameters else run_name()
        if not isinstance(name, str):
            raise TypeError(
                f"Callable {run_name} for '{what}_run_name' returned type {type(name).__name__} but a string is "
                "required."
            )
        return name

    return named


def given(value: Any, default: Any) -> Any:
    """The value, unless it was not given."""
    return default if value is NotSet else value


def seconds(duration: Any) -> float | None:
    """A time span as seconds; `None` stays `None`."""
    if duration is None:
        return None
    return float(duration.total_seconds()) if hasattr(duration, "total_seconds") else float(duration)
