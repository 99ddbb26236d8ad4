"""Functions with two forms, a blocking and an asynchronous one, of which the caller's surroundings choose."""

from __future__ import annotations

import functools
import sys

from keepwell import _core

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any, TypeVar

    Function = TypeVar("Function", bound=Callable[..., Any])


def is_in_async_context() -> bool:
    """Whether the code may await: in a task or flow by what that is, else if an event loop runs in this thread."""
    is_async: bool | None = _core.is_in_async_run()
    if is_async is not None:
        return is_async
    # Without asyncio there is no loop, and importing it costs 20 ms.
    asyncio = sys.modules.get("asyncio")
    return asyncio is not None and asyncio._get_running_loop() is not None


def async_dispatch(asynchronous: Callable[..., Coroutine[Any, Any, Any]]) -> Callable[[Function], Function]:
    """Decorates a blocking function so that it gives the coroutine of `asynchronous` where the caller may await.

    The argument `_sync=True` asks for the blocking form everywhere, `_sync=False` for the coroutine; the attribute
    `aio` is the asynchronous form.
    """

    def decorate(blocking: Function) -> Function:
        @functools.wraps(blocking)
        def dispatching(*args: Any, _sync: bool | None = None, **kwargs: Any) -> Any:
            is_blocking = not is_in_async_context() if _sync is None else _sync
            return (blocking if is_blocking else asynchronous)(*args, **kwargs)

        dispatching.aio = asynchronous  # type: ignore[attr-defined]
        return dispatching  # type: ignore[return-value]

    return decorate
