"""Tasks and flows from what a scenario says of them."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Callable
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

from keepwell import flow, task
from keepwell.cache_policies import (
    DEFAULT,
    FLOW_PARAMETERS,
    INPUTS,
    NO_CACHE,
    NONE,
    RUN_ID,
    TASK_SOURCE,
    CacheKeyFnPolicy,
    CachePolicy,
)
from keepwell.locking.memory import MemoryLockManager
from keepwell.transactions import IsolationLevel

POLICIES = {
    "DEFAULT": DEFAULT,
    "FLOW_PARAMETERS": FLOW_PARAMETERS,
    "INPUTS": INPUTS,
    "NO_CACHE": NO_CACHE,
    "NONE": NONE,
    "RUN_ID": RUN_ID,
    "TASK_SOURCE": TASK_SOURCE,
}
MODULE = """\
from parity import bodies


def {name}({parameters}):
    code = {code!r}
    return bodies.run()
"""
HOOKS = ("running", "completion", "failure", "commit", "rollback")
_numbers = count()

Definition = dict[str, Any]


def make_task(name: str, definition: Definition, home: Path) -> Any:
    """The task of this name."""
    key = key_function(name, definition["key"]) if "key" in definition else None
    expression = definition.get("policy")
    options: dict[str, Any] = {
        "persist_result": definition.get("persist"),
        "refresh_cache": definition.get("refresh"),
        "retries": definition.get("retries"),
        "version": definition.get("version"),
        "result_serializer": definition.get("serializer"),
        "result_storage": folder(home, definition.get("storage")),
    }
    if "expires" in definition:
        options["cache_expiration"] = timedelta(seconds=definition["expires"])
    if expression is not None:
        policy = eval(expression, {**POLICIES, "KEY": CacheKeyFnPolicy(cache_key_fn=key)})
        options["cache_policy"] = configured(policy, definition, home)
    if key is not None and (expression is None or "KEY" not in expression):
        options["cache_key_fn"] = key
    made = task(**options)(function(name, definition, home))
    return with_hooks(made, name, definition)


def make_flow(name: str, definition: Definition, home: Path) -> Any:
    """The flow of this name."""
    options = {"persist_result": definition.get("persist"), "retries": definition.get("retries")}
    storage = folder(home, definition.get("storage"))
    made = flow(name=name, result_storage=storage, **options)(function(name, definition, home))
    return with_hooks(made, name, definition)


def folder(home: Path, name: str | None) -> Path | None:
    """The scenario's own folder of this name."""
    return None if name is None else home / name


def lock_manager(name: str | None) -> MemoryLockManager | None:
    """The lock manager of this name."""
    assert name in (None, "memory"), "the lock manager that scenarios have"
    return None if name is None else MemoryLockManager()


def isolation_level(name: str | None) -> IsolationLevel | None:
    """The isolation level of this name."""
    return None if name is None else IsolationLevel[name]


def configured(policy: CachePolicy, definition: Definition, home: Path) -> CachePolicy:
    """The policy with where and how its records are kept, where the scenario says so."""
    options = {
        "key_storage": folder(home, definition.get("key_storage")),
        "isolation_level": isolation_level(definition.get("isolation")),
        "lock_manager": lock_manager(definition.get("lock_manager")),
    }
    given = {option: value for option, value in options.items() if value is not None}
    return policy.configure(**given) if given else policy


def key_function(task_name: str, template: str) -> Callable[..., str | None]:
    """The function that fills a template's `{names}` in. It gives no key where one of them is null."""

    def key(context: Any, parameters: dict[str, Any]) -> str | None:
        values = {**parameters, "task": context.task.name}
        names = re.findall(r"\{(\w+)\}", template)
        if any(values[name] is None for name in names):
            return None
        return template.format(**values)

    key.__name__ = key.__qualname__ = f"key_of_{task_name}"
    return key


def function(name: str, definition: Definition, home: Path) -> Callable[..., object]:
    """The function, in a module of its own that has its code: what `TASK_SOURCE` looks at."""
    parameters = ", ".join(f"{parameter}=None" for parameter in definition.get("inputs", ["x"]))
    module_name = f"parity_{name}_{next(_numbers)}"
    path = home / f"{module_name}.py"
    path.write_text(MODULE.format(name=name, parameters=parameters, code=definition.get("code", "")))
    spec = importlib.util.spec_from_file_location(module_name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    spec.loader.exec_module(module)
    made: Callable[..., object] = getattr(module, name)
    # The module's name is the number's only trace: a redefinition is the same task.
    made.__module__ = "parity"
    return made


def with_hooks(made: Any, name: str, definition: Definition) -> Any:
    """The task or flow with its hooks, which are named like it, so that the log tells whose they are."""
    for fails, kinds in ((False, definition.get("hooks", [])), (True, definition.get("failing_hooks", []))):
        for kind in kinds:
            assert kind in HOOKS, f"there are no `{kind}` hooks"
            getattr(made, f"on_{kind}")(hook(name, fails))
    return made


def hook(name: str, fails: bool) -> Callable[..., None]:
    """A hook of this name that does nothing, or fails."""

    def run(*_: object) -> None:
        assert not fails, "the hook failed"

    run.__name__ = run.__qualname__ = name
    return run
