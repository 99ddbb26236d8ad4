//! What happened, for logs, counters, history and tests.
