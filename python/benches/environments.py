"""An environment for each library, so that none imports or slows another. Made again when what is in it changes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

#: Versions are pinned so that a table can be made again.
REQUIREMENTS = {
    "python": ["numpy==2.4.6"],
    "joblib": ["joblib==1.5.2", "numpy==2.4.6", "pandas==3.1.1"],
    "diskcache": ["diskcache==5.6.3", "numpy==2.4.6"],
    "cachier": ["cachier"],
    # A later FastAPI has dropped what the server that a first flow starts calls.
    "prefect": ["prefect==3.8.8", "fastapi<0.140"],
}
WITH_KEEPWELL = ["numpy==2.4.6", "pandas==3.1.1"]


def pythons(wheel: Path, folder: Path, libraries: list[str]) -> dict[str, Path]:
    """The interpreter of each library's environment. One that cannot be installed is left out, and that is said."""
    stamp = wheel.stat()
    wanted = {"keepwell": [str(wheel), *WITH_KEEPWELL], **REQUIREMENTS}
    found = {}
    for library in libraries:
        version = f"{stamp.st_mtime_ns} {stamp.st_size}" if library == "keepwell" else ""
        python = environment(folder / f"bench-{library}", wanted[library], version)
        if python is None:
            print(f"note: {library} cannot be installed and is left out", file=sys.stderr)
        else:
            found[library] = python
    return found


def environment(folder: Path, requirements: list[str], version: str) -> Path | None:
    """The interpreter of an environment with these requirements, or None where pip fails."""
    python, made_with = folder / "bin" / "python", folder / "made-with"
    wanted = "\n".join([sys.version, version, *requirements])
    if made_with.exists() and made_with.read_text() == wanted:
        return python
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *requirements]
    if subprocess.run(install, stdout=sys.stderr, check=False).returncode != 0:
        return None
    made_with.write_text(wanted)
    return python
