"""Ways in which Python code comes to run: forked and spawned processes, prompts, `-c`, archives, no source at all."""

from __future__ import annotations

import compileall
import concurrent.futures
import logging
import multiprocessing
import os
import pickle
import pty
import shutil
import subprocess
import sys
import textwrap
import threading
import time
import warnings
import zipfile
from pathlib import Path
from typing import Any

import cloudpickle
import pytest

from forking import in_fork, new_fork_server
from keepwell import flow, task
from keepwell.cache_policies import DEFAULT, INPUTS, NO_CACHE, RUN_ID, TASK_SOURCE, CachePolicy
from keepwell.locking.filesystem import FileSystemLockManager
from keepwell.locking.memory import MemoryLockManager
from keepwell.states import Completed
from keepwell.task_runners import ThreadPoolTaskRunner
from keepwell.transactions import IsolationLevel, transaction
from programs import packages

LOCKS = MemoryLockManager()


@task(cache_policy=INPUTS)
def double(x: int) -> int:
    return 2 * x


@task(cache_policy=INPUTS)
async def triple(x: int) -> int:
    return 3 * x


@task(cache_policy=INPUTS, retries=2, name="named", tags=["tag"], version="1")
def with_options(x: int) -> int:
    return x


@flow(name="doubles")
def doubles(count: int) -> list[int]:
    return [double(x) for x in range(count)]


class Desk:
    def __init__(self, factor: int) -> None:
        self.factor = factor

    @task(cache_policy=INPUTS)
    def times(self, x: int) -> int:
        return self.factor * x

    def __getstate__(self) -> dict[str, int]:
        return {"factor": self.factor}


def names_of_states(x: int) -> tuple[str, str]:
    return double(x, return_state=True).name, double(x + 1000, return_state=True).name


# --- fork


def test_a_forked_child_runs_tasks_and_flows_and_shares_what_is_kept() -> None:
    assert (double(1), doubles(2)) == (2, [0, 2])
    assert in_fork(lambda: (double(1, return_state=True).name, double(50), doubles(2))) == ("Cached", 100, [0, 2])
    assert double(50, return_state=True).name == "Cached"


def test_a_forked_child_submits_tasks_after_its_parent_did() -> None:
    @flow
    def submits() -> list[int]:
        return double.map([1, 2, 3]).result()

    assert submits() == [2, 4, 6]
    assert in_fork(submits) == [2, 4, 6]
    assert submits() == [2, 4, 6]


def test_a_forked_child_can_run_async_tasks_and_hooks() -> None:
    import asyncio

    async def hook(*_: Any) -> None:
        await asyncio.sleep(0)

    @task(on_completion=[hook])
    def hooked() -> str:
        return "hooked"

    assert (asyncio.run(triple(1)), hooked()) == (3, "hooked")
    assert in_fork(lambda: (asyncio.run(triple(2)), hooked())) == (6, "hooked")


def test_a_forked_child_owns_no_lock_and_ends_no_transaction_of_its_parent() -> None:
    policy = INPUTS.configure(isolation_level=IsolationLevel.SERIALIZABLE, lock_manager=LOCKS)
    undone: list[str] = []

    @task(cache_policy=policy)
    def body(x: int) -> Any:
        begun = transaction_of_body()
        assert LOCKS.is_lock_holder(begun.key, str(begun.id)) or LOCKS.is_locked(begun.key)
        return in_fork(lambda: "child"), LOCKS.is_locked(begun.key)

    def transaction_of_body() -> Any:
        from keepwell import _core

        return _core.current_surroundings().transaction

    with transaction() as begun:
        begun.on_rollback(lambda _: undone.append("parent"))
        assert body(1) == ("child", True)
    assert undone == []
    assert body(1, return_state=True).name == "Cached"


def test_fork_while_other_threads_run_tasks() -> None:
    stop = threading.Event()

    def busy(start: int) -> None:
        x = start
        while not stop.is_set():
            double(x)
            x += 1

    # A stream that another thread is writing to stays locked in the child: that is Python's own lock.
    logging.disable()
    double(0)
    threads = [threading.Thread(target=busy, args=(1_000_000 * i,)) for i in range(1, 4)]
    for thread in threads:
        thread.start()
    try:
        for attempt in range(8):
            done = in_fork(lambda: (double(7), double(7, return_state=True).name))
            assert done == (14, "Cached"), attempt
    finally:
        stop.set()
        for thread in threads:
            thread.join()
        logging.disable(logging.NOTSET)


# --- other processes


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_processes_of_multiprocessing_share_what_is_kept(method: str) -> None:
    new_fork_server()
    double(1)
    context = multiprocessing.get_context(method)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        with context.Pool(2) as pool:
            assert pool.map(names_of_states, [1, 1])[0][0] == "Cached"
            assert pool.map(double, [1, 2, 3]) == [2, 4, 6]
    assert double(1001, return_state=True).name == "Cached"


def test_executors_run_tasks() -> None:
    with concurrent.futures.ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as executor:
        assert list(executor.map(double, [1, 2])) == [2, 4]
        assert executor.submit(doubles, 2).result() == [0, 2]
    with concurrent.futures.ThreadPoolExecutor(4) as executor:
        assert list(executor.map(double, range(50))) == [2 * x for x in range(50)]


# --- pickles


@pytest.mark.parametrize("pickler", [pickle, cloudpickle])
def test_tasks_flows_and_states_travel_by_reference_or_value(pickler: Any) -> None:
    def through(value: Any) -> Any:
        return pickle.loads(pickler.dumps(value))

    assert through(double)(4) == 8
    assert through(doubles)(2) == [0, 2]
    assert through(Desk(3).times)(4) == 12
    options = through(with_options)
    assert (options.name, options.tags, options.version, options.retries) == ("named", {"tag"}, "1", 2)
    state = double(4, return_state=True)
    assert through(state) == state
    assert through(Completed(data=1)).data == 1


def test_local_tasks_and_flows_travel_by_value() -> None:
    factor = 5

    @task(cache_policy=INPUTS + TASK_SOURCE)
    def local(x: int) -> int:
        return factor * x

    @flow
    def whole(x: int) -> int:
        return local(x)

    assert local(2) == 10
    restored = pickle.loads(cloudpickle.dumps(local))
    assert restored(2, return_state=True).name == "Cached"
    assert pickle.loads(cloudpickle.dumps(whole))(3) == 15


@pytest.mark.parametrize(
    "policy",
    [
        DEFAULT,
        INPUTS,
        NO_CACHE,
        INPUTS + TASK_SOURCE - "x",
        RUN_ID,
        INPUTS.configure(isolation_level=IsolationLevel.SERIALIZABLE, lock_manager=FileSystemLockManager("locks")),
        CachePolicy.from_cache_key_fn(names_of_states),  # type: ignore[arg-type]
    ],
    ids=str,
)
def test_policies_travel(policy: CachePolicy) -> None:
    assert repr(pickle.loads(pickle.dumps(policy))) == repr(policy)
    assert repr(pickle.loads(cloudpickle.dumps(policy))) == repr(policy)


def test_lock_managers_travel(tmp_path: Path) -> None:
    locks = FileSystemLockManager(tmp_path)
    locks.acquire_lock("key", "holder")
    assert pickle.loads(pickle.dumps(locks)).is_locked("key")
    locks.release_lock("key", "holder")
    assert pickle.loads(pickle.dumps(LOCKS)) is MemoryLockManager()


def test_what_belongs_to_this_process_says_that_it_cannot_travel() -> None:
    release = threading.Event()

    @task
    def waits() -> str:
        release.wait(10)
        return "done"

    with ThreadPoolTaskRunner() as runner:
        future = runner.submit(waits, {})
        with pytest.raises(TypeError, match="future of a run that has not ended cannot be pickled: wait for it first"):
            pickle.dumps(future)
        release.set()
        future.wait()
        assert pickle.loads(pickle.dumps(future)).result() == "done"
    with transaction() as begun, pytest.raises(TypeError, match=r"[Tt]ransaction"):
        pickle.dumps(begun)


# --- where code comes from

_PROGRAM = """
from keepwell import task, flow
from keepwell.cache_policies import INPUTS, TASK_SOURCE

@task(cache_policy=INPUTS + TASK_SOURCE)
def double(x):
    return 2 * x

@flow
def run():
    return double.submit(2).result()

"""
_SHOW = "print(run(), double(2, return_state=True).name, double(3, return_state=True).name, double(3))\n"
_SHOWN = "4 Cached Completed 6"


def python(*arguments: str, folder: Path, text: str | None = None, **variables: str) -> str:
    """What Python printed, in a home of its own."""
    environment = {"HOME": str(folder), "PATH": os.environ["PATH"], "PYTHONPATH": packages(), **variables}
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment,
        input=text,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().splitlines()[-1]


def test_a_program_on_the_command_line(tmp_path: Path) -> None:
    assert python("-c", _PROGRAM + _SHOW, folder=tmp_path) == "4 Cached Completed 6"
    assert python("-c", _PROGRAM + _SHOW, folder=tmp_path) == "4 Cached Cached 6"


def test_a_program_on_standard_input(tmp_path: Path) -> None:
    assert python("-", folder=tmp_path, text=_PROGRAM + _SHOW) == "4 Cached Completed 6"
    assert python("-", folder=tmp_path, text=_PROGRAM + _SHOW) == "4 Cached Cached 6"


def test_executed_text_and_doctests(tmp_path: Path) -> None:
    code = f"""
        import doctest, types
        space = {{"__name__": "made"}}
        exec({_PROGRAM!r}, space)
        print(space["run"](), space["double"](3))
        module = types.ModuleType("documented", '''
        >>> from keepwell import task
        >>> from keepwell.cache_policies import TASK_SOURCE
        >>> @task(cache_policy=TASK_SOURCE)
        ... def add(x):
        ...     return x + 1
        >>> add(1), add(1, return_state=True).name
        (2, 'Cached')
        ''')
        print(doctest.testmod(module))
    """
    assert python("-c", textwrap.dedent(code), folder=tmp_path) == "TestResults(failed=0, attempted=4)"


def test_a_module_without_source(tmp_path: Path) -> None:
    (tmp_path / "sourceless.py").write_text(_PROGRAM)
    compileall.compile_file(str(tmp_path / "sourceless.py"), legacy=True, quiet=1)
    (tmp_path / "sourceless.py").unlink()
    shutil.rmtree(tmp_path / "__pycache__", ignore_errors=True)
    assert (tmp_path / "sourceless.pyc").exists()
    show = "from sourceless import run, double; print(run.__name__, double(3), double(3, return_state=True).name)"
    assert python("-c", show, folder=tmp_path) == "run 6 Cached"
    assert (
        python(
            "-c",
            "import sourceless; print(sourceless.run(), sourceless.double(3, return_state=True).name)",
            folder=tmp_path,
        )
        == "4 Cached"
    )


def test_a_module_in_an_archive(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "archive.zip", "w") as archive:
        archive.writestr("archived.py", _PROGRAM)
        archive.writestr("__main__.py", _PROGRAM + _SHOW)
    show = (
        "import sys; sys.path.insert(0, 'archive.zip'); from archived import run, double; "
        "print(run(), double(3), double(3, return_state=True).name)"
    )
    assert python("-c", show, folder=tmp_path) == "4 6 Cached"
    assert python("archive.zip", folder=tmp_path).startswith("4 ")


def test_a_package_that_is_run(tmp_path: Path) -> None:
    package = tmp_path / "package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "__main__.py").write_text(_PROGRAM + _SHOW)
    assert python("-m", "package", folder=tmp_path) == "4 Cached Completed 6"
    assert python("-m", "package", folder=tmp_path) == "4 Cached Cached 6"


def test_a_prompt(tmp_path: Path) -> None:
    """A terminal: the lines of a function have no file, and another function of the same name is another one."""
    lines = [
        "from keepwell import task",
        "from keepwell.cache_policies import INPUTS, TASK_SOURCE",
        "@task(cache_policy=INPUTS + TASK_SOURCE)",
        "def double(x):",
        "    return 2 * x",
        "",
        "print('first', double(2), double(2, return_state=True).name)",
        "@task(cache_policy=INPUTS + TASK_SOURCE)",
        "def double(x):",
        "    return 20 * x",
        "",
        "print('second', double(2), double(2, return_state=True).name)",
        "exit()",
    ]
    terminal, other = pty.openpty()
    environment = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "PYTHONPATH": packages(), "TERM": "dumb"}
    environment["PYTHON_BASIC_REPL"] = "1"
    process = subprocess.Popen(
        [sys.executable, "-i", "-q"], cwd=tmp_path, env=environment, stdin=other, stdout=other, stderr=other
    )
    os.close(other)
    os.write(terminal, ("\n".join(lines) + "\n").encode())
    told = b""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        try:
            told += os.read(terminal, 65536)
        except OSError:
            break
    os.close(terminal)
    assert process.wait(10) == 0
    assert b"\nfirst 4 Cached" in told
    assert b"\nsecond 40 Cached" in told


def test_an_interactive_shell_with_cells(tmp_path: Path) -> None:
    pytest.importorskip("IPython", reason="IPython is not installed")
    code = f"""
        from IPython.core.interactiveshell import InteractiveShell
        shell = InteractiveShell.instance()
        shell.run_cell({_PROGRAM!r}).raise_error()
        shell.run_cell("print(run(), double(3), double(3, return_state=True).name)").raise_error()
    """
    assert python("-c", textwrap.dedent(code), folder=tmp_path) == "4 6 Cached"


def test_a_subinterpreter_is_refused_in_plain_words(tmp_path: Path) -> None:
    code = """
        try:
            import _interpreters as interpreters
        except ImportError:
            import _xxsubinterpreters as interpreters
        from keepwell import task
        child = interpreters.create()
        try:
            found = interpreters.run_string(child, "from keepwell import task")
            print(found)
        except Exception as error:
            print(error)
    """
    assert "subinterpreter" in python("-c", textwrap.dedent(code), folder=tmp_path)
