//! A hasher that encoders can write into byte by byte.

use super::Digest;
use crate::cbor::Sink;

/// Enough for BLAKE3 to hash sixteen of its chunks side by side.
const BUFFER: usize = 16 * 1024;
/// Enough for most keys and arguments to be gathered without growing.
const SMALL: usize = 256;

/// Streams bytes into BLAKE3-256.
///
/// Small writes are gathered first, up to 16 KiB, and a short message is hashed in one go; a large slice goes to the hash
/// function where it stands. A hasher is ready for the next message after [`finish`](KeyHasher::finish), and keeps its
/// buffer.
#[derive(Debug, Default)]
pub struct KeyHasher {
    gathered: Vec<u8>,
    streamed: Option<Box<blake3::Hasher>>,
}

impl KeyHasher {
    /// A hasher of an empty message, with room for a short one. The default one takes its room when it is written to.
    pub fn new() -> Self {
        Self { gathered: Vec::with_capacity(SMALL), streamed: None }
    }

    /// The digest of all bytes written since the last call.
    pub fn finish(&mut self) -> Digest {
        let digest = match self.streamed.take() {
            None => blake3::hash(&self.gathered),
            Some(mut hasher) => hasher.update(&self.gathered).finalize(),
        };
        self.gathered.clear();
        digest.into()
    }

    #[cold]
    fn overflow(&mut self, bytes: &[u8]) {
        let hasher = self.streamed.get_or_insert_default();
        hasher.update(&self.gathered);
        self.gathered.clear();
        if bytes.len() < BUFFER {
            self.gathered.extend_from_slice(bytes);
        } else {
            hasher.update(bytes);
        }
    }
}

impl Sink for KeyHasher {
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        if self.gathered.len() + bytes.len() <= BUFFER {
            self.gathered.extend_from_slice(bytes);
        } else {
            self.overflow(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_does_not_depend_on_how_the_bytes_were_cut() {
        let message: Vec<u8> = (0..100_000_u32).map(|index| (index % 251) as u8).collect();
        let mut hasher = KeyHasher::new();
        for step in [1, 7, 1000, BUFFER - 1, BUFFER, BUFFER + 1, message.len()] {
            message.chunks(step).for_each(|bytes| hasher.write(bytes));
            assert_eq!(hasher.finish(), Digest::of(&message), "in steps of {step}");
        }
        assert_eq!(hasher.finish(), Digest::of(b""));
    }
}
