//! The pid file: who serves here, and the lock that makes it true.

use rustix::fs::{CWD, FlockOperation, Mode, OFlags};
use std::fs::{File, Permissions};
use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Readable for everyone, as init systems expect it.
const MODE: u32 = 0o644;

/// A pid file holds a number. What is longer is something else, and stays as it is.
const LONGEST: u64 = 32;

/// Whoever wants to know whether a server runs takes a shared lock for a moment. So often, a millisecond apart, a server
/// that starts waits for that to pass.
const PATIENCE: usize = 1000;

/// A file with our process id, locked for as long as we serve: a number alone could be that of a process that has nothing
/// to do with us. It is removed when this is dropped.
#[derive(Debug)]
pub struct PidFile {
    file: File,
    path: PathBuf,
    /// The process that made it: a forked child must not remove it.
    owner: u32,
}

/// Why a server can't have its pid file.
#[derive(Debug, thiserror::Error)]
pub enum PidFileError {
    #[error("a server is running already, as process {0}")]
    Running(u32),
    /// It has the lock, and has not written its number yet; or it was killed, and a child of its still has the lock.
    #[error("a server is starting already")]
    Starting,
    #[error("another program keeps it locked")]
    Busy,
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl PidFile {
    /// Takes the lock. A file that is left from an earlier server, which nobody locks, is used again.
    pub fn lock(path: &Path) -> Result<PidFile, PidFileError> {
        for _ in 0..PATIENCE {
            let flags = OFlags::RDWR | OFlags::CREATE | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK;
            let fd =
                rustix::fs::openat(CWD, path, flags, Mode::from_raw_mode(MODE)).map_err(io::Error::from)?;
            let mut file = File::from(fd);
            if !file.metadata()?.is_file() {
                return Err(refused("exists and is not a regular file"));
            }
            match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => {}
                Err(rustix::io::Errno::WOULDBLOCK) if is_looked_at(&file)? => {
                    drop(file);
                    std::thread::sleep(Duration::from_millis(1));
                    continue;
                }
                Err(rustix::io::Errno::WOULDBLOCK) => {
                    return Err(read_pid(&mut file)?.map_or(PidFileError::Starting, PidFileError::Running));
                }
                Err(error) => return Err(io::Error::from(error).into()),
            }
            // Its server may have removed it since we opened it: then this is the lock of no file at all.
            if !is_at(&file, path)? {
                continue;
            }
            if read_pid(&mut file)?.is_none() && file.metadata()?.len() > 0 {
                return Err(refused("exists and is not a pid file"));
            }
            file.set_permissions(Permissions::from_mode(MODE))?;
            file.set_len(0)?;
            return Ok(PidFile { file, path: path.to_owned(), owner: std::process::id() });
        }
        Err(PidFileError::Busy)
    }

    /// Says who we are, once we can be reached.
    pub fn write(&mut self) -> io::Result<()> {
        // In one piece: whoever reads it sees nothing, or all of it.
        self.file.write_all(format!("{}\n", self.owner).as_bytes())
    }

    /// For the fork handler: a child must not hold the lock.
    pub fn descriptor(&self) -> RawFd {
        self.file.as_raw_fd()
    }
}

impl Drop for PidFile {
    fn drop(&mut self) {
        // Under the lock: nobody else's file can be there.
        if self.owner == std::process::id() && is_at(&self.file, &self.path).unwrap_or(false) {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// Whether the lock that is in the way is a shared one. A server's is exclusive.
fn is_looked_at(file: &File) -> io::Result<bool> {
    match rustix::fs::flock(file, FlockOperation::NonBlockingLockShared) {
        Ok(()) => Ok(true),
        Err(rustix::io::Errno::WOULDBLOCK) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// The number in the file; `None` where there is none, or something else.
fn read_pid(file: &mut File) -> io::Result<Option<u32>> {
    let mut text = Vec::new();
    file.take(LONGEST).read_to_end(&mut text)?;
    io::Seek::rewind(file)?;
    Ok(std::str::from_utf8(&text).ok().and_then(|text| text.trim().parse().ok()))
}

fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    let ours = file.metadata()?;
    match std::fs::symlink_metadata(path) {
        Ok(there) => Ok((there.dev(), there.ino()) == (ours.dev(), ours.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

fn refused(problem: &'static str) -> PidFileError {
    io::Error::new(io::ErrorKind::AlreadyExists, problem).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Folder {
            let path = std::env::temp_dir().join(format!("ws-pid-{name}-{}", std::process::id()));
            std::fs::create_dir_all(&path).unwrap();
            Folder(path)
        }

        fn path(&self) -> PathBuf {
            self.0.join("server.pid")
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    fn content(path: &Path) -> String {
        std::fs::read_to_string(path).unwrap()
    }

    fn own_pid() -> String {
        format!("{}\n", std::process::id())
    }

    #[test]
    fn written_when_told_readable_for_all_and_removed() {
        let folder = Folder::new("written");
        let path = folder.path();
        let mut pid = PidFile::lock(&path).unwrap();
        assert_eq!(content(&path), "");
        pid.write().unwrap();
        assert_eq!(content(&path), own_pid());
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o644);
        drop(pid);
        assert!(!path.exists());
    }

    #[test]
    fn a_second_one_is_refused_with_the_number_of_the_first() {
        let folder = Folder::new("second");
        let path = folder.path();
        let mut first = PidFile::lock(&path).unwrap();
        assert!(matches!(PidFile::lock(&path), Err(PidFileError::Starting)));
        first.write().unwrap();
        let error = PidFile::lock(&path).unwrap_err();
        assert!(matches!(error, PidFileError::Running(pid) if pid == std::process::id()));
        assert_eq!(content(&path), own_pid(), "the first one's file is as it was");
        drop(first);
        PidFile::lock(&path).unwrap();
    }

    #[test]
    fn what_is_left_of_another_server_is_replaced_whoever_has_its_number_now() {
        let folder = Folder::new("stale");
        let path = folder.path();
        // Process 1 is there, and no server of ours.
        for stale in ["", "1", "1\n", "4194304\n", "  77  "] {
            std::fs::write(&path, stale).unwrap();
            std::fs::set_permissions(&path, Permissions::from_mode(0o666)).unwrap();
            let mut pid = PidFile::lock(&path).unwrap();
            pid.write().unwrap();
            assert_eq!(content(&path), own_pid());
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o644);
        }
    }

    #[test]
    fn what_is_no_pid_file_is_refused_and_left_alone() {
        let folder = Folder::new("other");
        let path = folder.path();
        let long = format!("{}1", " ".repeat(40));
        for precious in ["my data", "12 apples", "-5", &long] {
            std::fs::write(&path, precious).unwrap();
            let error = PidFile::lock(&path).unwrap_err().to_string();
            assert_eq!(error, "exists and is not a pid file");
            assert_eq!(content(&path), precious);
        }
        std::fs::remove_file(&path).unwrap();
        std::fs::write(folder.0.join("target"), "1").unwrap();
        std::os::unix::fs::symlink(folder.0.join("target"), &path).unwrap();
        assert!(PidFile::lock(&path).is_err(), "a link is not followed");
        assert!(PidFile::lock(&folder.0).is_err(), "a folder");
        assert!(PidFile::lock(&folder.0.join("none/server.pid")).is_err());
        assert_eq!(content(&folder.0.join("target")), "1");
    }

    #[test]
    fn somebody_who_looks_whether_it_is_locked_does_not_keep_a_server_from_starting() {
        let folder = Folder::new("looked-at");
        let path = folder.path();
        std::fs::write(&path, "1\n").unwrap();
        let look = || {
            let file = File::open(&path).unwrap();
            rustix::fs::flock(&file, FlockOperation::NonBlockingLockShared).unwrap();
            file
        };
        let looking = look();
        std::thread::scope(|scope| {
            let (starts, started) = std::sync::mpsc::channel();
            let path = &path;
            let server = scope.spawn(move || {
                starts.send(()).unwrap();
                PidFile::lock(path).map(drop)
            });
            started.recv().unwrap();
            (0..1000).for_each(|_| std::thread::yield_now());
            drop(looking);
            server.join().unwrap().unwrap();
        });
        std::fs::write(&path, "1\n").unwrap();
        let _forever = look();
        assert!(matches!(PidFile::lock(&path), Err(PidFileError::Busy)));
    }

    #[test]
    fn one_that_was_replaced_meanwhile_is_not_removed() {
        let folder = Folder::new("replaced");
        let path = folder.path();
        let first = PidFile::lock(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        let second = PidFile::lock(&path).unwrap();
        drop(first);
        assert!(path.exists());
        drop(second);
        assert!(!path.exists());
    }
}
