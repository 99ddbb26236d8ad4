//! Cache policies: which parts of a task call make up its cache key.
