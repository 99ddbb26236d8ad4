//! Which locks there are in Redis, whoever has them.

use keepwell_core::Error;
use keepwell_core::key::CacheKey;
use keepwell_core::lock::LockHolder;
use redis::{Connection, RedisResult};

use crate::asking::{Asking, lock_prefix};
use crate::failure::Failure;
use crate::scripts;

/// About how many keys Redis looks at in one step: enough to go on, few enough not to hold up others.
const STEP: usize = 500;

/// Every lock, and how many processes wait for it. One that comes or goes meanwhile may be there or not.
pub(crate) fn locks(asking: &Asking) -> Result<Vec<(CacheKey, LockHolder)>, Error> {
    let options = asking.connections.options();
    let prefix = lock_prefix(options.key_prefix());
    let mut found = Vec::new();
    let mut cursor = 0_u64;
    loop {
        let step = |connection: &mut Connection| scan(connection, cursor, &prefix);
        let (next, names) = asking.connections.ask(options.longest_answer(), step).map_err(Failure::into_error)?;
        for name in names {
            // A name that is no text is none of ours.
            let key = String::from_utf8(name).ok().and_then(|name| CacheKey::new(name.strip_prefix(&prefix)?).ok());
            let Some(key) = key else { continue };
            if let Some(holder) = holder(asking, &key)? {
                found.push((key, holder));
            }
        }
        cursor = next;
        if cursor == 0 {
            // Redis may name a key twice.
            found.sort_by(|(one, _), (other, _)| one.as_str().cmp(other.as_str()));
            found.dedup_by(|(one, _), (other, _)| one == other);
            return Ok(found);
        }
    }
}

fn holder(asking: &Asking, key: &CacheKey) -> Result<Option<LockHolder>, Error> {
    let names = asking.names(key);
    let question = |connection: &mut Connection| {
        let Some(note) = scripts::look(connection, &names.lock)? else { return Ok(None) };
        let (_, waiters): (redis::Value, usize) =
            redis::cmd("PUBSUB").arg("NUMSUB").arg(&names.channel).query(connection)?;
        Ok(Some(LockHolder { waiters: Some(waiters), ..note.0 }))
    };
    asking.connections.ask(asking.connections.options().longest_answer(), question).map_err(Failure::into_error)
}

fn scan(connection: &mut Connection, cursor: u64, prefix: &str) -> RedisResult<(u64, Vec<Vec<u8>>)> {
    let pattern = format!("{}*", literally(prefix));
    redis::cmd("SCAN").arg(cursor).arg("MATCH").arg(pattern).arg("COUNT").arg(STEP).query(connection)
}

/// The text as a pattern that matches nothing else.
fn literally(text: &str) -> String {
    let special = |character: char| matches!(character, '*' | '?' | '[' | ']' | '\\' | '^');
    text.chars().flat_map(|one| special(one).then_some('\\').into_iter().chain([one])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_matched_as_it_is_written() {
        assert_eq!(literally("a*[b]?\\^:"), r"a\*\[b\]\?\\\^:");
    }
}
