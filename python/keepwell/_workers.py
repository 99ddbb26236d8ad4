"""Worker threads for submitted tasks.

The threads belong to the process and are reused; a `Pool` is the queue of one task runner with its limit. A pool does
not start a thread for each job at once: it starts one, and more, twice as many each millisecond, while jobs wait and
few are taken. A worker that waits for another task does not count towards the limit, so tasks that submit tasks cannot
starve themselves.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections import deque
from weakref import WeakSet

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import TypeVar

    Job = Callable[[], None]
    R = TypeVar("R")

IDLE_SECONDS = 10.0
"""How long a thread without work stays."""

_EAGER = 1
"""How many workers a pool starts at once. More come when these do not keep up."""

_TICK_SECONDS = 0.001
"""How often a pool looks whether its workers keep up."""

_QUICK = 4
"""Workers that finish as many jobs a tick keep up: more of them would only wait for the interpreter."""

_current = threading.local()


class _Waiting:
    """A block of code in which this thread waits for another task. If it is a worker, another may take its place."""

    def __enter__(self) -> None:
        pool: Pool | None = getattr(_current, "pool", None)
        if pool is not None:
            # In an event loop several may wait in one thread.
            _current.waiting += 1
            if _current.waiting == 1:
                pool.block()

    def __exit__(self, *_: object) -> None:
        pool: Pool | None = getattr(_current, "pool", None)
        if pool is not None:
            _current.waiting -= 1
            if _current.waiting == 0:
                pool.unblock()


waiting = _Waiting()


def while_waiting(wait: Callable[..., R], *arguments: object) -> R:
    """Calls `wait`, which waits for another task. If this is a worker, another may take its place meanwhile."""
    with waiting:
        return wait(*arguments)


class _Thread:
    """A thread that works when it is told to, and ends when nothing came for a while."""

    __slots__ = ("wake", "work")

    def __init__(self, work: Job) -> None:
        self.work: Job | None = work
        self.wake = threading.Semaphore(0)
        threading.Thread(target=self.serve, name="keepwell worker", daemon=True).start()

    def serve(self) -> None:
        while True:
            work, self.work = self.work, None
            if work is not None:
                work()
                del work
            with _lock:
                _idle.append(self)
            if not self.wake.acquire(timeout=IDLE_SECONDS) and self.is_superfluous():
                return

    def is_superfluous(self) -> bool:
        """Leaves the idle ones; says no if work was given to it at the last moment, which has woken it by now."""
        with _lock:
            if self in _idle:
                _idle.remove(self)
                return True
        self.wake.acquire()
        return False


_lock = threading.Lock()
_idle: list[_Thread] = []


def in_thread(work: Job) -> None:
    """Has a thread do `work`, which must not raise."""
    with _lock:
        thread = _idle.pop() if _idle else None
    if thread is None:
        _Thread(work)
    else:
        thread.work = work
        thread.wake.release()


class Pool:
    """The queue of one task runner.

    Args:
        limit: How many jobs may run at once, not counting those that wait for another task; `None` is no limit.
    """

    def __init__(self, limit: int | None = None) -> None:
        self.limit = limit
        self._reset()
        _pools.add(self)

    def _reset(self) -> None:
        self._jobs: deque[Job] = deque()
        self._lock = threading.Lock()
        self._quiet = threading.Condition(self._lock)
        self._workers = 0
        self._blocked = 0
        # Workers that have been started and have not come yet.
        self._coming = 0
        # Jobs taken since the pool began. Workers count without a lock: a few may be lost.
        self._taken = 0
        self._is_watched = False

    def submit(self, job: Job) -> None:
        """Has a worker run `job`, which must not raise. Jobs begin in the order in which they came."""
        self._jobs.append(job)
        with self._lock:
            self._staff()

    def submit_all(self, jobs: Iterable[Job]) -> None:
        """Has workers run all these jobs."""
        self._jobs.extend(jobs)
        with self._lock:
            self._staff()

    def cancel(self) -> list[Job]:
        """Takes the jobs that have not begun out of the queue, and returns them."""
        with self._lock:
            jobs = list(self._jobs)
            self._jobs.clear()
            return jobs

    def join(self) -> None:
        """Waits until no job is queued or running."""
        with self._lock:
            if not self._workers:
                return
        while_waiting(self._join)

    def _join(self) -> None:
        with self._lock:
            while self._workers:
                self._quiet.wait()

    def block(self) -> None:
        """Notes that a worker waits for another task."""
        with self._lock:
            self._blocked += 1
            self._staff()

    def unblock(self) -> None:
        """Notes that a worker no longer waits."""
        with self._lock:
            self._blocked -= 1

    def _staff(self) -> None:
        """Starts workers if there is work for them, and has somebody watch if a few are not enough."""
        while self._coming < len(self._jobs) and self._has_room():
            if self._workers - self._blocked < _EAGER:
                self._start()
                continue
            if not self._is_watched:
                self._is_watched = True
                in_thread(self._watch)
            return

    def _has_room(self) -> bool:
        return self.limit is None or self._workers - self._blocked < self.limit

    def _start(self) -> None:
        self._workers += 1
        self._coming += 1
        try:
            in_thread(self._work)
        except RuntimeError:
            # The system gives no more threads: those that there are do the work.
            self._workers -= 1
            self._coming -= 1
            if not self._workers:
                raise

    def _watch(self) -> None:
        """Starts more workers, twice as many each time, while jobs wait and few are taken."""
        step = 1
        seen = self._taken
        while True:
            time.sleep(_TICK_SECONDS)
            with self._lock:
                if not self._jobs or not self._has_room():
                    self._is_watched = False
                    return
                if self._taken - seen >= _QUICK * (self._workers - self._blocked):
                    step = 1
                else:
                    self._start_up_to(step)
                    step *= 2
                seen = self._taken

    def _start_up_to(self, count: int) -> None:
        for _ in range(min(count, len(self._jobs) - self._coming)):
            if self._has_room():
                self._start()

    def _work(self) -> None:
        _current.pool = self
        _current.waiting = 0
        with self._lock:
            self._coming -= 1
        while not self._is_dispensable():
            try:
                job = self._jobs.popleft()
            except IndexError:
                continue
            self._taken += 1
            _do(job)
            del job
        _current.pool = None

    def _is_dispensable(self) -> bool:
        """Leaves the workers if there is no job, or if more work than may."""
        if self._jobs and self.limit is None:
            return False
        with self._lock:
            if self._jobs and (self.limit is None or self._workers - self._blocked <= self.limit):
                return False
            self._workers -= 1
            if not self._workers:
                self._quiet.notify_all()
            return True


def _do(job: Job) -> None:
    """Runs a job. One that raises is reported as threads report it, and the worker goes on."""
    try:
        job()
    except BaseException:
        threading.excepthook(threading.ExceptHookArgs((*sys.exc_info(), threading.current_thread())))


_pools: WeakSet[Pool] = WeakSet()


def _forget_threads() -> None:
    """After a fork no thread of the parent's is there, and no job of the parent's is the child's."""
    global _lock
    _lock = threading.Lock()
    _idle.clear()
    _current.__dict__.clear()
    for pool in _pools:
        pool._reset()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_threads)
