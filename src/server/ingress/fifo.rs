//! The FIFO into which web applications write.

use super::framing::Framer;
use crate::protocol::Timestamp;
use crate::server::FifoConfig;
use mio::unix::SourceFd;
use mio::{Interest, Registry, Token};
use rustix::fs::{CWD, FileType, Mode, OFlags};
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::path::PathBuf;

/// Bytes read from the pipe in one turn, so that a busy writer does not starve the clients.
const BYTES_PER_TURN: usize = 1024 * 1024;

/// The reading end. The file is removed when this is dropped, if it is still ours.
#[derive(Debug)]
pub struct Fifo {
    pipe: File,
    path: PathBuf,
    inode: u64,
    /// The process that made it: a forked child must not remove it.
    owner: u32,
    framer: Framer,
}

impl Fifo {
    /// Makes the FIFO with its mode, whatever the umask. One that is left from an earlier run is replaced; a
    /// file that is not a FIFO is refused and left alone.
    pub fn create(config: &FifoConfig) -> io::Result<Fifo> {
        match std::fs::symlink_metadata(&config.path) {
            Ok(metadata) if metadata.file_type().is_fifo() => std::fs::remove_file(&config.path)?,
            Ok(_) => {
                return Err(io::Error::new(io::ErrorKind::AlreadyExists, "exists and is not a FIFO"));
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        let mode = Mode::from_raw_mode(config.mode & 0o777);
        rustix::fs::mknodat(CWD, &config.path, FileType::Fifo, Mode::from_raw_mode(0o600), 0)?;
        std::fs::set_permissions(&config.path, std::fs::Permissions::from_mode(mode.as_raw_mode()))?;
        // Both ends are ours: a pipe without a writer would be "at its end" all the time, and bytes that a
        // writer leaves behind when it closes would be lost with the last reader.
        let flags = OFlags::RDWR | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        let pipe = File::from(rustix::fs::openat(CWD, &config.path, flags, Mode::empty())?);
        let inode = pipe.metadata()?.ino();
        Ok(Fifo {
            pipe,
            path: config.path.clone(),
            inode,
            owner: std::process::id(),
            framer: Framer::new(config.framing),
        })
    }

    pub fn register(&self, registry: &Registry, token: Token) -> io::Result<()> {
        registry.register(&mut SourceFd(&self.pipe.as_raw_fd()), token, Interest::READABLE)
    }

    /// Reads what is there. `Ok(false)`: the budget is used up and there may be more.
    pub fn read(
        &mut self,
        buffer: &mut [u8],
        now: Timestamp,
        messages: &mut Vec<Vec<u8>>,
    ) -> io::Result<bool> {
        let mut budget = BYTES_PER_TURN;
        loop {
            match self.pipe.read(buffer) {
                Ok(0) => return Ok(true),
                Ok(count) => {
                    let drained = count < buffer.len() && self.is_empty();
                    self.framer.push(&buffer[..count], drained, now, messages);
                    budget = budget.saturating_sub(count);
                    if budget == 0 {
                        return Ok(false);
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(true),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    pub fn deadline(&self) -> Option<Timestamp> {
        self.framer.deadline()
    }

    pub fn expire(&mut self, now: Timestamp, messages: &mut Vec<Vec<u8>>) {
        self.framer.expire(now, messages);
    }

    /// A writer that is blocked on a full pipe goes on the moment we read: look again before a text without
    /// an end counts as complete.
    fn is_empty(&self) -> bool {
        rustix::io::ioctl_fionread(&self.pipe).is_ok_and(|waiting| waiting == 0)
    }
}

impl Drop for Fifo {
    fn drop(&mut self) {
        // Another server may have replaced the file; its FIFO is not ours to remove.
        let ours = |metadata: std::fs::Metadata| metadata.ino() == self.inode;
        if self.owner == std::process::id() && std::fs::symlink_metadata(&self.path).is_ok_and(ours) {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::FifoFraming;
    use std::io::Write;

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Folder {
            let path = std::env::temp_dir().join(format!("ws-fifo-{name}-{}", std::process::id()));
            std::fs::create_dir_all(&path).unwrap();
            Folder(path)
        }

        fn config(&self) -> FifoConfig {
            FifoConfig { path: self.0.join("fifo"), mode: 0o660, framing: FifoFraming::Auto }
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    fn write(config: &FifoConfig, bytes: &[u8]) {
        File::options().write(true).open(&config.path).unwrap().write_all(bytes).unwrap();
    }

    #[test]
    fn made_with_its_mode_read_and_removed() {
        let folder = Folder::new("mode");
        let config = folder.config();
        let mut fifo = Fifo::create(&config).unwrap();
        assert_eq!(std::fs::metadata(&config.path).unwrap().permissions().mode() & 0o777, 0o660);
        write(&config, b"{\"a\":1}{\"b\":2}");
        let mut messages = Vec::new();
        assert!(fifo.read(&mut [0; 8], Timestamp(0), &mut messages).unwrap());
        assert_eq!(messages, [b"{\"a\":1}", b"{\"b\":2}"]);
        drop(fifo);
        assert!(!config.path.exists());
    }

    #[test]
    fn a_stale_one_is_replaced_and_a_regular_file_is_not() {
        let folder = Folder::new("stale");
        let config = folder.config();
        let first = Fifo::create(&config).unwrap();
        let second = Fifo::create(&config).unwrap();
        drop(first);
        assert!(config.path.exists(), "the first one does not remove the second one's file");
        drop(second);
        std::fs::write(&config.path, "precious").unwrap();
        assert_eq!(Fifo::create(&config).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(std::fs::read(&config.path).unwrap(), b"precious");
    }

    #[test]
    fn a_document_longer_than_the_pipe_is_one_message() {
        let folder = Folder::new("long");
        let config = folder.config();
        let mut fifo = Fifo::create(&config).unwrap();
        let document = serde_json::json!({ "text": "x".repeat(300_000) }).to_string();
        let writer = std::thread::spawn({
            let (config, document) = (config.clone(), document.clone());
            move || write(&config, document.as_bytes())
        });
        let mut messages = Vec::new();
        while messages.is_empty() {
            fifo.read(&mut [0; 4096], Timestamp(0), &mut messages).unwrap();
        }
        writer.join().unwrap();
        assert!(messages == [document.into_bytes()]);
    }
}
