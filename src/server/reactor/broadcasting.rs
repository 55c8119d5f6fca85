//! Broadcasting: one message to many, encoded once.

use super::{Reactor, SharedMessage};
use crate::net::{BufferPool, SharedFrame};
use crate::protocol::{Opcode, Outgoing, Payload};
use crate::server::connections::Conn;
use crate::server::{ConnKey, Sent};

impl<P: Payload> Reactor<P> {
    /// Queues a message for every open connection but those in `except`. It is encoded once, and compressed once for
    /// all that agreed on the same.
    pub fn broadcast(&mut self, opcode: Opcode, payload: &[u8], except: &[ConnKey]) -> usize {
        self.broadcast_message(&SharedMessage::new(opcode, payload, &self.config), except)
    }

    /// Queues a message for those of `keys` that are open, encoded like that of a broadcast.
    pub fn multicast(&mut self, opcode: Opcode, payload: &[u8], keys: &[ConnKey]) -> usize {
        self.multicast_message(&SharedMessage::new(opcode, payload, &self.config), keys)
    }

    /// Queues an encoded message like [`Reactor::multicast`].
    pub fn multicast_message(&mut self, message: &SharedMessage, keys: &[ConnKey]) -> usize {
        let count = keys.iter().filter(|key| self.share(**key, message) == Sent::Queued).count();
        self.stats.count_out_many(message.opcode, message.len, count);
        count
    }

    /// Queues an encoded message like [`Reactor::broadcast`].
    pub fn broadcast_message(&mut self, message: &SharedMessage, except: &[ConnKey]) -> usize {
        let (mut count, mut later) = (0, Vec::new());
        for conn in self.connections.iter_mut() {
            if !conn.takes_messages() || except.contains(&conn.key) {
                continue;
            }
            let outgoing = conn.link.protocol.outgoing(message.len);
            let (frame, compressed) = message.frames(outgoing);
            let full_up = conn.waiting() + frame.len() > self.config.max_buffered && conn.waiting() > 0;
            if full_up || outgoing == Outgoing::Own {
                later.push(conn.key);
                continue;
            }
            queue_shared(conn, frame, &mut self.work.pool);
            self.stats.count_deflated(compressed, message.len, frame.len());
            count += 1;
            if !conn.flags.dirty {
                conn.flags.dirty = true;
                self.dirty.push(conn.key);
            }
        }
        // Those that seem full may only have been sent much in this turn: ask their sockets first. Those with context
        // takeover need a message of their own.
        count += later.into_iter().filter(|key| self.share(*key, message) == Sent::Queued).count();
        self.stats.count_out_many(message.opcode, message.len, count);
        count
    }

    fn share(&mut self, key: ConnKey, message: &SharedMessage) -> Sent {
        self.queue(key, |reactor, key| {
            let Some(conn) = reactor.connections.get_mut(key) else { return };
            let outgoing = conn.link.protocol.outgoing(message.len);
            if outgoing == Outgoing::Own {
                return reactor.push_message(key, message.opcode, &message.payload());
            }
            let (frame, compressed) = message.frames(outgoing);
            queue_shared(conn, frame, &mut reactor.work.pool);
            reactor.stats.count_deflated(compressed, message.len, frame.len());
        })
    }
}

/// Queues a frame that others get too, behind a message in pieces if there is one.
fn queue_shared<P: Payload>(conn: &mut Conn<P>, frame: &SharedFrame, pool: &mut BufferPool) {
    match conn.stream_mut() {
        Some(stream) => stream.queue(&[frame]),
        None => conn.link.outbox.push_shared(frame, pool),
    }
}
