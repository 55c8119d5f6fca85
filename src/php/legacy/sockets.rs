//! `$server` and `$sockets`: stream resources for sockets that belong to the driver, and `$xhr_pipe`.
//!
//! `$sockets[0]` is `$server`, `$sockets[$client_key]` belongs to the client. They are the application's: it may
//! write frames to them, ask for names, wait on them, close them or throw them away.

use crate::php::borrowed::BorrowedStream;
use crate::php::call::Ending;
use crate::php::stream::{self, LISTENER};
use crate::php::value::Value;
use crate::php::variable::Variable;
use std::cell::RefCell;
use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

pub struct Sockets {
    server: Variable,
    sockets: Variable,
    xhr_pipe: Variable,
    /// What `$xhr_pipe` was at first.
    pipe: RefCell<Option<BorrowedStream>>,
}

impl Sockets {
    /// Makes the globals. The streams come with [`Sockets::open`], when there are sockets.
    pub fn share() -> Result<Sockets, Ending> {
        let sockets = Sockets {
            server: Variable::global("server"),
            sockets: Variable::global("sockets"),
            xhr_pipe: Variable::global("xhr_pipe"),
            pipe: RefCell::default(),
        };
        stream::forget();
        sockets.sockets.assign(Value::array())?;
        Ok(sockets)
    }

    /// The server listens.
    pub fn open(&self, fifo: Option<&Path>) -> Result<(), Ending> {
        self.server.assign(stream::open(LISTENER)?)?;
        self.sockets.put(LISTENER, self.server.copy())?;
        // The server reads the FIFO itself; this one is for `is_resource` and `stream_select`.
        let path = fifo.and_then(|path| CString::new(path.as_os_str().as_bytes()).ok());
        let Some(path) = path else { return Ok(()) };
        let pipe = stream::open_fifo(&path)?;
        self.pipe.replace(BorrowedStream::of(pipe.as_zval()));
        self.xhr_pipe.assign(pipe)
    }

    /// `&$server`.
    pub fn server(&self) -> Value {
        self.server.value()
    }

    /// `&$sockets`.
    pub fn all(&self) -> Value {
        self.sockets.value()
    }

    pub fn add(&self, id: i64) -> Result<(), Ending> {
        self.sockets.put(id, stream::open(id)?)
    }

    /// Closes the stream, whoever holds it, and takes it out of the array.
    pub fn remove(&self, id: i64) -> Result<(), Ending> {
        stream::close(id)?;
        self.sockets.remove(id)
    }

    /// The end: `$server` and `$xhr_pipe` become closed resources, as `ws_server_finalize` finds them.
    pub fn close(&self) -> Result<(), Ending> {
        stream::close(LISTENER)?;
        let pipe = self.pipe.take();
        pipe.map_or(Ok(()), BorrowedStream::close)
    }
}
