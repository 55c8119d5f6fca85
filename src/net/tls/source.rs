//! Where certificates and keys come from: a file, or its content.

use super::TlsError;
use std::fmt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// A file, or its content. Content is never shown: it may be a key.
#[derive(Clone, PartialEq, Eq)]
pub enum Source {
    File(PathBuf),
    Content(Vec<u8>),
}

/// Longest file that is read: a bundle of every public authority has half a megabyte, a large CRL some.
const MAX_FILE: u64 = 64 << 20;

impl Source {
    /// PEM text is content; anything else is a path.
    pub fn from_text(text: &str) -> Source {
        if text.contains("-----BEGIN ") {
            Source::Content(text.as_bytes().to_vec())
        } else {
            Source::File(PathBuf::from(text))
        }
    }

    pub(super) fn read(&self, option: &str) -> Result<Vec<u8>, TlsError> {
        let path = match self {
            Source::Content(content) => return Ok(content.clone()),
            Source::File(path) => path,
        };
        let problem = |error: std::io::Error| {
            let problem = match error.kind() {
                std::io::ErrorKind::NotFound => "not found".to_owned(),
                std::io::ErrorKind::PermissionDenied => "it may not be read (permission denied)".to_owned(),
                _ => error.to_string(),
            };
            TlsError::of(option, self, &problem)
        };
        let metadata = std::fs::metadata(path).map_err(problem)?;
        // Also keeps us from waiting for a FIFO.
        if !metadata.is_file() {
            return Err(TlsError::of(option, self, "it is not a file"));
        }
        if metadata.len() > MAX_FILE {
            return Err(TlsError::of(option, self, "it is too long"));
        }
        std::fs::read(path).map_err(problem)
    }

    pub(super) fn path(&self) -> Option<&Path> {
        match self {
            Source::File(path) => Some(path),
            Source::Content(_) => None,
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::File(path) => write!(f, "{}", path.display()),
            Source::Content(_) => f.write_str("the given content"),
        }
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Tells whether a file has changed. Links are followed, so a link that points elsewhere is a change too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stamp {
    path: PathBuf,
    /// Device, inode, size, times of content and inode; `None` where there is no file.
    state: Option<[i64; 7]>,
}

impl Stamp {
    pub fn of(path: &Path) -> Stamp {
        let state = std::fs::metadata(path).ok().map(|file| {
            [
                file.dev() as i64,
                file.ino() as i64,
                file.size() as i64,
                file.mtime(),
                file.mtime_nsec(),
                file.ctime(),
                file.ctime_nsec(),
            ]
        });
        Stamp { path: path.to_owned(), state }
    }

    pub fn again(&self) -> Stamp {
        Stamp::of(&self.path)
    }
}
