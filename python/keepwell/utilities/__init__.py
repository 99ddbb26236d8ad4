"""Tools that programs may use too: annotations of arguments, collections, calls, time limits."""
