//! The file with the ends that a keeper saw and its driver did not live to record.

use super::wire::{Malformed, Source, Wire};
use crate::id::AttemptId;
use crate::model::Ending;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// What the file begins with; the version follows.
const MAGIC: &[u8; 8] = b"jobmends";
const VERSION: u32 = 1;
const DIGEST: usize = 32;

/// The file of ends cannot be taken in.
#[derive(Debug, thiserror::Error)]
pub enum EndsError {
    /// It cannot be read.
    #[error("cannot read the ends of attempts in {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is of another version of jobmon.
    #[error("the ends of attempts in {} are of version {found}, this program knows version {VERSION}: go on with the program that wrote them", path.display())]
    Version {
        /// The file.
        path: PathBuf,
        /// The version it is of.
        found: u32,
    },
    /// It is not whole.
    #[error("the ends of attempts in {} are damaged: what the tasks of that run did is not known; move the file away to run them again", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What was found.
        source: Malformed,
    },
}

/// Writes the ends, so that the file is there whole or not at all, also after a loss of power.
pub(crate) fn write_ends(path: &Path, ends: &BTreeMap<AttemptId, Ending>) -> io::Result<()> {
    let mut body = MAGIC.to_vec();
    VERSION.put(&mut body);
    let list: Vec<(AttemptId, Ending)> = ends.iter().map(|(attempt, ending)| (*attempt, ending.clone())).collect();
    list.put(&mut body);
    let digest = Sha256::digest(&body);

    let temporary = path.with_extension("new");
    let mut file = File::create(&temporary)?;
    file.write_all(&body)?;
    file.write_all(&digest)?;
    file.sync_all()?;
    fs::rename(&temporary, path)?;
    File::open(path.parent().unwrap_or(path))?.sync_all()
}

/// Reads the ends that a keeper wrote because its driver was gone; none where there is no such file.
///
/// # Errors
/// When the file cannot be read, is of another version, or is not whole.
pub fn read_ends(path: &Path) -> Result<Vec<(AttemptId, Ending)>, EndsError> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(EndsError::Read { path: path.to_path_buf(), source }),
    };
    let damaged = |source| EndsError::Damaged { path: path.to_path_buf(), source };
    let version = read_version(&bytes).map_err(damaged)?;
    if version != VERSION {
        return Err(EndsError::Version { path: path.to_path_buf(), found: version });
    }
    read_list(&bytes).map_err(damaged)
}

fn read_version(bytes: &[u8]) -> Result<u32, Malformed> {
    let rest = bytes.strip_prefix(MAGIC).ok_or(Malformed("a file of ends"))?;
    u32::take(&mut Source::new(rest))
}

fn read_list(bytes: &[u8]) -> Result<Vec<(AttemptId, Ending)>, Malformed> {
    let (body, digest) = bytes.split_last_chunk::<DIGEST>().ok_or(Malformed("a checksum"))?;
    if Sha256::digest(body).as_slice() != digest {
        return Err(Malformed("a checksum"));
    }
    let list = body.get(MAGIC.len() + size_of::<u32>()..).ok_or(Malformed("a list of ends"))?;
    let mut source = Source::new(list);
    let ends = Wire::take(&mut source)?;
    source.finish()?;
    Ok(ends)
}
