//! Transactions: records that become visible together or not at all.
