//! The key log: secrets of connections in a file, for Wireshark and the like.

use super::TlsError;
use rustls::KeyLog;
use std::fmt::Write as _;
use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// Whoever reads it can decrypt everything: its owner only.
const MODE: u32 = 0o600;

/// Appends to a file; shared by all connections.
#[derive(Debug)]
pub struct KeyLogFile(Mutex<File>);

impl KeyLogFile {
    pub fn open(path: &Path) -> Result<KeyLogFile, TlsError> {
        let open = || -> io::Result<File> {
            let file = OpenOptions::new().append(true).create(true).mode(MODE).open(path)?;
            // One that was there before may have been open to others.
            file.set_permissions(Permissions::from_mode(MODE))?;
            Ok(file)
        };
        let file = open().map_err(|error| {
            TlsError::new("tls.keylog", format!("cannot be used: {}: {error}", path.display()))
        })?;
        Ok(KeyLogFile(Mutex::new(file)))
    }
}

impl KeyLog for KeyLogFile {
    fn log(&self, label: &str, client_random: &[u8], secret: &[u8]) {
        let mut line = format!("{label} ");
        push_hex(&mut line, client_random);
        line.push(' ');
        push_hex(&mut line, secret);
        line.push('\n');
        // A full disk must not end connections: the log is an aid.
        let _ = self.0.lock().unwrap_or_else(PoisonError::into_inner).write_all(line.as_bytes());
    }
}

fn push_hex(line: &mut String, bytes: &[u8]) {
    for byte in bytes {
        // Writing to a string does not fail.
        let _ = write!(line, "{byte:02x}");
    }
}
