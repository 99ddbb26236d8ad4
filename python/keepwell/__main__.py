"""`python -m keepwell`: the program `keepwell`."""

from __future__ import annotations

from keepwell._program import main

if __name__ == "__main__":
    main()
