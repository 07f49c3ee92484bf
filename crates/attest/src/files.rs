//! Files that are written whole or not at all, and read up to a limit.

use crate::error::AttestError;
use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

fn failed<'a>(doing: &'static str, path: &'a Path) -> impl Fn(std::io::Error) -> AttestError + 'a {
    move |why| AttestError::File { doing, path: path.to_owned(), why }
}

/// Writes a file that only its owner can read: a new file beside it takes its place when it is whole and on disk.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> Result<(), AttestError> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    // Made with mode 0600, before anything is in it.
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed("write", path))?;
    file.write_all(bytes).map_err(failed("write", path))?;
    file.as_file().sync_all().map_err(failed("write", path))?;
    file.persist(path).map_err(|e| failed("write", path)(e.error))?;
    // The rename itself must last as well.
    #[cfg(unix)]
    File::open(folder).and_then(|f| f.sync_all()).map_err(failed("write", path))?;
    Ok(())
}

/// Reads a file of at most `limit` bytes.
pub(crate) fn read_limited(path: &Path, limit: usize) -> Result<Vec<u8>, AttestError> {
    let file = File::open(path).map_err(failed("read", path))?;
    // Room for all of it at once: a buffer that grows leaves copies behind.
    let size = file.metadata().map_err(failed("read", path))?.len();
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(limit).min(limit) + 1);
    file.take(limit as u64 + 1).read_to_end(&mut bytes).map_err(failed("read", path))?;
    if bytes.len() > limit {
        return Err(AttestError::TooLarge { path: path.to_owned(), limit });
    }
    Ok(bytes)
}
