//! Whom a store trusts: which records must be signed, with which key, and whose signatures count.
//!
//! A record whose bytes are data (CBOR, JSON) can be believed unsigned: the worst that a forger can do is a wrong
//! value. What may run code as it is decoded, such as a pickle, is served only under the signature of a trusted key. Keys
//! come from the settings, to be shared, or from a file in the user's own folder, for storages that are the user's own.

mod key_file;

use crate::record::{KeyedHash, RequiredSignature, SerializerName, SignatureId, Signer, Verifier};
use crate::settings::Settings;
use crate::storage::ResultStorage;
use crate::{Error, ErrorKind};

use key_file::OwnKey;

/// The name of the file in the user's folder that holds the user's own key.
const OWN_KEY: &str = "signing.key";

/// Whom a store trusts. Keys are read when they are first needed, and then remembered.
#[derive(Debug)]
pub struct Trust {
    shared: Option<KeyedHash>,
    trusted: Vec<KeyedHash>,
    own: Option<OwnKey>,
    demands_signatures: bool,
}

/// Nobody is trusted and nothing is signed: data can be kept, nothing else.
pub(super) static NOBODY: Trust = Trust { shared: None, trusted: Vec::new(), own: None, demands_signatures: false };

impl Trust {
    /// Whom the settings say to trust. Reads no file yet.
    pub fn of(settings: &Settings) -> Self {
        let results = &settings.results;
        let keys = results.trusted_keys.iter();
        Self {
            shared: results.signing_key.as_ref().map(|key| KeyedHash::new(*key.reveal())),
            trusted: keys.map(|key| KeyedHash::new(*key.reveal())).collect(),
            own: Some(OwnKey::at(settings.home.join(OWN_KEY))),
            demands_signatures: results.require_signature,
        }
    }

    /// What signs a record of this serializer in `storage`; `None` where it need not be signed and no key is shared.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] if it must be signed and there is no key for this storage; [`ErrorKind::Settings`] or
    /// [`ErrorKind::Storage`] if the user's own key cannot be read or made.
    pub(super) fn signer(
        &self,
        serializer: &SerializerName,
        storage: &dyn ResultStorage,
    ) -> Result<Option<&dyn Signer>, Error> {
        if let Some(shared) = &self.shared {
            return Ok(Some(shared));
        }
        if !self.must_be_signed(serializer) {
            return Ok(None);
        }
        match self.own.as_ref().filter(|_| storage.is_private()) {
            Some(own) => Ok(Some(own.find_or_make()?)),
            None => Err(no_key(serializer, storage)),
        }
    }

    /// What a reader requires.
    pub(super) fn required(&self) -> RequiredSignature<'_> {
        if self.demands_signatures { RequiredSignature::TrustedBy(self) } else { RequiredSignature::ToRunCode(self) }
    }

    /// Whether a record counts whose signature was found to be that of `signed_by`, or was not looked at.
    pub(super) fn accepts(&self, serializer: &SerializerName, signed_by: Option<SignatureId>) -> bool {
        !self.must_be_signed(serializer) || signed_by.is_some_and(|id| self.trusts(id))
    }

    /// Whether a record of this serializer counts only if it is signed.
    pub(super) fn must_be_signed(&self, serializer: &SerializerName) -> bool {
        self.demands_signatures || !serializer.is_data_only()
    }

    /// Why the user's own key, which is trusted, is not at hand although there is one.
    pub(super) fn problem(&self) -> Option<Error> {
        self.own.as_ref().and_then(|own| own.find().err())
    }

    fn key(&self, id: SignatureId) -> Option<&KeyedHash> {
        let configured = self.shared.iter().chain(&self.trusted).find(|key| key.trusts(id));
        // A key that cannot be read verifies nothing; `problem` says why.
        let own = || self.own.as_ref()?.find().ok()?.filter(|key| key.trusts(id));
        configured.or_else(own)
    }
}

impl Verifier for Trust {
    fn trusts(&self, id: SignatureId) -> bool {
        self.key(id).is_some()
    }

    fn verify(&self, id: SignatureId, header: &[u8], signature: &[u8; crate::record::SIGNATURE_LENGTH]) -> bool {
        self.key(id).is_some_and(|key| key.verify(id, header, signature))
    }
}

fn no_key(serializer: &SerializerName, storage: &dyn ResultStorage) -> Error {
    let message = format!(
        "a result of the serializer `{serializer}` must be signed, and there is no key for {}, which is not this user's alone",
        storage.location()
    );
    Error::new(ErrorKind::Unsupported, message).with_hint(
        "set KEEPWELL_RESULTS_SIGNING_KEY wherever the storage is used, or return plain data (`cbor`, `json`)",
    )
}
