//! Compression of payloads: applied where it is asked for and helps, undone with a known length as ceiling.

use std::borrow::Cow;

use super::RecordFault;
use crate::Error;

/// Shorter payloads are not worth the attempt.
const FLOOR: usize = 256;

/// Longer payloads are kept as they are: an LZ4 block addresses 32 bits, and nobody waits for this much.
const CEILING: usize = 1 << 30;

/// No LZ4 block decodes to more than this many times its length.
const LZ4_EXPANSION: usize = 255;

/// How a payload is compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Compression {
    /// Not at all.
    #[default]
    None,
    /// One LZ4 block without a length prefix.
    Lz4,
    /// Zstandard frames (RFC 8878). Needs the feature `zstd`.
    Zstd,
}

impl Compression {
    /// The best there is in this build.
    pub const BEST: Self = if cfg!(feature = "zstd") { Self::Zstd } else { Self::Lz4 };

    /// The stored form of `plain` and the compression that was in the end applied: none where that would save less than
    /// an eighth.
    pub(super) fn compress(self, plain: &[u8]) -> Result<(Self, Cow<'_, [u8]>), Error> {
        let compressed = match self {
            _ if !(FLOOR..=CEILING).contains(&plain.len()) => None,
            Self::None => None,
            Self::Lz4 => Some(lz4_flex::block::compress(plain)),
            Self::Zstd => Some(compress_zstd(plain)?),
        };
        Ok(match compressed {
            Some(stored) if stored.len() <= plain.len() - plain.len() / 8 => (self, Cow::Owned(stored)),
            _ => (Self::None, Cow::Borrowed(plain)),
        })
    }

    /// The `plain_length` bytes that `stored` holds under a real compression. Never allocates much more than both.
    pub(super) fn decompress(self, stored: &[u8], plain_length: usize) -> Result<Vec<u8>, RecordFault> {
        let plain = match self {
            Self::None => Some(stored.to_vec()),
            Self::Lz4 => decompress_lz4(stored, plain_length),
            Self::Zstd => decompress_zstd(stored, plain_length)?,
        };
        plain.filter(|plain| plain.len() == plain_length).ok_or(RecordFault::Corrupt { what: "compressed payload" })
    }
}

fn decompress_lz4(stored: &[u8], plain_length: usize) -> Option<Vec<u8>> {
    // The length was read from the record: a short block must not make us allocate for a long one.
    if plain_length > stored.len().saturating_mul(LZ4_EXPANSION) {
        return None;
    }
    let mut plain = vec![0; plain_length];
    let length = lz4_flex::block::decompress_into(stored, &mut plain).ok()?;
    plain.truncate(length);
    Some(plain)
}

#[cfg(feature = "zstd")]
fn compress_zstd(plain: &[u8]) -> Result<Vec<u8>, Error> {
    const LEVEL: i32 = 3;
    zstd::bulk::compress(plain, LEVEL)
        .map_err(|source| Error::new(crate::ErrorKind::Serialization, "cannot compress a payload").with_source(source))
}

#[cfg(not(feature = "zstd"))]
fn compress_zstd(_plain: &[u8]) -> Result<Vec<u8>, Error> {
    Err(Error::new(crate::ErrorKind::Unsupported, "this build cannot compress with zstd")
        .with_hint("build keepwell with the feature `zstd`, or use `lz4`"))
}

#[cfg(feature = "zstd")]
fn decompress_zstd(stored: &[u8], plain_length: usize) -> Result<Option<Vec<u8>>, RecordFault> {
    use std::io::Read;
    const FIRST_ALLOCATION: usize = 1 << 20;
    // One byte over the ceiling tells a payload that is too long from one that fits.
    let ceiling = u64::try_from(plain_length).unwrap_or(u64::MAX).saturating_add(1);
    let mut plain = Vec::with_capacity(plain_length.min(FIRST_ALLOCATION));
    let read = zstd::stream::read::Decoder::with_buffer(stored)
        .and_then(|decoder| decoder.take(ceiling).read_to_end(&mut plain));
    Ok(read.ok().map(|_| plain))
}

#[cfg(not(feature = "zstd"))]
fn decompress_zstd(_stored: &[u8], _plain_length: usize) -> Result<Option<Vec<u8>>, RecordFault> {
    Err(RecordFault::Unsupported { what: "zstd" })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CORRUPT: RecordFault = RecordFault::Corrupt { what: "compressed payload" };

    fn compressions() -> Vec<Compression> {
        if cfg!(feature = "zstd") { vec![Compression::Lz4, Compression::Zstd] } else { vec![Compression::Lz4] }
    }

    #[test]
    fn a_repetitive_payload_is_compressed_and_comes_back() {
        let plain = b"keepwell ".repeat(500);
        for compression in compressions() {
            let (applied, stored) = compression.compress(&plain).unwrap();
            assert_eq!(applied, compression);
            assert!(stored.len() < 200, "{} bytes", stored.len());
            assert_eq!(compression.decompress(&stored, plain.len()), Ok(plain.clone()));
        }
    }

    #[test]
    fn a_payload_that_does_not_shrink_or_is_tiny_is_kept_as_it_is() {
        let mut noise = vec![0; 4096];
        blake3::Hasher::new().finalize_xof().fill(&mut noise);
        for plain in [noise, vec![0; FLOOR - 1]] {
            for compression in compressions() {
                assert_eq!(compression.compress(&plain).unwrap(), (Compression::None, Cow::Borrowed(&plain[..])));
            }
        }
    }

    #[test]
    fn a_wrong_plain_length_is_damage() {
        let plain = b"keepwell ".repeat(500);
        for compression in compressions() {
            let (_, stored) = compression.compress(&plain).unwrap();
            for wrong in [0, plain.len() - 1, plain.len() + 1, usize::MAX] {
                assert_eq!(compression.decompress(&stored, wrong), Err(CORRUPT), "{compression:?} {wrong}");
            }
        }
    }

    #[cfg(not(feature = "zstd"))]
    #[test]
    fn a_build_without_zstd_says_so() {
        assert_eq!(Compression::Zstd.decompress(b"x", 1), Err(RecordFault::Unsupported { what: "zstd" }));
        assert_eq!(Compression::Zstd.compress(&[0; FLOOR]).unwrap_err().kind(), crate::ErrorKind::Unsupported);
    }
}
