//! The result store: storages, lock manager and memory layer as one.
