"""The tables of `BENCHMARKS.md` about Python: who takes part in each, and how its numbers are shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from contest import Contestant, Score

QUIET = {"KEEPWELL_LOGGING_LEVEL": "WARNING", "PREFECT_LOGGING_LEVEL": "WARNING"}
SAYING = {"KEEPWELL_LOGGING_LEVEL": "INFO", "PREFECT_LOGGING_LEVEL": "INFO"}
FROM_FOLDER = {**QUIET, "KEEPWELL_RESULTS_MEMORY_LIMIT": "0"}
MAPPED = {**FROM_FOLDER, "KEEPWELL_RESULTS_MMAP": "true"}


def time(score: Score) -> str:
    """A time in nanoseconds."""
    if score.median < 1e6:
        return f"{score.median / 1e3:.3g} µs"
    return f"{score.median / 1e6:.3g} ms"


def mebibytes(score: Score) -> str:
    return f"{score.median / 2**20:.1f} MiB"


def at_the_rate_of(size: int) -> Callable[[Score], str]:
    """A time, and the rate at which so many bytes were gone through in it."""
    return lambda score: f"{time(score)}, {size / score.median:.2f} GB/s"


@dataclass(frozen=True)
class Table:
    """One question."""

    name: str
    title: str
    contestants: list[Contestant]
    shown: Callable[[Score], str] = time
    #: A line under the title, where the numbers need one.
    remark: str = ""

    def text(self, scores: list[Score]) -> str:
        """The table as Markdown."""
        lines = ["", f"### {self.title}", "", *([self.remark, ""] if self.remark else [])]
        lines += ["| what | median | keepwell / this |", "|---|---|---|"]
        lines += [f"| {score.title} | {self.shown(score)} | {score.ratio:.3g} |" for score in scores]
        return "\n".join(lines)


def importing(title: str, modules: str) -> Contestant:
    library = modules.split(",")[0]
    return Contestant(title, "python" if library == "functools" else library, "importing", {"IMPORTED": modules})


ARRAY, FRAME = 100_000_000, 64_000_000

TABLES = [
    Table(
        "import",
        "Import, over bare Python",
        [
            importing("`from keepwell import flow, task`", "keepwell,flow,task"),
            importing("`from diskcache import Cache`", "diskcache,Cache"),
            importing("`from joblib import Memory`", "joblib,Memory"),
            importing("`from cachier import cachier`", "cachier,cachier"),
            importing("`from prefect import flow, task`", "prefect,flow,task"),
        ],
    ),
    Table(
        "memory",
        "A hit on a small value from memory",
        [
            Contestant("keepwell, in a flow", "keepwell", "hit_in_flow", QUIET),
            Contestant("keepwell, outside flows", "keepwell", "hit", QUIET),
            Contestant("`functools.lru_cache`, which computes no key", "python", "hit"),
            Contestant("cachier, in memory", "cachier", "hit_from_memory"),
            Contestant("Prefect, in a flow", "prefect", "hit_in_flow", QUIET),
            Contestant("Prefect, outside flows", "prefect", "hit", QUIET),
        ],
    ),
    Table(
        "folder",
        "A hit on a small value read from the folder",
        [
            Contestant("keepwell, memory layer off", "keepwell", "hit", FROM_FOLDER),
            Contestant("diskcache", "diskcache", "hit"),
            Contestant("joblib", "joblib", "hit"),
            Contestant("cachier, in files", "cachier", "hit_from_folder"),
        ],
    ),
    Table(
        "log",
        "A hit on a small value, with its lines in a log file",
        [
            Contestant("keepwell, INFO", "keepwell", "hit_in_flow", SAYING),
            Contestant("Prefect, INFO", "prefect", "hit_in_flow", SAYING),
        ],
    ),
    Table(
        "uncached",
        "A task without caching",
        [
            Contestant("keepwell", "keepwell", "uncached", QUIET),
            Contestant("the bare call", "python", "uncached"),
            Contestant("Prefect, in a flow", "prefect", "uncached", QUIET),
        ],
    ),
    Table(
        "map",
        "1,000 mapped hits",
        [
            Contestant("keepwell", "keepwell", "mapped", QUIET),
            Contestant("Prefect", "prefect", "mapped", QUIET),
        ],
    ),
    Table(
        "serializable",
        "64 threads that want the same 200 new records, SERIALIZABLE, one body for each",
        [
            Contestant("keepwell, locks in memory", "keepwell", "contended_memory", QUIET),
            Contestant("Prefect, locks in memory", "prefect", "contended_memory", QUIET),
        ],
        remark="Each transaction looks its record up; where it is missing, it waits for the lock and looks again.",
    ),
    Table(
        "array-key",
        "The key of an array of 100 MB",
        [
            Contestant("keepwell", "keepwell", "array_key", QUIET),
            Contestant("`joblib.hash`", "joblib", "array_key"),
        ],
        at_the_rate_of(ARRAY),
    ),
    Table(
        "frame-key",
        "The key of a pandas frame of 1,000,000 rows and 8 numeric columns",
        [
            Contestant("keepwell", "keepwell", "frame_key", QUIET),
            Contestant("`joblib.hash`", "joblib", "frame_key"),
        ],
        at_the_rate_of(FRAME),
    ),
    Table(
        "array",
        "An array of 100 MB read back from the folder",
        [
            Contestant("keepwell, a hit", "keepwell", "array", FROM_FOLDER),
            Contestant("keepwell, a hit that is mapped", "keepwell", "array", MAPPED),
            Contestant("`np.load`", "python", "array"),
            Contestant("joblib, a hit", "joblib", "array"),
            Contestant("diskcache, a hit", "diskcache", "array"),
        ],
        at_the_rate_of(ARRAY),
    ),
    Table(
        "peak",
        "Peak memory of a flow with one task",
        [
            Contestant("keepwell", "keepwell", "peak", QUIET),
            Contestant("Python alone", "python", "peak"),
            Contestant("Prefect", "prefect", "peak", QUIET),
        ],
        mebibytes,
    ),
]
