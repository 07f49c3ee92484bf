//! Files: read up to a limit, written whole or not at all.

use crate::failure::{At, Failure, fail};
use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

/// Reads a file of at most `limit` bytes.
pub fn read(path: &Path, limit: u64) -> Result<Vec<u8>, Failure> {
    let file = File::open(path).at(path.display())?;
    let size = file.metadata().at(path.display())?.len();
    if size > limit {
        return fail(format!("{}: {size} bytes; at most {limit} are read", path.display()));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0) + 1);
    file.take(limit + 1).read_to_end(&mut bytes).at(path.display())?;
    if bytes.len() as u64 > limit {
        return fail(format!("{}: more than {limit} bytes", path.display()));
    }
    Ok(bytes)
}

/// The first bytes of a file, `count` of them or as many as it has.
pub fn head(path: &Path, count: usize) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::with_capacity(count);
    File::open(path).at(path.display())?.take(count as u64).read_to_end(&mut bytes).at(path.display())?;
    Ok(bytes)
}

/// Refuses a secret's file that others than its owner can read.
#[cfg(unix)]
pub fn owner_only(path: &Path) -> Result<(), Failure> {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(path).at(path.display())?.permissions().mode() & 0o7777;
    if mode & 0o077 != 0 {
        return fail(format!(
            "key `{}` can be read by others (mode {mode:04o}): take that right away with `chmod 600`",
            path.display()
        ));
    }
    Ok(())
}

/// Refuses nothing: there are no modes here.
#[cfg(not(unix))]
pub fn owner_only(_: &Path) -> Result<(), Failure> {
    Ok(())
}

/// Reads a text file of at most `limit` bytes.
pub fn read_text(path: &Path, limit: u64) -> Result<String, Failure> {
    String::from_utf8(read(path, limit)?)
        .or_else(|e| fail(format!("{}: not text: {}", path.display(), e.utf8_error())))
}

/// Writes a file that anyone may read, whole or not at all: a new file takes the old one's place when it is on disk.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    write_mode(path, bytes, 0o644)
}

/// The same for a secret: only its owner may read it.
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    write_mode(path, bytes, 0o600)
}

fn write_mode(path: &Path, bytes: &[u8], mode: u32) -> Result<(), Failure> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    std::fs::create_dir_all(folder).at(folder.display())?;
    let mut file = tempfile::NamedTempFile::new_in(folder).at(folder.display())?;
    file.write_all(bytes).at(path.display())?;
    set_mode(file.as_file(), mode).at(path.display())?;
    file.as_file().sync_all().at(path.display())?;
    file.persist(path).map_err(|e| e.error).at(path.display())?;
    Ok(())
}

#[cfg(unix)]
fn set_mode(file: &File, mode: u32) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(std::fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn set_mode(_: &File, _: u32) -> std::io::Result<()> {
    Ok(())
}
