"""Work in a forked child, and what came of it."""

from __future__ import annotations

import os
import pickle
import signal
import warnings
from collections.abc import Callable
from typing import Any

# A child that hangs is ended after so many seconds.
_LONGEST = 60


class Child:
    """A forked child at work."""

    def __init__(self, work: Callable[[], Any]) -> None:
        """Forks a child that does the work and ends."""
        reading, writing = os.pipe()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            self.id = os.fork()
        if self.id == 0:
            signal.alarm(_LONGEST)
            try:
                told = pickle.dumps(work())
            except BaseException as error:
                told = pickle.dumps(repr(error))
            os.write(writing, told)
            os._exit(0)
        os.close(writing)
        self._reading = reading

    def told(self) -> Any:
        """What the work returned, once the child has ended, which it must by itself."""
        with os.fdopen(self._reading, "rb") as pipe:
            told = pipe.read()
        assert os.waitpid(self.id, 0)[1] == 0, "the child hung or was killed"
        return pickle.loads(told)


def in_fork(work: Callable[[], Any]) -> Any:
    """What `work` returns in a forked child, which must end by itself."""
    return Child(work).told()


def new_fork_server() -> None:
    """Has the next fork server begin here: one that runs keeps the environment, and so the home, that it began with."""
    from multiprocessing import forkserver

    forkserver._forkserver._stop()  # type: ignore[attr-defined]
