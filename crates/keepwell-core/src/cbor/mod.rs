//! Deterministic CBOR: the bytes that keys are hashed from and that values are kept as.
