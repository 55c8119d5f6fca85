//! `ws_server_run`: from options to the exit status, and the loop between.

use super::call::{Ending, protect};
use super::function::Failure;
use super::legacy::LegacyFace;
use super::running::{self, Course, Running, Stop};
use super::signals::Signals;
use super::stdin::{Stdin, Typed};
use super::{log as sink, shim, variable};
use crate::server::{Driver, Event, ServerOptions, SourceId};
use std::rc::Rc;
use std::time::{Duration, Instant};

/// Runs until somebody stops it. Whatever happens in PHP, sockets and FIFO are gone when this returns.
pub fn serve(options: ServerOptions) -> Result<i64, Failure> {
    if running::is_taken() {
        return Err(Failure::exception("a server is running already in this process"));
    }
    if shim::ws_unclean() {
        return Err(Failure::exception("a server can't start after a fatal error"));
    }
    sink::open(options.log.as_ref(), options.log_level).map_err(Failure::exception)?;
    let result = with_server(options);
    sink::close();
    result
}

fn with_server(options: ServerOptions) -> Result<i64, Failure> {
    let mut config = options.config;
    let tick = config.tick_interval;
    let face = Rc::new(LegacyFace::new(&mut config)?);
    let mut driver = Driver::start(config).map_err(Failure::exception)?;
    let mut sources = Sources::watch(&mut driver)?;
    for address in driver.addresses() {
        log::info!("listening on {address}");
    }
    running::put(Box::new(Running::new(driver, Rc::clone(&face))));
    shim::ws_disarm_time_limit();

    // A bailout from outside a callback skips the frames in here: what must be closed belongs to this one.
    let result = match protect(|| Loop { face: &face, tick, sources: &mut sources }.run()) {
        Ok(result) => result,
        Err(ending) => Err(Failure::Ending(ending)),
    };

    shim::ws_rearm_time_limit();
    if let Some(running) = running::take() {
        close(running, &result);
    }
    result.map(|()| 0)
}

/// The end of the sockets. After a clean end everyone has left by now; else who is still there is told in passing,
/// without callbacks: PHP is ending.
fn close(mut running: Box<Running>, result: &Result<(), Failure>) {
    if running.is_forked() {
        // The epoll instance, the sockets and the FIFO are shared with the parent: even taking a descriptor out of
        // epoll here would take it out there.
        std::mem::forget(running);
        return;
    }
    if result.is_err() {
        let Stop { code, reason, .. } = Stop::default();
        // The default's code can be sent.
        let _ = running.driver.shutdown(code, &reason, Instant::now());
        running.driver.flush();
    }
    drop(running);
    log::info!("stopped");
}

/// What the loop watches for itself.
struct Sources {
    signals: Signals,
    signals_source: SourceId,
    stdin: Stdin,
    stdin_source: Option<SourceId>,
}

impl Sources {
    fn watch<P: crate::protocol::Payload>(driver: &mut Driver<P>) -> Result<Sources, Failure> {
        let failed = |error| Failure::exception(format!("signals: {error}"));
        let signals = Signals::install().map_err(failed)?;
        let signals_source = driver.watch(signals.fd(), true, false).map_err(failed)?;
        // epoll refuses files and /dev/null, which have nothing to tell; a closed descriptor is refused too.
        let stdin_source = driver.watch(Stdin::FD, true, false).ok();
        Ok(Sources { signals, signals_source, stdin: Stdin::default(), stdin_source })
    }

    /// Whether a signal came; it is used up.
    fn is_signal(&mut self, source: SourceId) -> bool {
        source == self.signals_source && self.signals.count() > 0
    }
}

struct Loop<'a> {
    face: &'a LegacyFace,
    tick: Duration,
    sources: &'a mut Sources,
}

impl Loop<'_> {
    fn run(mut self) -> Result<(), Failure> {
        self.face.started()?;
        self.turns()?;
        self.stop()
    }

    fn turns(&mut self) -> Result<(), Failure> {
        let mut events = Vec::new();
        // What `ws_server_started` did counts as a turn.
        while self.goes_on()? {
            running::with(|running| running.driver.flush());
            running::wait(Some(self.tick), &mut events)?;
            variable::settle(shim::ws_vm_interrupt())?;
            for event in events.drain(..) {
                self.handle(event)?;
                if running::course() != Course::On {
                    break;
                }
            }
            if self.goes_on()? {
                self.face.turn()?;
            }
        }
        Ok(())
    }

    fn goes_on(&self) -> Result<bool, Failure> {
        match running::course() {
            Course::On => Ok(true),
            Course::Stopping => Ok(false),
            Course::Forked => Err(Failure::exception("the server can't run on in a forked child")),
        }
    }

    #[inline]
    fn handle(&mut self, event: Event<super::payload::ZendPayload>) -> Result<(), Ending> {
        match event {
            Event::Ready { source, .. } => {
                self.ready(source);
                Ok(())
            }
            event => self.face.on_event(event),
        }
    }

    fn ready(&mut self, source: SourceId) {
        if self.sources.is_signal(source) {
            log::info!("stopping on a signal");
            running::stop(Stop::default());
        } else if self.sources.stdin_source == Some(source) {
            match self.sources.stdin.read() {
                Typed::Nothing => {}
                Typed::Quit => running::stop(Stop::default()),
                Typed::End => self.leave_stdin(),
            }
        }
    }

    fn leave_stdin(&mut self) {
        if let Some(source) = self.sources.stdin_source.take() {
            running::with(|running| running.driver.unwatch(source));
        }
    }

    /// The clean end: the application says goodbye to everyone, the clients get time to answer.
    fn stop(&mut self) -> Result<(), Failure> {
        let stop = running::with(|running| running.stop.clone()).flatten().unwrap_or_default();
        self.face.stopping(&stop)?;
        let mut deadline = Instant::now() + stop.timeout;
        self.begin_shutdown(&stop, deadline);
        let mut events = Vec::new();
        while running::with(|running| running.driver.is_drained()) == Some(false) {
            let left = deadline.saturating_duration_since(Instant::now());
            running::wait(Some(left.min(self.tick)), &mut events)?;
            for event in events.drain(..) {
                match event {
                    // A second signal means "now".
                    Event::Ready { source, .. } if self.sources.is_signal(source) => {
                        deadline = Instant::now();
                        self.begin_shutdown(&stop, deadline);
                    }
                    // The clients' answers.
                    Event::Read { key, data } => running::feed(key, &data, &mut Vec::new())?,
                    // Nobody is there any more to tell.
                    _ => {}
                }
            }
            running::with(|running| running.driver.flush());
        }
        self.face.stopped()?;
        Ok(())
    }

    fn begin_shutdown(&self, stop: &Stop, deadline: Instant) {
        running::with(|running| {
            // Code and reason were checked by whoever asked for the stop.
            let _ = running.driver.shutdown(stop.code, &stop.reason, deadline);
            running.driver.flush();
        });
    }
}
