"""The Python code of the README and the guide is run, each block as a program. Rust's has documentation tests."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from programs import REPOSITORY, Home

DOCUMENTS = ["README.md", "docs/user-guide.md"]
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks() -> list[tuple[str, str]]:
    """Every block of Python: the document and the line that it stands on, and its text."""
    texts = [(document, (REPOSITORY / document).read_text()) for document in DOCUMENTS]
    return [
        (f"{document}:{text.count(chr(10), 0, match.start()) + 1}", match[1])
        for document, text in texts
        for match in BLOCK.finditer(text)
    ]


@pytest.mark.parametrize("text", [pytest.param(text, id=place) for place, text in blocks()])
def test_the_code_of_a_document_runs(text: str, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(text)
    Home(tmp_path).run(program)


def test_each_document_has_code_in_python() -> None:
    assert {place.split(":")[0] for place, _ in blocks()} == set(DOCUMENTS)


def test_the_example_of_the_readme_says_what_the_readme_shows(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(blocks()[0][1])
    text = (REPOSITORY / "README.md").read_text()
    shown = re.search(r"^```text\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert shown is not None
    without_chance = [re.sub(r"^[\d:.]+ \| |-[0-9a-f]{3}(?=')", "", line) for line in shown[1].splitlines()]
    done = Home(tmp_path).run(program)
    logged = [line.replace("-…'", "'") for line in done.logged if "| Task run" in line]
    assert [*done.printed, *logged] == sorted(without_chance, key=lambda line: "|" in line)


def undescribed(node: ast.Module | ast.ClassDef, name: str) -> Iterator[str]:
    """What is public in a module or class and says nothing of what it is for."""
    if not ast.get_docstring(node):
        yield name
    for inner in node.body:
        if isinstance(inner, ast.ClassDef) and not inner.name.startswith("_"):
            yield from undescribed(inner, f"{name}.{inner.name}")
        elif isinstance(inner, (ast.FunctionDef, ast.AsyncFunctionDef)) and not inner.name.startswith("_"):
            is_setter = any(ast.unparse(decorator).endswith(".setter") for decorator in inner.decorator_list)
            if not is_setter and not ast.get_docstring(inner):
                yield f"{name}.{inner.name}"


def test_everything_public_of_the_package_says_what_it_is_for() -> None:
    modules = {path: ast.parse(path.read_text()) for path in sorted((REPOSITORY / "python" / "keepwell").rglob("*.py"))}
    found = [
        name for path, module in modules.items() for name in undescribed(module, str(path.relative_to(REPOSITORY)))
    ]
    assert (len(modules) > 60, found) == (True, [])
