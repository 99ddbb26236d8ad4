"""Tasks: functions whose results are kept.

>>> @task(cache_policy=INPUTS)
... def word_count(text: str) -> int:
...     return len(text.split())
"""

from __future__ import annotations

from functools import partial
from types import GenericAlias

from keepwell import _core
from keepwell._definition import Definition, made_anew
from keepwell._functions import digits_of, name_of
from keepwell._options import (
    check_hooks,
    check_run_name,
    check_storage,
    run_namer,
    seconds,
)
from keepwell._running import run_task, runner_around
from keepwell.cache_policies import DEFAULT, NO_CACHE, CacheKeyFnPolicy, CachePolicy, StorageKey
from keepwell.utilities.annotations import NotSet

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable
    from datetime import timedelta
    from typing import Any, Generic, Literal, ParamSpec, TypeVar, overload

    from keepwell._methods import TakesFirst
    from keepwell.context import TaskRunContext
    from keepwell.futures import KeepwellFuture, KeepwellFutureList
    from keepwell.serializers import Serializer
    from keepwell.states import State
    from keepwell.transactions import Transaction

    P = ParamSpec("P")
    Q = ParamSpec("Q")
    First = TypeVar("First")
    T = TypeVar("T")
    R = TypeVar("R", covariant=True)
    Later = Coroutine[Any, Any, T]
    Waits = Iterable[Any] | None
    Hook = Callable[[Any, Any, State[Any]], Any]
    TransactionHook = Callable[[Transaction], Any]
    TH = TypeVar("TH", bound=TransactionHook)

    class _Subscriptable(_core.BaseTask, Generic[P, R]):
        pass
else:
    P, R = "P", "R"

    class _Subscriptable(_core.BaseTask):
        __class_getitem__ = classmethod(GenericAlias)


__all__ = ["Task", "exponential_backoff", "run_task", "task", "task_input_hash"]

_HOOKS = ("on_completion", "on_failure", "on_running", "on_rollback", "on_commit")


def task_input_hash(context: TaskRunContext, arguments: dict[str, Any]) -> str | None:
    """A key function: the hash of the task's code and arguments; `None` if they have no stable one."""
    from keepwell.utilities.hashing import hash_objects

    return hash_objects(context.task.task_key, context.task._source_digest(False), arguments)


def exponential_backoff(backoff_factor: float) -> Callable[[int], list[float]]:
    """Delays before retries: `backoff_factor` seconds, doubled each time."""

    def delays(retries: int) -> list[float]:
        return [backoff_factor * max(0, 2**retry) for retry in range(min(retries, 50))]

    return delays


class Task(Definition, _Subscriptable[P, R]):
    """A function whose results are kept.

    Calling it computes a key, looks for a record, and runs the function if there is none that counts. Made by the
    decorator `task`, which describes the options.
    """

    _carried_source: tuple[bytes, bytes]

    def __init__(
        self,
        fn: Callable[P, R],
        name: str | None = None,
        description: str | None = None,
        tags: Iterable[str] | None = None,
        version: str | None = None,
        cache_policy: CachePolicy | type[NotSet] | None = NotSet,
        cache_key_fn: Callable[[TaskRunContext, dict[str, Any]], str | None] | None = None,
        cache_expiration: timedelta | None = None,
        task_run_name: Callable[..., str] | str | None = None,
        retries: int | None = None,
        retry_delay_seconds: float | list[float] | Callable[[int], list[float]] | None = None,
        retry_jitter_factor: float | None = None,
        persist_result: bool | None = None,
        result_storage: Any = None,
        result_serializer: Serializer[Any] | str | None = None,
        result_storage_key: str | None = None,
        cache_result_in_memory: bool = True,
        timeout_seconds: float | None = None,
        log_prints: bool | None = False,
        refresh_cache: bool | None = None,
        on_completion: list[Hook] | None = None,
        on_failure: list[Hook] | None = None,
        on_running: list[Hook] | None = None,
        on_rollback: list[TransactionHook] | None = None,
        on_commit: list[TransactionHook] | None = None,
        retry_condition_fn: Callable[[Task[..., Any], Any, State[Any]], bool] | None = None,
        viz_return_value: Any = None,
        asset_deps: list[Any] | None = None,
    ) -> None:
        self._given = {name: value for name, value in locals().items() if name not in ("self", "fn", "__class__")}
        self._take(fn)
        self.name: str = name or name_of(self.fn)
        self.task_run_name = task_run_name
        self.version = version
        self.log_prints = log_prints
        self.tags: set[str] = set(tags or ())
        self.task_key: str = f"{name_of(self.fn)}-{digits_of(self.fn)}"
        self._description = description
        self.viz_return_value = viz_return_value
        self.asset_deps: list[Any] = list(asset_deps or ())
        check_run_name("task_run_name", task_run_name)
        check_storage(result_storage)
        self._set_results(cache_policy, cache_key_fn, result_storage_key, persist_result)
        self.cache_expiration = cache_expiration
        self.refresh_cache = refresh_cache
        self.result_storage = result_storage
        self.result_serializer = result_serializer
        self.cache_result_in_memory = cache_result_in_memory
        self.timeout_seconds: float | None = float(timeout_seconds) if timeout_seconds else None
        self._take_retries(retries, retry_delay_seconds, "tasks")
        self._set_retry_rules(retry_jitter_factor, retry_condition_fn)
        hooks = (on_completion, on_failure, on_running, on_rollback, on_commit)
        self._hooks = check_hooks("task", dict(zip(_HOOKS, hooks, strict=True)))
        self._define()

    def _set_results(
        self,
        cache_policy: Any,
        cache_key_fn: Any,
        result_storage_key: str | None,
        persist_result: bool | None,
    ) -> None:
        """What the options say of keys and of keeping. The engine decides what they amount to."""
        self.cache_key_fn = cache_key_fn
        self.result_storage_key = result_storage_key
        # A key of one's own asks for results to be kept, as a policy does.
        self.persist_result = True if persist_result is None and result_storage_key is not None else persist_result
        self._policy: CachePolicy | None = None if cache_policy is NotSet else cache_policy
        self._has_policy = cache_policy is not NotSet

    def _set_retry_rules(self, jitter: float | None, condition: Any) -> None:
        if jitter is not None and jitter < 0:
            raise ValueError("`retry_jitter_factor` must be >= 0.")
        self.retry_jitter_factor = jitter
        if condition is not None and not callable(condition):
            raise TypeError(f"Expected `retry_condition_fn` to be callable, got {type(condition).__name__} instead.")
        self.retry_condition_fn = condition

    def _engine_policy(self) -> Any:
        """What the engine makes keys of; `None` where the options do not say."""
        if self.result_storage_key is not None and self._policy != NO_CACHE:
            return StorageKey(self.result_storage_key)
        if self._has_policy and self._policy is None and self.cache_key_fn is None:
            return NO_CACHE
        return self._policy

    def _decide(self) -> _core.Decided:
        """Has the engine decide what the options amount to."""
        options = {
            "name": self.name,
            "cache_policy": self._engine_policy(),
            "cache_key_fn": None if self.result_storage_key is not None else self.cache_key_fn,
            "cache_expiration": seconds(self.cache_expiration),
            "refresh_cache": self.refresh_cache,
            "persist_result": self.persist_result,
            "result_storage": self.result_storage,
            "result_serializer": self.result_serializer,
            "cache_result_in_memory": self.cache_result_in_memory,
            "retries": self.retries,
            "retry_delay_seconds": self.retry_delay_seconds,
            "retry_jitter_factor": self.retry_jitter_factor,
            "retry_condition": self.retry_condition_fn,
            "timeout_seconds": self.timeout_seconds,
            "tags": sorted(self.tags),
            "version": self.version,
            "run_name": run_namer(self.task_run_name, "task"),
            "log_prints": self.log_prints,
            **self._hooks,
        }
        return self._prepare(self.fn, self._kind, self._parameters, options)

    def _define(self) -> None:
        decided = self._decide()
        self.persist_result = decided.persist_result
        self.cache_policy: CachePolicy | None = self._effective_policy(decided.is_cached)
        if decided.warnings:
            from keepwell.logging import get_logger

            for warning in decided.warnings:
                get_logger("tasks").warning(warning)

    def _effective_policy(self, is_cached: bool) -> CachePolicy | None:
        """The policy in force, as the object that the user named where that is it."""
        if self.result_storage_key is not None and is_cached:
            return None
        if self._has_policy and self._policy is None and self.cache_key_fn is None:
            return None
        if not is_cached:
            return NO_CACHE
        if self.cache_key_fn is not None:
            return CacheKeyFnPolicy(self.cache_key_fn)
        return self._policy if self._policy is not None else DEFAULT

    @property
    def source_code(self) -> str | None:
        """The source of the function, where it can be read."""
        from inspect import getsource

        try:
            return getsource(self.fn)
        except (OSError, TypeError):
            return None

    def _source_digest(self, deep: bool) -> bytes:
        """The digest of the task's code, or of its version where it has one."""
        if self.version is not None:
            return _core.digest(b"keepwell version\0" + self.version.encode())
        carried: tuple[bytes, bytes] | None = self.__dict__.get("_carried_source")
        if carried is not None:
            return carried[deep]
        from keepwell._source import task_source

        return task_source(self.fn, deep=deep)

    if TYPE_CHECKING:

        def _body(self, *args: P.args, **kwargs: P.kwargs) -> R:
            """What the function takes and gives, for type checkers."""
            raise NotImplementedError

    if TYPE_CHECKING:
        # Of a class method.
        @overload
        def __get__(self: TakesFirst[First, Q, T], instance: object, owner: First) -> Task[Q, T]: ...

        @overload
        def __get__(self, instance: None, owner: Any = None) -> Task[P, R]: ...

        # Of an object's method.
        @overload
        def __get__(self: TakesFirst[First, Q, T], instance: First, owner: Any = None) -> Task[Q, T]: ...

        # Of a static method.
        @overload
        def __get__(self, instance: object, owner: Any = None) -> Task[P, R]: ...

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        """The task as a method of an object, or of a class."""
        method = self._method(instance, owner)
        if method is not self:
            method._bind(self, method._receiver)
        return method

    if TYPE_CHECKING:

        @overload
        def __call__(
            self: Task[P, Later[T]], *args: Any, return_state: Literal[True], wait_for: Waits = None, **kwargs: Any
        ) -> Coroutine[Any, Any, State[T]]: ...

        @overload
        def __call__(
            self: Task[P, T], *args: Any, return_state: Literal[True], wait_for: Waits = None, **kwargs: Any
        ) -> State[T]: ...

        @overload
        def __call__(self: Task[P, T], *args: P.args, **kwargs: P.kwargs) -> T: ...

        @overload
        def __call__(
            self: Task[P, T], *args: Any, return_state: Literal[False] = False, wait_for: Waits, **kwargs: Any
        ) -> T: ...

        def __call__(self, *args: Any, **kwargs: Any) -> Any:
            """Runs the task: for its value, or with `return_state=True` for its final state, which never raises."""

    if TYPE_CHECKING:
        # A function whose own named arguments are not known might have one that is called `return_state`.
        @overload
        def submit(  # type: ignore[overload-overlap]
            self: Task[P, Later[T]], *args: Any, return_state: Literal[True], wait_for: Waits = None, **kwargs: Any
        ) -> State[T]: ...

        @overload
        def submit(  # type: ignore[overload-overlap]
            self: Task[P, T], *args: Any, return_state: Literal[True], wait_for: Waits = None, **kwargs: Any
        ) -> State[T]: ...

        @overload
        def submit(self: Task[P, Later[T]], *args: P.args, **kwargs: P.kwargs) -> KeepwellFuture[T]: ...

        @overload
        def submit(self: Task[P, T], *args: P.args, **kwargs: P.kwargs) -> KeepwellFuture[T]: ...

        @overload
        def submit(
            self: Task[P, Later[T]], *args: Any, return_state: Literal[False] = False, wait_for: Waits, **kwargs: Any
        ) -> KeepwellFuture[T]: ...

        @overload
        def submit(
            self: Task[P, T], *args: Any, return_state: Literal[False] = False, wait_for: Waits, **kwargs: Any
        ) -> KeepwellFuture[T]: ...

    def submit(  # type: ignore[misc]
        self, *args: Any, return_state: bool = False, wait_for: Iterable[Any] | None = None, **kwargs: Any
    ) -> Any:
        """Has the task runner of the flow around run the task, and gives its future at once.

        Args:
            args: The arguments; futures of other tasks among them are waited for before it runs.
            return_state: Whether to wait for the final state and give that.
            wait_for: What must have completed too.
            kwargs: The arguments by name.

        Raises:
            RuntimeError: There is no flow around.
        """
        runner = runner_around("submission")
        future = runner.submit(self, self._parameters_of_call(args, kwargs), wait_for)
        if not return_state:
            return future
        future.wait()
        return future.state

    if TYPE_CHECKING:

        @overload
        def map(
            self: Task[P, Later[T]], *args: Any, return_state: Literal[True], wait_for: Waits = None, **kwargs: Any
        ) -> list[State[T]]: ...

        @overload
        def map(
            self: Task[P, T], *args: Any, return_state: Literal[True], wait_for: Waits = None, **kwargs: Any
        ) -> list[State[T]]: ...

        @overload
        def map(
            self: Task[P, Later[T]],
            *args: Any,
            return_state: Literal[False] = False,
            wait_for: Waits = None,
            **kwargs: Any,
        ) -> KeepwellFutureList[T]: ...

        @overload
        def map(
            self: Task[P, T], *args: Any, return_state: Literal[False] = False, wait_for: Waits = None, **kwargs: Any
        ) -> KeepwellFutureList[T]: ...

    def map(
        self,
        *args: Any,
        return_state: bool = False,
        wait_for: Iterable[Any] | None = None,
        deferred: bool = False,
        **kwargs: Any,
    ) -> Any:
        """Submits the task once for each item of those arguments that can be iterated.

        Args:
            args: The arguments. Those that are `unmapped`, text or bytes go to every call as they are.
            return_state: Whether to wait for the final states and give those.
            wait_for: What must have completed too.
            deferred: Not for keepwell: there is no server that a call could be left to.
            kwargs: The arguments by name.

        Raises:
            RuntimeError: There is no flow around.
            MappingMissingIterable: No argument can be iterated.
            MappingLengthMismatch: Those that can have different lengths.
        """
        if deferred:
            raise NotImplementedError(_NO_SERVER)
        from keepwell.utilities.callables import get_call_parameters

        runner = runner_around("mapped task runs")
        # Defaults are the same for every call, also where they could be iterated.
        parameters = get_call_parameters(self.fn, self._with_receiver(args), kwargs, apply_defaults=False)
        futures = runner.map(self, parameters, wait_for)
        if not return_state:
            return futures
        states: list[State[Any]] = []
        for future in futures:
            future.wait()
            states.append(future.state)
        return states

    def delay(self, *_args: Any, **_kwargs: Any) -> Any:
        """Not for keepwell: there is no server that a call could be left to.

        Raises:
            NotImplementedError: Always. It says what to use instead.
        """
        raise NotImplementedError(_NO_SERVER)

    apply_async: Callable[..., Any] = delay
    serve: Callable[..., Any] = delay

    def _parameters_of_call(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        return self._bound_parameters(args, kwargs)

    def with_options(
        self,
        *,
        name: str | None = None,
        description: str | None = None,
        tags: Iterable[str] | None = None,
        cache_policy: CachePolicy | type[NotSet] | None = NotSet,
        cache_key_fn: Callable[[TaskRunContext, dict[str, Any]], str | None] | None = None,
        task_run_name: Callable[..., str] | str | type[NotSet] | None = NotSet,
        cache_expiration: timedelta | None = None,
        retries: int | type[NotSet] | None = NotSet,
        retry_delay_seconds: float | list[float] | Callable[[int], list[float]] | type[NotSet] | None = NotSet,
        retry_jitter_factor: float | type[NotSet] | None = NotSet,
        persist_result: bool | type[NotSet] | None = NotSet,
        result_storage: Any = NotSet,
        result_serializer: Serializer[Any] | str | type[NotSet] | None = NotSet,
        result_storage_key: str | type[NotSet] | None = NotSet,
        cache_result_in_memory: bool | None = None,
        timeout_seconds: float | None = None,
        log_prints: bool | type[NotSet] | None = NotSet,
        refresh_cache: bool | type[NotSet] | None = NotSet,
        on_completion: list[Hook] | None = None,
        on_failure: list[Hook] | None = None,
        on_running: list[Hook] | None = None,
        retry_condition_fn: Callable[[Task[..., Any], Any, State[Any]], bool] | None = None,
        viz_return_value: Any = None,
        asset_deps: list[Any] | None = None,
    ) -> Task[P, R]:
        """The same task with other options. What is not given stays, the version and all hooks too."""
        unless_none = {
            "name": name,
            "description": description,
            "tags": tags or None,
            "cache_key_fn": cache_key_fn,
            "cache_expiration": cache_expiration,
            "cache_result_in_memory": cache_result_in_memory,
            "timeout_seconds": timeout_seconds,
            "on_completion": on_completion or None,
            "on_failure": on_failure or None,
            "on_running": on_running or None,
            "retry_condition_fn": retry_condition_fn,
            "viz_return_value": viz_return_value,
            "asset_deps": asset_deps,
        }
        unless_not_set = {
            "cache_policy": cache_policy,
            "task_run_name": task_run_name,
            "retries": retries,
            "retry_delay_seconds": retry_delay_seconds,
            "retry_jitter_factor": retry_jitter_factor,
            "persist_result": persist_result,
            "result_storage": result_storage,
            "result_serializer": result_serializer,
            "result_storage_key": result_storage_key,
            "log_prints": log_prints,
            "refresh_cache": refresh_cache,
        }
        other = self._changed(unless_none, unless_not_set)
        if "_carried_source" in self.__dict__:
            other._carried_source = self._carried_source
        return other

    def on_commit(self, fn: TH) -> TH:
        """Adds a hook `fn(transaction)` that runs when the record of a run has become visible. A decorator."""
        return self._add_hook("on_commit", fn)

    def on_rollback(self, fn: TH) -> TH:
        """Adds a hook `fn(transaction)` that runs when the staged record of a run is undone. A decorator."""
        return self._add_hook("on_rollback", fn)

    def _redefine(self) -> None:
        self._decide()

    @property
    def on_commit_hooks(self) -> list[TransactionHook]:
        """The hooks on commit."""
        return self._hooks["on_commit"]

    @property
    def on_rollback_hooks(self) -> list[TransactionHook]:
        """The hooks on rollback."""
        return self._hooks["on_rollback"]

    def __repr__(self) -> str:
        return f"<Task {self.name!r}>" if "name" in self.__dict__ else "<Task>"

    def __reduce__(self) -> str | tuple[Any, ...]:
        found = super().__reduce__()
        if isinstance(found, str) or found[0] is not made_anew:
            return found
        return _restored, (*found[1], self._source_to_carry())

    def _source_to_carry(self) -> tuple[str, bytes, bytes] | None:
        """The file of the function and the digests of its code: a function that travels by value leaves its source."""
        code = getattr(self.fn, "__code__", None)
        if code is None or self.version is not None:
            return None
        return code.co_filename, self._source_digest(False), self._source_digest(True)


_NO_SERVER = (
    "keepwell has no server that a call could be left to: call the task, or inside a flow use `.submit(…)` or `.map(…)`"
)


def _restored(*parts: Any) -> Task[..., Any]:
    *parts_of_task, source = parts
    restored: Task[..., Any] = made_anew(*parts_of_task)
    if source is not None and restored.fn.__code__.co_filename != source[0]:
        restored._carried_source = source[1:]
    return restored


if TYPE_CHECKING:

    @overload
    def task(__fn: Callable[P, R], /) -> Task[P, R]: ...

    @overload
    def task(
        __fn: None = None,
        /,
        *,
        name: str | None = None,
        description: str | None = None,
        tags: Iterable[str] | None = None,
        version: str | None = None,
        cache_policy: CachePolicy | type[NotSet] | None = NotSet,
        cache_key_fn: Callable[[TaskRunContext, dict[str, Any]], str | None] | None = None,
        cache_expiration: timedelta | None = None,
        task_run_name: Callable[..., str] | str | None = None,
        retries: int | None = None,
        retry_delay_seconds: float | list[float] | Callable[[int], list[float]] | None = None,
        retry_jitter_factor: float | None = None,
        persist_result: bool | None = None,
        result_storage: Any = None,
        result_serializer: Serializer[Any] | str | None = None,
        result_storage_key: str | None = None,
        cache_result_in_memory: bool = True,
        timeout_seconds: float | None = None,
        log_prints: bool | None = None,
        refresh_cache: bool | None = None,
        on_completion: list[Hook] | None = None,
        on_failure: list[Hook] | None = None,
        on_running: list[Hook] | None = None,
        retry_condition_fn: Callable[[Task[..., Any], Any, State[Any]], bool] | None = None,
        viz_return_value: Any = None,
        asset_deps: list[Any] | None = None,
    ) -> Callable[[Callable[P, R]], Task[P, R]]: ...


def task(
    __fn: Any = None,
    /,
    *,
    name: str | None = None,
    description: str | None = None,
    tags: Iterable[str] | None = None,
    version: str | None = None,
    cache_policy: CachePolicy | type[NotSet] | None = NotSet,
    cache_key_fn: Callable[[TaskRunContext, dict[str, Any]], str | None] | None = None,
    cache_expiration: timedelta | None = None,
    task_run_name: Callable[..., str] | str | None = None,
    retries: int | None = None,
    retry_delay_seconds: float | list[float] | Callable[[int], list[float]] | None = None,
    retry_jitter_factor: float | None = None,
    persist_result: bool | None = None,
    result_storage: Any = None,
    result_serializer: Serializer[Any] | str | None = None,
    result_storage_key: str | None = None,
    cache_result_in_memory: bool = True,
    timeout_seconds: float | None = None,
    log_prints: bool | None = None,
    refresh_cache: bool | None = None,
    on_completion: list[Hook] | None = None,
    on_failure: list[Hook] | None = None,
    on_running: list[Hook] | None = None,
    retry_condition_fn: Callable[[Task[..., Any], Any, State[Any]], bool] | None = None,
    viz_return_value: Any = None,
    asset_deps: list[Any] | None = None,
) -> Any:
    """Makes a task of a function. A decorator, with or without options.

    Args:
        name: The task's name; that of the function unless given.
        description: What it does; the function's docstring unless given.
        tags: Words that its runs are found by.
        version: Stands for the code in cache keys: a new version is new code, and nothing else is.
        cache_policy: What the key is made of: `DEFAULT` unless given, `NO_CACHE` for no caching.
        cache_key_fn: A function `fn(context, parameters)` that returns the key, in place of a policy.
        cache_expiration: How long the record counts, from the end of the body; for every task that shares the key.
        task_run_name: The name of its runs: a text with `{parameters}`, or a function.
        retries: How often a body that fails runs again.
        retry_delay_seconds: How long to wait before each retry: a number, a list whose last element stays, or a
            function of the number of retries.
        retry_jitter_factor: How much of itself each delay may be lengthened by, at random.
        persist_result: Whether results are kept. Naming a policy, key function, storage or serializer implies it.
        result_storage: Where results are kept: a path, a saved block, or an object of your own.
        result_serializer: How values are turned into bytes: `auto` unless given.
        result_storage_key: The key, as a text with `{parameters[…]}`, `{task_run.…}` and `{flow_run.…}`.
        cache_result_in_memory: Whether recent results are kept in memory too.
        timeout_seconds: How long the body may take.
        log_prints: Whether what the body prints is logged; as the flow around unless given.
        refresh_cache: Whether the body runs and replaces the record though there is one; beats the setting either way.
        on_completion: Hooks `hook(task, task_run, state)` on runs that ended well, cached or not.
        on_failure: Hooks on runs that failed for good.
        on_running: Hooks on runs that start, or start again.
        retry_condition_fn: A function `fn(task, task_run, state)` that says whether a failure may be tried again.
        viz_return_value: Taken for the sake of older code; nothing is done with it.
        asset_deps: Taken for the sake of older code; nothing is done with it.

    Raises:
        CacheKeyError: The policy leaves out an argument that the function has not got, or contradicts itself.
        ReservedArgumentError: A parameter is called `return_state` or `wait_for`.
        TypeError: An option is of another type.
        ValueError: There are more than 50 delays, or the jitter is negative.
    """
    options = {name: value for name, value in locals().items() if name != "__fn"}
    if __fn is None:
        return partial(Task, **options)
    return Task(__fn, **options)
