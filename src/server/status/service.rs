//! What the status thread does.

use super::board::Board;
use super::history::History;
use super::pages::{self, LIVE, Pages};
use super::{live, log_ring::LogLine};
use crate::protocol::{Accept, HttpResponse, Opcode, Request};
use crate::server::{ConnKey, Driver, Event, Origins, SourceId};
use std::collections::HashSet;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

const SECOND: Duration = Duration::from_secs(1);
/// Pages that may be open at once.
const MAX_VIEWERS: usize = 32;
/// What the listener itself has to complain about is logged this often at most: a scan is no reason to fill the log.
const COMPLAIN_EVERY: Duration = Duration::from_secs(60);
/// How long a page has to take its Close at the end.
const FAREWELL: Duration = Duration::from_millis(100);

/// What a service manager is told while the loop turns.
pub struct SignsOfLife {
    pub every: Duration,
    pub give: Box<dyn FnMut() + Send>,
}

/// Everything that the thread owns.
pub struct Service {
    driver: Driver<Vec<u8>>,
    board: Arc<Board>,
    pages: Pages,
    viewers: HashSet<ConnKey>,
    history: History,
    next_second: Instant,
    /// The last line of the log that was shown.
    shown: u64,
    signs: Option<SignsOfLife>,
    next_sign: Instant,
    complained: Option<Instant>,
    /// Becomes readable when the thread shall end.
    bell: SourceId,
    _ear: UnixStream,
}

impl Service {
    pub fn new(
        mut driver: Driver<Vec<u8>>,
        board: Arc<Board>,
        signs: Option<SignsOfLife>,
        ear: UnixStream,
    ) -> io::Result<Service> {
        ear.set_nonblocking(true)?;
        let bell = driver.watch(ear.as_raw_fd(), true, false)?;
        let now = Instant::now();
        Ok(Service {
            driver,
            pages: Pages::new(),
            viewers: HashSet::new(),
            history: History::new(&board.look()),
            board,
            next_second: now + SECOND,
            shown: 0,
            next_sign: signs.as_ref().map_or(now, |signs| now + signs.every),
            signs,
            complained: None,
            bell,
            _ear: ear,
        })
    }

    /// Serves until the bell rings.
    pub fn run(mut self) {
        let mut events = Vec::new();
        loop {
            if let Err(error) = self.driver.wait(self.until_next(), &mut events) {
                return log::error!("the status listener ended: {error}");
            }
            for event in events.drain(..) {
                match event {
                    Event::Ready { source, .. } if source == self.bell => return self.leave(),
                    event => self.on_event(event),
                }
            }
            let now = Instant::now();
            if self.next_second <= now {
                self.next_second = now + SECOND;
                self.on_second(now);
            }
            self.give_sign(now);
            self.driver.flush();
        }
    }

    fn until_next(&self) -> Option<Duration> {
        let second = self.listens().then_some(self.next_second);
        let sign = self.signs.as_ref().map(|_| self.next_sign);
        let next = [second, sign].into_iter().flatten().min()?;
        Some(next.saturating_duration_since(Instant::now()))
    }

    fn listens(&self) -> bool {
        self.driver.listener_descriptor().is_some()
    }

    fn on_event(&mut self, event: Event<Vec<u8>>) {
        match event {
            Event::HttpRequest { key, request } => {
                let answer = self.pages.answer(request.path(), &self.board);
                self.respond(key, &answer);
            }
            Event::Request { key, request, .. } => self.on_upgrade(key, &request),
            Event::Close { key, .. } => drop(self.viewers.remove(&key)),
            Event::Trouble { what } => self.complain(&what),
            // What a page says is not wanted.
            _ => {}
        }
    }

    fn on_upgrade(&mut self, key: ConnKey, request: &Request) {
        let refusal = match request.path() {
            LIVE if !Origins::Same.admit(request) => pages::foreign_origin(),
            LIVE if self.viewers.len() >= MAX_VIEWERS => HttpResponse::status(503),
            LIVE => {
                if matches!(self.driver.accept(key, &Accept::default()), Ok(true)) {
                    self.viewers.insert(key);
                    let lines: Vec<LogLine> = self.board.log.after(0);
                    let lines: Vec<LogLine> =
                        lines.into_iter().filter(|line| line.number <= self.shown).collect();
                    self.show(key, &live::greeting(&self.board, &self.history, &lines));
                }
                return;
            }
            _ => pages::not_found(),
        };
        if let Err(error) = self.driver.reject(key, &refusal) {
            self.complain(&error.to_string());
        }
    }

    fn respond(&mut self, key: ConnKey, answer: &HttpResponse) {
        if let Err(error) = self.driver.respond(key, answer) {
            self.complain(&error.to_string());
            let _ = self.driver.respond(key, &HttpResponse::status(500));
        }
    }

    fn show(&mut self, key: ConnKey, text: &str) {
        // A page that does not take it is closed by the driver.
        self.driver.send(key, Opcode::Text, text.as_bytes());
    }

    fn on_second(&mut self, now: Instant) {
        let view = self.board.look();
        let point = self.history.add(&view, now);
        let lines = self.board.log.after(self.shown);
        self.shown = lines.last().map_or(self.shown, |line| line.number);
        if !self.viewers.is_empty() {
            let text = live::second(&view, point, &lines);
            self.driver.broadcast(Opcode::Text, text.as_bytes(), &[]);
        }
    }

    /// Only while the loop turns: that this thread lives is no sign of life.
    fn give_sign(&mut self, now: Instant) {
        let Some(signs) = &mut self.signs else { return };
        if self.next_sign <= now {
            self.next_sign = now + signs.every;
            if self.board.heartbeat.is_alive(now) {
                (signs.give)();
            }
        }
    }

    fn complain(&mut self, what: &str) {
        let now = Instant::now();
        if self.complained.is_none_or(|at| now - at >= COMPLAIN_EVERY) {
            self.complained = Some(now);
            log::warn!("the status listener: {what}");
        }
    }

    /// The server ends; pages that are open are told.
    fn leave(mut self) {
        let deadline = Instant::now() + FAREWELL;
        // The code can be sent.
        let _ = self.driver.shutdown(1001, "server shutting down", deadline);
        self.driver.flush();
        let mut events = Vec::new();
        while !self.driver.is_drained() {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() || self.driver.wait(Some(left), &mut events).is_err() {
                return;
            }
            events.clear();
            self.driver.flush();
        }
    }
}
