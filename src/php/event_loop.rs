//! The loop, turn by turn: `run()` turns it until it is over, `tick()` once.

use super::face::Face;
use super::function::Failure;
use super::payload::ZendPayload;
use super::running::{self, Course, Stop};
use super::{shim, variable};
use crate::server::Event;
use std::rc::Rc;
use std::time::{Duration, Instant};

pub struct EventLoop {
    face: Rc<dyn Face>,
    /// The longest pause between two turns.
    tick: Duration,
    phase: Phase,
    events: Vec<Event<ZendPayload>>,
}

#[derive(Debug, Clone, PartialEq)]
enum Phase {
    New,
    Serving,
    /// Everyone has been told; who has not answered by then is cut.
    Stopping {
        stop: Stop,
        deadline: Instant,
    },
    Over,
}

impl EventLoop {
    pub fn new(face: Rc<dyn Face>, tick: Duration) -> EventLoop {
        EventLoop { face, tick, phase: Phase::New, events: Vec::new() }
    }

    /// The application has been told the end; there is nothing left to turn.
    pub fn is_over(&self) -> bool {
        self.phase == Phase::Over
    }

    /// Waits (at most `timeout`, and at most `tick_interval`), then tells the application what happened. `ready`
    /// gets what belongs to neither: descriptors that the caller has the driver watch. Returns the number of events.
    pub fn turn(
        &mut self,
        timeout: Option<Duration>,
        ready: &mut dyn FnMut(&Event<ZendPayload>) -> Wish,
    ) -> Result<usize, Failure> {
        if self.phase == Phase::New {
            self.phase = Phase::Serving;
            self.face.started()?;
        }
        self.obey()?;
        match self.phase {
            Phase::New | Phase::Serving => {}
            Phase::Stopping { .. } if self.is_drained() => {
                self.phase = Phase::Over;
                self.face.stopped()?;
                return Ok(0);
            }
            Phase::Stopping { .. } => {}
            Phase::Over => return Ok(0),
        }
        let timeout = timeout.unwrap_or(self.tick).min(self.longest_wait());
        running::with(|running| running.driver.flush());
        running::wait(Some(timeout), &mut self.events)?;
        variable::settle(shim::ws_vm_interrupt())?;
        let events = self.hand_out(ready)?;
        if self.obey()? {
            self.face.turn()?;
        }
        Ok(events)
    }

    fn hand_out(&mut self, ready: &mut dyn FnMut(&Event<ZendPayload>) -> Wish) -> Result<usize, Failure> {
        let mut events = std::mem::take(&mut self.events);
        let count = events.len();
        for event in events.drain(..) {
            if matches!(event, Event::Ready { .. }) {
                match ready(&event) {
                    Wish::Nothing => {}
                    Wish::Stop => self.stop_now_or_sooner(),
                }
            } else if self.phase == Phase::Serving {
                self.face.on_event(event)?;
            } else {
                self.face.on_late_event(event)?;
            }
            self.obey()?;
        }
        self.events = events;
        Ok(count)
    }

    /// Begins the end where somebody has asked for it. True: there is no end in sight.
    #[inline]
    fn obey(&mut self) -> Result<bool, Failure> {
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
        self.phase = Phase::Stopping { stop: stop.clone(), deadline };
        self.face.stopping(&stop)?;
        self.shut_down();
        Ok(())
    }

    /// Asks for the end; the second time it means "now".
    fn stop_now_or_sooner(&mut self) {
        match &mut self.phase {
            Phase::Stopping { deadline, .. } => {
                *deadline = Instant::now();
                self.shut_down();
            }
            _ => running::stop(Stop::default()),
        }
    }

    fn shut_down(&self) {
        let Phase::Stopping { stop, deadline } = &self.phase else { return };
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
        match &self.phase {
            Phase::Stopping { deadline, .. } => {
                self.tick.min(deadline.saturating_duration_since(Instant::now()))
            }
            _ => self.tick,
        }
    }
}

/// What a ready descriptor means to whoever watches it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    Nothing,
    /// The server shall end.
    Stop,
}
