"""Cache policies: which parts make up the key of a task's result, and where and how its record is kept.

`+` adds the parts of both sides, in any order; `INPUTS - "debug"` leaves an input out; `configure` says where records
are kept and how far runs with one key are kept apart. What a key is made of is decided by the engine.
"""

from __future__ import annotations

from keepwell._core import Policy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any, ClassVar, Literal

    from typing_extensions import Self

    from keepwell.context import TaskRunContext
    from keepwell.filesystems import WritableFileSystem
    from keepwell.locking.protocol import LockManager
    from keepwell.transactions import IsolationLevel

__all__ = [
    "DEFAULT",
    "FLOW_PARAMETERS",
    "INPUTS",
    "NONE",
    "NO_CACHE",
    "RUN_ID",
    "TASK_SOURCE",
    "CacheKeyFnPolicy",
    "CachePolicy",
    "CompoundCachePolicy",
    "FlowParameters",
    "Inputs",
    "RunId",
    "TaskSource",
]


class CachePolicy:
    """Which parts make up a cache key. A policy of your own derives from this class and defines `compute_key`.

    Args:
        key_storage: Where records are kept apart from results: a path, or a storage.
        isolation_level: How far runs with one key are kept apart.
        lock_manager: What grants the locks that `SERIALIZABLE` needs.

    Attributes:
        on_lease_lost: What becomes of a body whose lock is lost while it runs: see `configure`.
    """

    key_storage: WritableFileSystem | str | Path | None = None
    isolation_level: IsolationLevel | str | None = None
    lock_manager: LockManager | None = None
    on_lease_lost: Literal["cancel", "continue"] | None = None

    def __init__(
        self,
        key_storage: WritableFileSystem | str | Path | None = None,
        isolation_level: IsolationLevel | str | None = None,
        lock_manager: LockManager | None = None,
    ) -> None:
        self.key_storage = key_storage
        self.isolation_level = isolation_level
        self.lock_manager = lock_manager

    @classmethod
    def from_cache_key_fn(
        cls, cache_key_fn: Callable[[TaskRunContext, dict[str, Any]], str | None]
    ) -> CacheKeyFnPolicy:
        """The policy whose key is what `cache_key_fn(context, parameters)` returns."""
        return CacheKeyFnPolicy(cache_key_fn=cache_key_fn)

    def configure(
        self,
        key_storage: WritableFileSystem | str | Path | None = None,
        lock_manager: LockManager | None = None,
        isolation_level: IsolationLevel | str | None = None,
        *,
        on_lease_lost: Literal["cancel", "continue"] | None = None,
    ) -> Self:
        """The same policy with records kept as given; what is `None` stays as it is.

        Args:
            key_storage: See the class.
            lock_manager: See the class.
            isolation_level: See the class.
            on_lease_lost: What becomes of an async body whose lock is lost while it runs. Unless it is told to
                `"continue"`, it is cancelled; a body that blocks goes on either way. What it asks keepwell for from
                then on is refused, and what it returns is kept only if nobody else has got the key meanwhile.

        Raises:
            ValueError: There is no such treatment of a body.
        """
        from copy import copy

        configured = copy(self)
        if key_storage is not None:
            configured.key_storage = key_storage
        if lock_manager is not None:
            configured.lock_manager = lock_manager
        if isolation_level is not None:
            configured.isolation_level = isolation_level
        if on_lease_lost is not None:
            configured.on_lease_lost = on_lease_lost
            # The engine refuses one that there is not.
            Policy.none().configure(on_lease_lost=on_lease_lost)
        return configured

    def compute_key(
        self,
        task_ctx: TaskRunContext | None,
        inputs: dict[str, Any] | None,
        flow_parameters: dict[str, Any] | None,
        **kwargs: Any,
    ) -> str | None:
        """The key of a call, or `None` where it is not to be cached.

        Args:
            task_ctx: The task run.
            inputs: The arguments by the names of their parameters.
            flow_parameters: The parameters of the flow run around.
            kwargs: What a later version may add.
        """
        raise NotImplementedError

    def _parts(self) -> Policy:
        """The engine's policy, not yet configured."""
        return Policy.custom(self)

    def _engine_policy(self) -> Policy:
        """The engine's policy."""
        return self._own_parts().configure(*self._configuration(), self.on_lease_lost)

    def _own_parts(self) -> Policy:
        """The engine's policy, not yet configured; one with a `compute_key` of its own is asked by that."""
        is_ours = type(self).compute_key is _EnginePolicy.compute_key
        return self._parts() if is_ours else Policy.custom(self)

    def _configuration(self) -> tuple[Any, Any, Any]:
        return self.key_storage, self.isolation_level, self.lock_manager

    def __sub__(self, other: str) -> CachePolicy:
        """The same policy without the input of this name. A policy without inputs is left as it is."""
        if not isinstance(other, str):
            raise TypeError("Can only subtract strings from key policies.")
        return self

    def __add__(self, other: CachePolicy) -> CachePolicy:
        """The sum of both: a key of the parts of both.

        Raises:
            CacheKeyError: The two disagree on where or how records are kept.
        """
        if not isinstance(other, CachePolicy):
            return NotImplemented
        if isinstance(other, _None):
            return self
        if isinstance(self, _None):
            return other
        return CompoundCachePolicy(
            policies=[self, other],
            key_storage=_agreed("storage locations", self.key_storage, other.key_storage),
            isolation_level=_agreed("isolation levels", self.isolation_level, other.isolation_level),
            lock_manager=_agreed("lock implementations", self.lock_manager, other.lock_manager),
        ).configure(on_lease_lost=_agreed("treatments of a lost lease", self.on_lease_lost, other.on_lease_lost))

    def _fields(self) -> dict[str, Any]:
        fields: dict[str, Any] = {
            "key_storage": self.key_storage,
            "isolation_level": self.isolation_level,
            "lock_manager": self.lock_manager,
        }
        return fields if self.on_lease_lost is None else {**fields, "on_lease_lost": self.on_lease_lost}

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, CachePolicy) or type(self) is not type(other):
            return NotImplemented
        return self._fields() == other._fields()

    __hash__: ClassVar[None] = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={value!r}" for name, value in self._fields().items())
        return f"{type(self).__qualname__}({fields})"


def _agreed(what: str, one: Any, other: Any) -> Any:
    """What two added policies say of how records are kept. Only Python can tell whether its objects are equal."""
    if one is not None and other is not None and one != other:
        from keepwell.exceptions import CacheKeyError

        raise CacheKeyError(f"Cannot add CachePolicies with different {what}.")
    return one if one is not None else other


class _EnginePolicy(CachePolicy):
    """A policy whose key the engine computes."""

    def compute_key(
        self,
        task_ctx: TaskRunContext | None,
        inputs: dict[str, Any] | None,
        flow_parameters: dict[str, Any] | None,
        **kwargs: Any,
    ) -> str | None:
        """The key of a call, or `None` where it is not to be cached.

        Raises:
            CacheKeyError: A part cannot be computed. The message says which, and the notes what to do.
        """
        del kwargs
        return self._parts().compute_key(task_ctx, inputs, flow_parameters)


class _None(_EnginePolicy):
    """No key: no caching. Adding it to a policy changes nothing."""

    def _parts(self) -> Policy:
        return Policy.none()


class TaskSource(_EnginePolicy):
    """The task's code, with the functions, classes and constants of the user's own modules that it names."""

    _is_deep = True

    def shallow(self) -> TaskSource:
        """The function's own code alone."""
        from copy import copy

        shallow = copy(self)
        shallow._is_deep = False
        return shallow

    def _fields(self) -> dict[str, Any]:
        fields = super()._fields()
        return fields if self._is_deep else {**fields, "is_deep": False}

    def _parts(self) -> Policy:
        return Policy.task_source(self._is_deep)


class FlowParameters(_EnginePolicy):
    """The parameters of the flow run that the task runs in. Outside a flow there is no such part."""

    def _parts(self) -> Policy:
        return Policy.flow_parameters()


class RunId(_EnginePolicy):
    """The flow run, or the task run where there is no flow."""

    def _parts(self) -> Policy:
        return Policy.run_id()


class Inputs(_EnginePolicy):
    """Each argument by the name of its parameter.

    Args:
        exclude: The names of those that do not count.
        key_storage: See `CachePolicy`.
        isolation_level: See `CachePolicy`.
        lock_manager: See `CachePolicy`.
        fallback: What becomes of arguments without a stable content: `"pickle"` has their pickles count, which may
            differ for equal values; unless given, the call is not cached.
    """

    def __init__(
        self,
        exclude: list[str] | None = None,
        key_storage: WritableFileSystem | str | Path | None = None,
        isolation_level: IsolationLevel | str | None = None,
        lock_manager: LockManager | None = None,
        fallback: Literal["pickle"] | None = None,
    ) -> None:
        super().__init__(key_storage, isolation_level, lock_manager)
        self.exclude: list[str] = list(exclude or [])
        self.fallback: Literal["pickle"] | None = fallback

    def configure(
        self,
        key_storage: WritableFileSystem | str | Path | None = None,
        lock_manager: LockManager | None = None,
        isolation_level: IsolationLevel | str | None = None,
        fallback: Literal["pickle"] | None = None,
        *,
        on_lease_lost: Literal["cancel", "continue"] | None = None,
    ) -> Self:
        """The same policy with records kept, and values turned into keys, as given; what is `None` stays as it is.

        Raises:
            ValueError: There is no such fallback, or treatment of a body.
        """
        configured = super().configure(key_storage, lock_manager, isolation_level, on_lease_lost=on_lease_lost)
        if fallback is not None:
            configured.fallback = fallback
            # The engine refuses one that there is not.
            configured._parts()
        return configured

    def __sub__(self, other: str) -> CachePolicy:
        """The same policy, configuration and all, without the input of this name."""
        super().__sub__(other)
        without = Inputs([*self.exclude, other], *self._configuration(), self.fallback)
        return without.configure(on_lease_lost=self.on_lease_lost)

    def _fields(self) -> dict[str, Any]:
        fields = {**super()._fields(), "exclude": self.exclude}
        return fields if self.fallback is None else {**fields, "fallback": self.fallback}

    def _parts(self) -> Policy:
        return Policy.inputs(self.exclude, self.fallback)


class CacheKeyFnPolicy(_EnginePolicy):
    """What `cache_key_fn(context, parameters)` returns. Alone, that text is the key; in a sum it is a part of the key.

    Args:
        cache_key_fn: The function. It may return `None`, and the call is not cached.
        key_storage: See `CachePolicy`.
        isolation_level: See `CachePolicy`.
        lock_manager: See `CachePolicy`.
    """

    def __init__(
        self,
        cache_key_fn: Callable[[TaskRunContext, dict[str, Any]], str | None] | None = None,
        key_storage: WritableFileSystem | str | Path | None = None,
        isolation_level: IsolationLevel | str | None = None,
        lock_manager: LockManager | None = None,
    ) -> None:
        super().__init__(key_storage, isolation_level, lock_manager)
        self.cache_key_fn = cache_key_fn
        # One for all uses of this policy, so that a sum of it with itself is itself.
        self._function = _function_policy(cache_key_fn)

    def _fields(self) -> dict[str, Any]:
        return {**super()._fields(), "cache_key_fn": self.cache_key_fn}

    def _parts(self) -> Policy:
        return self._function

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_function"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._function = _function_policy(self.cache_key_fn)

    def _named(self, name: str) -> CacheKeyFnPolicy:
        """The same policy with a name of its own in keys."""
        named = type(self)(self.cache_key_fn, *self._configuration()).configure(on_lease_lost=self.on_lease_lost)
        named._function = _function_policy(self.cache_key_fn, name)
        return named


class StorageKey(_EnginePolicy):
    """The text that a template with fields in braces comes to: what the task option `result_storage_key` asks for.

    Args:
        template: The text, with `{parameters[…]}`, `{task_run.…}` and `{flow_run.…}`.
    """

    def __init__(self, template: str) -> None:
        super().__init__()
        self.template = template

    def _fields(self) -> dict[str, Any]:
        return {**super()._fields(), "template": self.template}

    def _parts(self) -> Policy:
        return Policy.storage_key(self._filled)

    def _filled(self, parameters: dict[str, Any]) -> str:
        from keepwell import runtime

        return self.template.format(flow_run=runtime.flow_run, task_run=runtime.task_run, parameters=parameters)


class CompoundCachePolicy(_EnginePolicy):
    """The sum of several policies.

    Args:
        policies: The policies. Sums among them stand for what they are sums of; those of inputs become one, which
            leaves out what any of them leaves out.
        key_storage: See `CachePolicy`.
        isolation_level: See `CachePolicy`.
        lock_manager: See `CachePolicy`.
    """

    def __init__(
        self,
        policies: list[CachePolicy] | None = None,
        key_storage: WritableFileSystem | str | Path | None = None,
        isolation_level: IsolationLevel | str | None = None,
        lock_manager: LockManager | None = None,
    ) -> None:
        super().__init__(key_storage, isolation_level, lock_manager)
        self.policies: list[CachePolicy] = _flat(policies or [])

    def __sub__(self, other: str) -> CachePolicy:
        """The same policy, configuration and all, without the input of this name."""
        super().__sub__(other)
        if not any(isinstance(policy, Inputs) for policy in self.policies):
            return self
        without = CompoundCachePolicy([*self.policies, Inputs([other])], *self._configuration())
        return without.configure(on_lease_lost=self.on_lease_lost)

    def _fields(self) -> dict[str, Any]:
        return {**super()._fields(), "policies": self.policies}

    def _parts(self) -> Policy:
        total = Policy.none()
        for policy in _told_apart(self.policies):
            total = total + policy._own_parts()
        return total


def _function_policy(cache_key_fn: Any, name: str | None = None) -> Policy:
    return Policy.none() if cache_key_fn is None else Policy.key_function(cache_key_fn, name)


def _told_apart(policies: list[CachePolicy]) -> list[CachePolicy]:
    """The policies, each once. Key functions that have one name, such as lambdas, are told apart by their code."""
    different: list[CachePolicy] = []
    for policy in policies:
        if policy not in different:
            different.append(policy)
    names = [_name_of_function(policy) for policy in different]
    return [
        policy._named(f"{name} {_code_of(policy)}")
        if isinstance(policy, CacheKeyFnPolicy) and name is not None and names.count(name) > 1
        else policy
        for policy, name in zip(different, names, strict=True)
    ]


def _name_of_function(policy: CachePolicy) -> str | None:
    return getattr(policy.cache_key_fn, "__qualname__", None) if isinstance(policy, CacheKeyFnPolicy) else None


def _code_of(policy: CacheKeyFnPolicy) -> str:
    from keepwell._source import task_source

    return task_source(policy.cache_key_fn, deep=False).hex()


def _flat(policies: list[CachePolicy]) -> list[CachePolicy]:
    """The policies without sums among them, and with one of inputs at the end."""
    flat: list[CachePolicy] = []
    for policy in policies:
        flat.extend(policy.policies if isinstance(policy, CompoundCachePolicy) else [policy])
    inputs = [policy for policy in flat if isinstance(policy, Inputs)]
    others = [policy for policy in flat if not isinstance(policy, Inputs)]
    if not inputs:
        return others
    excluded = sorted({name for policy in inputs for name in policy.exclude})
    fallback = next((policy.fallback for policy in inputs if policy.fallback is not None), None)
    return [*others, Inputs(excluded, fallback=fallback)]


NONE = _None()
"""No caching."""
NO_CACHE = _None()
"""No caching."""
INPUTS = Inputs()
"""Each argument by name."""
TASK_SOURCE = TaskSource()
"""The task's code."""
FLOW_PARAMETERS = FlowParameters()
"""The parameters of the flow run around."""
RUN_ID = RunId()
"""The flow run, or the task run where there is no flow."""
DEFAULT = INPUTS + TASK_SOURCE + RUN_ID
"""The arguments, the code and the run: kept within one flow run."""
