"""The digest of a function's code is the same in every version of Python, and however the code gets there."""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path

import pytest

from sources import Load, digest, run_python, write

SYNTAX = '''
    import enum, functools, math, re, os.path
    from dataclasses import dataclass, field
    from keepwell._source import task_source

    LIMIT = 10
    NAMES = frozenset({"a", "b"})
    PATTERN = re.compile("x+")
    TABLE = (1, 2.5, None, True, b"bytes", 3j, ..., ("nested", -0.0))

    class Color(enum.Enum):
        RED = 1

        @property
        def light(self): return self.value * LIMIT

    @dataclass(frozen=True)
    class Point:
        """A point."""
        x: int = 1
        y: list = field(default_factory=list)
        __secret = 3

        def __len__(self):
            class Inner:
                def deep(self): return self.__secret
            return len([v for v in range(self.x) if v < LIMIT]) + Inner().deep()

        @classmethod
        def make(cls, *arguments, **named): return cls(*arguments, **named)

        @staticmethod
        def zero(): return Point(0)

    class Child(Point):
        def __len__(self): return super().__len__() + 1

    def wrap(function):
        @functools.wraps(function)
        def wrapper(*arguments, **named):
            return function(*arguments, **named)
        return wrapper

    @wrap
    def helper(a, /, b: "int" = 2, *c, d=Color.RED, **e):
        return a if b else helper(b)

    @functools.lru_cache(maxsize=None)
    def kept(n): return fibonacci(n)

    def fibonacci(n): return n if n < 2 else fibonacci(n - 1) + kept(n - 2)

    async def gather(things):
        async with things as t:
            return [x async for x in t if await x]

    def f(x: int, y=2, *, z=Color.RED, w=(1, 2)) -> float:
        """Everything."""
        global LIMIT_SEEN
        LIMIT_SEEN = LIMIT
        total: float = 0
        text = f"{x!r:>{y}} and {{braces}} {x=} " "joined" f"{z.name:{y}d}{'quoted'}"
        match x:
            case {"k": [first, *rest], **others} if first: total += len(rest) + len(others)
            case Point(x=0) | None: pass
            case str() as name: total -= 1
            case _: ...
        try:
            while (n := next(iter([1]))) > 2: continue
            else: assert x, "message"
        except (ValueError, TypeError) as error:
            raise RuntimeError("no") from error
        finally:
            del n
        with open(os.devnull) as one, open(os.devnull) as two: print(one, two, sep="")
        squares = {k: v for k, v in zip("ab", [1, 2])}, {i for i in NAMES}, (i async for i in gather(x))
        pick = lambda a, *b, c=LIMIT: (a, *b, {**c})
        def inner(): nonlocal total; total = math.sqrt(total); yield from range(LIMIT)
        kept(3)
        return helper(Point.make(x), w[1:2, ::3]) @ Child.zero() + kept(3) // ~y, pick, inner, text, PATTERN, TABLE

    print(task_source(f, deep=True).hex(), task_source(f, deep=False).hex())
'''

# Frozen: another value makes every record of a user with `TASK_SOURCE` a miss.
GOLDEN = (
    "782aa08a2e2a3c9cfe0b2a3c65ba746ae13cab5ff9f213c761aa55fcae0433b5 "
    "b11cd160f03ba099100a456011741059a3bf66672e12ed5234108784bc6e56df"
)


def pythons() -> list[str]:
    installed = Path.home() / ".pyenv" / "versions"
    others = [path for minor in range(10, 15) for path in sorted(installed.glob(f"3.{minor}.*/bin/python"))[:1]]
    return [sys.executable, *map(str, others)]


@pytest.mark.parametrize("python", pythons())
def test_every_version_of_python_gives_the_same_digest(tmp_path: Path, python: str) -> None:
    assert run_python(python, write(tmp_path / "program.py", SYNTAX)) == GOLDEN


def test_the_program_of_a_command_line_gives_the_digest_of_the_same_code_in_a_file(tmp_path: Path) -> None:
    assert run_python(sys.executable, "-c", textwrap.dedent(SYNTAX)) == GOLDEN


MOVED = """
    import logging
    import pathlib
    import sys
    import moved
    from keepwell._source import task_source

    logging.basicConfig(level=logging.DEBUG, stream=sys.stdout)
    path = pathlib.Path(moved.__file__)
    path.write_text("# new\\n\\n" + path.read_text())
    print(task_source(moved.f, deep=True).hex())
"""


@pytest.mark.parametrize("python", pythons())
def test_no_version_of_python_minds_that_a_function_with_a_class_in_it_has_moved(
    load: Load, tmp_path: Path, python: str
) -> None:
    source = "def f():\n    class C:\n        def m(self): return 1\n    return C\n"
    write(tmp_path / "user" / "moved.py", source)
    assert run_python(python, write(tmp_path / "user" / "program.py", MOVED)) == digest(load(source))
