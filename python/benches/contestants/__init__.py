"""The contestants: a module for each library, with a function for each case that it takes part in.

A function prepares its case and then serves rounds by `worker.timed` or `worker.measured`, until there are no more.
"""
