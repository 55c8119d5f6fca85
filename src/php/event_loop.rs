//! The loop, turn by turn: `run()` turns it until it is over, `tick()` once.

use super::agenda::Agenda;
use super::call::Ending;
use super::face::Face;
use super::function::Failure;
use super::payload::ZendPayload;
use super::running::{self, Course, Running, Stop};
use super::shim::{self, Outcome};
use super::status::Observer;
use super::{client, notify, pulse, statistics};
use crate::protocol::ControlRequest;
use crate::server::{Event, SourceId};
use std::rc::Rc;
use std::time::{Duration, Instant};

pub struct EventLoop {
    face: Rc<dyn Face>,
    agenda: Rc<Agenda>,
    phase: Phase,
    events: Vec<Event<ZendPayload>>,
    /// Where somebody watches.
    observer: Option<Observer>,
    /// Since when the loop is not waiting.
    awake: Option<Instant>,
}

#[derive(Debug, Clone, PartialEq)]
enum Phase {
    New,
    Serving,
    /// Everyone has been told; who has not answered by then is cut.
    Stopping {
        stop: Stop,
        deadline: Instant,
        /// The end has been asked for a second time.
        hurry: bool,
    },
    Over,
}

impl EventLoop {
    /// Of the server that runs.
    pub fn new(face: Rc<dyn Face>, agenda: Rc<Agenda>) -> EventLoop {
        EventLoop {
            face,
            agenda,
            phase: Phase::New,
            events: Vec::new(),
            observer: Observer::of_running(),
            awake: None,
        }
    }

    /// The application has been told the end; there is nothing left to turn.
    pub fn is_over(&self) -> bool {
        self.phase == Phase::Over
    }

    /// Waits (at most `timeout`, and at most `tick_interval`), then tells the application what happened. `ready` is
    /// asked first about descriptors: the caller may have some of its own. Returns how much happened.
    pub fn turn(
        &mut self,
        timeout: Option<Duration>,
        ready: &mut dyn FnMut(SourceId) -> Wish,
    ) -> Result<usize, Failure> {
        if self.phase == Phase::New {
            self.phase = Phase::Serving;
            self.face.started()?;
            notify::ready(&listening());
            if let Some(observer) = &self.observer {
                observer.serving();
            }
        }
        self.obey()?;
        if self.phase == Phase::Over {
            return Ok(0);
        }
        if let Phase::Stopping { hurry, .. } = self.phase
            && self.is_drained()
            && !self.face.lingers(hurry)?
        {
            self.phase = Phase::Over;
            self.face.stopped()?;
            return Ok(0);
        }
        self.face.afterwards()?;
        let mut longest = self.longest_wait();
        if self.settle_leftovers()? {
            self.face.afterwards()?;
            longest = self.longest_wait();
        }
        let mut timeout = timeout.map_or(longest, |timeout| timeout.min(longest));
        running::with(|running| running.driver.flush());
        let now = Instant::now();
        if let Some(awake) = self.awake.take() {
            pulse::turned(now - awake);
        }
        if let Some(observer) = &mut self.observer {
            timeout = observer.waits(now, timeout);
        }
        running::wait(Some(timeout), &mut self.events)?;
        let now = Instant::now();
        self.awake = Some(now);
        if let Some(observer) = &self.observer {
            observer.awake(now);
        }
        self.face.settle_call(shim::ws_vm_interrupt())?;
        pulse::chain();
        let mut count = self.hand_out(ready)?;
        if self.obey()? {
            count += self.agenda.run_due(&*self.face)?;
        }
        pulse::unchain();
        if self.obey()? {
            self.face.turn()?;
        }
        self.settle_leftovers()?;
        self.face.afterwards()?;
        self.obey()?;
        running::with(|running| running.driver.flush());
        Ok(count)
    }

    /// How long a foreign loop may let this one rest: where it is watched, not for ever.
    pub fn longest_rest(&self, longest: Option<Duration>) -> Option<Duration> {
        self.observer.as_ref().map(|observer| observer.longest_rest(longest)).or(longest)
    }

    /// A foreign loop wakes this one after so long at the latest; `None`: it turns it when it likes.
    pub fn rests(&self, wait: Option<Duration>) {
        if let Some(observer) = &self.observer {
            observer.rests(wait);
        }
    }

    /// What the destructor of something has left behind that was dropped between callbacks. True: there was something.
    #[inline]
    fn settle_leftovers(&self) -> Result<bool, Ending> {
        match shim::ws_pending() {
            Outcome::Returned => Ok(false),
            outcome => self.face.settle_call(outcome).map(|()| true),
        }
    }

    fn hand_out(&mut self, ready: &mut dyn FnMut(SourceId) -> Wish) -> Result<usize, Failure> {
        let mut events = std::mem::take(&mut self.events);
        let mut count = 0;
        for event in events.drain(..) {
            match event {
                Event::Text { key, payload } if self.phase == Phase::Serving => {
                    self.face.on_message(key, payload, false)?;
                    count += 1;
                }
                Event::Binary { key, payload } if self.phase == Phase::Serving => {
                    self.face.on_message(key, payload, true)?;
                    count += 1;
                }
                event => {
                    count += self.hand_out_rarer(event, ready)?;
                    self.settle_leftovers()?;
                }
            }
            self.obey()?;
        }
        self.events = events;
        Ok(count)
    }

    /// Anything but a message. Returns how much happened.
    fn hand_out_rarer(
        &mut self,
        event: Event<ZendPayload>,
        ready: &mut dyn FnMut(SourceId) -> Wish,
    ) -> Result<usize, Failure> {
        match event {
            Event::Ready { source, readable, writable } => match ready(source) {
                Wish::Stop => self.stop_now_or_sooner(),
                Wish::NotMine if self.phase == Phase::Serving => {
                    return Ok(self.agenda.on_ready(source, readable, writable, &*self.face)?);
                }
                Wish::Nothing | Wish::NotMine => {}
            },
            Event::Control { source, request } => {
                carry_out(source, &request);
                return Ok(1);
            }
            Event::Drain { key } if self.agenda.on_drain(key, &*self.face)? => return Ok(1),
            event => {
                if let Event::Close { key, .. } = &event {
                    self.agenda.forget(*key);
                }
                if self.phase == Phase::Serving {
                    self.face.on_event(event)?;
                } else {
                    self.face.on_late_event(event)?;
                }
                return Ok(1);
            }
        }
        Ok(0)
    }

    /// Begins the end where somebody has asked for it. True: there is no end in sight.
    #[inline]
    fn obey(&mut self) -> Result<bool, Failure> {
        if self.phase == Phase::Serving && !running::may_be_over() {
            return Ok(true);
        }
        match running::course() {
            Course::On => Ok(true),
            Course::Stopping if self.phase == Phase::Serving => self.begin_end().map(|()| false),
            Course::Stopping => Ok(false),
            Course::Forked => Err(Failure::exception("the server can't run on in a forked child")),
        }
    }

    /// The application says goodbye to everyone, then the clients get time to answer.
    #[cold]
    fn begin_end(&mut self) -> Result<(), Failure> {
        let stop = running::with(|running| running.stop.clone()).flatten().unwrap_or_default();
        let deadline = Instant::now() + stop.timeout;
        self.phase = Phase::Stopping { stop: stop.clone(), deadline, hurry: false };
        notify::stopping("closing the connections");
        if let Some(observer) = &self.observer {
            observer.stopping();
        }
        self.face.stopping(&stop)?;
        self.shut_down();
        Ok(())
    }

    /// Asks for the end; the second time it means "now".
    fn stop_now_or_sooner(&mut self) {
        match &mut self.phase {
            Phase::Stopping { deadline, hurry, .. } => {
                *deadline = Instant::now();
                *hurry = true;
                self.shut_down();
            }
            _ => running::stop(Stop::default()),
        }
    }

    fn shut_down(&self) {
        let Phase::Stopping { stop, deadline, .. } = &self.phase else { return };
        running::with(|running| {
            // Code and reason were checked by whoever asked for the stop.
            let _ = running.driver.shutdown(stop.code, &stop.reason, *deadline);
            running.driver.flush();
        });
    }

    fn is_drained(&self) -> bool {
        running::with(|running| running.driver.is_drained()) != Some(false)
    }

    fn longest_wait(&self) -> Duration {
        let tick = running::with(|running| running.tick).unwrap_or_default();
        match &self.phase {
            Phase::Stopping { deadline, .. } if !self.is_drained() => {
                tick.min(deadline.saturating_duration_since(Instant::now()))
            }
            // The clients are gone; the application has something to wait for, and is asked every tick.
            Phase::Stopping { .. } => tick,
            _ => tick.min(self.agenda.prepare()),
        }
    }
}

/// Other programs ask for something: of the application they need to know ids and figures, and nothing of PHP.
fn carry_out(source: SourceId, request: &ControlRequest) {
    running::with(|running| {
        if request.is_status() {
            let status = statistics::json(running);
            return running.driver.tell_status(source, &status);
        }
        let Running { driver, clients, .. } = running;
        driver.carry_out(source, request, |id| {
            clients
                .with_id(id)
                .filter(|client| client.phase() == client::Phase::Open)
                .map(|client| client.key)
        });
    });
}

fn listening() -> String {
    let addresses = running::with(|running| running.driver.addresses()).unwrap_or_default();
    match addresses.as_slice() {
        [] => "listening to nothing yet".to_owned(),
        addresses => format!("listening on {}", addresses.join(", ")),
    }
}

/// What a ready descriptor means to whoever watches it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    Nothing,
    NotMine,
    /// The server shall end.
    Stop,
}
