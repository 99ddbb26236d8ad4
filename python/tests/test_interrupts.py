"""Ctrl-C, `SystemExit` and cancellation: nothing stays held or undecided, and they reach who waits for them."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from keepwell import flow, task
from keepwell.cache_policies import CachePolicy
from keepwell.locking.memory import MemoryLockManager
from keepwell.transactions import atransaction, get_transaction, transaction
from programs import packages

LOCKS = MemoryLockManager()


def one_at_a_time(key: str) -> CachePolicy:
    """A policy under which all calls have one key, and one body runs at a time."""
    policy = CachePolicy.from_cache_key_fn(lambda context, parameters: key)
    return policy.configure(isolation_level="SERIALIZABLE", lock_manager=LOCKS)


_PRELUDE = """
import asyncio, json, os, sys, threading, time
import keepwell
from keepwell import flow, task
from keepwell.cache_policies import NO_CACHE, CachePolicy
from keepwell.filesystems import LocalFileSystem
from keepwell.locking.memory import MemoryLockManager
from keepwell.transactions import atransaction, transaction

locks = MemoryLockManager()
policy = CachePolicy.from_cache_key_fn(lambda context, parameters: "key").configure(
    isolation_level="SERIALIZABLE", lock_manager=locks
)
undone = []

class Folder:
    def __init__(self):
        self.files = {}

    def read_path(self, path):
        return self.files[path]

    def write_path(self, path, content):
        self.files[path] = content

def ready():
    print("ready", flush=True)

def wait():
    ready()
    time.sleep(60)

async def await_():
    ready()
    await asyncio.sleep(60)

def note(transaction):
    undone.append(transaction.key)

def noted(made):
    made.on_rollback(note)
    return made

@noted
@task(cache_policy=policy)
def staged():
    return "staged"

@task(cache_policy=policy)
def again():
    return "again"

def report():
    told = {"undone": undone, "locked": locks.is_locked("key")}
    begun = time.monotonic()
    other = threading.Thread(target=lambda: told.update(again=again()), daemon=True)
    other.start()
    other.join(5)
    told["at once"] = time.monotonic() - begun < 2
    print(json.dumps(told), flush=True)
"""

_END = """
try:
    main()
except KeyboardInterrupt as error:
    report()
    raise
"""

_FREE = {"undone": [], "locked": False, "again": "again", "at once": True}
_UNDONE = {**_FREE, "undone": ["key"]}
_KEPT = {**_FREE, "again": "staged"}

MOMENTS: dict[str, tuple[str, dict[str, Any]]] = {
    "body": (
        """
        @noted
        @task(cache_policy=policy)
        def body():
            wait()

        main = body
        """,
        _FREE,
    ),
    "body of a task in a task": (
        """
        @task(cache_policy=NO_CACHE)
        def outer():
            staged()
            wait()

        main = outer
        """,
        _UNDONE,
    ),
    "sleep before a retry": (
        """
        @task(cache_policy=policy, retries=1, retry_delay_seconds=60)
        def fails():
            ready()
            raise ValueError

        main = fails
        """,
        _FREE,
    ),
    "block of a transaction": (
        """
        def main():
            with transaction():
                staged()
                wait()
        """,
        _UNDONE,
    ),
    "block of a transaction with a key": (
        """
        def main():
            with transaction(key="key", isolation_level="SERIALIZABLE", store=again_store()) as txn:
                txn.stage("staged", on_rollback_hooks=[note])
                wait()

        def again_store():
            from keepwell.results import ResultStore
            return ResultStore(lock_manager=locks)
        """,
        _UNDONE,
    ),
    "hook on running": (
        """
        @task(cache_policy=policy, on_running=[lambda *_: wait()])
        def body():
            undone.append("the body ran")

        main = body
        """,
        _FREE,
    ),
    "hook on completion": (
        """
        @task(cache_policy=policy, on_completion=[lambda *_: wait()])
        def body():
            return "staged"

        main = body
        """,
        _KEPT,
    ),
    "hook on commit": (
        """
        @noted
        @task(cache_policy=policy)
        def body():
            return "staged"

        @body.on_commit
        def commit(transaction):
            wait()

        main = body
        """,
        _KEPT,
    ),
    "hook on rollback": (
        """
        @task(cache_policy=NO_CACHE)
        def second():
            pass

        @second.on_rollback
        def rollback(transaction):
            wait()

        def main():
            with transaction():
                staged()
                second()
                raise ValueError
        """,
        _UNDONE,
    ),
    "key function": (
        """
        @task(cache_key_fn=lambda context, parameters: wait())
        def body():
            undone.append("the body ran")

        main = body
        """,
        _FREE,
    ),
    "retry condition": (
        """
        @task(cache_policy=policy, retries=1, retry_condition_fn=lambda *_: wait())
        def fails():
            raise ValueError

        main = fails
        """,
        _FREE,
    ),
    "serializer": (
        """
        from keepwell.serializers import Serializer

        class Slow(Serializer):
            type: str = "slow"
            def dumps(self, obj):
                wait()
            def loads(self, blob):
                return None

        @noted
        @task(cache_policy=policy, result_serializer=Slow())
        def body():
            return 1

        main = body
        """,
        _UNDONE,
    ),
    "log handler": (
        """
        import logging

        class Slow(logging.Handler):
            def emit(self, record):
                if "slow" in record.getMessage() and "Created" in record.getMessage():
                    wait()

        @task(cache_policy=policy)
        def slow():
            undone.append("the body ran")

        def main():
            logger = logging.getLogger("keepwell.task_runs")
            logger.setLevel(logging.DEBUG)
            logger.addHandler(Slow())
            slow()
        """,
        _FREE,
    ),
    "generator": (
        """
        @task(cache_policy=policy)
        def items():
            yield 1
            wait()

        def main():
            for item in items():
                pass
        """,
        _FREE,
    ),
    "async body": (
        """
        @task(cache_policy=policy)
        async def body():
            await await_()

        def main():
            asyncio.run(body())
        """,
        _FREE,
    ),
    "async body that blocks": (
        """
        @task(cache_policy=policy)
        async def body():
            ready()
            end = time.monotonic() + 1
            while time.monotonic() < end:
                pass
            await asyncio.sleep(60)

        def main():
            asyncio.run(body())
        """,
        _FREE,
    ),
    "async sleep before a retry": (
        """
        @task(cache_policy=policy, retries=1, retry_delay_seconds=60)
        async def fails():
            ready()
            raise ValueError

        def main():
            asyncio.run(fails())
        """,
        _FREE,
    ),
    "async hook": (
        """
        async def hook(*_):
            await await_()

        @task(cache_policy=policy, on_running=[hook])
        async def body():
            undone.append("the body ran")

        def main():
            asyncio.run(body())
        """,
        _FREE,
    ),
    "async transaction": (
        """
        async def block():
            async with atransaction():
                staged()
                await await_()

        def main():
            asyncio.run(block())
        """,
        _UNDONE,
    ),
    "async generator": (
        """
        @task(cache_policy=policy)
        async def items():
            yield 1
            await await_()

        async def consume():
            async for item in items():
                pass

        def main():
            asyncio.run(consume())
        """,
        _FREE,
    ),
    "read of a storage": (
        """
        class Slow(Folder):
            def read_path(self, path):
                if path.endswith("store.json"):
                    wait()
                return super().read_path(path)

        @task(cache_policy=policy, result_storage=Slow())
        def body():
            undone.append("the body ran")

        main = body
        """,
        _FREE,
    ),
    "write to a storage": (
        """
        class Slow(Folder):
            def write_path(self, path, content):
                # The claim is written before the body, and taken back after the interruption.
                if path.endswith("key") and has_run:
                    has_run.clear()
                    wait()
                super().write_path(path, content)

        has_run = []

        @noted
        @task(cache_policy=policy, result_storage=Slow())
        def body():
            has_run.append(True)
            return "not written"

        main = body
        """,
        _FREE,
    ),
    "wait for a lock": (
        """
        locks.acquire_lock("other", "somebody")
        other = CachePolicy.from_cache_key_fn(lambda context, parameters: "other").configure(
            isolation_level="SERIALIZABLE", lock_manager=locks
        )

        @task(cache_policy=other)
        def body():
            undone.append("the body ran")

        def main():
            with transaction():
                staged()
                ready()
                body()
        """,
        _UNDONE,
    ),
    "async wait for a lock": (
        """
        locks.acquire_lock("other", "somebody")
        other = CachePolicy.from_cache_key_fn(lambda context, parameters: "other").configure(
            isolation_level="SERIALIZABLE", lock_manager=locks
        )

        @task(cache_policy=other)
        async def body():
            undone.append("the body ran")

        async def block():
            async with atransaction():
                staged()
                ready()
                await body()

        def main():
            asyncio.run(block())
        """,
        _UNDONE,
    ),
    "flow": (
        """
        @flow
        def run():
            staged()
            wait()

        main = run
        """,
        _KEPT,
    ),
    "flow with submitted tasks": (
        """
        @task(cache_policy=policy)
        def short():
            time.sleep(1)
            return "staged"

        @task(cache_policy=NO_CACHE)
        def waits(other):
            return other

        @flow
        def run():
            first = short.submit()
            second = waits.submit(first)
            time.sleep(0.2)
            ready()
            second.result()

        main = run
        """,
        _KEPT,
    ),
}


def started(program: str, folder: Path) -> subprocess.Popen[str]:
    """A program on its way, which has said that it is ready."""
    file = folder / "program.py"
    file.write_text(program)
    environment = {"HOME": str(folder), "PATH": os.environ["PATH"], "PYTHONPATH": packages()}
    process = subprocess.Popen(
        [sys.executable, str(file)],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line == "ready\n", line + process.communicate(timeout=10)[1]
    return process


def interrupted(program: str, folder: Path, delay: float = 0.1) -> tuple[Any, float, str]:
    """Runs a program, interrupts it once it is ready: what it reported, how long its end took, its errors."""
    import json

    process = started(program, folder)
    time.sleep(delay)
    begun = time.monotonic()
    process.send_signal(signal.SIGINT)
    try:
        printed, errors = process.communicate(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    took = time.monotonic() - begun
    assert process.returncode == -signal.SIGINT, errors
    return json.loads(printed.splitlines()[-1]), took, errors


@pytest.mark.parametrize("moment", MOMENTS)
def test_control_c_ends_the_program_and_leaves_nothing_held_or_undecided(moment: str, tmp_path: Path) -> None:
    code, expected = MOMENTS[moment]
    told, took, errors = interrupted(_PRELUDE + textwrap.dedent(code) + _END, tmp_path)
    assert told == expected
    assert took < 5
    assert errors.splitlines()[-1] == "KeyboardInterrupt"


_WITHOUT_END = """
@noted
@task(cache_policy=policy)
def items():
    yield 1
    yield 2

generator = items()
next(generator)
try:
    wait()
except KeyboardInterrupt:
    print(json.dumps({"locked": locks.is_locked("key")}))
    del generator
    report()
    raise
"""


def test_control_c_between_the_items_of_a_generator_gives_it_up_with_its_last_reference(tmp_path: Path) -> None:
    told, took, _ = interrupted(_PRELUDE + _WITHOUT_END, tmp_path)
    assert told == _FREE
    assert took < 5


_PAIRS = """
@task(cache_policy=CachePolicy.from_cache_key_fn(lambda context, parameters: f"first{parameters['x']}"))
def first(x):
    return x

@task(cache_policy=CachePolicy.from_cache_key_fn(lambda context, parameters: f"second{parameters['x']}"))
def second(x):
    return x

@task(cache_policy=policy.configure(), refresh_cache=True)
def guarded(x):
    return first(x)

@task(cache_policy=policy, refresh_cache=True)
def generated(x):
    yield x
    yield first(x)

def main():
    x = 0
    ready()
    while True:
        x += 1
        with transaction(key="key", isolation_level="SERIALIZABLE", store=store, overwrite=True):
            first(x)
            second(x)
        guarded(-x)
        list(generated(-x))

from keepwell.results import ResultStore
store = ResultStore(lock_manager=locks)

try:
    main()
except KeyboardInterrupt as error:
    told = {"locked": locks.is_locked("key")}
names = os.listdir(os.path.join(os.environ["HOME"], ".keepwell", "storage"))
of = lambda kind: {name[len(kind):] for name in names if name.startswith(kind) and "-" not in name}
told["halves"] = sorted(of("first") ^ of("second"))
told["pairs"] = len(of("second")) > 0
print(json.dumps(told), flush=True)
import signal
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.kill(os.getpid(), signal.SIGINT)
"""


@pytest.mark.parametrize("delay", [0.31, 0.3237, 0.3301, 0.3417, 0.3543, 0.3611])
def test_control_c_at_any_moment_leaves_no_lock_and_no_half_of_a_transaction(delay: float, tmp_path: Path) -> None:
    told, took, _ = interrupted(_PRELUDE + _PAIRS, tmp_path, delay)
    assert told == {"locked": False, "halves": [], "pairs": True}
    assert took < 5


_PROCESSES = """
import keepwell, time
from keepwell import flow, task
from keepwell.task_runners import ProcessPoolTaskRunner

@task
def slow(x):
    if x == 0:
        print("ready", flush=True)
    time.sleep(60)

@flow(task_runner=ProcessPoolTaskRunner(max_workers=2))
def run():
    slow.map([0, 1, 2, 3]).result()

if __name__ == "__main__":
    run()
"""


def test_control_c_at_a_terminal_ends_a_pool_of_processes(tmp_path: Path) -> None:
    process = started(_PROCESSES, tmp_path)
    time.sleep(0.2)
    begun = time.monotonic()
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert time.monotonic() - begun < 5
    assert process.returncode == -signal.SIGINT
    assert errors.splitlines()[-1] == "KeyboardInterrupt"
    assert eventually(lambda: not _is_there(process.pid))


def _is_there(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def eventually(holds: Callable[[], bool]) -> bool:
    """Whether it holds within five seconds."""
    end = time.monotonic() + 5
    while not holds() and time.monotonic() < end:
        time.sleep(0.01)
    return holds()


# --- `SystemExit`, and exceptions in hooks


@pytest.mark.parametrize("stop", [SystemExit, KeyboardInterrupt, asyncio.CancelledError])
def test_what_ends_the_program_leaves_a_body_as_the_same_object(stop: type[BaseException]) -> None:
    error = stop("stop")
    undone: list[str] = []

    @task(cache_policy=one_at_a_time("identity"), retries=3)
    def body() -> None:
        undone.append("ran")
        raise error

    with pytest.raises(stop) as raised:
        body()
    assert raised.value is error
    assert (undone, LOCKS.is_locked("identity")) == (["ran"], False)


@pytest.mark.parametrize("stop", [SystemExit, KeyboardInterrupt])
@pytest.mark.parametrize("kind", ["on_running", "on_completion", "on_commit"])
def test_what_ends_the_program_leaves_a_hook_and_nothing_new_begins(kind: str, stop: type[BaseException]) -> None:
    ran: list[str] = []

    @task(cache_policy=one_at_a_time(f"hook {kind} {stop.__name__}"))
    def body() -> str:
        ran.append("body")
        return "value"

    def stops(*_: Any) -> None:
        raise stop

    add = getattr(body, kind)
    add(stops)
    add(lambda *_: ran.append(f"second {kind}"))
    with pytest.raises(stop):
        body()
    # What has become visible is told to every hook that waits for it; a state is not.
    expected = {"on_running": [], "on_completion": ["body"], "on_commit": ["body", "second on_commit"]}
    assert ran == expected[kind]
    assert not LOCKS.is_locked(f"hook {kind} {stop.__name__}")


def test_what_ends_the_program_in_a_rollback_hook_lets_the_other_ones_run() -> None:
    undone: list[str] = []
    with pytest.raises(SystemExit), transaction() as begun:
        begun.on_rollback(lambda _: undone.append("first"))

        @begun.on_rollback
        def stops(_: Any) -> None:
            raise SystemExit(3)

        raise ValueError
    assert undone == ["first"]


def test_an_exception_in_a_hook_is_logged_and_changes_nothing(caplog: pytest.LogCaptureFixture) -> None:
    @task(cache_policy=one_at_a_time("failing hook"), on_completion=[lambda *_: 1 / 0], on_running=[lambda *_: 1 / 0])
    def body() -> str:
        return "value"

    assert (body(), body(return_state=True).name) == ("value", "Cached")
    assert not LOCKS.is_locked("failing hook")


def test_a_traceback_shows_the_caller_and_then_the_body() -> None:
    @task
    def body() -> None:
        raise ValueError

    @task
    async def async_body() -> None:
        raise ValueError

    @flow
    def whole() -> None:
        body()

    def frames(call: Callable[[], Any]) -> list[str]:
        try:
            call()
        except ValueError as error:
            traceback = error.__traceback__
            found = []
            while traceback is not None:
                found.append(traceback.tb_frame.f_code.co_name)
                traceback = traceback.tb_next
            return found[2:]
        raise AssertionError("it was to fail")

    assert frames(lambda: body()) == ["body"]
    assert frames(lambda: asyncio.run(async_body()))[-2:] == ["drive", "async_body"]
    assert frames(lambda: whole())[-2:] == ["whole", "body"]


# --- cancellation


async def test_a_cancelled_body_is_undone_and_its_lock_is_free() -> None:
    begun = asyncio.Event()
    ended: list[str] = []

    @task(cache_policy=one_at_a_time("cancelled body"), retries=3)
    async def body() -> None:
        begun.set()
        try:
            await asyncio.sleep(60)
        finally:
            ended.append("body")

    running = asyncio.create_task(body())
    await begun.wait()
    assert LOCKS.is_locked("cancelled body")
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert (ended, LOCKS.is_locked("cancelled body"), running.cancelled()) == (["body"], False, True)


async def test_a_cancelled_wait_for_a_lock_takes_no_lock() -> None:
    LOCKS.acquire_lock("cancelled wait", "somebody")

    @task(cache_policy=one_at_a_time("cancelled wait"))
    async def body() -> str:
        return "value"

    waiting = [asyncio.create_task(body()) for _ in range(3)]
    await asyncio.sleep(0.05)
    waiting[0].cancel()
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(waiting[1], 0.05)
    LOCKS.release_lock("cancelled wait", "somebody")
    assert await asyncio.wait_for(waiting[2], 5) == "value"
    assert (waiting[0].cancelled(), LOCKS.is_locked("cancelled wait")) == (True, False)


async def test_a_cancelled_sleep_before_a_retry_ends_the_run() -> None:
    ran: list[int] = []

    @task(cache_policy=one_at_a_time("cancelled sleep"), retries=3, retry_delay_seconds=60)
    async def body() -> None:
        ran.append(1)
        raise ValueError

    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(body(), 0.1)
    assert (ran, LOCKS.is_locked("cancelled sleep")) == ([1], False)


async def test_a_cancelled_hook_lets_no_body_run() -> None:
    ran: list[str] = []

    async def hook(*_: Any) -> None:
        await asyncio.sleep(60)

    @task(cache_policy=one_at_a_time("cancelled hook"), on_running=[hook])
    async def body() -> None:
        ran.append("body")

    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(body(), 0.05)
    assert (ran, LOCKS.is_locked("cancelled hook")) == ([], False)


async def test_a_body_may_refuse_its_cancellation() -> None:
    @task(cache_policy=one_at_a_time("refused"))
    async def body() -> str:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            return "stayed"
        return "slept"

    running = asyncio.create_task(body())
    await asyncio.sleep(0.01)
    running.cancel()
    assert await running == "stayed"
    assert (await body(return_state=True)).name == "Cached"


async def test_a_cancelled_transaction_is_rolled_back_and_its_async_hooks_are_awaited() -> None:
    undone: list[str] = []

    @task(cache_policy=one_at_a_time("cancelled transaction"))
    async def staged() -> str:
        return "staged"

    async def block() -> None:
        async with atransaction() as begun:

            async def hook(_: Any) -> None:
                await asyncio.sleep(0)
                undone.append("hook")

            begun.on_rollback(hook)
            await staged()
            await asyncio.sleep(60)

    running = asyncio.create_task(block())
    await asyncio.sleep(0.05)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert (undone, LOCKS.is_locked("cancelled transaction")) == (["hook"], False)
    assert (await staged(return_state=True)).name == "Completed"


@pytest.mark.skipif(sys.version_info < (3, 11), reason="there are no task groups")
async def test_a_failure_in_a_task_group_cancels_the_others() -> None:
    @task(cache_policy=one_at_a_time("group"))
    async def waits() -> None:
        await asyncio.sleep(60)

    @task
    async def fails() -> None:
        await asyncio.sleep(0.01)
        raise ValueError

    with pytest.raises(BaseExceptionGroup):  # noqa: F821
        async with asyncio.TaskGroup() as group:  # type: ignore[attr-defined]
            group.create_task(waits())
            group.create_task(waits())
            group.create_task(fails())
    assert not LOCKS.is_locked("group")


# --- what is given up


async def test_closing_a_coroutine_in_the_middle_undoes_it() -> None:
    @task(cache_policy=one_at_a_time("closed"))
    async def body() -> None:
        await asyncio.sleep(60)

    running = body()
    running.send(None)
    assert LOCKS.is_locked("closed")
    running.close()
    assert (LOCKS.is_locked("closed"), get_transaction()) == (False, None)


@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited")
def test_a_coroutine_that_is_never_awaited_does_nothing() -> None:
    ran: list[str] = []

    @task(cache_policy=one_at_a_time("never"))
    async def body() -> None:
        ran.append("body")

    body()
    assert (ran, LOCKS.is_locked("never")) == ([], False)


@pytest.mark.parametrize("how", ["close", "forget", "throw"])
def test_a_generator_that_is_given_up_is_undone(how: str) -> None:
    ended: list[str] = []

    @task(cache_policy=one_at_a_time("given up"))
    def items() -> Any:
        try:
            yield 1
            yield 2
        finally:
            ended.append(str(get_transaction().key))  # type: ignore[union-attr]

    generator: Any = items()
    assert (next(generator), LOCKS.is_locked("given up")) == (1, True)
    if how == "close":
        generator.close()
    elif how == "throw":
        with pytest.raises(KeyboardInterrupt):
            generator.throw(KeyboardInterrupt())
    else:
        del generator
    assert (ended, LOCKS.is_locked("given up"), get_transaction()) == (["given up"], False, None)
    assert list(items()) == [1, 2]


@pytest.mark.parametrize("how", ["aclose", "athrow"])
async def test_an_async_generator_that_is_given_up_is_undone(how: str) -> None:
    caught: list[str] = []

    @task(cache_policy=one_at_a_time(f"given up {how}"))
    async def items() -> Any:
        try:
            yield 1
            yield 2
        except BaseException as error:
            caught.append(type(error).__name__)
            raise

    generator: Any = items()
    assert (await anext(generator), LOCKS.is_locked(f"given up {how}")) == (1, True)
    if how == "aclose":
        await generator.aclose()
    else:
        with pytest.raises(ValueError):
            await generator.athrow(ValueError())
    assert (caught, LOCKS.is_locked(f"given up {how}")) == (
        [{"aclose": "GeneratorExit", "athrow": "ValueError"}[how]],
        False,
    )


async def test_an_async_generator_that_is_closed_while_it_waits_for_a_lock_takes_none() -> None:
    LOCKS.acquire_lock("closed wait", "somebody")

    @task(cache_policy=one_at_a_time("closed wait"))
    async def items() -> Any:
        yield 1

    first = asyncio.ensure_future(anext(items()))
    await asyncio.sleep(0.05)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    LOCKS.release_lock("closed wait", "somebody")
    assert not LOCKS.is_locked("closed wait")
