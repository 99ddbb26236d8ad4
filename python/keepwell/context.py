"""What surrounds the code that is running: its flow run, its task run, its tags, its settings.

`TaskRunContext.get()` and `FlowRunContext.get()` give the innermost ones, `get_run_context()` whichever is the inner of
the two. What surrounds code follows it through threads that copy their context (`contextvars`), event loops, generators
and submitted tasks.
"""

from __future__ import annotations

from contextlib import contextmanager

from keepwell import _core
from keepwell._runs import FlowRun, TaskRun, time_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from contextvars import Token
    from datetime import datetime
    from typing import Any, ClassVar
    from uuid import UUID

    from typing_extensions import Self

    from keepwell.flows import Flow
    from keepwell.results import ResultStore
    from keepwell.settings import SettingsContext, get_settings_context, root_settings_context, use_profile
    from keepwell.task_runners import TaskRunner
    from keepwell.tasks import Task

__all__ = [
    "ContextModel",
    "EngineContext",
    "FlowRunContext",
    "RunContext",
    "SettingsContext",
    "TagsContext",
    "TaskRunContext",
    "get_run_context",
    "get_settings_context",
    "hydrated_context",
    "root_settings_context",
    "serialize_context",
    "tags",
    "use_profile",
    "with_context",
]

_OF_SETTINGS = frozenset({"SettingsContext", "get_settings_context", "root_settings_context", "use_profile"})


def __getattr__(name: str) -> Any:
    if name in _OF_SETTINGS:
        from keepwell import settings

        return getattr(settings, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


class ContextModel:
    """Something that surrounds code: `get()` gives the innermost one, and a `with` block puts one around its code."""

    def __init__(self, **fields: Any) -> None:
        for name, value in fields.items():
            setattr(self, name, value)

    @classmethod
    def model_construct(cls, _fields_set: set[str] | None = None, **fields: Any) -> Self:
        """One with these fields and nothing else known."""
        return cls(**fields)

    @classmethod
    def get(cls) -> Self | None:
        """The innermost one around the calling code."""
        raise NotImplementedError

    def model_copy(self, *, update: Mapping[str, Any] | None = None) -> Self:
        """A copy with some fields replaced."""
        return type(self)(**{**self.__dict__, **(update or {})})

    copy = model_copy

    def model_dump(self) -> dict[str, Any]:
        """The fields by name."""
        return {name: value for name, value in self.__dict__.items() if not name.startswith("_")}

    def _surroundings(self) -> _core.Surroundings:
        """What surrounds the code of a `with` block."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        if getattr(self, "_token", None) is not None:
            raise RuntimeError("Context already entered. Context enter calls cannot be nested.")
        self._token: Token[_core.Surroundings] | None = _core.surroundings.set(self._surroundings())
        return self

    def __exit__(self, *_: object) -> None:
        token, self._token = self._token, None
        if token is not None:
            _core.surroundings.reset(token)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.model_dump().items())})"


class RunContext(ContextModel):
    """A run that surrounds code."""

    start_time: datetime | None = None
    parameters: dict[str, Any] | None = None
    persist_result: bool = False
    log_prints: bool = False
    _result_store: Any = None

    @property
    def result_store(self) -> ResultStore | None:
        """Where results are kept; the object that stands for it is made when it is first asked for."""
        if isinstance(self._result_store, _core.ResultStore):
            from keepwell.results import ResultStore

            self._result_store = ResultStore._of_engine(self._result_store)
        store: ResultStore | None = self._result_store
        return store

    @result_store.setter
    def result_store(self, store: Any) -> None:
        self._result_store = store

    def model_dump(self) -> dict[str, Any]:
        """The fields by name."""
        return {**super().model_dump(), "result_store": self.result_store}


class TaskRunContext(RunContext):
    """The task run around the calling code, and what key functions are given.

    Attributes:
        task: The task.
        task_run: The run.
        parameters: The arguments by the names of their parameters.
        start_time: When the run began.
        persist_result: Whether its result is kept.
        result_store: Where.
    """

    task: Task[..., Any] = None  # type: ignore[assignment]
    task_run: TaskRun = None  # type: ignore[assignment]

    @classmethod
    def get(cls) -> TaskRunContext | None:
        """The task run around the calling code, if it is in one."""
        context: TaskRunContext | None = _core.current_surroundings().task_run_context
        return context

    @property
    def task_run_id(self) -> UUID:
        """The identifier of the run."""
        return self.task_run.id

    @property
    def flow_run_id(self) -> UUID | None:
        """The identifier of the flow run that the run belongs to, if there is one."""
        return self.task_run.flow_run_id

    @classmethod
    def _of_run(cls, told: dict[str, Any]) -> TaskRunContext:
        """The context of a run that the engine tells of."""
        task = told["task"]
        start_time = time_of(told["start_time"])
        task_run = TaskRun(
            told["task_run_id"],
            told["task_run_name"],
            told["parameters"],
            {*task.tags, *told["tags"]},
            start_time,
            told["run_count"],
            flow_run_id=told["flow_run_id"],
            task=task,
        )
        return cls(
            task=task,
            task_run=task_run,
            parameters=told["parameters"],
            start_time=start_time,
            persist_result=told["persist_result"],
            log_prints=told["log_prints"],
            result_store=told["result_store"],
        )

    def _surroundings(self) -> _core.Surroundings:
        return _core.current_surroundings().with_task_run_context(self, self.persist_result)


class FlowRunContext(RunContext):
    """The flow run around the calling code.

    Attributes:
        flow: The flow.
        flow_run: The run.
        parameters: The arguments by the names of their parameters, as validated.
        start_time: When the run began.
        persist_result: Whether results of its tasks are kept, where they do not say.
        result_store: Where.
        log_prints: Whether what its body prints is logged.
    """

    flow: Flow[..., Any] | None = None
    flow_run: FlowRun | None = None
    _task_runner: TaskRunner[Any] | None = None

    @classmethod
    def get(cls) -> FlowRunContext | None:
        """The flow run around the calling code, if it is in one."""
        context: FlowRunContext | None = _core.current_surroundings().flow_run_context
        return context

    @property
    def task_runner(self) -> TaskRunner[Any]:
        """What runs the tasks that the flow submits: started when it is first asked for."""
        if self._task_runner is None:
            runner = self.flow.task_runner.duplicate() if self.flow is not None else _default_runner()
            self._task_runner = runner.__enter__()
        return self._task_runner

    @task_runner.setter
    def task_runner(self, runner: TaskRunner[Any] | None) -> None:
        self._task_runner = runner

    def _surroundings(self) -> _core.Surroundings:
        run = self.flow_run
        return _core.current_surroundings().with_flow_run_context(
            self,
            run.id if run is not None else None,
            run.name if run is not None else "flow",
            run.flow_name if run is not None else "flow",
            self.persist_result,
            self.log_prints,
            _engine_store(self._result_store),
            self.parameters or {},
        )


EngineContext = FlowRunContext
"""Another name of `FlowRunContext`."""


def _default_runner() -> TaskRunner[Any]:
    from keepwell.task_runners import ThreadPoolTaskRunner

    return ThreadPoolTaskRunner()


def _engine_store(store: Any) -> _core.ResultStore | None:
    engine: _core.ResultStore | None = store._engine() if hasattr(store, "_engine") else store
    return engine


class TagsContext(ContextModel):
    """The tags around the calling code."""

    current_tags: frozenset[str] | set[str] = frozenset()
    _empty: ClassVar[frozenset[str]] = frozenset()

    @classmethod
    def get(cls) -> TagsContext:
        """The tags around the calling code, maybe none."""
        return cls(current_tags=set(_core.current_surroundings().tags))

    def _surroundings(self) -> _core.Surroundings:
        return _core.current_surroundings().with_tags(frozenset(self.current_tags))


@contextmanager
def tags(*new_tags: str) -> Iterator[set[str]]:
    """Gives the runs of tasks and flows in a block more tags. The block is told all that there are.

    >>> with tags("nightly"):
    ...     load_data()
    """
    all_tags = set(TagsContext.get().current_tags) | set(new_tags)
    with TagsContext(current_tags=all_tags):
        yield all_tags


def get_run_context() -> TaskRunContext | FlowRunContext:
    """The innermost run around the calling code.

    Raises:
        MissingContextError: It is in none.
    """
    flow_run, task_run = FlowRunContext.get(), TaskRunContext.get()
    if task_run is not None:
        return task_run
    if flow_run is not None:
        return flow_run
    from keepwell.exceptions import MissingContextError

    raise MissingContextError("No run context available. You are not in a flow or task run context.")


def serialize_context() -> dict[str, Any]:
    """What surrounds the calling code, in a form that can be pickled and put around code of another process.

    A lock manager in memory is not shared with it, nor is an open transaction.
    """
    surroundings = _core.current_surroundings()
    flow_run = surroundings.flow_run_context
    serialized: dict[str, Any] = {"tags": set(surroundings.tags), "settings": _changed_settings()}
    if flow_run is not None:
        store = _engine_store(flow_run._result_store)
        serialized["flow_run"] = {
            "flow": flow_run.flow,
            "flow_run": flow_run.flow_run,
            "parameters": flow_run.parameters,
            "start_time": flow_run.start_time,
            "persist_result": flow_run.persist_result,
            "log_prints": flow_run.log_prints,
            "result_storage": None if store is None else store.result_storage,
        }
    return serialized


def _changed_settings() -> dict[str, str]:
    from keepwell.settings import get_current_settings

    return get_current_settings().to_environment_variables()


@contextmanager
def hydrated_context(serialized_context: dict[str, Any] | None = None) -> Iterator[None]:
    """Puts what `serialize_context` has made around a block."""
    from contextlib import ExitStack

    from keepwell.settings import temporary_settings

    with ExitStack() as around:
        if serialized_context:
            around.enter_context(temporary_settings(serialized_context["settings"]))
            around.enter_context(TagsContext(current_tags=serialized_context["tags"]))
            flow_run = serialized_context.get("flow_run")
            if flow_run is not None:
                around.enter_context(_flow_run_context(**flow_run))
        yield


def _flow_run_context(result_storage: Any, **fields: Any) -> FlowRunContext:
    store = None if result_storage is None else _core.ResultStore(result_storage=result_storage)
    return FlowRunContext(result_store=store, **fields)


def with_context(function: Any) -> Any:
    """The same function with what surrounds the calling code around it, wherever it is called."""
    from contextvars import copy_context
    from functools import wraps

    context = copy_context()

    @wraps(function)
    def surrounded(*args: Any, **kwargs: Any) -> Any:
        return context.copy().run(function, *args, **kwargs)

    return surrounded
