"""Where a scenario takes place: a folder, its tasks and flows, and what has happened so far."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterable
from contextvars import copy_context
from pathlib import Path
from typing import Any

from keepwell.settings import temporary_settings
from parity import blocks, bodies
from parity.damage import damage, names
from parity.definitions import make_flow, make_task
from parity.expectations import Outcome, complaints
from parity.log import Log

Step = dict[str, Any]


class World:
    """Where a scenario takes place."""

    def __init__(self, scenario: dict[str, Any], home: Path) -> None:
        """A world in the folder `home` in which nothing has happened yet."""
        self.scenario = scenario
        self.home = home
        self.log = Log()
        self.complaints: list[str] = []
        self.written: dict[str, dict[str, Any]] = {}
        self.tasks: dict[str, Any] = {}
        self.meeting = threading.Barrier(1)
        self._runs: Counter[str] = Counter()
        self._lock = threading.Lock()

    def play(self) -> list[str]:
        """Plays the scenario from its beginning to its end, and says what went otherwise."""
        overrides = {
            **self.scenario.get("settings", {}),
            "KEEPWELL_RESULTS_LOCAL_STORAGE_PATH": str(self.home / "storage"),
        }
        with temporary_settings(overrides), self.log.listening():
            for name, written in self.scenario.get("tasks", {}).items():
                self.define(name, written)
            for number, step in enumerate(self.scenario["steps"]):
                start = len(self.log.lines)
                # The first step may mention what was said when the tasks were defined.
                self.perform(step, 0, str(number), start if number else 0)
                self.complain(str(number), (f"said `{line}`" for line in self.log.surprises(start)))
        return self.complaints

    def count(self, name: str) -> int:
        """Counts a run of a body, and gives its number, from 1."""
        with self._lock:
            self._runs[name] += 1
            return self._runs[name]

    def perform_all(self, steps: list[Step], repetition: int) -> None:
        """Performs steps inside a body, which has run `repetition` times before, or inside a transaction."""
        for number, step in enumerate(steps):
            self.perform(step, repetition, f"inner {number}")

    def perform(self, step: Step, repetition: int, place: str, start: int | None = None) -> Outcome:
        """Performs a step, and compares what comes of it with what was expected. Its log begins here or at `start`."""
        start = len(self.log.lines) if start is None else start
        with temporary_settings(step.get("settings", {})):
            outcome = self.act(step, repetition)
        what = step.get("call") or step.get("flow") or ""
        self.complain(f"{place} {what}", complaints(step, outcome, repetition, self.log, start))
        return outcome

    def act(self, step: Step, repetition: int) -> Outcome:
        """Does what the step says."""
        if "call" in step:
            name = step["call"]
            return self.call(step, name, self.tasks[name], self.written[name])
        if "flow" in step:
            name = step["flow"]
            definition = self.scenario.get("flows", {}).get(name, {})
            return self.call(step, name, make_flow(name, definition, self.home), definition)
        if "transaction" in step:
            return blocks.perform(self, step, repetition)
        if "together" in step:
            return self.perform_together(step["together"])
        self.tamper(step)
        return Outcome()

    def call(self, step: Step, name: str, called: Any, definition: dict[str, Any]) -> Outcome:
        """Calls a task or flow."""
        inputs = {name: bodies.given(value) for name, value in step.get("with", {}).items()}
        call = bodies.Call(self, step, name, definition.get("returns", "number"))
        token = bodies.current.set(call)
        try:
            state = called(**inputs, return_state=True)
        finally:
            bodies.current.reset(token)
        value = state.result(raise_on_failure=False) if state.is_completed() else None
        return Outcome(name=state.name, message=state.message, value=bodies.written(value), runs=call.runs)

    def perform_together(self, steps: list[Step]) -> Outcome:
        """Performs each step in a thread of its own. What came of them is one name: theirs, in order."""
        self.meeting = threading.Barrier(max(1, sum(step.get("meet", False) for step in steps)))
        outcomes: list[Outcome] = []

        def perform(step: Step) -> None:
            outcomes.append(self.perform(step, 0, "together"))

        # A copy of the context has the settings in it.
        threads = [threading.Thread(target=copy_context().run, args=(perform, step)) for step in steps]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return Outcome(name=" ".join(sorted(outcome.name or "nothing" for outcome in outcomes)))

    def tamper(self, step: Step) -> None:
        """Does what is no call: to the code, the clock or the files."""
        folder = self.home / step.get("in", "storage")
        if "change" in step:
            self.define(step["change"], {**self.written[step["change"]], **step.get("to", {})})
        elif "wait" in step:
            time.sleep(step["wait"])
        elif "damage" in step:
            if not damage(step["damage"], folder):
                self.complain("damage", [f"there is nothing to {step['damage']} in {folder}"])
        elif "records" in step:
            expected, found = step["records"], names(folder)
            if expected != (found if isinstance(expected, list) else len(found)):
                self.complain("records", [f"there are {found}, not {expected}"])
        else:
            raise AssertionError("a step that says nothing to do")

    def define(self, name: str, written: dict[str, Any]) -> None:
        """Makes a task, or makes it anew."""
        self.written[name] = written
        self.tasks[name] = make_task(name, written, self.home)

    def complain(self, place: str, found: Iterable[str]) -> None:
        """Takes note of what is otherwise than it should be."""
        self.complaints += [f"step {place}: {complaint}" for complaint in found]
