"""Between blocking code and coroutines: run one from the other."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine
    from typing import Any, TypeVar

    T = TypeVar("T")
    Function = TypeVar("Function", bound=Callable[..., Any])


def is_async_fn(func: Callable[..., Any]) -> bool:
    """Whether a call of the function makes a coroutine, also behind decorators that keep `__wrapped__`."""
    from inspect import iscoroutinefunction

    return iscoroutinefunction(_innermost(func))


def is_async_gen_fn(func: Callable[..., Any]) -> bool:
    """Whether a call of the function makes an asynchronous generator."""
    from inspect import isasyncgenfunction

    return isasyncgenfunction(_innermost(func))


def is_in_event_loop() -> bool:
    """Whether the calling code runs in an event loop of its thread."""
    # Without asyncio there is no loop; importing it costs 20 ms.
    import sys

    asyncio = sys.modules.get("asyncio")
    return asyncio is not None and asyncio._get_running_loop() is not None


def run_coro_as_sync(coroutine: Coroutine[Any, Any, T]) -> T:
    """Runs a coroutine from blocking code and returns its result.

    Inside a running event loop, which is blocked meanwhile, the coroutine runs in a loop of another thread, in a
    copy of the current context.
    """
    import asyncio

    if not is_in_event_loop():
        return asyncio.run(coroutine)
    from concurrent.futures import ThreadPoolExecutor
    from contextvars import copy_context

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(copy_context().run, asyncio.run, coroutine).result()


async def run_sync_in_worker_thread(fn: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    """Runs a blocking function in another thread, in a copy of the current context, without blocking the event loop."""
    import asyncio

    return await asyncio.to_thread(fn, *args, **kwargs)


def async_dispatch(async_impl: Callable[..., Awaitable[Any]]) -> Callable[[Function], Function]:
    """Gives a blocking function an asynchronous form, which is called in its place inside of event loops.

    `_sync=True` asks for the blocking form anywhere, `_sync=False` for the other; `.aio` is the other.

    Raises:
        TypeError: `async_impl` is no coroutine function.
    """
    if not is_async_fn(async_impl):
        raise TypeError("async_impl must be an async function")

    def decorate(sync_fn: Function) -> Function:
        from functools import wraps

        @wraps(sync_fn)
        def dispatch(*args: Any, _sync: bool | None = None, **kwargs: Any) -> Any:
            is_sync = not is_in_event_loop() if _sync is None else _sync
            return sync_fn(*args, **kwargs) if is_sync else async_impl(*args, **kwargs)

        dispatch.aio = async_impl  # type: ignore[attr-defined]
        dispatch.sync = sync_fn  # type: ignore[attr-defined]
        return dispatch  # type: ignore[return-value]

    return decorate


def sync_compatible(async_fn: Callable[..., Coroutine[Any, Any, Any]]) -> Callable[..., Any]:
    """Lets a coroutine function be called from blocking code too, where it blocks and returns the result."""
    from functools import wraps

    @wraps(async_fn)
    def dispatch(*args: Any, _sync: bool | None = None, **kwargs: Any) -> Any:
        is_sync = not is_in_event_loop() if _sync is None else _sync
        coroutine = async_fn(*args, **kwargs)
        return run_coro_as_sync(coroutine) if is_sync else coroutine

    dispatch.aio = async_fn  # type: ignore[attr-defined]
    return dispatch


def _innermost(func: Any) -> Any:
    while hasattr(func, "__wrapped__"):
        func = func.__wrapped__
    return func
