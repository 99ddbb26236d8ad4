//! Result records: what is kept under a cache key, and its bytes (`docs/record-format.md`).
//!
//! [`encode`] turns a [`ResultRecord`] into a *head*, the small object at the cache key's own name, and for a large
//! payload a *blob*. [`decode_head`] and [`open_payload`] take them back, in that order, and trust no byte of them.
//!
//! Pure: no input or output, no clock, no environment. Where the bytes are kept is [`crate::storage`]'s affair, when
//! they are written and read is [`crate::store`]'s, and values become bytes in the front ends.

mod compression;
mod decision;
mod decode;
mod encode;
mod envelope;
mod expiration;
mod fault;
mod fields;
mod frame;
mod head;
mod header;
mod provenance;
mod result_record;
mod scope;
mod serializer_name;
mod signature;
mod tlv;

pub use compression::Compression;
pub use decision::{DECISION_LIMIT, Decision, DecisionState, HeadPlace};
pub(crate) use decode::open_object;
pub use decode::{Expected, Limits, RequiredSignature, decode_head, inspect_head, open_payload};
pub use encode::{Encoded, Encoding, INLINE_LIMIT, KEY_LIMIT, Placement, encode};
pub use envelope::{Coordinator, Envelope, HeadObject, Intent, LOCATION_LIMIT};
pub use expiration::Expiration;
pub use fault::{Disposition, Distrust, RecordFault};
pub use frame::HEAD_LIMIT;
pub use head::{Head, Place, StoredPayload};
pub(crate) use header::MAGIC;
pub use header::{FORMAT_VERSION, HEADER_LIMIT};
pub use provenance::{EncodedProvenance, NamedDigest, Provenance};
pub use result_record::{Claim, EncodedValue, ResultRecord, ResultRecordMetadata};
pub use scope::{Namespace, StoreId};
pub use serializer_name::SerializerName;
pub use signature::{KeyId, KeyedHash, SIGNATURE_LENGTH, SignatureId, SignatureScheme, Signer, Verifier};
