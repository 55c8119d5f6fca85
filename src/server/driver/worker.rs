//! An I/O thread: a reactor that serves its shard while PHP runs.

use super::command::Command;
use super::mailbox::{Bell, Mailbox};
use crate::server::reactor::Reactor;
use crate::server::shared::Shared;
use crate::server::{Event, Stats};
use crossbeam_channel::Receiver;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Events that wait for PHP beyond which nothing is read: the sockets push back, not the memory.
const MAX_WAITING_EVENTS: usize = 64 * 1024;
/// Commands carried out before the sockets are looked at again.
const COMMANDS_PER_TURN: usize = 16 * 1024;

/// How soon a report that PHP had no room for is offered again.
const RETRY: Duration = Duration::from_millis(2);

/// What happened in a shard, in order.
#[derive(Default)]
pub struct Report {
    pub events: Vec<Event<Vec<u8>>>,
    /// One for each `Event::Connect` among the events.
    pub arrivals: VecDeque<Arc<Shared>>,
}

/// Everything that the thread owns.
pub struct Worker {
    pub reactor: Reactor<Vec<u8>>,
    pub commands: Receiver<Command>,
    pub bell: Arc<Bell>,
    pub reports: Mailbox<Report>,
    /// A copy of the counters for the PHP thread.
    pub stats: Arc<Mutex<Stats>>,
}

impl Worker {
    /// Serves until it is told to exit.
    pub fn run(mut self) {
        let mut report = Report::default();
        loop {
            self.bell.lie_down();
            // Ready work and a report that PHP has no room for must not be slept over for long.
            let nap = if !self.commands.is_empty() {
                Some(Duration::ZERO)
            } else if report.events.is_empty() {
                None
            } else {
                Some(RETRY)
            };
            self.reactor.set_reading(report.events.len() < MAX_WAITING_EVENTS);
            let turned = self.reactor.turn(nap, &mut report.events);
            self.bell.get_up();
            if let Err(error) = turned {
                report.events.push(Event::Trouble { what: format!("an I/O thread failed: {error}") });
                let _ = self.reports.offer(report);
                return;
            }
            if self.carry_out(&mut report.events) {
                return;
            }
            self.reactor.flush();
            report.arrivals.append(&mut self.reactor.take_arrivals());
            // What PHP hears of has been counted.
            *self.stats.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) =
                self.reactor.stats().clone();
            self.hand_over(&mut report);
        }
    }

    /// Gives PHP what happened; where it has no room, the next turn adds to it.
    fn hand_over(&self, report: &mut Report) {
        if !report.events.is_empty()
            && let Err(back) = self.reports.offer(std::mem::take(report))
        {
            *report = back;
        }
    }

    /// True: exit.
    fn carry_out(&mut self, events: &mut Vec<Event<Vec<u8>>>) -> bool {
        for _ in 0..COMMANDS_PER_TURN {
            match self.commands.try_recv() {
                Ok(Command::Exit) => return true,
                Ok(command) => self.run_command(command, events),
                Err(_) => return false,
            }
        }
        false
    }

    fn run_command(&mut self, command: Command, events: &mut Vec<Event<Vec<u8>>>) {
        let reactor = &mut self.reactor;
        // What a command answers is known to the PHP thread before it submits one; a connection that ended
        // in between has its `Close` event under way.
        match command {
            Command::Adopt { transport, peer } => reactor.admit(transport, peer, events),
            Command::Accept { key, accept } => {
                if let Err(error) = reactor.accept(key, &accept) {
                    events.push(Event::Trouble { what: format!("a request could not be accepted: {error}") });
                    let _ = reactor.reject(key, &crate::protocol::Reject::status(500));
                }
            }
            Command::Reject { key, reject } => {
                if let Err(error) = reactor.reject(key, &reject) {
                    events.push(Event::Trouble { what: format!("a request could not be refused: {error}") });
                    let _ = reactor.reject(key, &crate::protocol::Reject::status(500));
                }
            }
            Command::Respond { key, response } => {
                if let Err(error) = reactor.respond(key, &response) {
                    events.push(Event::Trouble { what: format!("a request could not be answered: {error}") });
                    let _ = reactor.reject(key, &crate::protocol::Reject::status(500));
                }
            }
            Command::Send { key, opcode, payload } => {
                reactor.send_unbounded(key, opcode, &payload);
                reactor.arrived(key, payload.len());
            }
            Command::SendRaw { key, frames } => {
                reactor.send_raw_unbounded(key, &frames);
                reactor.arrived(key, frames.len());
            }
            Command::Broadcast { message, except } => {
                reactor.broadcast_message(&message, &except);
            }
            Command::Multicast { message, keys } => {
                reactor.multicast_message(&message, &keys);
            }
            Command::BeginMessage { key, binary } => drop(reactor.begin_message(key, binary)),
            Command::Lock { key } => drop(reactor.lock(key)),
            Command::DecideMessage { key, binary } => reactor.decide_message(key, binary),
            Command::WriteMessage { key, piece } => {
                reactor.write_message_unbounded(key, &piece);
                reactor.arrived(key, piece.len());
            }
            Command::EndMessage { key } => drop(reactor.end_message(key)),
            Command::FinishMessage { key, piece } => {
                reactor.finish_message_unbounded(key, &piece);
                reactor.arrived(key, piece.len());
            }
            Command::SendFile { key, file, binary } => drop(reactor.send_file(key, file, binary)),
            Command::CancelFile { key } => drop(reactor.cancel_file(key)),
            Command::Ping { key, payload } => drop(reactor.ping(key, &payload)),
            Command::Close { key, code, reason } => drop(reactor.close(key, code, &reason)),
            Command::CloseBehind { key, code, reason } => drop(reactor.close_behind(key, code, &reason)),
            Command::ReplyClose { key, code } => drop(reactor.reply_close(key, code, "")),
            Command::Fail { key, code, reason } => drop(reactor.fail(key, code, &reason)),
            Command::CutSlow { key } => reactor.cut_slow_later(key),
            Command::WantDrain { key } => reactor.want_drain(key),
            Command::TellDrain { key } => reactor.tell_drain(key),
            Command::Feed { key, data } => reactor.feed(key, &data, events),
            Command::Pause { key } => drop(reactor.pause(key)),
            Command::Resume { key } => drop(reactor.resume(key)),
            Command::Unstall { key } => reactor.requeue(key),
            Command::Reconfigure { config } => reactor.reconfigure(config),
            Command::Listen { listener, index } => {
                if let Err(error) = reactor.listen(listener, index) {
                    events.push(Event::Trouble { what: error.to_string() });
                }
            }
            Command::StopListening => reactor.stop_listening(),
            Command::Shutdown { code, reason, deadline } => drop(reactor.shutdown(code, &reason, deadline)),
            Command::Sync { done } => {
                reactor.flush();
                let _ = done.send(());
            }
            Command::Exit => {}
        }
    }
}
