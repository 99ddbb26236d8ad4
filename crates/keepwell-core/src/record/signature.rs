//! Signatures over record headers, and the first scheme: a keyed hash. Where keys come from is left to the settings.

use std::fmt;

/// What is hashed before the header, so that a signature made for anything else never passes for a record's.
const DOMAIN: &[u8] = b"keepwell-record-v1";

/// The length of a signature in bytes, under every scheme there is.
pub const SIGNATURE_LENGTH: usize = 32;

/// How a header is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SignatureScheme {
    /// BLAKE3's keyed mode under a shared 32-byte secret: whoever can read can also write.
    KeyedBlake3,
}

/// The public name of a signing key.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyId([u8; 16]);

impl KeyId {
    /// The key id with these bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The sixteen bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:032x}", u128::from_be_bytes(self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// What a header says about its signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SignatureId {
    /// How it was made.
    pub scheme: SignatureScheme,
    /// With which key.
    pub key: KeyId,
}

/// Signs headers.
pub trait Signer: Send + Sync + fmt::Debug {
    /// The scheme and key that [`sign`](Self::sign) uses, which the header names.
    fn id(&self) -> SignatureId;

    /// The signature of a whole header, checksum included.
    fn sign(&self, header: &[u8]) -> [u8; SIGNATURE_LENGTH];
}

/// Knows which signatures a reader trusts.
pub trait Verifier: Send + Sync + fmt::Debug {
    /// Whether the reader trusts this key under this scheme.
    fn trusts(&self, id: SignatureId) -> bool;

    /// Whether `signature` is the signature of `header` under the trusted key `id`. Compares in constant time.
    fn verify(&self, id: SignatureId, header: &[u8], signature: &[u8; SIGNATURE_LENGTH]) -> bool;
}

/// The scheme [`SignatureScheme::KeyedBlake3`]: one secret shared by writers and readers.
#[derive(Clone)]
pub struct KeyedHash {
    secret: [u8; 32],
    key: KeyId,
}

impl KeyedHash {
    /// The signer and verifier with this secret.
    pub fn new(secret: [u8; 32]) -> Self {
        let derived = blake3::derive_key("keepwell record signature key id v1", &secret);
        let (key, _) = derived.split_first_chunk().expect("32 bytes hold 16");
        Self { secret, key: KeyId(*key) }
    }

    fn hash(&self, header: &[u8]) -> blake3::Hash {
        blake3::Hasher::new_keyed(&self.secret).update(DOMAIN).update(header).finalize()
    }
}

impl fmt::Debug for KeyedHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "KeyedHash({})", self.key)
    }
}

impl Signer for KeyedHash {
    fn id(&self) -> SignatureId {
        SignatureId { scheme: SignatureScheme::KeyedBlake3, key: self.key }
    }

    fn sign(&self, header: &[u8]) -> [u8; SIGNATURE_LENGTH] {
        *self.hash(header).as_bytes()
    }
}

impl Verifier for KeyedHash {
    fn trusts(&self, id: SignatureId) -> bool {
        id == self.id()
    }

    fn verify(&self, id: SignatureId, header: &[u8], signature: &[u8; SIGNATURE_LENGTH]) -> bool {
        self.trusts(id) && self.hash(header) == *signature
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_holds_for_its_header_and_key_alone() {
        let ours = KeyedHash::new([1; 32]);
        let signature = ours.sign(b"header");
        let other = KeyedHash::new([2; 32]);
        assert!(ours.verify(ours.id(), b"header", &signature));
        assert!(!ours.verify(ours.id(), b"Header", &signature));
        assert!(!ours.verify(other.id(), b"header", &signature));
        assert!(!other.verify(other.id(), b"header", &signature));
    }

    #[test]
    fn a_signature_covers_the_domain_and_then_the_header() {
        let expected = blake3::keyed_hash(&[1; 32], b"keepwell-record-v1header");
        assert_eq!(KeyedHash::new([1; 32]).sign(b"header"), *expected.as_bytes());
    }

    #[test]
    fn debug_output_never_holds_the_secret() {
        let shown = format!("{:?}", KeyedHash::new([0x5a; 32]));
        assert!(!shown.contains("5a5a") && !shown.contains("90, 90"), "{shown}");
    }
}
