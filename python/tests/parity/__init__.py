"""The scenarios in `parity/*.toml` at the root of the repository, played by the Python front end.

`parity/README.md` says how they are written. `world` performs their steps, `definitions` and `bodies` make what
they call, `expectations` compares what came of it.
"""
