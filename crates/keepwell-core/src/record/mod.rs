//! Result records: what is kept under a cache key, and its bytes.
