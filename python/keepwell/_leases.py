"""Cancels async bodies whose lock is lost while they run."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager

from keepwell._cancellation import Cancellation

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterator
    from typing import Any

    from keepwell._core import Leases


async def heeded(body: Awaitable[Any], leases: Leases) -> Any:
    """What `body` comes to, which is cancelled once one of the leases is lost.

    Raises:
        LeaseLostError: It was cancelled by that.
    """
    with heeding(leases):
        return await body


@contextmanager
def heeding(leases: Leases) -> Iterator[None]:
    """Cancels the block, in a coroutine, once one of the leases is lost. Use it with a plain `with`.

    Raises:
        LeaseLostError: It was cancelled by that.
    """
    task = asyncio.current_task()
    if task is None:
        raise RuntimeError("a lock can be heeded only inside a task of an event loop")
    cancellation = Cancellation(task)
    lost = leases.lost()
    lost.add_done_callback(cancellation.fire)
    try:
        yield
    except asyncio.CancelledError:
        if cancellation.is_the_only_cause():
            raise leases.error() from None
        raise
    finally:
        lost.remove_done_callback(cancellation.fire)
        cancellation.end()
