"""What happens to files behind keepwell's back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path


def damage(how: str, folder: Path) -> bool:
    """Damages every file in a folder, and in the folders inside it where the folder is not a storage itself.

    Says whether there was one.
    """
    if how == "block":
        folder.write_text("a file where a folder should be")
        return True
    found = files(folder, inner=True)
    if how == "swap":
        one, other = found
        one_bytes, other_bytes = one.read_bytes(), other.read_bytes()
        one.write_bytes(other_bytes)
        other.write_bytes(one_bytes)
        return True
    for file in found:
        if how == "remove":
            file.unlink()
        else:
            file.write_bytes(KINDS[how](file.read_bytes()))
    return bool(found)


KINDS: dict[str, Callable[[bytes], bytes]] = {
    "cut": lambda content: content[: len(content) // 2],
    "empty": lambda _: b"",
    "flip": lambda content: content[:-1] + bytes([content[-1] ^ 1]),
    "replace": lambda _: b"something else",
}


def names(folder: Path) -> list[str]:
    """The names of the files in a storage's folder, in order: its records, or its results."""
    return [file.name for file in files(folder, inner=False)]


def files(folder: Path, *, inner: bool) -> list[Path]:
    """The files in a folder, in order; those of the storage's own bookkeeping only where the folder is part of it."""
    if not folder.is_dir():
        return []
    found = [path for path in folder.iterdir() if not path.is_dir()]
    for path in folder.iterdir():
        if inner and path.is_dir() and path.name != ".keepwell":
            found += files(path, inner=inner)
    return sorted(found)
