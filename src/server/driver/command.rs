//! What the PHP thread asks of an I/O thread.

use crate::net::{Listener, Transport};
use crate::protocol::{Accept, HttpResponse, Opcode, Reject};
use crate::server::reactor::SharedMessage;
use crate::server::{ConnKey, Peer, ServerConfig};
use crossbeam_channel::Sender;
use std::fs::File;
use std::sync::Arc;
use std::time::Instant;

/// A command for the thread that owns the connection. Plain `Send` values.
#[derive(Debug)]
pub enum Command {
    /// A connection that another thread has accepted.
    Adopt {
        transport: Transport,
        peer: Peer,
    },
    Accept {
        key: ConnKey,
        accept: Accept,
    },
    Reject {
        key: ConnKey,
        reject: Reject,
    },
    Respond {
        key: ConnKey,
        response: HttpResponse,
    },
    Send {
        key: ConnKey,
        opcode: Opcode,
        payload: Vec<u8>,
    },
    SendRaw {
        key: ConnKey,
        frames: Vec<u8>,
    },
    Broadcast {
        message: SharedMessage,
        except: Arc<[ConnKey]>,
    },
    Multicast {
        message: SharedMessage,
        keys: Arc<[ConnKey]>,
    },
    BeginMessage {
        key: ConnKey,
        binary: bool,
    },
    /// Takes the place for a message whose kind is told later.
    Lock {
        key: ConnKey,
    },
    DecideMessage {
        key: ConnKey,
        binary: bool,
    },
    WriteMessage {
        key: ConnKey,
        piece: Vec<u8>,
    },
    EndMessage {
        key: ConnKey,
    },
    FinishMessage {
        key: ConnKey,
        piece: Vec<u8>,
    },
    SendFile {
        key: ConnKey,
        file: File,
        binary: bool,
    },
    CancelFile {
        key: ConnKey,
    },
    Ping {
        key: ConnKey,
        payload: Vec<u8>,
    },
    Close {
        key: ConnKey,
        code: u16,
        reason: String,
    },
    /// When the message in pieces has ended.
    CloseBehind {
        key: ConnKey,
        code: u16,
        reason: String,
    },
    ReplyClose {
        key: ConnKey,
        code: Option<u16>,
    },
    Fail {
        key: ConnKey,
        code: u16,
        reason: String,
    },
    /// Over `max_buffered`, and the policy is to close.
    CutSlow {
        key: ConnKey,
    },
    /// Over `max_buffered`, and the policy is to drop: tell when there is room again.
    WantDrain {
        key: ConnKey,
    },
    /// Tell when nothing waits any more.
    TellDrain {
        key: ConnKey,
    },
    Feed {
        key: ConnKey,
        data: Vec<u8>,
    },
    Pause {
        key: ConnKey,
    },
    Resume {
        key: ConnKey,
    },
    /// PHP has caught up with a connection that was not read because of it.
    Unstall {
        key: ConnKey,
    },
    Reconfigure {
        config: Arc<ServerConfig>,
    },
    Listen {
        listener: Listener,
        index: usize,
    },
    StopListening,
    Shutdown {
        code: u16,
        reason: String,
        deadline: Instant,
    },
    /// Flush, then say so: what is counted as waiting after that really waits.
    Sync {
        done: Sender<()>,
    },
    Exit,
}
