"""The demonstration: runs the weather pipeline twice, each time as a new process, lists what was kept, and compares.

`demo.py FILE [RESAMPLES]` fails if anything ran the second time.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

PIPELINE = Path(__file__).with_name("weather")
KEEPWELL = Path(sys.executable).with_name("keepwell")


def run_weather() -> tuple[list[str], float]:
    """Runs the pipeline with this program's arguments, shows what it prints, and gives that back with the seconds."""
    started = time.perf_counter()
    lines = []
    command = [sys.executable, str(PIPELINE), *sys.argv[1:]]
    # The pipeline prints the states; its log would say the same again.
    environment = {"KEEPWELL_LOGGING_LEVEL": "WARNING", **os.environ}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            print(line, end="", flush=True)
            lines.append(line)
    if process.returncode != 0:
        sys.exit("the pipeline failed")
    return lines, time.perf_counter() - started


def main() -> None:
    print("first run: nothing is kept yet")
    _, first = run_weather()
    print("\nsecond run, in a new process")
    lines, second = run_weather()
    print("\nwhat is kept: keepwell cache ls", flush=True)
    subprocess.run([str(KEEPWELL), "cache", "ls"], check=True)
    print(f"\nthe second run took 1/{first / second:.0f} of the first")
    ran = [line.strip() for line in lines if "Completed()" in line]
    if ran:
        sys.exit(f"ran again: {ran}")


if __name__ == "__main__":
    main()
