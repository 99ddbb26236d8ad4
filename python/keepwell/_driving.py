"""Drives calls whose code is awaited or iterated. What comes next is decided in `run`; here it is awaited."""

from __future__ import annotations

from functools import partial

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Generator
    from typing import Any

    from keepwell._core import Leases, Run
    from keepwell.states import State


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
            items: list[Any] | None = [] if wants_state or run.is_kept else None
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


def _iterated(
    run: Run, definition: Any, body: Generator[Any, Any, Any], items: list[Any] | None
) -> Generator[Any, Any, Any]:
    """Yields what `body` yields, which runs in its own surroundings, and notes it in `items` if there are such."""
    step: Callable[..., Any] = body.send
    argument: Any = None
    steps = _Steps(definition)
    while True:
        try:
            item = _inside(run, steps, step, argument)
        except StopIteration as stop:
            return stop.value
        if items is not None:
            items.append(item)
        try:
            argument = yield item
            step = body.send
        except GeneratorExit:
            # The consumer wants no more. If the body fails at that, nobody is there for another attempt.
            try:
                _inside(run, steps, lambda _: body.close(), None)
            except BaseException:
                run.abandon()
                raise
            raise
        except BaseException as error:
            step, argument = body.throw, error


def _inside(run: Run, steps: _Steps, step: Callable[..., Any], argument: Any) -> Any:
    """Runs the body up to its next item, in its surroundings."""
    return run.inside(partial(_surrounded, steps, step), argument)


def _surrounded(steps: _Steps, step: Callable[..., Any], argument: Any) -> Any:
    with steps:
        return step(argument)


def _ended(end: Any, has_run: bool, wants_state: bool) -> Generator[Any, Any, Any]:
    """What a call comes to: the items of a record are yielded, as the body that it is of has yielded them."""
    if wants_state:
        return _with_items(end)
    if end is None:
        return None
    items, returned = end
    if not has_run:
        yield from items
    return returned


def _with_items(state: State[Any]) -> State[Any]:
    """The state of a run whose result is the list of what was yielded."""
    if state.is_completed() and isinstance(state.data, (tuple, list)):
        state.data = list(state.data[0])
    return state


async def drive_async_generator(run: Run, definition: Any, wants_state: bool) -> AsyncGenerator[Any, Any]:
    """Drives a call of an async generator function, as `drive_generator` does one of a generator function.

    What the state is comes as the last item, where that is asked for.
    """
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
                    steps = _Steps(definition, run.leases)
                    while True:
                        try:
                            item = await _inside_async(run, steps, advance, argument)
                        except StopAsyncIteration:
                            break
                        if wants_state or run.is_kept:
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
    if wants_state:
        yield _with_items(end)
    elif end is not None and not has_run:
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


async def _inside_async(run: Run, steps: _Steps, advance: Callable[..., Any], argument: Any) -> Any:
    token = run.enter()
    try:
        with steps:
            return await advance(argument)
    finally:
        run.leave(token)


class _Steps:
    """What surrounds each step of a generator's body: what it prints is logged, and it has only so much time in all.

    That of an async one is cancelled when a lock that it relies on is lost.
    """

    def __init__(self, definition: Any, leases: Leases | None = None) -> None:
        self._definition = definition
        self._leases = leases
        self._is_async: bool = definition.isasync
        self._left: float | None = definition.timeout_seconds
        self._started = 0.0

    def __enter__(self) -> None:
        from contextlib import ExitStack

        from keepwell._bodies import logs_prints

        self._around = ExitStack()
        if self._leases is not None:
            from keepwell._leases import heeding

            self._around.enter_context(heeding(self._leases))
        if logs_prints(self._definition):
            from keepwell.logging.prints import patch_print

            self._around.enter_context(patch_print())
        if self._left is not None:
            from time import monotonic

            self._started = monotonic()
            self._around.enter_context(self._limit(max(self._left, 0.001)))

    def _can_limit(self) -> bool:
        """Whether a step can be stopped where it runs."""
        from threading import current_thread, main_thread

        return self._is_async or current_thread() is main_thread()

    def _limit(self, seconds: float) -> Any:
        from keepwell.exceptions import FlowRunTimeoutError, TaskRunTimeoutError
        from keepwell.tasks import Task
        from keepwell.utilities.timeout import timeout, timeout_async

        error = TaskRunTimeoutError if isinstance(self._definition, Task) else FlowRunTimeoutError
        return (timeout_async if self._is_async else timeout)(seconds, error)

    def __exit__(self, *error: Any) -> Any:
        if self._left is not None:
            from time import monotonic

            self._left -= monotonic() - self._started
            if not self._can_limit():
                # That has been said now, and once is enough.
                self._left = None
        return self._around.__exit__(*error)
