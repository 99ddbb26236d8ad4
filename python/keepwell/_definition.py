"""What tasks and flows have in common: a function, what it is and belongs to, its hooks, and being made anew."""

from __future__ import annotations

from functools import update_wrapper

from keepwell._functions import kind_of, parameters_of
from keepwell._options import check_parameters, checked_delays, given

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    from typing_extensions import Self

    from keepwell.states import State

    T = TypeVar("T")
    Hook = Callable[[Any, Any, State[Any]], Any]
    H = TypeVar("H", bound=Hook)


class Definition:
    """A function with options. `_given` are the options as they were given, `_hooks` the hooks of each kind."""

    fn: Any
    isasync: bool
    isgenerator: bool
    retries: int
    retry_delay_seconds: float | list[float]
    _given: dict[str, Any]
    _hooks: dict[str, list[Any]]
    _description: str | None
    _receiver: Any

    def _take(self, fn: Any) -> None:
        """Takes the function, also one that is wrapped as a class or static method.

        Raises:
            TypeError: It cannot be called.
            ReservedArgumentError: A parameter is called `return_state` or `wait_for`.
        """
        self._binds_class = isinstance(fn, classmethod)
        self._binds_nothing = isinstance(fn, staticmethod)
        if isinstance(fn, (classmethod, staticmethod)):
            fn = fn.__func__
        if not callable(fn):
            raise TypeError("'fn' must be callable")
        self.fn = fn
        update_wrapper(self, fn)  # type: ignore[arg-type]
        self._kind = kind_of(fn)
        self.isasync = self._kind.startswith("async")
        self.isgenerator = self._kind.endswith("generator")
        self._parameters = parameters_of(fn)
        check_parameters(name for name, _, _ in self._parameters)

    def _take_retries(self, retries: int | None, delays: Any, group: str) -> None:
        """Takes how often and when a body that fails runs again, where not given as the `group` of settings says."""
        if retries is None or delays is None:
            from keepwell.settings import get_current_settings

            settings = getattr(get_current_settings(), group)
            retries = settings.default_retries if retries is None else retries
            if delays is None:
                defaults = settings.default_retry_delay_seconds
                delays = defaults[0] if isinstance(defaults, list) and len(defaults) == 1 else defaults
        assert retries is not None
        self.retries = retries
        self.retry_delay_seconds = checked_delays(delays, retries)

    @property
    def description(self) -> str | None:
        """What it does; the docstring of its function unless given."""
        if self._description is not None:
            return self._description
        doc: str | None = getattr(self.fn, "__doc__", None)
        if doc is None:
            return None
        from inspect import cleandoc

        return cleandoc(doc)

    @description.setter
    def description(self, description: str | None) -> None:
        self._description = description

    @property
    def isclassmethod(self) -> bool:
        """Whether the function is a class method."""
        return self._binds_class

    @property
    def isstaticmethod(self) -> bool:
        """Whether the function is a static method."""
        return self._binds_nothing

    @property
    def ismethod(self) -> bool:
        """Whether this is a method of an object or class."""
        return "_receiver" in self.__dict__

    def _method(self, instance: Any, owner: Any) -> Self:
        """The same as a method of an object, or of a class."""
        receiver = None if self._binds_nothing else owner if self._binds_class else instance
        if receiver is None:
            return self
        bound = type(self).__new__(type(self))
        bound.__dict__.update(self.__dict__, _receiver=receiver)
        return bound

    def _with_receiver(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        return (self._receiver, *args) if self.ismethod else args

    def _changed(self, unless_none: dict[str, Any], unless_not_set: dict[str, Any]) -> Self:
        """The same with other options: those that are not `None`, and those that are not `NotSet`."""
        options = {**self._given, **self._hooks}
        options.update({option: value for option, value in unless_none.items() if value is not None})
        for option, value in unless_not_set.items():
            options[option] = given(value, options[option])
        changed: Self = made_anew(
            type(self), self.fn, options, self._binds_class, self._binds_nothing, self._own_receiver()
        )
        return changed

    def _own_receiver(self) -> Any:
        return self.__dict__.get("_receiver")

    def __reduce__(self) -> str | tuple[Any, ...]:
        from keepwell._pickling import by_name

        # Its own function and options make it anew; what the engine has made of them stays here.
        options = {**self._given, **self._hooks}
        parts = (type(self), self.fn, options, self._binds_class, self._binds_nothing, self._own_receiver())
        return by_name(self) or (made_anew, parts)

    def on_completion(self, fn: H) -> H:
        """Adds a hook `fn(definition, run, state)` that runs when a run ended well, cached or not. A decorator."""
        return self._add_hook("on_completion", fn)

    def on_failure(self, fn: H) -> H:
        """Adds a hook `fn(definition, run, state)` that runs when a run failed for good. A decorator."""
        return self._add_hook("on_failure", fn)

    def on_running(self, fn: H) -> H:
        """Adds a hook `fn(definition, run, state)` that runs when a run starts, and when it is retried. A decorator."""
        return self._add_hook("on_running", fn)

    def _add_hook(self, kind: str, hook: T) -> T:
        self._hooks[kind].append(hook)
        self._redefine()
        return hook

    def _redefine(self) -> None:
        """Has the engine take the options again."""
        raise NotImplementedError

    @property
    def on_completion_hooks(self) -> list[Hook]:
        """The hooks on completion."""
        return self._hooks["on_completion"]

    @property
    def on_failure_hooks(self) -> list[Hook]:
        """The hooks on failure."""
        return self._hooks["on_failure"]

    @property
    def on_running_hooks(self) -> list[Hook]:
        """The hooks on running."""
        return self._hooks["on_running"]


def made_anew(cls: Any, fn: Any, options: dict[str, Any], binds_class: bool, binds_nothing: bool, receiver: Any) -> Any:
    """A task or flow of these options, as a method of `receiver` if there is one."""
    if binds_class:
        fn = classmethod(fn)
    elif binds_nothing:
        fn = staticmethod(fn)
    made = cls(fn, **options)
    return made if receiver is None else made.__get__(None if binds_class else receiver, receiver)
