//! Committing one record: one conditional write of its head.

use super::draft::Draft;
use super::heads::{Sent, Standing};
use super::{RACES, outrun, unknown};
use crate::Error;

/// Makes the record visible. See [`commit`](super::commit).
pub(super) fn commit(draft: &mut Draft<'_>) -> Result<(), Error> {
    for _ in 0..RACES {
        let standing = draft.heads.settled(&draft.write.key)?;
        draft.require_claim(&standing)?;
        let head = draft.encode(&standing)?;
        draft.put_result()?;
        let after = draft.placed(&standing, head.clone());
        let is_ours = |now: &Standing| now.holds(&head);
        match draft.heads.send(&draft.write.key, &standing.fetched, &after, draft.durability(), is_ours) {
            Sent::Done => return Ok(()),
            Sent::Outrun => {}
            Sent::Failed(error) => return Err(error),
            Sent::Unknown(error) => {
                let (key, storage) = (&draft.write.key, draft.heads.storage.location());
                return Err(unknown(&format!("the record for key `{key}` was written to {storage}"), error));
            }
        }
    }
    Err(outrun(draft))
}
