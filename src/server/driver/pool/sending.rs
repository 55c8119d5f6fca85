//! What is sent through the threads: commands, for as much as there is room.

use super::{Phase, Pool};
use crate::protocol::Opcode;
use crate::server::driver::Sent;
use crate::server::driver::command::Command;
use crate::server::reactor::SharedMessage;
use crate::server::shared::Shared;
use crate::server::{ConnKey, SlowClient};
use std::fs::File;
use std::sync::Arc;

impl Pool {
    pub fn send(&mut self, key: ConnKey, opcode: Opcode, payload: &[u8]) -> Sent {
        self.queue(key, payload.len(), || Command::Send { key, opcode, payload: payload.to_vec() })
    }

    pub fn send_raw(&mut self, key: ConnKey, frames: &[u8]) -> Sent {
        self.queue(key, frames.len(), || Command::SendRaw { key, frames: frames.to_vec() })
    }

    /// Says for how many open connections the message was handed to their threads, which drop it for those
    /// that are over `max_buffered`.
    pub fn broadcast(&mut self, opcode: Opcode, payload: &[u8], except: &[ConnKey]) -> usize {
        let message = SharedMessage::new(opcode, payload, &self.config);
        let left_out = except.iter().filter(|key| self.is_open(**key)).count();
        let except: Arc<[ConnKey]> = Arc::from(except);
        for thread in &self.threads {
            let (message, except) = (message.clone(), Arc::clone(&except));
            thread.commands.send(Command::Broadcast { message, except });
        }
        self.open - left_out
    }

    /// Says how many of `keys` are open.
    pub fn multicast(&mut self, opcode: Opcode, payload: &[u8], keys: &[ConnKey]) -> usize {
        let message = SharedMessage::new(opcode, payload, &self.config);
        let mut shards = vec![Vec::new(); self.threads.len()];
        for key in keys.iter().filter(|key| self.is_open(**key)) {
            shards[key.shard() as usize].push(*key);
        }
        let mut count = 0;
        for (thread, keys) in self.threads.iter().zip(shards) {
            if !keys.is_empty() {
                count += keys.len();
                let (message, keys) = (message.clone(), Arc::from(keys));
                thread.commands.send(Command::Multicast { message, keys });
            }
        }
        count
    }

    pub fn begin_message(&mut self, key: ConnKey, binary: bool) -> bool {
        self.begin_stream(key) && self.submit(key, Command::BeginMessage { key, binary })
    }

    pub fn lock(&mut self, key: ConnKey) -> bool {
        self.begin_stream(key) && self.submit(key, Command::Lock { key })
    }

    pub fn decide_message(&mut self, key: ConnKey, binary: bool) {
        self.submit(key, Command::DecideMessage { key, binary });
    }

    pub fn write_message(&mut self, key: ConnKey, piece: &[u8]) -> Sent {
        let command = || Command::WriteMessage { key, piece: piece.to_vec() };
        self.queue_after(key, Shared::buffered_ahead, piece.len(), command)
    }

    pub fn finish_message(&mut self, key: ConnKey, piece: &[u8]) -> Sent {
        let command = || Command::FinishMessage { key, piece: piece.to_vec() };
        let sent = self.queue_after(key, Shared::buffered_ahead, piece.len(), command);
        if let Some(known) = self.known(key).filter(|_| sent == Sent::Queued) {
            known.shared.set_streaming(false);
        }
        sent
    }

    /// A piece, whatever waits already: the caller has looked.
    pub fn write_message_unbounded(&mut self, key: ConnKey, piece: &[u8]) -> Sent {
        let Some(known) = self.look_up(key).filter(|known| known.takes_pieces()) else {
            return Sent::NotOpen;
        };
        known.shared.submit(piece.len());
        self.submit(key, Command::WriteMessage { key, piece: piece.to_vec() });
        Sent::Queued
    }

    pub fn end_message(&mut self, key: ConnKey) -> bool {
        let Some(known) = self.known(key) else { return false };
        // The next one may begin: its command comes behind this one.
        known.shared.set_streaming(false);
        let takes = known.takes_pieces();
        if known.phase == Phase::Finishing {
            known.phase = Phase::Closing;
        }
        takes && self.submit(key, Command::EndMessage { key })
    }

    pub fn send_file(&mut self, key: ConnKey, file: File, binary: bool) -> bool {
        self.begin_stream(key) && self.submit(key, Command::SendFile { key, file, binary })
    }

    pub fn cancel_file(&mut self, key: ConnKey) -> bool {
        let sends = self.look_up(key).is_some_and(|known| known.shared.is_streaming());
        sends && self.is_open(key) && self.submit(key, Command::CancelFile { key })
    }

    fn queue(&mut self, key: ConnKey, length: usize, command: impl FnOnce() -> Command) -> Sent {
        self.queue_after(key, Shared::buffered, length, command)
    }

    /// [`Pool::queue`] where there is room behind what `waiting` says.
    fn queue_after(
        &mut self,
        key: ConnKey,
        waiting: impl Fn(&Shared) -> usize,
        length: usize,
        command: impl FnOnce() -> Command,
    ) -> Sent {
        if !self.is_open(key) {
            return Sent::NotOpen;
        }
        let waits = |pool: &Pool| pool.look_up(key).map_or(0, |known| waiting(&known.shared));
        if waits(self) > self.config.max_buffered {
            // PHP may only be ahead of the thread; what really waits is known afterwards.
            self.catch_up(key);
            if waits(self) > self.config.max_buffered {
                self.overflow(key);
                return Sent::Overflow;
            }
        }
        if let Some(known) = self.known(key) {
            known.shared.submit(length);
        }
        self.submit(key, command());
        Sent::Queued
    }

    fn overflow(&mut self, key: ConnKey) {
        match self.config.slow_client {
            SlowClient::Close => drop(self.end(key, Command::CutSlow { key })),
            SlowClient::Drop => drop(self.submit(key, Command::WantDrain { key })),
        }
    }

    fn begin_stream(&self, key: ConnKey) -> bool {
        self.is_open(key) && self.look_up(key).is_some_and(|known| known.shared.begin_stream())
    }
}
