"""Worker threads: how many there are, and that nothing waits for ever."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from functools import partial
from pathlib import Path

import pytest

import keepwell
from keepwell import _workers
from keepwell._workers import Pool, in_thread, while_waiting


def wait_until(claim: object, seconds: float = 5) -> None:
    """Waits until calling `claim` gives something true."""
    deadline = time.monotonic() + seconds
    while not claim():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.001)


class Most:
    """Counts how many are inside at once, and the most that ever were."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.now = self.most = self.all = 0

    def stay(self, seconds: float) -> None:
        with self.lock:
            self.now += 1
            self.all += 1
            self.most = max(self.most, self.now)
        time.sleep(seconds)
        with self.lock:
            self.now -= 1


def test_every_job_is_run_and_waited_for() -> None:
    pool, done = Pool(), []
    pool.submit_all(partial(done.append, number) for number in range(1000))
    pool.submit(partial(done.append, 1000))
    pool.join()
    assert sorted(done) == list(range(1001))
    pool.join()


def test_a_job_that_raises_is_reported_and_its_worker_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    pool, done, reported = Pool(1), [], []
    monkeypatch.setattr(threading, "excepthook", lambda told: reported.append(told.exc_type))
    pool.submit_all([lambda: {}["missing"], partial(done.append, 1)])
    pool.join()
    assert (done, reported) == ([1], [KeyError])


def test_jobs_of_one_worker_run_in_their_order() -> None:
    pool, done = Pool(1), []
    pool.submit_all(partial(done.append, number) for number in range(100))
    pool.join()
    assert done == list(range(100))


@pytest.mark.parametrize("limit", [1, 2, 5])
def test_a_pool_keeps_its_limit_and_uses_it(limit: int) -> None:
    pool, most = Pool(limit), Most()
    pool.submit_all(partial(most.stay, 0.02) for _ in range(limit * 4))
    pool.join()
    assert (most.most, most.all) == (limit, limit * 4)


def test_a_pool_without_a_limit_runs_as_many_jobs_at_once_as_there_are() -> None:
    pool = Pool()
    together = threading.Barrier(100, timeout=10)
    pool.submit_all(together.wait for _ in range(100))  # type: ignore[misc]
    pool.join()
    assert not together.broken


def test_quick_jobs_do_not_get_a_thread_each() -> None:
    pool, threads = Pool(), set()
    pool.submit_all(lambda: threads.add(threading.get_ident()) for _ in range(300_000))
    pool.join()
    assert len(threads) < 8


def test_a_worker_that_waits_for_a_job_lets_another_take_its_place() -> None:
    pool, order = Pool(1), []

    def outer(depth: int) -> None:
        if depth:
            inner_done = threading.Event()

            def inner() -> None:
                outer(depth - 1)
                inner_done.set()

            pool.submit(inner)
            assert while_waiting(inner_done.wait, 10)
        order.append(depth)

    pool.submit(partial(outer, 5))
    pool.join()
    assert order == [0, 1, 2, 3, 4, 5]


def test_a_limit_holds_again_when_waiting_is_over() -> None:
    pool, most, begun = Pool(1), Most(), threading.Event()
    pool.submit_all([lambda: while_waiting(begun.wait, 10) and None] * 4)
    pool.submit(begun.set)
    pool.submit_all([partial(most.stay, 0.01)] * 10)
    pool.join()
    assert (most.most, most.all) == (1, 10)


def test_cancelled_jobs_do_not_run_and_are_given_back() -> None:
    pool, release, done = Pool(1), threading.Event(), []
    pool.submit(lambda: release.wait(10) and None)
    wait_until(lambda: not pool._jobs)
    job = partial(done.append, 1)
    pool.submit(job)
    assert pool.cancel() == [job]
    release.set()
    pool.join()
    assert done == []


def test_threads_are_used_again_and_go_when_nothing_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_workers, "IDLE_SECONDS", 0.05)
    seen: list[threading.Thread] = []
    for count in (1, 2):
        in_thread(lambda: seen.append(threading.current_thread()))
        wait_until(lambda: len(seen) == count)
        wait_until(lambda: any(seen[-1].ident == thread.ident for thread in threading.enumerate()))
        time.sleep(0.005)
    assert all(thread.daemon for thread in seen)
    wait_until(lambda: not any(thread.is_alive() for thread in seen))
    in_thread(lambda: seen.append(threading.current_thread()))
    wait_until(lambda: len(seen) == 3)


def run_program(program: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(Path(keepwell.__file__).parents[1])}
    command = [sys.executable, "-W", "ignore", "-c", program]
    found = subprocess.run(command, capture_output=True, text=True, check=True, env=environment, timeout=30)
    return found.stdout


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_child_process_has_no_worker_of_its_parents_and_starts_its_own() -> None:
    assert (
        run_program("""
import os, sys, threading
from keepwell._workers import Pool
pool = Pool(1)
release = threading.Event()
pool.submit(release.wait)
pool.submit(lambda: print("the parent's job"))
child = os.fork()
if child == 0:
    pool.submit(lambda: print("the child's job"))
    pool.join()
    sys.stdout.flush()
    os._exit(0)
os.waitpid(child, 0)
release.set()
pool.join()""")
        == "the child's job\nthe parent's job\n"
    )


def test_idle_threads_keep_no_program_from_ending() -> None:
    begin = time.monotonic()
    program = """
import threading
from keepwell._workers import in_thread
done = threading.Event()
in_thread(done.set)
print(done.wait(10))"""
    assert run_program(program) == "True\n"
    assert time.monotonic() - begin < 5
