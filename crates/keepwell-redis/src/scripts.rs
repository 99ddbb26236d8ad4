//! What Redis does in one step: each question is a script, so nobody comes in between.
//!
//! A lock is a hash that ends by itself: `nonce`, which only its owner knows to be its own, and for messages `holder`, `host`,
//! `process` and `since` (milliseconds by the server's clock). Whoever gives it back or breaks it says so on its channel.

use std::sync::LazyLock;
use std::time::Duration;

use keepwell_core::mistake::{self, Mistake};
use redis::{Connection, FromRedisValue, RedisResult, Script, ScriptInvocation};

use crate::note::{Note, Owner};

/// What a lock's hash says, in the order of [`Note`]'s fields; `false` if there is none.
const READ: &str = r"
local function read()
  local lock = redis.call('HMGET', KEYS[1], 'nonce', 'holder', 'host', 'process', 'since')
  if not lock[1] then return false end
  local time = redis.call('TIME')
  local age = time[1] * 1000 + math.floor(time[2] / 1000) - (tonumber(lock[5]) or 0)
  return {lock[1], lock[2] or '', lock[3] or '', tonumber(lock[4]) or 0, age, redis.call('PTTL', KEYS[1])}
end
";

/// Takes the lock if it is free, or again if it has this nonce: a question whose answer got lost is asked again.
static GRANT: LazyLock<Script> = LazyLock::new(|| {
    script(
        r"
local lock = read()
if lock and lock[1] ~= ARGV[1] then return lock end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('HSET', KEYS[1], 'nonce', ARGV[1], 'holder', ARGV[2], 'host', ARGV[3], 'process', ARGV[4],
  'since', string.format('%.0f', now))
redis.call('PEXPIRE', KEYS[1], ARGV[5])
return false
",
    )
});

static LOOK: LazyLock<Script> = LazyLock::new(|| script("return read()"));

static RENEW: LazyLock<Script> = LazyLock::new(|| {
    script(
        r"
if redis.call('HGET', KEYS[1], 'nonce') ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
",
    )
});

static RELEASE: LazyLock<Script> = LazyLock::new(|| {
    script(
        r"
if redis.call('HGET', KEYS[1], 'nonce') ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
redis.call('PUBLISH', ARGV[2], '')
return 1
",
    )
});

static BREAK: LazyLock<Script> = LazyLock::new(|| {
    script(
        r"
local lock = read()
if not lock then return false end
redis.call('DEL', KEYS[1])
redis.call('PUBLISH', ARGV[1], '')
return lock
",
    )
});

fn script(body: &str) -> Script {
    Script::new(&format!("{READ}{body}"))
}

fn invoke<T: FromRedisValue>(invocation: &ScriptInvocation<'_>, connection: &mut Connection) -> RedisResult<T> {
    invocation.invoke(connection)
}

/// Takes the lock for a time. Gives who has it where that is somebody else.
pub(crate) fn grant(
    connection: &mut Connection,
    name: &str,
    owner: &Owner,
    time: Duration,
) -> RedisResult<Option<Note>> {
    if mistake::is_planted(Mistake::LockGrantedUnseen) {
        break_up(connection, name, name)?;
    }
    let mut question = GRANT.key(name);
    question.arg(&owner.nonce).arg(owner.holder.as_str()).arg(&owner.host).arg(owner.process).arg(milliseconds(time));
    invoke(&question, connection)
}

/// Who has the lock.
pub(crate) fn look(connection: &mut Connection, name: &str) -> RedisResult<Option<Note>> {
    invoke(&LOOK.key(name), connection)
}

/// Has the lock go on for a time from now. Says whether it was still this owner's.
pub(crate) fn renew(connection: &mut Connection, name: &str, nonce: &str, time: Duration) -> RedisResult<bool> {
    invoke(RENEW.key(name).arg(nonce).arg(milliseconds(time)), connection)
}

/// Gives the lock back and tells whoever waits. Says whether it was still this owner's.
pub(crate) fn release(connection: &mut Connection, name: &str, nonce: &str, channel: &str) -> RedisResult<bool> {
    let channel = if mistake::is_planted(Mistake::ReleaseNotTold) { name } else { channel };
    invoke(RELEASE.key(name).arg(nonce).arg(channel), connection)
}

/// Takes the lock from whoever has it, and tells whoever waits. Gives who had it.
pub(crate) fn break_up(connection: &mut Connection, name: &str, channel: &str) -> RedisResult<Option<Note>> {
    invoke(BREAK.key(name).arg(channel), connection)
}

/// Not zero, which would end the lock at once.
fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX / 2).clamp(1, i64::MAX as u64 / 4)
}
