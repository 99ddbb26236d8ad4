"""cachier, in memory and in files."""

from __future__ import annotations

from worker import timed

from contestants.everybody import importing

__all__ = ["importing"]


def hit_from_memory() -> None:
    from cachier import cachier

    @cachier(backend="memory")
    def greeting(name: str) -> str:
        return f"hello {name}"

    timed(lambda: greeting("Ada"))


def hit_from_folder() -> None:
    from cachier import cachier

    @cachier(backend="pickle", cache_dir="cachier")
    def greeting(name: str) -> str:
        return f"hello {name}"

    timed(lambda: greeting("Ada"))
