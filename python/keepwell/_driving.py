"""Drives calls whose code is awaited or iterated. What comes next is decided in `run`; here it is awaited."""

from __future__ import annotations

from contextlib import nullcontext
from functools import partial

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Generator
    from typing import Any

    from keepwell._core import Run


async def drive(run: Run, _definition: Any, _wants_state: bool) -> Any:
    """Drives a call of an async function to its end."""
    try:
        step = run.start()
        while step is not None:
            try:
                value = await step
            except GeneratorExit:
                raise
            except BaseException as error:
                step = run.raised(error)
            else:
                step = run.returned(value)
        return run.finish()
    except BaseException:
        # A signal may come between any two steps, and the coroutine may be closed.
        run.abandon()
        raise


def drive_generator(run: Run, definition: Any, wants_state: bool) -> Generator[Any, Any, Any]:
    """Drives a call of a generator function: yields what its body yields, or what the record of an earlier one has."""
    try:
        body = run.start()
        has_run = body is not None
        while body is not None:
            items: list[Any] = []
            try:
                returned = yield from _iterated(run, definition, body, items)
            except GeneratorExit:
                run.stopped()
                raise
            except BaseException as error:
                if not run.is_in_body:
                    raise
                body = run.raised(error)
            else:
                body = run.returned((items, returned))
        end = run.finish()
    except BaseException:
        # A signal may come between any two steps, and the generator may be closed.
        run.abandon()
        raise
    return (yield from _ended(end, has_run, wants_state))


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
            # The consumer wants no more. If the body fails at that, nobody is there for another attempt.
            try:
                _inside(run, definition, lambda _: body.close(), None)
            except BaseException:
                run.abandon()
                raise
            raise
        except BaseException as error:
            step, argument = body.throw, error


def _inside(run: Run, definition: Any, step: Callable[..., Any], argument: Any) -> Any:
    """Runs the body up to its next item, in its surroundings."""
    return run.inside(partial(_printing, definition, step), argument)


def _printing(definition: Any, step: Callable[..., Any], argument: Any) -> Any:
    with _prints(definition):
        return step(argument)


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
    try:
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
                    advance: Callable[..., Any] = body.asend
                    argument: Any = None
                    while True:
                        try:
                            item = await _inside_async(run, definition, advance, argument)
                        except StopAsyncIteration:
                            break
                        if run.is_kept:
                            items.append(item)
                        try:
                            argument = yield item
                            advance = body.asend
                        except GeneratorExit:
                            raise
                        except BaseException as error:
                            advance, argument = body.athrow, error
            except GeneratorExit:
                step = run.stopped()
                while step is not None:
                    step = await _awaited(run, step)
                raise
            except BaseException as error:
                if not run.is_in_body:
                    raise
                step = run.raised(error)
            else:
                step = run.returned((items, None))
        end = run.finish()
    except BaseException:
        run.abandon()
        raise
    if end is not None and not has_run:
        for item in end[0]:
            yield item


async def _awaited(run: Run, step: Any) -> Any:
    try:
        value = await step
    except GeneratorExit:
        raise
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
        except BaseException:
            # Nobody is there for another attempt.
            self._run.abandon()
            raise
        finally:
            self._run.leave(token)


async def _inside_async(run: Run, definition: Any, advance: Callable[..., Any], argument: Any) -> Any:
    token = run.enter()
    try:
        with _prints(definition):
            return await advance(argument)
    finally:
        run.leave(token)


def _prints(definition: Any) -> Any:
    """Logs what the body prints, where that is asked for."""
    from keepwell._bodies import logs_prints

    if not logs_prints(definition):
        return nullcontext()
    from keepwell.logging.prints import patch_print

    return patch_print()
