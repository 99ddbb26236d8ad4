"""Transactions: records that become visible together or not at all.

>>> with transaction() as txn:
...     load_data()
...     process_data()

If anything in the block fails, nothing that was kept in it stays. A task that calls tasks is a transaction too.
"""

from __future__ import annotations

from contextlib import asynccontextmanager, contextmanager
from enum import Enum

from keepwell import _core

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from typing import Any

    from typing_extensions import Self

    from keepwell.results import ResultStore

__all__ = [
    "AsyncTransaction",
    "BaseTransaction",
    "CommitMode",
    "IsolationLevel",
    "Transaction",
    "TransactionState",
    "atransaction",
    "get_transaction",
    "transaction",
]

_NOT_GIVEN: Any = object()


class _Named(str, Enum):
    """An enumeration whose members are their own names."""

    @staticmethod
    def _generate_next_value_(name: str, *_: Any) -> str:
        return name

    def __repr__(self) -> str:
        return f"{type(self).__name__}.{self.name}"


class IsolationLevel(_Named):
    """How concurrent runs with one key see each other."""

    READ_COMMITTED = "READ_COMMITTED"
    """A reader sees the latest committed record; bodies may overlap, and the last commit stays."""
    SERIALIZABLE = "SERIALIZABLE"
    """One body at a time; the others wait and then see its record. Needs a lock manager."""


class CommitMode(_Named):
    """When a transaction's records become visible."""

    EAGER = "EAGER"
    """When the transaction itself ends, whatever becomes of the one around."""
    LAZY = "LAZY"
    """When the outermost transaction ends."""
    OFF = "OFF"
    """Never: what was staged is rolled back when the outermost transaction ends."""


class TransactionState(_Named):
    """Where a transaction stands."""

    PENDING = "PENDING"
    ACTIVE = "ACTIVE"
    STAGED = "STAGED"
    COMMITTED = "COMMITTED"
    ROLLED_BACK = "ROLLED_BACK"
    UNKNOWN = "UNKNOWN"
    """Its commit could not be confirmed: its records are all visible, or none is."""


class BaseTransaction:
    """A transaction: a `with` block begins it, and ends it when the block does.

    Args:
        store: Where its record is kept.
        key: The key of its record; without one it has none of its own.
        commit_mode: When it becomes visible; as the transaction around, or `LAZY`, unless given.
        isolation_level: How far others are kept from its key; as the transaction around, or `READ_COMMITTED`, unless
            given.
        overwrite: Whether a record that is there already is ignored and replaced.
        write_on_commit: Whether anything is written under the key.
        logger: What its user logs by; that of the run around unless given.

    Attributes:
        children: Your own transactions inside it that have come to their end, in that order; those of tasks are not
            among them.
    """

    def __init__(
        self,
        store: ResultStore | None = None,
        key: str | None = None,
        commit_mode: CommitMode | str | None = None,
        isolation_level: IsolationLevel | str | None = None,
        overwrite: bool = False,
        write_on_commit: bool = True,
        logger: Any = None,
    ) -> None:
        self._options = (key, store, commit_mode, isolation_level, overwrite, write_on_commit)
        self._given_store = store
        self._logger = logger
        self._values: dict[str, Any] = {}
        self.children: list[BaseTransaction] = []
        self.overwrite = overwrite
        self.write_on_commit = write_on_commit
        self._engine: _core.Transaction | None = None
        self._staged: Any = _NOT_GIVEN
        self._commit_hooks: list[Callable[..., Any]] = []
        self._rollback_hooks: list[Callable[..., Any]] = []
        self._token: Any = None
        self._is_settled = False

    @classmethod
    def _of_engine(cls, engine: _core.Transaction) -> Self:
        """The object that stands for a transaction of the engine's."""
        shown = cls(overwrite=False)
        shown._stand_for(engine)
        return shown

    def _stand_for(self, engine: _core.Transaction) -> None:
        from weakref import ref

        self._engine = engine
        engine.show_as(ref(self))

    def _open(self) -> _core.Transaction:
        """The engine's transaction, opened inside the one around."""
        if self._engine is not None:
            raise RuntimeError("Context already entered. Context enter calls cannot be nested.")
        self._stand_for(_core.Transaction(*self._options))
        for hook in self._commit_hooks:
            self._opened.on_commit(hook)
        for hook in self._rollback_hooks:
            self._opened.on_rollback(hook)
        for name, value in self._values.items():
            self._opened.set(name, value)
        return self._opened

    @property
    def _opened(self) -> _core.Transaction:
        if self._engine is None:
            raise RuntimeError("the transaction has not begun: enter it with a `with` statement")
        return self._engine

    def _enter(self) -> None:
        around = _core.current_surroundings().with_transaction(self._opened)
        self._token = _core.surroundings.set(around)

    def _leave(self) -> None:
        token, self._token = self._token, None
        _core.surroundings.reset(token)
        parent = self.get_parent()
        if parent is not None:
            parent.children.append(self)

    def _may_settle(self) -> bool:
        """Whether there is anything to end before the block does. Its end will then find it ended."""
        if self._token is None and not self._is_settled:
            raise RuntimeError(
                "only the transaction of a block that is running can be ended from inside; that of a task run ends "
                "with the run"
            )
        if self._is_settled or self.is_committed() or self.is_rolled_back():
            return False
        self._is_settled = True
        self._leave()
        return True

    @property
    def logger(self) -> Any:
        """What its user may log by: what was given, or else the logger of the run around, or of transactions."""
        if self._logger is None:
            from keepwell.exceptions import MissingContextError
            from keepwell.logging import get_logger, get_run_logger

            try:
                self._logger = get_run_logger()
            except MissingContextError:
                self._logger = get_logger("transactions")
        return self._logger

    @property
    def key(self) -> str | None:
        """The key of its record."""
        return self._engine.key if self._engine is not None else self._options[0]

    @property
    def store(self) -> ResultStore | None:
        """Where its record is kept."""
        if self._given_store is not None or self._engine is None:
            return self._given_store
        return self._engine.store

    @property
    def state(self) -> TransactionState:
        """Where it stands."""
        if self._engine is None:
            return TransactionState.PENDING
        state = TransactionState(self._engine.state)
        # Without a key there is nothing that the engine would have to keep.
        return TransactionState.STAGED if state == "ACTIVE" and self._staged is not _NOT_GIVEN else state

    @property
    def isolation_level(self) -> IsolationLevel:
        """How far others are kept from its key."""
        level = self._engine.isolation_level if self._engine is not None else self._options[3]
        return IsolationLevel(level) if level is not None else IsolationLevel.READ_COMMITTED

    @property
    def commit_mode(self) -> CommitMode | None:
        """When it becomes visible."""
        mode = self._engine.commit_mode if self._engine is not None else self._options[2]
        return CommitMode(mode) if mode is not None else None

    @property
    def on_commit_hooks(self) -> list[Callable[..., Any]]:
        """The hooks that were added here, to run once its record is visible."""
        return list(self._commit_hooks)

    @property
    def on_rollback_hooks(self) -> list[Callable[..., Any]]:
        """The hooks that were added here, to run if it is undone."""
        return list(self._rollback_hooks)

    def get_parent(self) -> BaseTransaction | None:
        """The transaction around, if there is one."""
        if self._engine is None:
            return get_transaction()
        parent: BaseTransaction | None = self._engine.parent
        return parent

    def is_pending(self) -> bool:
        """Whether it has not begun."""
        return self.state is TransactionState.PENDING

    def is_active(self) -> bool:
        """Whether it has begun, with nothing staged."""
        return self.state is TransactionState.ACTIVE

    def is_staged(self) -> bool:
        """Whether a value is staged."""
        return self.state is TransactionState.STAGED

    def is_committed(self) -> bool:
        """Whether its record is visible: it was there from the beginning, or has been committed."""
        return self.state is TransactionState.COMMITTED

    def is_rolled_back(self) -> bool:
        """Whether it was undone."""
        return self.state is TransactionState.ROLLED_BACK

    def set(self, name: str, value: Any) -> None:
        """Keeps a value under a name, for this transaction and those inside it.

        Raises:
            LeaseLostError: The code inside is running and has lost its lock.
        """
        if self._engine is None:
            self._values[name] = value
        else:
            self._engine.set(name, value)

    def get(self, name: str, default: Any = _NOT_GIVEN) -> Any:
        """A copy of the value that this transaction or the nearest one around keeps under a name.

        Raises:
            ValueError: There is none, and no `default` was given.
            LeaseLostError: The code inside is running and has lost its lock.
        """
        from copy import deepcopy

        found = self._engine.get(name) if self._engine is not None else self._found_before(name)
        if found is not None:
            return deepcopy(found[0])
        if default is _NOT_GIVEN:
            raise ValueError(f"Could not retrieve value for unknown key: {name}")
        return default

    def _found_before(self, name: str) -> tuple[Any] | None:
        """The value under a name, before the transaction has begun."""
        return (self._values[name],) if name in self._values else None

    def stage(
        self,
        value: Any,
        on_rollback_hooks: list[Callable[..., Any]] | None = None,
        on_commit_hooks: list[Callable[..., Any]] | None = None,
    ) -> None:
        """Stages the value to be kept under the key, in place of one that was staged before, and adds hooks.

        Does nothing if the record is committed already.

        Raises:
            SerializationError: The value cannot be turned into bytes.
            TransactionAborted: The transaction was rolled back, or has ended otherwise.
            LeaseLostError: Its lock, or that of one around, was lost.
        """
        if self.is_committed():
            return
        for hook in on_rollback_hooks or ():
            self.on_rollback(hook)
        for hook in on_commit_hooks or ():
            self.on_commit(hook)
        self._staged = value
        if self.key is not None:
            self._opened.stage(value, getattr(self.store, "serializer", None))

    def on_commit(self, hook: Callable[..., Any]) -> Callable[..., Any]:
        """Adds a hook `hook(transaction)` that runs once the record is visible. Also a decorator."""
        self._commit_hooks.append(hook)
        if self._engine is not None:
            self._engine.on_commit(hook)
        return hook

    def on_rollback(self, hook: Callable[..., Any]) -> Callable[..., Any]:
        """Adds a hook `hook(transaction)` that runs if it is undone, the newest first. Also a decorator."""
        self._rollback_hooks.append(hook)
        if self._engine is not None:
            self._engine.on_rollback(hook)
        return hook

    def _own_record(self) -> Any:
        """The record that is staged, or else kept, under the key; `None` if there is none."""
        store, key = self.store, self.key
        if store is None or key is None:
            return None
        if self._staged is not _NOT_GIVEN:
            return store.create_result_record(self._staged, key=key)
        return store.read(key) if store.exists(key) else None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, BaseTransaction):
            return NotImplemented
        return self is other or (self._engine is not None and self._engine == other._engine)

    def __hash__(self) -> int:
        return hash(self._engine) if self._engine is not None else id(self)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(key={self.key!r}, state={self.state.name})"

    @classmethod
    def get_active(cls) -> BaseTransaction | None:
        """The innermost transaction around the calling code."""
        return get_transaction()


class Transaction(BaseTransaction):
    """A transaction for blocking code: see `BaseTransaction`."""

    def __enter__(self) -> Self:
        engine = self._open()
        try:
            engine.begin()
            self._enter()
        except Exception:
            raise
        except BaseException:
            # A signal has come in between: the block will not run.
            if engine.state == "ACTIVE":
                engine.end(False)
            raise
        return self

    def __exit__(self, kind: Any, error: BaseException | None, traceback: Any) -> None:
        if self._is_settled:
            return
        try:
            self._leave()
        finally:
            _note(error, self._opened.end(error is None))

    def commit(self) -> bool:
        """Ends the transaction before its block does: what is staged becomes visible, or will be with the one around.

        The rest of the block is in the transaction no more.

        Returns:
            Whether it is visible by that. It is not if it was before, or was rolled back.

        Raises:
            RuntimeError: The transaction is not that of a block of code which is running.
            SerializationError: A value in it cannot be kept, so nothing was.
            StorageError: Nothing could be written.
        """
        if not self._may_settle():
            return False
        self._opened.end(True)
        return self.is_committed()

    def rollback(self) -> bool:
        """Ends the transaction before its block does, and undoes it: its hooks run, and nothing staged becomes visible.

        The rest of the block is in the transaction no more.

        Returns:
            Whether it was undone by that. It was not if it was before, or was committed.

        Raises:
            RuntimeError: The transaction is not that of a block of code which is running.
        """
        if not self._may_settle():
            return False
        self._opened.end(False)
        return self.is_rolled_back()

    def read(self) -> Any:
        """The record that is staged, or else kept, under the key; `None` if there is none."""
        return self._own_record()

    async def __aenter__(self) -> Self:
        raise NotImplementedError(
            "Transaction does not support the `async with` statement. Use `atransaction()` instead."
        )

    async def __aexit__(self, *_: object) -> None:
        raise NotImplementedError


class AsyncTransaction(BaseTransaction):
    """A transaction for coroutines: see `BaseTransaction`."""

    async def __aenter__(self) -> Self:
        from keepwell._driving import drive

        await drive(self._open().begin_run(), None, False)
        self._enter()
        return self

    async def __aexit__(self, kind: Any, error: BaseException | None, traceback: Any) -> None:
        from keepwell._driving import drive

        if self._is_settled:
            return
        try:
            self._leave()
        finally:
            _note(error, await drive(self._opened.end_run(error is None), None, False))

    async def commit(self) -> bool:
        """See `Transaction.commit`."""
        from keepwell._driving import drive

        if not self._may_settle():
            return False
        await drive(self._opened.end_run(True), None, False)
        return self.is_committed()

    async def rollback(self) -> bool:
        """See `Transaction.rollback`."""
        from keepwell._driving import drive

        if not self._may_settle():
            return False
        await drive(self._opened.end_run(False), None, False)
        return self.is_rolled_back()

    async def read(self) -> Any:
        """The record that is staged, or else kept, under the key; `None` if there is none."""
        return self._own_record()

    def __enter__(self) -> Self:
        raise NotImplementedError(
            "AsyncTransaction does not support the `with` statement. Use the `async with` statement instead."
        )

    def __exit__(self, *_: object) -> None:
        raise NotImplementedError


def _note(error: BaseException | None, problems: list[str]) -> None:
    """Says under the exception that leaves a block what went wrong when it was undone. Hooks that fail stop nothing.

    It is a note, and not an `ExceptionGroup`, so that whoever catches the exception catches it as ever.
    """
    if error is None or not problems:
        return
    if hasattr(error, "add_note"):
        for problem in problems:
            error.add_note(problem)
    else:
        error.__notes__ = [*getattr(error, "__notes__", ()), *problems]


def get_transaction() -> BaseTransaction | None:
    """The innermost transaction around the calling code: one of yours, or that of the task run."""
    engine = _core.current_surroundings().transaction
    return None if engine is None else engine.shown


def _store_of(key: str | None, store: ResultStore | None) -> ResultStore | None:
    if key is None or store is not None:
        return store
    from keepwell.results import get_result_store

    return get_result_store()


@contextmanager
def transaction(
    key: str | None = None,
    store: ResultStore | None = None,
    commit_mode: CommitMode | None = None,
    isolation_level: IsolationLevel | None = None,
    overwrite: bool = False,
    write_on_commit: bool = True,
    logger: Any = None,
) -> Iterator[Transaction]:
    """Begins a transaction for a block of code, and ends it with the block: commits it, or undoes it if that fails.

    Args:
        key: The key of a record of its own.
        store: Where that is kept; that of the run around unless given.
        commit_mode: When it becomes visible.
        isolation_level: How far others are kept from its key.
        overwrite: Whether a record that is there already is ignored and replaced.
        write_on_commit: Whether anything is written under the key.
        logger: What its user logs by. What the transaction itself does is logged by `keepwell.transactions`.

    Raises:
        SerializationError: A value in it cannot be kept, so nothing was.
        StorageError: Nothing could be written.
        CommitUnknownError: The outcome of the commit could not be learnt.
        LockTimeoutError: Its lock was not granted in time; the block did not run.
        LeaseLostError: Its lock was lost and somebody else has got the key since, so nothing was kept; or that of one
            around was lost, and the block did not run.
    """
    with Transaction(
        _store_of(key, store), key, commit_mode, isolation_level, overwrite, write_on_commit, logger
    ) as begun:
        yield begun


@asynccontextmanager
async def atransaction(
    key: str | None = None,
    store: ResultStore | None = None,
    commit_mode: CommitMode | None = None,
    isolation_level: IsolationLevel | None = None,
    overwrite: bool = False,
    write_on_commit: bool = True,
    logger: Any = None,
) -> AsyncIterator[AsyncTransaction]:
    """`transaction` for coroutines."""
    async with AsyncTransaction(
        _store_of(key, store), key, commit_mode, isolation_level, overwrite, write_on_commit, logger
    ) as begun:
        yield begun
