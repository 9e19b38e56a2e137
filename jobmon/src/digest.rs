//! Content hashes: SHA-256 over length-prefixed parts, cut to 128 bits.

use sha2::{Digest as _, Sha256};
use std::fmt;

/// The first 128 bits of a SHA-256.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; 16]);

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Takes the parts of a digest. Each part is hashed with its length, so that no two lists of parts look alike.
#[derive(Clone, Debug)]
pub struct Digester(Sha256);

impl Digester {
    /// A digester for one kind of thing; `domain` keeps the digests of two kinds apart.
    pub fn new(domain: &str) -> Self {
        let mut digester = Self(Sha256::new());
        digester.text(domain);
        digester
    }

    /// Takes a text.
    pub fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.0.update(text.as_bytes());
    }

    /// Takes a number.
    pub fn number(&mut self, number: u64) {
        self.0.update(number.to_le_bytes());
    }

    /// Takes another digest.
    pub fn digest(&mut self, digest: &Digest) {
        self.0.update(digest.0);
    }

    /// The digest of all parts so far.
    pub fn finish(self) -> Digest {
        let full = self.0.finalize();
        Digest(std::array::from_fn(|at| full[at]))
    }
}
