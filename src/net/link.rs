//! A link: one transport with its protocol state and its outbox.

use super::{BufferPool, Flushed, Outbox, Transport};
use crate::protocol::{Connection, Event, Payload, Timestamp};
use std::io;

/// What a link needs from the thread that serves it; one for all links of the thread.
#[derive(Debug, Default)]
pub struct Workspace {
    pub pool: BufferPool,
    /// Where the protocol writes its answers before they go to an outbox. Empty between two calls.
    pub answers: Vec<u8>,
    /// Where a message is compressed before it goes to an outbox. Empty between two calls.
    pub deflated: Vec<u8>,
}

/// Transport + protocol + outbox. The server and the client each keep their own state around it.
pub struct Link<P> {
    pub transport: Transport,
    pub protocol: Connection<P>,
    pub outbox: Outbox,
}

impl<P: Payload> Link<P> {
    pub fn new(transport: Transport, protocol: Connection<P>) -> Link<P> {
        Link { transport, protocol, outbox: Outbox::default() }
    }

    /// Decodes all of `input` that the protocol takes now; each event goes to `on_event`. What is left in
    /// `input` afterwards is wanted later (the upgrade is undecided) or never (the connection is closed).
    pub fn decode(
        &mut self,
        input: &mut &[u8],
        now: Timestamp,
        work: &mut Workspace,
        mut on_event: impl FnMut(Event<P>),
    ) {
        while let Some(event) = self.protocol.receive(input, now, &mut work.answers) {
            on_event(event);
        }
        self.queue_answers(work);
    }

    /// Runs a protocol command and queues what it wrote.
    pub fn command<T>(
        &mut self,
        work: &mut Workspace,
        run: impl FnOnce(&mut Connection<P>, &mut Vec<u8>) -> T,
    ) -> T {
        let result = run(&mut self.protocol, &mut work.answers);
        self.queue_answers(work);
        result
    }

    /// Writes what waits, as far as the socket takes it.
    pub fn flush(&mut self, pool: &mut BufferPool) -> io::Result<Flushed> {
        let transport = &mut self.transport;
        self.outbox.flush(pool, |slices| transport.write_vectored(slices))
    }

    fn queue_answers(&mut self, work: &mut Workspace) {
        if !work.answers.is_empty() {
            self.outbox.push(&work.answers, &mut work.pool);
            work.answers.clear();
        }
    }
}
