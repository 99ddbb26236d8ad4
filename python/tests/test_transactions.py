"""Transactions: records that become visible together or not at all, and the hooks that are told."""

from __future__ import annotations

import asyncio
import logging
import threading
from pathlib import Path
from typing import Any

import pytest

from keepwell import flow, get_run_logger, task
from keepwell.cache_policies import INPUTS, TASK_SOURCE
from keepwell.exceptions import ConfigurationError, SerializationError, TransactionAborted
from keepwell.locking.memory import MemoryLockManager
from keepwell.results import ResultStore
from keepwell.transactions import (
    AsyncTransaction,
    CommitMode,
    IsolationLevel,
    Transaction,
    TransactionState,
    atransaction,
    get_transaction,
    transaction,
)

POLICY = INPUTS + TASK_SOURCE


def records(home: Path) -> list[str]:
    """The names of the records in the default storage."""
    storage = home / "storage"
    return sorted(path.name for path in storage.iterdir() if path.is_file()) if storage.exists() else []


class Told:
    """Hooks that note what they were told, in order."""

    def __init__(self) -> None:
        self.notes: list[tuple[Any, ...]] = []

    def hook(self, name: str) -> Any:
        def note(txn: Transaction) -> None:
            self.notes.append((name, txn.key, txn.state.name))

        return note

    def names(self) -> list[str]:
        return [name for name, *_ in self.notes]


def test_members_are_their_own_names() -> None:
    for enumeration in (IsolationLevel, CommitMode, TransactionState):
        assert all(member.value == member.name == member for member in enumeration)
    assert [*CommitMode] == ["EAGER", "LAZY", "OFF"]


def test_a_transaction_that_has_not_begun() -> None:
    txn = Transaction()
    assert (txn.state, txn.commit_mode, txn.isolation_level) == (TransactionState.PENDING, None, "READ_COMMITTED")
    assert (txn.key, txn.store, txn.children, txn.overwrite, txn.write_on_commit) == (None, None, [], False, True)
    assert (txn.on_commit_hooks, txn.on_rollback_hooks) == ([], [])
    assert txn.is_pending()
    assert get_transaction() is None


def test_a_block_is_in_its_transaction() -> None:
    with Transaction() as txn:
        assert get_transaction() is txn is Transaction.get_active()
        assert txn.is_active()
        assert txn.commit_mode is CommitMode.LAZY
        assert txn.get_parent() is None
    assert txn.is_committed()
    assert get_transaction() is None


def test_a_transaction_is_entered_once() -> None:
    txn = Transaction()
    with txn, pytest.raises(RuntimeError, match=r"Context already entered\. Context enter calls cannot be nested\."):
        txn.__enter__()
    assert txn.is_committed()


def test_transactions_know_what_is_around_and_inside_them() -> None:
    with transaction() as outer, transaction() as inner:
        assert inner.get_parent() is outer
        with transaction() as innermost:
            assert innermost.get_parent() is inner
        assert inner.children == [innermost]
        assert outer.children == []
    assert outer.children == [inner]


def test_a_transaction_inside_goes_by_the_one_around() -> None:
    manager = MemoryLockManager()
    store = ResultStore(lock_manager=manager)
    with transaction(
        key="outer", store=store, commit_mode=CommitMode.EAGER, isolation_level=IsolationLevel.SERIALIZABLE
    ):
        with transaction(key="inner", store=store) as inner:
            assert (inner.commit_mode, inner.isolation_level) == (CommitMode.EAGER, IsolationLevel.SERIALIZABLE)
        with transaction(commit_mode=CommitMode.LAZY, isolation_level=IsolationLevel.READ_COMMITTED) as other:
            assert (other.commit_mode, other.isolation_level) == (CommitMode.LAZY, IsolationLevel.READ_COMMITTED)
    with transaction() as alone:
        assert (alone.commit_mode, alone.isolation_level) == (CommitMode.LAZY, IsolationLevel.READ_COMMITTED)


def test_what_is_staged_is_kept_when_the_block_ends(home: Path) -> None:
    with transaction(key="answer") as txn:
        txn.stage({"answer": 42})
        assert txn.is_staged()
        assert records(home) == []
    assert txn.is_committed()
    assert records(home) == ["answer"]
    record = txn.read()
    assert record.result == {"answer": 42}


def test_a_value_without_a_key_is_staged_and_kept_nowhere(home: Path) -> None:
    with transaction() as txn:
        txn.stage(42)
        assert txn.is_staged()
    assert (txn.is_committed(), records(home)) == (True, [])


def test_a_key_that_is_there_is_committed_from_the_beginning() -> None:
    with transaction(key="answer") as txn:
        txn.stage(42)
    told = Told()
    with transaction(key="answer") as again:
        assert again.is_committed()
        assert again.read().result == 42
        again.stage(43, on_commit_hooks=[told.hook("commit")], on_rollback_hooks=[told.hook("rollback")])
    assert (again.read().result, told.notes) == (42, [])


def test_a_transaction_that_overwrites_does_not_look() -> None:
    with transaction(key="answer") as txn:
        txn.stage(42)
    with transaction(key="answer", overwrite=True) as again:
        assert not again.is_committed()
        again.stage(43)
    with transaction(key="answer") as last:
        assert last.read().result == 43


def test_nothing_is_written_where_that_is_not_wanted(home: Path) -> None:
    with transaction(key="answer", write_on_commit=False) as txn:
        txn.stage(42)
    assert (txn.is_committed(), records(home)) == (True, [])


def test_a_key_whose_block_stages_nothing_is_kept_with_nothing() -> None:
    with transaction(key="done"):
        pass
    with transaction(key="done") as again:
        assert again.is_committed()
        assert again.read().result is None


def test_an_exception_undoes_the_block_and_leaves_it(home: Path) -> None:
    boom = ValueError("boom")
    with pytest.raises(ValueError) as raised, transaction(key="answer") as txn:
        txn.stage(42)
        raise boom
    assert raised.value is boom
    assert (txn.state, records(home), get_transaction()) == (TransactionState.ROLLED_BACK, [], None)


def test_commit_hooks_run_inner_ones_first_once_everything_is_visible(home: Path) -> None:
    told = Told()

    def look(txn: Transaction) -> None:
        told.notes.append((records(home), txn.read().result))

    with transaction(key="outer") as outer:
        outer.stage(1, on_commit_hooks=[told.hook("outer")])
        with transaction(key="inner") as inner:
            inner.stage(2, on_commit_hooks=[told.hook("first"), told.hook("second"), look])
        assert told.notes == []
    assert told.notes == [
        ("first", "inner", "COMMITTED"),
        ("second", "inner", "COMMITTED"),
        (["inner", "outer"], 2),
        ("outer", "outer", "COMMITTED"),
    ]


def test_rollback_hooks_run_newest_first(home: Path) -> None:
    told = Told()
    with pytest.raises(ValueError), transaction(key="outer") as outer:
        outer.stage(1, on_rollback_hooks=[told.hook("a"), told.hook("b")])
        with transaction(key="inner") as inner:
            inner.stage(2, on_rollback_hooks=[told.hook("c"), told.hook("d")])
        raise ValueError
    assert told.names() == ["d", "c", "b", "a"]
    assert (inner.state, outer.state) == (TransactionState.ROLLED_BACK, TransactionState.ROLLED_BACK)


def test_hooks_can_be_added_by_decorators_and_before_the_block() -> None:
    told = Told()
    txn = Transaction(key="answer", store=ResultStore())
    commit = txn.on_commit(told.hook("early"))
    with txn:
        txn.on_commit(told.hook("late"))
        txn.on_rollback(told.hook("never"))
        txn.stage(42)
    assert told.names() == ["early", "late"]
    assert txn.on_commit_hooks[0] is commit
    assert len(txn.on_rollback_hooks) == 1


def test_hooks_that_fail_on_rollback_stop_nothing_and_are_noted_under_the_exception(
    caplog: pytest.LogCaptureFixture,
) -> None:
    told = Told()

    def broken(txn: Transaction) -> None:
        raise RuntimeError("no way back")

    def missing(txn: Transaction) -> None:
        raise KeyError("x")

    with pytest.raises(ValueError, match="boom") as raised, transaction(key="answer") as txn:
        txn.stage(42, on_rollback_hooks=[told.hook("first"), broken, told.hook("second"), missing])
        raise ValueError("boom")
    assert told.names() == ["second", "first"]
    notes = [
        "An error was encountered while running rollback hook 'missing': KeyError: 'x'",
        "An error was encountered while running rollback hook 'broken': RuntimeError: no way back",
    ]
    assert raised.value.__notes__ == notes
    assert [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR] == notes


def test_a_commit_hook_that_fails_undoes_nothing(caplog: pytest.LogCaptureFixture, home: Path) -> None:
    told = Told()

    def broken(txn: Transaction) -> None:
        raise RuntimeError("too late")

    with transaction(key="answer") as txn:
        txn.stage(42, on_commit_hooks=[broken, told.hook("next")])
    assert (txn.is_committed(), records(home), told.names()) == (True, ["answer"], ["next"])
    errors = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert errors == ["An error was encountered while running commit hook 'broken': RuntimeError: too late"]


def test_hooks_are_logged_unless_they_say_otherwise(caplog: pytest.LogCaptureFixture) -> None:
    def loud(txn: Transaction) -> None: ...

    def quiet(txn: Transaction) -> None: ...

    quiet.log_on_run = False  # type: ignore[attr-defined]
    with caplog.at_level(logging.INFO, "keepwell"), transaction() as txn:
        txn.stage(1, on_commit_hooks=[loud, quiet])
    said = [record.getMessage() for record in caplog.records if "hook" in record.getMessage()]
    assert said == ["Running commit hook 'loud'", "Commit hook 'loud' finished running successfully"]


def test_a_value_that_cannot_be_kept_is_an_error_and_nothing_is_kept(home: Path) -> None:
    with pytest.raises(SerializationError, match="Failed to serialize object of type 'lock'"):
        with transaction() as outer:
            with transaction(key="good") as good:
                good.stage(1)
            with transaction(key="bad") as bad:
                bad.stage(threading.Lock())
    assert {outer.state, good.state, bad.state} == {TransactionState.ROLLED_BACK}
    assert records(home) == []


def test_an_eager_transaction_is_committed_whatever_becomes_of_the_one_around(home: Path) -> None:
    told = Told()
    with pytest.raises(ValueError), transaction():
        with transaction(key="eager", commit_mode=CommitMode.EAGER) as eager:
            eager.stage(1, on_rollback_hooks=[told.hook("never")])
        assert records(home) == ["eager"]
        raise ValueError
    assert (records(home), eager.state, told.notes) == (["eager"], TransactionState.COMMITTED, [])


def test_a_transaction_that_is_off_is_undone(home: Path) -> None:
    told = Told()
    with transaction(key="off", commit_mode=CommitMode.OFF) as txn:
        txn.stage(1, on_rollback_hooks=[told.hook("undone")], on_commit_hooks=[told.hook("never")])
    assert (txn.state, told.names(), records(home)) == (TransactionState.ROLLED_BACK, ["undone"], [])


def test_values_are_kept_by_name_for_the_blocks_inside() -> None:
    with transaction() as outer:
        outer.set("list", [1])
        with transaction() as inner:
            inner.get("list").append(2)
            assert inner.get("list") == [1]
            assert (inner.get("absent", "default"), inner.get("absent", None)) == ("default", None)
            inner.set("list", "mine")
            assert (inner.get("list"), outer.get("list")) == ("mine", [1])
        with pytest.raises(ValueError, match="Could not retrieve value for unknown key: absent"):
            outer.get("absent")


def test_values_can_be_set_before_the_block_and_read_by_hooks() -> None:
    found: list[Any] = []
    txn = Transaction()
    txn.set("who", "me")
    assert txn.get("who") == "me"
    with pytest.raises(ValueError, match="Could not retrieve value for unknown key: what"):
        txn.get("what")
    with txn, transaction() as inner:
        inner.set("what", "that")
        inner.stage(1, on_commit_hooks=[lambda one: found.append((one.get("who"), one.get("what")))])
    assert found == [("me", "that")]


def test_transactions_are_equal_only_to_themselves() -> None:
    one, other = Transaction(), Transaction()
    assert one == one and one != other and one != "transaction"
    with one, other:
        assert one != other
        assert len({one, other}) == 2


def test_a_logger_is_the_one_given_or_that_of_what_is_around() -> None:
    mine = logging.getLogger("mine")
    with transaction(logger=mine) as txn:
        assert txn.logger is mine
    with transaction() as txn:
        assert txn.logger.name == "keepwell.transactions"

    @task
    def inside() -> bool:
        with transaction() as txn:
            return bool(txn.logger.extra == get_run_logger().extra)

    assert inside()


def test_serializable_needs_a_lock_manager() -> None:
    ran: list[int] = []
    with pytest.raises(ConfigurationError, match="Isolation level SERIALIZABLE is not supported by provided config"):
        with transaction(key="answer", isolation_level=IsolationLevel.SERIALIZABLE):
            ran.append(1)
    assert ran == []
    with transaction(isolation_level="SERIALIZABLE") as txn:  # type: ignore[arg-type]
        # Without a key there is nothing to lock.
        assert txn.isolation_level is IsolationLevel.SERIALIZABLE


@pytest.mark.parametrize("how", ["commit", "rollback", "hit", "off"])
def test_a_lock_is_given_back_on_every_path(how: str) -> None:
    store = ResultStore(lock_manager=MemoryLockManager())
    if how == "hit":
        store.write(1, key="answer")
    mode = CommitMode.OFF if how == "off" else None
    try:
        with transaction(key="answer", store=store, isolation_level=IsolationLevel.SERIALIZABLE, commit_mode=mode):
            assert store.is_locked("answer") == (how != "hit")
            if how in ("rollback", "hit"):
                raise ValueError
    except ValueError:
        pass
    assert not store.is_locked("answer")


def test_a_task_in_a_block_is_kept_with_it(home: Path) -> None:
    @task(cache_policy=INPUTS)
    def identity(x: int) -> int:
        return x

    with pytest.raises(ValueError), transaction():
        identity(1)
        raise ValueError
    assert records(home) == []
    with transaction():
        states = [identity(1, return_state=True).name for _ in range(2)]
        assert records(home) == []
    # A block reads what was staged in it.
    assert states == ["Completed", "Cached"]
    assert len(records(home)) == 1


def test_a_task_is_in_its_own_transaction() -> None:
    @task(cache_policy=INPUTS)
    def inside(x: int) -> tuple[Any, ...]:
        txn = get_transaction()
        assert txn is not None and txn is get_transaction()
        parent = txn.get_parent()
        return txn.key, txn.state.name, parent.key if parent is not None else None

    key = inside(1, return_state=True).state_details.cache_key
    assert inside(1) == (key, "ACTIVE", None)
    with transaction(key="outer"):
        assert inside(2)[2] == "outer"
    assert get_transaction() is None


def test_hooks_of_tasks_are_told_of_the_transaction_of_the_run() -> None:
    told: list[Any] = []

    @task(cache_policy=INPUTS)
    def identity(x: int) -> int:
        return x

    @identity.on_commit
    def committed(txn: Transaction) -> None:
        told.append(("committed", txn.is_committed(), txn.read().result))

    @identity.on_rollback
    def undone(txn: Transaction) -> None:
        told.append(("undone", txn.is_rolled_back(), txn.get("reason", None)))

    identity(1)
    assert told == [("committed", True, 1)]
    identity(1)
    assert told == [("committed", True, 1)]
    with pytest.raises(ValueError), transaction() as txn:
        identity(2)
        identity(1)
        txn.set("reason", "tests")
        raise ValueError
    assert told[1:] == [("undone", True, "tests")]


def test_a_task_that_fails_undoes_the_block_at_once_and_later_ones_are_refused(home: Path) -> None:
    told = Told()
    identity = task(cache_policy=POLICY)(lambda x: x).with_options(name="identity")
    identity.on_rollback(told.hook("undone"))

    @task
    def bad() -> None:
        raise ValueError("bad")

    ran: list[int] = []
    with pytest.raises(TransactionAborted, match="rolled back because `bad` failed in it"), transaction() as txn:
        identity(1)
        assert bad(return_state=True).is_failed()
        assert (txn.state, told.names()) == (TransactionState.ROLLED_BACK, ["undone"])
        ran.append(1)
        identity(2)
        ran.append(2)
    assert (ran, records(home)) == ([1], [])


def test_a_block_whose_task_failed_says_so_at_its_end() -> None:
    @task
    def bad() -> None:
        raise ValueError("bad")

    with pytest.raises(TransactionAborted, match="`bad`"), transaction():
        bad(return_state=True)


def test_a_task_that_calls_tasks_is_a_transaction(home: Path) -> None:
    identity = task(cache_policy=INPUTS)(lambda x: x)

    @task
    def outer(fail: bool) -> None:
        identity(1)
        assert records(home) == []
        if fail:
            raise ValueError

    assert outer(True, return_state=True).is_failed()
    assert records(home) == []
    outer(False)
    assert len(records(home)) == 1


def test_a_flow_is_no_transaction(home: Path) -> None:
    identity = task(cache_policy=INPUTS)(lambda x: x)

    @flow
    def failing() -> None:
        identity(1)
        raise ValueError

    assert failing(return_state=True).is_failed()
    assert len(records(home)) == 1


def test_a_task_that_cannot_be_kept_fails_the_block_and_not_itself(home: Path) -> None:
    @task(cache_policy=INPUTS)
    def lock(x: int) -> Any:
        return threading.Lock()

    identity = task(cache_policy=INPUTS)(lambda y: y)
    state = lock(1, return_state=True)
    assert str(state) == "Completed()"
    assert "could not be serialized" in state.state_details.problems[0]
    with pytest.raises(SerializationError), transaction():
        identity(1)
        lock(1)
    assert records(home) == []


def test_async_transactions_commit_and_undo(home: Path) -> None:
    told: list[Any] = []

    async def hook(txn: AsyncTransaction) -> None:
        await asyncio.sleep(0)
        told.append((type(txn).__name__, txn.state.name))

    async def main() -> None:
        async with atransaction(key="answer") as txn:
            assert get_transaction() is txn
            txn.stage(42, on_commit_hooks=[hook])
        record = await txn.read()
        assert (txn.is_committed(), record.result, records(home)) == (True, 42, ["answer"])
        with pytest.raises(ValueError):
            async with atransaction(key="other") as other:
                other.stage(43, on_rollback_hooks=[hook])
                raise ValueError

    asyncio.run(main())
    assert told == [("AsyncTransaction", "COMMITTED"), ("AsyncTransaction", "ROLLED_BACK")]
    assert records(home) == ["answer"]


def test_blocking_and_async_transactions_go_inside_each_other() -> None:
    async def main() -> list[bool]:
        async with atransaction() as outer:
            with transaction() as middle:
                async with atransaction() as inner:
                    return [middle.get_parent() is outer, inner.get_parent() is middle]

    assert asyncio.run(main()) == [True, True]


def test_each_kind_has_its_own_statement() -> None:
    with pytest.raises(
        NotImplementedError,
        match=r"AsyncTransaction does not support the `with` statement\. Use the `async with` statement instead\.",
    ):
        AsyncTransaction().__enter__()

    async def main() -> None:
        async with Transaction():
            pass

    with pytest.raises(NotImplementedError, match="atransaction"):
        asyncio.run(main())


def test_threads_have_transactions_of_their_own() -> None:
    found: list[Any] = []
    with transaction():
        thread = threading.Thread(target=lambda: found.append(get_transaction()))
        thread.start()
        thread.join()
    assert found == [None]
