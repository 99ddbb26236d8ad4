"""Transactions of a scenario's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from keepwell.results import ResultStore, get_result_store
from keepwell.transactions import CommitMode, transaction
from parity.bodies import Failure
from parity.definitions import folder, hook, isolation_level, lock_manager
from parity.expectations import Outcome

if TYPE_CHECKING:
    from parity.world import World


def perform(world: World, step: dict[str, Any], repetition: int) -> Outcome:
    """Runs the step's own steps in a transaction."""
    block, begun, error = step["transaction"], None, None
    try:
        with transaction(**options(world, block)) as begun:
            add_hooks(begun, block)
            if "stage" in block:
                begun.stage(block["stage"])
            world.perform_all(step.get("steps", []), repetition)
            if step.get("fails"):
                raise Failure("it failed")
    except Exception as raised:
        error = str(raised) or type(raised).__name__
    if begun is None:
        return Outcome(error=error)
    kept = begun.read() if "key" in block else None
    return Outcome(name=begun.state.name, value=getattr(kept, "result", kept), error=error)


def options(world: World, block: dict[str, Any]) -> dict[str, Any]:
    """What `transaction()` is called with."""
    given: dict[str, Any] = {"overwrite": block.get("overwrite", False)}
    if "key" in block:
        given["key"] = block["key"]
    if "mode" in block:
        given["commit_mode"] = CommitMode[block["mode"]]
    if "isolation" in block:
        given["isolation_level"] = isolation_level(block["isolation"])
    if "storage" in block or "lock_manager" in block:
        given["store"] = store(world, block)
    return given


def store(world: World, block: dict[str, Any]) -> ResultStore:
    """The store that the block names, or the one around with the lock manager that it names."""
    location = folder(world.home, block.get("storage"))
    around = get_result_store() if location is None else ResultStore(result_storage=location)
    manager = lock_manager(block.get("lock_manager"))
    return around if manager is None else around.model_copy(update={"lock_manager": manager})


def add_hooks(begun: Any, block: dict[str, Any]) -> None:
    """Gives the transaction its hooks."""
    for fails, kinds in ((False, block.get("hooks", [])), (True, block.get("failing_hooks", []))):
        for kind in kinds:
            getattr(begun, f"on_{kind}")(hook(f"on_{kind}", fails))
