"""Flows: functions that give the tasks in them a run that they belong to.

>>> @flow
... def count_words(texts: list[str]) -> int:
...     return sum(word_count(text) for text in texts)
"""

from __future__ import annotations

from functools import partial
from types import GenericAlias

from keepwell import _core
from keepwell._definition import Definition
from keepwell._functions import name_of
from keepwell._options import (
    check_hooks,
    check_name,
    check_run_name,
    check_storage,
    run_namer,
)
from keepwell._validation import names_around
from keepwell.utilities.annotations import NotSet

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable
    from typing import Any, Generic, Literal, ParamSpec, TypeVar, overload

    from keepwell._flow_runs import FlowRunner
    from keepwell._methods import TakesFirst
    from keepwell.serializers import Serializer
    from keepwell.states import State
    from keepwell.task_runners import TaskRunner

    P = ParamSpec("P")
    Q = ParamSpec("Q")
    First = TypeVar("First")
    T = TypeVar("T")
    R = TypeVar("R", covariant=True)
    Later = Coroutine[Any, Any, T]
    Waits = Iterable[Any] | None
    Hook = Callable[[Any, Any, State[Any]], Any]
    H = TypeVar("H", bound=Hook)

    class _Subscriptable(Generic[P, R]):
        pass
else:
    P, R = "P", "R"

    class _Subscriptable:
        __class_getitem__ = classmethod(GenericAlias)


__all__ = ["Flow", "flow"]

_HOOKS = ("on_completion", "on_failure", "on_cancellation", "on_crashed", "on_running")


class Flow(Definition, _Subscriptable[P, R]):
    """A function that gives the tasks in it a run that they belong to.

    Made by the decorator `flow`, which describes the options.
    """

    def __init__(
        self,
        fn: Callable[P, R],
        name: str | None = None,
        version: str | None = None,
        flow_run_name: Callable[..., str] | str | None = None,
        retries: int | None = None,
        retry_delay_seconds: float | None = None,
        task_runner: type[TaskRunner[Any]] | TaskRunner[Any] | None = None,
        description: str | None = None,
        timeout_seconds: float | None = None,
        validate_parameters: bool = True,
        persist_result: bool | None = None,
        result_storage: Any = None,
        result_serializer: Serializer[Any] | str | None = None,
        cache_result_in_memory: bool = True,
        log_prints: bool | None = None,
        on_completion: list[Hook] | None = None,
        on_failure: list[Hook] | None = None,
        on_cancellation: list[Hook] | None = None,
        on_crashed: list[Hook] | None = None,
        on_running: list[Hook] | None = None,
    ) -> None:
        if name is not None and not isinstance(name, str):
            raise TypeError(
                f"Expected string for flow parameter 'name'; got {type(name).__name__} instead. "
                "Perhaps you meant to call it? e.g. '@flow(name=get_flow_run_name())'"
                if callable(name)
                else f"Expected string for flow parameter 'name'; got {type(name).__name__} instead."
            )
        if name is not None:
            check_name(name)
        self._given = {option: value for option, value in locals().items() if option not in ("self", "fn", "__class__")}
        self._take(fn)
        self.name: str = name or name_of(self.fn).replace("_", "-").replace("<lambda>", "unknown-lambda")
        check_run_name("flow_run_name", flow_run_name)
        check_storage(result_storage)
        self.flow_run_name = flow_run_name
        self._version = version
        self._description = description
        self._task_runner = task_runner() if isinstance(task_runner, type) else task_runner
        self.log_prints = log_prints
        self.timeout_seconds: float | None = float(timeout_seconds) if timeout_seconds else None
        self.should_validate_parameters = validate_parameters
        self.persist_result: bool | None = (
            True if persist_result is None and (result_storage or result_serializer) else persist_result
        )
        self.result_storage = result_storage
        self.result_serializer = result_serializer
        self.cache_result_in_memory = cache_result_in_memory
        self._take_retries(retries, retry_delay_seconds, "flows")
        hooks = (on_completion, on_failure, on_cancellation, on_crashed, on_running)
        self._hooks = check_hooks("flow", dict(zip(_HOOKS, hooks, strict=True)))
        self._runner: FlowRunner | None = None
        # Wrong options are refused when the flow is defined, not when it is first called.
        self._definition = self._define()
        self._names = names_around(self.fn, __name__) if validate_parameters else {}

    def _define(self) -> _core.FlowDefinition:
        """Has the engine decide what the options amount to."""
        options = {
            "name": self.name,
            "persist_result": self.persist_result,
            "result_storage": self.result_storage,
            "result_serializer": self.result_serializer,
            "retries": self.retries,
            "retry_delay_seconds": self.retry_delay_seconds,
            "timeout_seconds": self.timeout_seconds,
            "log_prints": self.log_prints,
            "version": self._version,
            **self._hooks,
        }
        return _core.FlowDefinition(self.fn, self._kind, self._parameters, options)

    @property
    def task_runner(self) -> TaskRunner[Any]:
        """What runs the tasks that are submitted in it: threads, unless given."""
        if self._task_runner is None:
            from keepwell.task_runners import ThreadPoolTaskRunner

            self._task_runner = ThreadPoolTaskRunner()
        return self._task_runner

    @property
    def version(self) -> str | None:
        """The version of its code: a digest of its file unless given."""
        if self._version is None:
            from inspect import getsourcefile

            from keepwell.utilities.hashing import file_hash

            try:
                file = getsourcefile(self.fn)
                self._version = None if file is None else file_hash(file)
            except (OSError, TypeError):
                return None
        return self._version

    if TYPE_CHECKING:

        def _body(self, *args: P.args, **kwargs: P.kwargs) -> R:
            """What the function takes and gives, for type checkers."""
            raise NotImplementedError

    if TYPE_CHECKING:
        # Of a class method.
        @overload
        def __get__(self: TakesFirst[First, Q, T], instance: object, owner: First) -> Flow[Q, T]: ...

        @overload
        def __get__(self, instance: None, owner: Any = None) -> Flow[P, R]: ...

        # Of an object's method.
        @overload
        def __get__(self: TakesFirst[First, Q, T], instance: First, owner: Any = None) -> Flow[Q, T]: ...

        # Of a static method.
        @overload
        def __get__(self, instance: object, owner: Any = None) -> Flow[P, R]: ...

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        """The flow as a method of an object, or of a class."""
        return self._method(instance, owner)

    if TYPE_CHECKING:

        @overload
        def __call__(
            self: Flow[P, Later[T]], *args: Any, return_state: Literal[True], wait_for: Waits = None, **kwargs: Any
        ) -> Coroutine[Any, Any, State[T]]: ...

        @overload
        def __call__(
            self: Flow[P, T], *args: Any, return_state: Literal[True], wait_for: Waits = None, **kwargs: Any
        ) -> State[T]: ...

        @overload
        def __call__(self: Flow[P, T], *args: P.args, **kwargs: P.kwargs) -> T: ...

        @overload
        def __call__(
            self: Flow[P, T], *args: Any, return_state: Literal[False] = False, wait_for: Waits, **kwargs: Any
        ) -> T: ...

    # A function whose own named arguments are not known might have one that is called `return_state`.
    def __call__(  # type: ignore[misc]
        self, *args: Any, return_state: bool = False, wait_for: Iterable[Any] | None = None, **kwargs: Any
    ) -> Any:
        """Runs the flow: for its value, or with `return_state=True` for its final state, which never raises.

        Args:
            args: The arguments; futures among them are waited for.
            return_state: Whether to give the final state.
            wait_for: What must have completed too.
            kwargs: The arguments by name.

        Raises:
            ParameterBindError: The arguments do not fit the function.
            ParameterTypeError: They are not of the types that it declares.
            ValueError: The state of a generator was asked for.
        """
        from keepwell._flow_runs import FlowRunner

        if return_state and self.isgenerator:
            raise ValueError("The return_type for a generator flow must be 'result'")
        parameters = self._definition.bound_parameters(self._with_receiver(args), kwargs)
        if self._runner is None:
            self._runner = FlowRunner(self)
        return self._runner.run(parameters, wait_for, return_state)

    def validate_parameters(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """The arguments by name, converted to the types that the function declares.

        Raises:
            ParameterTypeError: Some cannot be converted.
        """
        from keepwell._validation import Validator

        return Validator(self.fn, self._names).validated(parameters)

    def with_options(
        self,
        *,
        name: str | None = None,
        version: str | None = None,
        retries: int | type[NotSet] | None = NotSet,
        retry_delay_seconds: float | type[NotSet] | None = NotSet,
        description: str | None = None,
        flow_run_name: Callable[..., str] | str | type[NotSet] | None = NotSet,
        task_runner: type[TaskRunner[Any]] | TaskRunner[Any] | type[NotSet] | None = NotSet,
        timeout_seconds: float | type[NotSet] | None = NotSet,
        validate_parameters: bool | None = None,
        persist_result: bool | type[NotSet] | None = NotSet,
        result_storage: Any = NotSet,
        result_serializer: Serializer[Any] | str | type[NotSet] | None = NotSet,
        cache_result_in_memory: bool | None = None,
        log_prints: bool | type[NotSet] | None = NotSet,
        on_completion: list[Hook] | None = None,
        on_failure: list[Hook] | None = None,
        on_cancellation: list[Hook] | None = None,
        on_crashed: list[Hook] | None = None,
        on_running: list[Hook] | None = None,
    ) -> Flow[P, R]:
        """The same flow with other options. What is not given stays."""
        unless_none = {
            "name": name,
            "version": version,
            "description": description,
            "validate_parameters": validate_parameters,
            "cache_result_in_memory": cache_result_in_memory,
            "on_completion": on_completion,
            "on_failure": on_failure,
            "on_cancellation": on_cancellation,
            "on_crashed": on_crashed,
            "on_running": on_running,
        }
        unless_not_set = {
            "retries": retries,
            "retry_delay_seconds": retry_delay_seconds,
            "flow_run_name": flow_run_name,
            "task_runner": task_runner,
            "timeout_seconds": timeout_seconds,
            "persist_result": persist_result,
            "result_storage": result_storage,
            "result_serializer": result_serializer,
            "log_prints": log_prints,
        }
        return self._changed(unless_none, unless_not_set)

    def _run_namer(self) -> Any:
        return run_namer(self.flow_run_name, "flow")

    def on_cancellation(self, fn: H) -> H:
        """Adds a hook `fn(flow, flow_run, state)` that runs when a run was cancelled. A decorator."""
        return self._add_hook("on_cancellation", fn)

    def on_crashed(self, fn: H) -> H:
        """Adds a hook `fn(flow, flow_run, state)` that runs when a run was stopped from outside. A decorator."""
        return self._add_hook("on_crashed", fn)

    def _redefine(self) -> None:
        self._definition = self._define()

    @property
    def on_cancellation_hooks(self) -> list[Hook]:
        """The hooks on cancellation."""
        return self._hooks["on_cancellation"]

    @property
    def on_crashed_hooks(self) -> list[Hook]:
        """The hooks on crashes."""
        return self._hooks["on_crashed"]

    def serve(self, *_args: Any, **_kwargs: Any) -> Any:
        """Not for keepwell: there is no server that runs could be scheduled by.

        Raises:
            NotImplementedError: Always. It says what to use instead.
        """
        raise NotImplementedError("keepwell has no server that runs could be scheduled by: call the flow")

    deploy: Callable[..., Any] = serve

    def __repr__(self) -> str:
        return f"<Flow {self.name!r}>" if "name" in self.__dict__ else "<Flow>"


if TYPE_CHECKING:

    @overload
    def flow(__fn: Callable[P, R], /) -> Flow[P, R]: ...

    @overload
    def flow(
        __fn: None = None,
        /,
        *,
        name: str | None = None,
        version: str | None = None,
        flow_run_name: Callable[..., str] | str | None = None,
        retries: int | None = None,
        retry_delay_seconds: float | None = None,
        task_runner: type[TaskRunner[Any]] | TaskRunner[Any] | None = None,
        description: str | None = None,
        timeout_seconds: float | None = None,
        validate_parameters: bool = True,
        persist_result: bool | None = None,
        result_storage: Any = None,
        result_serializer: Serializer[Any] | str | None = None,
        cache_result_in_memory: bool = True,
        log_prints: bool | None = None,
        on_completion: list[Hook] | None = None,
        on_failure: list[Hook] | None = None,
        on_cancellation: list[Hook] | None = None,
        on_crashed: list[Hook] | None = None,
        on_running: list[Hook] | None = None,
    ) -> Callable[[Callable[P, R]], Flow[P, R]]: ...


def flow(
    __fn: Any = None,
    /,
    *,
    name: str | None = None,
    version: str | None = None,
    flow_run_name: Callable[..., str] | str | None = None,
    retries: int | None = None,
    retry_delay_seconds: float | None = None,
    task_runner: type[TaskRunner[Any]] | TaskRunner[Any] | None = None,
    description: str | None = None,
    timeout_seconds: float | None = None,
    validate_parameters: bool = True,
    persist_result: bool | None = None,
    result_storage: Any = None,
    result_serializer: Serializer[Any] | str | None = None,
    cache_result_in_memory: bool = True,
    log_prints: bool | None = None,
    on_completion: list[Hook] | None = None,
    on_failure: list[Hook] | None = None,
    on_cancellation: list[Hook] | None = None,
    on_crashed: list[Hook] | None = None,
    on_running: list[Hook] | None = None,
) -> Any:
    """Makes a flow of a function. A decorator, with or without options.

    Args:
        name: The flow's name; that of the function with hyphens unless given.
        version: The version of its code, for the record.
        flow_run_name: The name of its runs: a text with `{parameters}`, or a function.
        retries: How often a body that fails runs again. A retry has the same run id, so what its tasks kept is there.
        retry_delay_seconds: How long to wait before each retry.
        task_runner: What runs the tasks that are submitted in it: threads unless given.
        description: What it does; the function's docstring unless given.
        timeout_seconds: How long the body may take.
        validate_parameters: Whether arguments are checked and converted by the types that the function declares.
        persist_result: Whether results of its tasks are kept, where they do not say.
        result_storage: Where they are kept, where they do not say.
        result_serializer: How they are turned into bytes, where they do not say.
        cache_result_in_memory: Taken for the sake of older code; a flow's own result is not kept.
        log_prints: Whether what the body prints is logged, and what tasks print that do not say.
        on_completion: Hooks `hook(flow, flow_run, state)` on runs that ended well.
        on_failure: Hooks on runs that failed for good.
        on_cancellation: Hooks on runs that were cancelled.
        on_crashed: Hooks on runs that were stopped from outside.
        on_running: Hooks on runs that start, or start again.

    Raises:
        ReservedArgumentError: A parameter is called `return_state` or `wait_for`.
        TypeError: An option is of another type.
    """
    options = {option: value for option, value in locals().items() if option != "__fn"}
    if __fn is None:
        return partial(Flow, **options)
    return Flow(__fn, **options)
