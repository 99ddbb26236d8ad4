"""Drives calls whose code is awaited or iterated. What happens next is decided in `run`; here it is awaited and iterated."""

from __future__ import annotations

from contextlib import nullcontext

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Generator
    from typing import Any

    from keepwell._core import Run


async def drive(run: Run, _definition: Any, _wants_state: bool) -> Any:
    """Drives a call of an async function to its end."""
    step = run.start()
    while step is not None:
        try:
            value = await step
        except GeneratorExit:
            run.abandon()
            raise
        except BaseException as error:
            step = run.raised(error)
        else:
            step = run.returned(value)
    return run.finish()


def drive_generator(run: Run, definition: Any, wants_state: bool) -> Generator[Any, Any, Any]:
    """Drives a call of a generator function: yields what its body yields, or what the record of an earlier one holds."""
    body = run.start()
    has_run = body is not None
    while body is not None:
        items: list[Any] = []
        try:
            returned = yield from _iterated(run, definition, body, items)
        except GeneratorExit:
            run.abandon()
            raise
        except BaseException as error:
            body = run.raised(error)
        else:
            body = run.returned((items, returned))
    return (yield from _ended(run.finish(), has_run, wants_state))


def _iterated(run: Run, definition: Any, body: Generator[Any, Any, Any], items: list[Any]) -> Generator[Any, Any, Any]:
    """Yields what `body` yields, which runs in its own surroundings, and notes it in `items`."""
    step: Callable[..., Any] = body.send
    argument: Any = None
    while True:
        try:
            item = _inside(run, definition, step, argument)
        except StopIteration as stop:
            return stop.value
        if run.is_kept:
            items.append(item)
        try:
            argument = yield item
            step = body.send
        except GeneratorExit:
            _inside(run, definition, lambda _: body.close(), None)
            raise
        except BaseException as error:
            step, argument = body.throw, error


def _inside(run: Run, definition: Any, step: Callable[..., Any], argument: Any) -> Any:
    """Runs the body up to its next item, in its surroundings."""
    token = run.enter()
    try:
        with _prints(definition):
            return step(argument)
    finally:
        run.leave(token)


def _ended(end: Any, has_run: bool, wants_state: bool) -> Generator[Any, Any, Any]:
    """What a call comes to: the items of a record are yielded, as the body that it is of has yielded them."""
    if wants_state:
        if end.is_completed() and isinstance(end.data, (tuple, list)):
            end.data = list(end.data[0])
        return end
    if end is None:
        return None
    items, returned = end
    if not has_run:
        yield from items
    return returned


async def drive_async_generator(run: Run, definition: Any, wants_state: bool) -> AsyncGenerator[Any, Any]:
    """Drives a call of an async generator function, as `drive_generator` does one of a generator function."""
    del wants_state
    step = run.start()
    has_run = False
    while step is not None:
        if not run.is_in_body:
            step = await _awaited(run, step)
            continue
        has_run = True
        items: list[Any] = []
        try:
            async with _closing(run, step) as body:
                argument = None
                while True:
                    try:
                        item = await _inside_async(run, definition, body, argument)
                    except StopAsyncIteration:
                        break
                    if run.is_kept:
                        items.append(item)
                    argument = yield item
        except GeneratorExit:
            run.abandon()
            raise
        except BaseException as error:
            step = run.raised(error)
        else:
            step = run.returned((items, None))
    end = run.finish()
    if end is not None and not has_run:
        for item in end[0]:
            yield item


async def _awaited(run: Run, step: Any) -> Any:
    try:
        value = await step
    except BaseException as error:
        return run.raised(error)
    return run.returned(value)


class _closing:  # noqa: N801 (used like a function)
    """Closes the body of an async generator when its consumer stops early."""

    def __init__(self, run: Run, body: AsyncGenerator[Any, Any]) -> None:
        self._run, self._body = run, body

    async def __aenter__(self) -> AsyncGenerator[Any, Any]:
        return self._body

    async def __aexit__(self, kind: Any, error: Any, traceback: Any) -> None:
        token = self._run.enter()
        try:
            await self._body.aclose()
        finally:
            self._run.leave(token)


async def _inside_async(run: Run, definition: Any, body: AsyncGenerator[Any, Any], argument: Any) -> Any:
    token = run.enter()
    try:
        with _prints(definition):
            return await body.asend(argument)
    finally:
        run.leave(token)


def _prints(definition: Any) -> Any:
    """Logs what the body prints, where that is asked for."""
    from keepwell._bodies import logs_prints

    if not logs_prints(definition):
        return nullcontext()
    from keepwell.logging.prints import patch_print

    return patch_print()
