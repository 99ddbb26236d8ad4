"""Running what is asynchronous to its end for a caller that is not."""

from __future__ import annotations

import asyncio
import os
import threading
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable

T = TypeVar("T")

_starting = threading.Lock()
_loop: asyncio.AbstractEventLoop | None = None
_loop_process = 0
_loop_thread = 0


def run_to_completion(awaitable: Awaitable[T]) -> T:
    """What `awaitable` comes to. The calling thread waits, also where an event loop runs in it.

    All run on one loop in a thread of their own, in the context of their caller, so that what an object binds to a loop
    (a connection, say) serves all of its operations. That thread starts when it is first needed.
    """
    if threading.get_ident() == _loop_thread and os.getpid() == _loop_process:
        # What runs on that loop must not wait for the loop itself.
        return _run_apart(awaitable)
    return asyncio.run_coroutine_threadsafe(_awaited(awaitable), _running_loop()).result()


async def _awaited(awaitable: Awaitable[T]) -> T:
    return await awaitable


def _running_loop() -> asyncio.AbstractEventLoop:
    global _loop, _loop_process, _loop_thread
    with _starting:
        if _loop is None or _loop_process != os.getpid():
            # A forked child has the loop, but not the thread that ran it.
            _loop = asyncio.new_event_loop()
            _loop_process = os.getpid()
            thread = threading.Thread(target=_loop.run_forever, name="keepwell-awaiting", daemon=True)
            thread.start()
            _loop_thread = thread.ident or 0
        return _loop


def _run_apart(awaitable: Awaitable[T]) -> T:
    from concurrent.futures import ThreadPoolExecutor
    from contextvars import copy_context

    with ThreadPoolExecutor(max_workers=1) as executor:
        return executor.submit(copy_context().run, asyncio.run, _awaited(awaitable)).result()
