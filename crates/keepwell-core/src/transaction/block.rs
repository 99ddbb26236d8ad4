//! The user's own transactions: what a front end's `transaction(…)` begins, stages and ends.

use std::sync::Arc;

use bytes::Bytes;

use super::{Begun, Ending, Owner, Settled, Transaction, TransactionState, begin, end, stage};
use crate::action::{Outside, Procedure};
use crate::event::Event;
use crate::record::{EncodedValue, Expiration, Provenance, SerializerName};
use crate::store::Write;
use crate::{Error, ErrorKind};

/// The encoding of "no value", which a keyed transaction keeps if nothing else was staged: the next one of the same key
/// then finds it committed.
const NO_VALUE: &[u8] = &[0xf6];

impl Transaction {
    /// Begins the transaction: looks for its record and, where the isolation level asks for it and there is no record,
    /// takes the lock. Afterwards [`is_committed`](Self::is_committed) says whether the record was there.
    ///
    /// On an error nothing is held.
    pub fn begin(&self) -> Procedure<Result<(), Error>> {
        let transaction = self.clone();
        Procedure::new(|outside| async move {
            let begun = begin(&outside, &transaction, false).await?;
            transaction.report_begun(&outside, begun);
            Ok(())
        })
    }

    fn report_begun(&self, outside: &Outside, begun: Begun) {
        let Some(key) = self.key().cloned() else { return };
        match begun {
            Begun::Hit(source) => outside.report(Event::Hit { key, source }),
            Begun::Miss(reason) => outside.report(Event::Miss { key, reason }),
            Begun::WithoutKey => {}
        }
    }

    /// Stages the value to be kept under the transaction's key. Does nothing if the record is committed already. The
    /// last value staged is the one that is kept.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] if the transaction has no key; [`ErrorKind::Aborted`] if it was rolled back or has
    /// ended otherwise; [`ErrorKind::LeaseLost`] if its lock was lost.
    pub fn stage(&self, value: EncodedValue) -> Result<(), Error> {
        self.refuse_if_aborted()?;
        self.refuse_if_lost()?;
        if self.is_committed() {
            return Ok(());
        }
        if self.is_closed() {
            return Err(Error::new(ErrorKind::Aborted, "a value was staged in a transaction that had ended")
                .with_hint("stage the value before the transaction's block ends"));
        }
        let write = self.write(value).ok_or_else(|| {
            Error::new(ErrorKind::Unsupported, "a transaction without a key has no record to stage a value for")
                .with_hint("give the transaction a `key`")
        })?;
        self.put_write(Some(Ok(write)));
        Ok(())
    }

    /// Ends the transaction. Only [`Ending::Returned`] can commit. Every lock that is not left to a parent is given
    /// back, whatever happens.
    pub fn end(&self, ending: Ending) -> Procedure<Settled> {
        let transaction = self.clone();
        Procedure::new(|outside| async move {
            if matches!(ending, Ending::Returned) && transaction.owner() == &Owner::Block {
                transaction.stage_no_value(&outside).await;
            }
            end(&outside, &transaction, ending).await
        })
    }

    async fn stage_no_value(&self, outside: &Outside) {
        if self.state() != TransactionState::Active || self.aborted_by().is_some() {
            return;
        }
        let value = EncodedValue { serializer: SerializerName::CBOR, payload: Bytes::from_static(NO_VALUE) };
        if let Some(write) = self.write(value) {
            stage(outside, self, Some(Ok(write))).await;
        }
    }

    fn write(&self, value: EncodedValue) -> Option<Write> {
        Some(Write {
            store: Arc::clone(self.store()?),
            key: self.key()?.clone(),
            value,
            expiration: Expiration::Never,
            provenance: Arc::new(Provenance::default()),
            claim: None,
        })
    }
}
