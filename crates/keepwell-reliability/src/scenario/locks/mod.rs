//! Locks and leases: whoever holds one is killed, stopped or cut off, and so is the server that grants them.

mod chaos;
mod contention;
mod hand;
mod killed;
mod manager;
mod proxy;
mod redis;
mod side_by_side;
mod spread;
mod stopped;
mod stopped_task;
mod witness;
mod writer;

pub(super) use chaos::SCENARIO as REDIS_CHAOS;
pub(super) use contention::SCENARIO as LOCK_CONTENTION;
pub(super) use killed::SCENARIO as HOLDER_KILLED;
pub(super) use redis::Server as RedisServer;
pub(super) use stopped::SCENARIO as HOLDER_STOPPED;
pub(super) use stopped_task::SCENARIO as TASK_STOPPED;
