"""Lock managers: one body at a time for a key, where the isolation level is SERIALIZABLE."""
