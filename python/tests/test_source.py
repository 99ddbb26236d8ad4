"""What of a function's code counts in its digest, and what does not."""

from __future__ import annotations

import gc
import importlib.util
import linecache
import logging
import pickle
import sys
import textwrap
import warnings
import weakref
from pathlib import Path
from typing import Any

import cloudpickle
import pytest

from keepwell._source import code_digest, task_source
from sources import Load, digest, run_python, write

PLAIN = """
    def f(x, y=2):
        z = x + y
        return z
"""

AGREE = {
    "a comment": (PLAIN, PLAIN.replace("z = x", "# why\n        z = x")),
    "formatting": (PLAIN, "def f( x,\n  y = 2 ) :\n\n  z=(x+y)\n  return (z)\n"),
    "a docstring": (PLAIN, PLAIN.replace("z = x", '"""Adds."""\n        z = x')),
    "a text without effect": (PLAIN, PLAIN.replace("return", "'note'\n        return")),
    "moved lines": (PLAIN, "import os\nX = 1\n\n\n" + textwrap.dedent(PLAIN)),
    "a type comment": (PLAIN, PLAIN.replace("z = x + y", "z = x + y  # type: int")),
    "an annotated local variable": (PLAIN, PLAIN.replace("z = x", "z: int = x")),
    "pass, ellipsis and docstring": ("def f(): pass", 'def f():\n    "doc"\n    ...'),
    "quotes": ("def f(): return 'a' 'b'", 'def f(): return "ab"'),
    "the base of an integer": ("def f(): return 255", "def f(): return 0xff"),
    "a prefixed text": ("def f(): return u'a'", "def f(): return 'a'"),
    "a cut format": ("def f(x): return f'a{x}b' 'c'", "def f(x): return 'a' f'{x}' f'bc'"),
    "annotations that do not run": (
        "from __future__ import annotations\ndef f(x: int) -> int: return x",
        "from __future__ import annotations\ndef f(x: str): return x",
    ),
    "a nested function's annotations that do not run": (
        "from __future__ import annotations\ndef f():\n    def g(x: int): return x\n    return g",
        "from __future__ import annotations\ndef f():\n    def g(x: str): return x\n    return g",
    ),
    "another decorator that gives the function back": (
        "def run(**options): return lambda function: function\n@run(retries=1)\ndef f(): return 1",
        "def run(**options): return lambda function: function\n@run(retries=3)\n@run()\ndef f(): return 1",
    ),
    "a default that is written in another way": ("def f(x=4): return x", "def f(x=2 + 2): return x"),
    "a constant that is written in another way": ("K = 4\ndef f(): return K", "K = 2 * 2  # four\ndef f(): return K"),
    "a helper's comment": (
        "def g(): return 1\ndef f(): return g()",
        "def g():\n  # one\n  return 1\ndef f(): return g()",
    ),
    "a helper that is not named": ("def g(): return 1\ndef f(): return 1", "def g(): return 2\ndef f(): return 1"),
    "a local variable of a global's name": (
        "K = 1\ndef f():\n    K = 3\n    return [K for K in range(K)]",
        "K = 2\ndef f():\n    K = 3\n    return [K for K in range(K)]",
    ),
    "a method's docstring": (
        "class C:\n    def m(self): return 1\ndef f(): return C().m()",
        "class C:\n    'class'\n    def m(self):\n        'method'\n        return 1\ndef f(): return C().m()",
    ),
    "lambdas on one line": ("f, g = lambda x: x + 1, lambda x: x + 2", "g, f = lambda x: x + 2, lambda x: (x + 1)"),
    "a counter that the code raises": (
        "count = 0\ndef f():\n    global count\n    count += 1\n    return count",
        "count = 7\ndef f():\n    global count\n    count += 1\n    return count",
    ),
    "a list that the code appends to": (
        "calls = []\ndef f():\n    calls.append(1)\n    return len(calls)",
        "calls = [1, 2]\ndef f():\n    calls.append(1)\n    return len(calls)",
    ),
    "a list that a helper appends to": (
        "calls = ()\ndef g(): calls.append(1)\ndef f():\n    g()\n    return len(calls)",
        "calls = (1, 2)\ndef g(): calls.append(1)\ndef f():\n    g()\n    return len(calls)",
    ),
    "a memory that the code fills": (
        "memory = ()\ndef f(x):\n    memory[x] = x\n    return memory",
        "memory = (1, 2)\ndef f(x):\n    memory[x] = x\n    return memory",
    ),
    "an object that the code changes": (
        "class C:\n    def add(self, x): self.x = x\nc = C()\ndef f():\n    c.add(1)\n    return c.x",
        "class C:\n    def add(self, x): self.x = x\nc = C()\ndef f():\n    c.add(1)\n    return c.x\nc.add(2)",
    ),
    "a class's counter": (
        "class C:\n    count = 0\ndef f():\n    C.count += 1\n    return C.count",
        "class C:\n    count = 0\ndef f():\n    C.count += 1\n    return C.count\nC.count = 3",
    ),
    "a closure's counter": (
        "def make(n):\n    def f():\n        nonlocal n\n        n += 1\n        return n\n    return f\nf = make(1)",
        "def make(n):\n    def f():\n        nonlocal n\n        n += 1\n        return n\n    return f\nf = make(2)",
    ),
}


@pytest.mark.parametrize("pair", AGREE.values(), ids=AGREE)
def test_what_does_not_count_leaves_the_digest_as_it_is(load: Load, pair: tuple[str, str]) -> None:
    assert digest(load(pair[0])) == digest(load(pair[1], "renamed"))


DIFFER = {
    "the body": ("def f(): return 1", "def f(): return 2"),
    "the name": ("def f(): return 1", "def g(): return 1\nf = g"),
    "a constant's type": ("def f(): return 1", "def f(): return True"),
    "an integer and a float": ("def f(): return 1", "def f(): return 1.0"),
    "zero and negative zero": ("Z = 0.0\ndef f(): return Z", "Z = -0.0\ndef f(): return Z"),
    "text and bytes": ("def f(): return 'a'", "def f(): return b'a'"),
    "a format": ("def f(x): return f'{x!r}'", "def f(x): return f'{x!s}'"),
    "the order of statements": ("def f():\n  a()\n  b()", "def f():\n  b()\n  a()"),
    "where a block ends": ("def f(x):\n  if x:\n    a()\n    b()", "def f(x):\n  if x:\n    a()\n  b()"),
    "async": ("def f(): return 1", "async def f(): return 1"),
    "a parameter": ("def f(x): return 1", "def f(x, y): return 1"),
    "a parameter's kind": ("def f(x): return 1", "def f(*, x): return 1"),
    "a positional-only parameter": ("def f(x): return 1", "def f(x, /): return 1"),
    "a default": ("def f(x=1): return x", "def f(x=2): return x"),
    "a default that is there": ("def f(x): return x", "def f(x=None): return x"),
    "a named default": ("def f(*, x=1): return x", "def f(*, x=2): return x"),
    "a default by a name": ("K = 1\ndef f(x=K): return x", "K = 2\ndef f(x=K): return x"),
    "an annotation that runs": ("def f(x: int): return x", "def f(x: str): return x"),
    "a constant": ("K = 1\ndef f(): return K", "K = 2\ndef f(): return K"),
    "a constant of a constant's type": ("K = (1, 2)\ndef f(): return K", "K = (1, 2.0)\ndef f(): return K"),
    "a helper": ("def g(): return 1\ndef f(): return g()", "def g(): return 2\ndef f(): return g()"),
    "a helper of a helper": (
        "def h(): return 1\ndef g(): return h()\ndef f(): return g()",
        "def h(): return 2\ndef g(): return h()\ndef f(): return g()",
    ),
    "a helper whose result is not used": (
        "def g(): return 1\ndef f():\n    g()",
        "def g(): return 2\ndef f():\n    g()",
    ),
    "a wrapped helper whose result is not used": (
        "import functools\n@functools.lru_cache\ndef g(): return 1\ndef f():\n    g()",
        "import functools\n@functools.lru_cache\ndef g(): return 2\ndef f():\n    g()",
    ),
    "the class of an object that the code changes": (
        "class C:\n    def add(self, x): self.x = x\nc = C()\ndef f():\n    c.add(1)\n    return c.x",
        "class C:\n    def add(self, x): self.x = -x\nc = C()\ndef f():\n    c.add(1)\n    return c.x",
    ),
    "a class attribute set from outside": (
        "class C:\n    K = 1\ndef f(): return C.K",
        "class C:\n    K = 1\ndef f(): return C.K\nC.K = 2",
    ),
    "the class of an object that wraps a function": (
        "class W:\n    def __init__(self, g): self.__wrapped__ = g\n    def __call__(self): return 1\n"
        "@W\ndef g(): return 1\ndef f(): return g()",
        "class W:\n    def __init__(self, g): self.__wrapped__ = g\n    def __call__(self): return 2\n"
        "@W\ndef g(): return 1\ndef f(): return g()",
    ),
    "a helper used in a comprehension": (
        "def g(x): return 1\ndef f(): return [g(x) for x in ()]",
        "def g(x): return 2\ndef f(): return [g(x) for x in ()]",
    ),
    "a helper used by a lambda inside": (
        "def g(x): return 1\ndef f(): return map(lambda x: g(x), ())",
        "def g(x): return 2\ndef f(): return map(lambda x: g(x), ())",
    ),
    "a helper's default": ("def g(x=1): return x\ndef f(): return g()", "def g(x=2): return x\ndef f(): return g()"),
    "functions that call each other": (
        "def g(): return f()\ndef h(): return 1\ndef f(): return g() or h()",
        "def g(): return f()\ndef h(): return 2\ndef f(): return g() or h()",
    ),
    "a nested function": (
        "def f():\n    def g(): return 1\n    return g()",
        "def f():\n    def g(): return 2\n    return g()",
    ),
    "a closure's value": (
        "def make(n):\n    def f(): return n\n    return f\nf = make(1)",
        "def make(n):\n    def f(): return n\n    return f\nf = make(2)",
    ),
    "a function in a closure": (
        "def make(n):\n    def f(): return n()\n    return f\nf = make(lambda: 1)",
        "def make(n):\n    def f(): return n()\n    return f\nf = make(lambda: 2)",
    ),
    "what a decorator wraps": (
        "import functools\ndef w(g):\n    return functools.lru_cache(g)\n@w\ndef g(): return 1\ndef f(): return g()",
        "import functools\ndef w(g):\n    return functools.lru_cache(g)\n@w\ndef g(): return 2\ndef f(): return g()",
    ),
    "a decorator's own code": (
        "def w(g):\n    def h(): return g() + 1\n    return h\n@w\ndef g(): return 1\ndef f(): return g()",
        "def w(g):\n    def h(): return g() + 2\n    return h\n@w\ndef g(): return 1\ndef f(): return g()",
    ),
    "a method of a used class": (
        "class C:\n    def m(self): return 1\ndef f(): return C().m()",
        "class C:\n    def m(self): return 2\ndef f(): return C().m()",
    ),
    "a class attribute": (
        "class C:\n    K = 1\ndef f(): return C.K",
        "class C:\n    K = 2\ndef f(): return C.K",
    ),
    "a field's annotation": (
        "from dataclasses import dataclass\n@dataclass\nclass C:\n    x: int\ndef f(): return C(1)",
        "from dataclasses import dataclass\n@dataclass\nclass C:\n    x: str\ndef f(): return C(1)",
    ),
    "a class's decorator": (
        "from dataclasses import dataclass\n@dataclass\nclass C:\n    x: int\ndef f(): return C(1)",
        "from dataclasses import dataclass\n@dataclass(frozen=True)\nclass C:\n    x: int\ndef f(): return C(1)",
    ),
    "a base class": (
        "class B:\n    def m(self): return 1\nclass C(B): pass\ndef f(): return C().m()",
        "class B:\n    def m(self): return 2\nclass C(B): pass\ndef f(): return C().m()",
    ),
    "a global that a method names": (
        "K = 1\nclass C:\n    @property\n    def m(self): return K\ndef f(): return C().m",
        "K = 2\nclass C:\n    @property\n    def m(self): return K\ndef f(): return C().m",
    ),
    "a sibling method": (
        "class C:\n    def g(self): return 1\n    def m(self): return self.g()\nf = C.m",
        "class C:\n    def g(self): return 2\n    def m(self): return self.g()\nf = C.m",
    ),
    "a partial application's argument": (
        "from functools import partial\ndef g(x): return x\nf = partial(g, 1)",
        "from functools import partial\ndef g(x): return x\nf = partial(g, 2)",
    ),
    "the function of a partial application": (
        "from functools import partial\ndef g(x): return x\nf = partial(g, 1)",
        "from functools import partial\ndef g(x): return -x\nf = partial(g, 1)",
    ),
    "a callable object's class": (
        "class C:\n    def __call__(self): return 1\nf = C()",
        "class C:\n    def __call__(self): return 2\nf = C()",
    ),
    "a function for one type of several": (
        "from functools import singledispatch\n@singledispatch\ndef g(x): return 1\n"
        "@g.register\ndef _(x: int): return 1\ndef f(x): return g(x)",
        "from functools import singledispatch\n@singledispatch\ndef g(x): return 1\n"
        "@g.register\ndef _(x: int): return 2\ndef f(x): return g(x)",
    ),
    "a static method": (
        "class C:\n    @staticmethod\n    def m(): return 1\nf = vars(C)['m']",
        "class C:\n    @staticmethod\n    def m(): return 2\nf = vars(C)['m']",
    ),
    "an enumeration's member": (
        "import enum\nclass C(enum.Enum):\n    A = 1\n    B = 2\nK = C.A\ndef f(): return K",
        "import enum\nclass C(enum.Enum):\n    A = 1\n    B = 2\nK = C.B\ndef f(): return K",
    ),
    "lambdas on one line": ("f, g = lambda x: x + 1, lambda x: x + 2", "g, f = lambda x: x + 1, lambda x: x + 2"),
    "a function of the standard library": (
        "from math import floor as g\ndef f(x): return g(x)",
        "from math import ceil as g\ndef f(x): return g(x)",
    ),
    "a function of the standard library whose result is not used": (
        "from os import remove as g\ndef f(x):\n    g(x)",
        "from os import rmdir as g\ndef f(x):\n    g(x)",
    ),
    "a pattern": (
        "import re\nP = re.compile('a')\ndef f(): return P",
        "import re\nP = re.compile('b')\ndef f(): return P",
    ),
}


@pytest.mark.parametrize("pair", DIFFER.values(), ids=DIFFER)
def test_what_counts_changes_the_digest(load: Load, pair: tuple[str, str]) -> None:
    assert digest(load(pair[0])) != digest(load(pair[1]))


CONTENT = {
    "a list": ("K = [1]\ndef f(): return K[0]", "K = [2]\ndef f(): return K[0]"),
    "a dictionary": ("K = {'a': 1}\ndef f(): return K['a']", "K = {'a': 2}\ndef f(): return K['a']"),
    "an object's field": (
        "from dataclasses import dataclass\n@dataclass\nclass C:\n    x: int\nK = C(1)\ndef f(): return K.x",
        "from dataclasses import dataclass\n@dataclass\nclass C:\n    x: int\nK = C(2)\ndef f(): return K.x",
    ),
    "a function in a registry": (
        "def g(): return 1\nK = {'g': g}\ndef f(): return K['g']()",
        "def g(): return 2\nK = {'g': g}\ndef f(): return K['g']()",
    ),
    "a registry that holds the function itself": (
        "def g(): return 1\ndef f(): return K['g']()\nK = {'g': g, 'f': f}",
        "def g(): return 2\ndef f(): return K['g']()\nK = {'g': g, 'f': f}",
    ),
}


@pytest.mark.parametrize("pair", CONTENT.values(), ids=CONTENT)
def test_the_content_of_a_global_counts(load: Load, pair: tuple[str, str]) -> None:
    first = load(pair[0])
    assert digest(first) == digest(first)
    assert digest(first) != digest(load(pair[1]))


def test_a_global_that_changes_in_place_changes_the_digest_and_back(load: Load) -> None:
    module = load("K = [1]\ndef f(): return K[0]")
    before = digest(module)
    module.K.append(2)
    changed = digest(module)
    module.K.pop()
    assert (changed != before, digest(module)) == (True, before)


def test_a_global_that_is_bound_anew_changes_the_digest_and_back(load: Load) -> None:
    module = load("K = 1\ndef g(): return K\ndef f(): return g()")
    before = digest(module)
    module.K = 2
    changed = digest(module)
    module.K = 1
    assert (changed != before, digest(module)) == (True, before)


def test_a_helper_that_is_replaced_while_running_changes_the_digest(load: Load) -> None:
    module = load("class C:\n    def m(self): return 1\ndef f(): return C().m()")
    before = digest(module)
    module.C.m = lambda self: 2
    assert digest(module) != before


def test_running_code_that_counts_its_own_calls_leaves_the_digest_as_it_is(load: Load) -> None:
    module = load("""
        count, calls = 0, []

        def f():
            global count
            count += 1
            calls.append(count)
            return read()

        def read():
            return count, len(calls)
    """)
    before = digest(module)
    assert (module.f(), digest(module)) == ((1, 1), before)


def test_the_shallow_digest_is_of_the_function_alone(load: Load) -> None:
    one = load("K = 1\ndef g(): return 1\ndef f(x=1): return g() + K")
    other_helper = load("K = 2\ndef g(): return 2\ndef f(x=1): return g() + K")
    other_default = load("K = 1\ndef g(): return 1\ndef f(x=2): return g() + K")
    assert digest(one, deep=False) == digest(other_helper, deep=False)
    assert digest(one, deep=False) != digest(other_default, deep=False)


def test_a_helper_in_another_module_of_the_user_counts(load: Load) -> None:
    found = []
    for helper in ("def g(): return 1\nunused = 1", "def g(): return 2\nunused = 1", "def g(): return 1\nunused = 2"):
        load(helper, "assistant")
        found.append(digest(load("import assistant\ndef f(): return assistant.g()")))
    assert (found[0] != found[1], found[0] == found[2]) == (True, True)


def test_a_module_that_is_imported_inside_the_function_counts_before_and_after(
    load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    source = "def f():\n    from late import g\n    return g()"
    (tmp_path / "late.py").write_text("def g(): return 1\n")
    module = load(source)
    before = digest(module)
    assert (module.f(), digest(load(source))) == (1, before)
    del sys.modules["late"]
    (tmp_path / "late.py").write_text("def g(): return 22\n")
    importlib.invalidate_caches()
    assert digest(load(source)) != before


def test_an_installed_package_counts_by_its_version_alone(
    load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    for number, (version, body) in enumerate((("1.0", "return 1"), ("1.0", "return 2"), ("1.1", "return 1"))):
        folder = tmp_path / f"environment{number}" / "site-packages"
        folder.mkdir(parents=True)
        (folder / "installed.py").write_text(f"__version__ = {version!r}\ndef g(): {body}\n")
        source = f"""
            import sys
            sys.path[:0] = [{str(folder)!r}]
            import installed
            from keepwell._source import task_source
            def f(): return installed.g()
            print(task_source(f, deep=True).hex())
        """
        found.append(run_python(sys.executable, write(tmp_path / f"user{number}" / "program.py", source)))
    assert (found[0] == found[1], found[0] != found[2]) == (True, True)


def test_a_notebooks_cell_gives_the_digest_of_the_same_code_in_a_file(load: Load) -> None:
    source = textwrap.dedent(PLAIN)
    name = "<ipython-input-1-0123456789ab>"
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    namespace: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(source.replace("z =", "z  ="), name, "exec"), namespace)
    assert task_source(namespace["f"], deep=True).hex() == digest(load(PLAIN))


def made(source: str) -> Any:
    namespace: dict[str, Any] = {"__name__": "made"}
    exec(textwrap.dedent(source), namespace)
    return namespace["f"]


def test_without_source_the_bytecode_counts_and_it_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "keepwell.keys")
    source = "K = 1\ndef g(): return K\ndef f(): return g()\n"
    function = made(source)
    found = task_source(function, deep=True)
    said = [record.getMessage().split(":")[0] for record in caplog.records]
    assert said == [f"the source of made.{name} is not to be had or has changed since it was loaded" for name in "fg"]
    assert (task_source(function, deep=True), len(caplog.records)) == (found, 2)
    assert task_source(made("# moved\n" + source), deep=True) == found
    for change in (
        source.replace("1", "2"),
        source.replace("g(): return K", "g(): return -K"),
        source.replace("g()", "h()"),
    ):
        assert task_source(made(change), deep=True) != found


def test_the_source_of_a_method_that_names_its_own_local_class_is_found(
    load: Load, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "keepwell.keys")
    source = "def make():\n    class C:\n        def m(self): return C, self.__x\n    return C.m\nf = make()"
    assert (digest(load(source)) == digest(load("# moved\n" + source)), caplog.messages) == (True, [])


def test_a_closure_may_not_be_assigned_yet(load: Load) -> None:
    source = """
        from keepwell._source import task_source
        def make():
            def f(): return late
            found = [task_source(f, deep=True)]
            late = 1
            return [*found, task_source(f, deep=True)]
    """
    assert len(set(load(source).make())) == 2


def test_functions_of_the_same_code_are_read_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "keepwell.keys")
    make = made("def f(n):\n    def g(): return n\n    return g")
    found = {task_source(make(number), deep=True) for number in (1, 1, 2)}
    assert (len(found), len(caplog.records)) == (2, 1)


def test_a_class_without_source_counts_by_its_attributes(load: Load) -> None:
    source = "class C:\n    K = 1\n    def m(self): return 2\ndef f(): return C()"
    found = [
        task_source(made(one), deep=True)
        for one in (source, source, source.replace("1", "3"), source.replace("2", "3"))
    ]
    assert (found[0] == found[1], len(set(found))) == (True, 3)


def test_a_file_edited_since_it_was_loaded_does_not_speak_for_the_running_code(load: Load) -> None:
    old = load("def f(): return 1\n", folder="edited")
    Path(str(old.__file__)).write_text("def f(): return 2\n")
    running = digest(old)
    new = load("def f(): return 2\n", folder="edited2")
    assert running != digest(new)
    assert running != digest(load("def f(): return 3\n"))


def test_a_file_in_which_the_function_has_only_moved_still_speaks_for_it(load: Load) -> None:
    expected = digest(load("def f():\n    class C:\n        def m(self): return 1\n    return C"))
    module = load("def f():\n    class C:\n        def m(self): return 1\n    return C", "moved")
    Path(str(module.__file__)).write_text(
        "# new\n\ndef f():\n    # comment\n    class C:\n        def m(self): return 1\n    return C"
    )
    assert digest(module) == expected


def test_a_reloaded_module_gives_the_digest_of_its_new_code(load: Load) -> None:
    first = load("def f(): return 1\n", folder="same")
    before = digest(first)
    again = load("def f(): return 2  # longer\n", folder="same")
    assert (digest(again) != before, digest(again)) == (True, digest(load("def f(): return 2", "elsewhere")))


def test_a_built_in_function_counts_by_its_name() -> None:
    assert len({task_source(function, deep=True) for function in (len, max, sorted)}) == 3


def test_a_function_or_class_among_the_inputs_counts_by_its_deep_source(load: Load) -> None:
    module = load("K = 1\ndef g(): return K\nclass C:\n    def m(self): return g()")
    assert code_digest(module.g) == task_source(module.g, deep=True)
    before = code_digest(module.C)
    module.K = 2
    assert code_digest(module.C) != before


def test_a_task_counts_by_its_functions_source(load: Load) -> None:
    source = "from keepwell import task\n@task(retries=3)\ndef g(): return 1\ndef f(): return g()"
    found = [digest(load(one)) for one in (source, source.replace("3", "4"), source.replace("1", "2"))]
    assert (found[0] == found[1], found[0] != found[2]) == (True, True)


def test_the_digest_of_a_function_does_not_keep_it_alive(load: Load) -> None:
    module = load("def make(n):\n    def f(): return n and f\n    return f")
    function = module.make(1)
    task_source(function, deep=True)
    gone = weakref.ref(function)
    del function
    gc.collect()
    assert gone() is None


def test_reading_the_source_gives_no_warnings_of_its_own(load: Load) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = load("def f(): return '\\d'")
    assert digest(module) == digest(load("def f(): return '\\\\d'"))


def test_a_function_that_was_sent_to_another_process_by_value_keeps_its_digest(load: Load) -> None:
    module = load("""
        import math
        K = 1

        class C:
            A = 2
            def m(self): return K + self.__n()
            def __n(self): return math.pi

        def g(x=C.A): return C().m() + x

        def make(n):
            def f(): return g() + n + len("a")
            return f

        f = make(3)
    """)
    cloudpickle.register_pickle_by_value(module)
    try:
        copy = pickle.loads(cloudpickle.dumps(module.f))
    finally:
        cloudpickle.unregister_pickle_by_value(module)
    assert copy is not module.f
    assert task_source(copy, deep=True).hex() == digest(module)


def test_a_name_that_stands_for_a_broken_proxy_counts_by_its_type(load: Load) -> None:
    source = """
        class Proxy:
            @property
            def __dict__(self): raise RuntimeError("outside of a request")
        request = Proxy()
        def f(): return request
    """
    assert digest(load(source)) == digest(load(source))


def test_a_chain_of_a_thousand_terms_is_encoded(load: Load) -> None:
    source = "def f(x): return " + " + ".join(["x"] * 1000)
    assert digest(load(source)) != digest(load(source + " + x"))
