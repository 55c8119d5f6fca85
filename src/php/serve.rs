//! From options to a server, and from the first turn of its loop to the exit status.

use super::agenda::Agenda;
use super::call::{Ending, protect};
use super::event_loop::{EventLoop, Wish};
use super::face::Face;
use super::function::Failure;
use super::legacy::LegacyFace;
use super::running::{self, Running, Stop};
use super::signals::Signals;
use super::stdin::{Stdin, Typed};
use super::{log as sink, pulse, shim, status};
use crate::server::{Driver, ServerConfig, ServerOptions, SourceId};
use std::rc::Rc;
use std::time::Instant;

/// `ws_server_run`: runs the legacy face until somebody stops it.
pub fn serve(options: ServerOptions) -> Result<i64, Failure> {
    check_place()?;
    sink::open(options.log.as_ref(), options.log_level).map_err(Failure::exception)?;
    pulse::reset(options.slow_callback);
    let result = serve_legacy(options.config);
    sink::close();
    result
}

fn serve_legacy(mut config: ServerConfig) -> Result<i64, Failure> {
    // Nothing in this face opens a listener later.
    if config.listen.is_empty() {
        return Err(Failure::exception("option \"listen\" must name an address at least"));
    }
    let face: Rc<dyn Face> = Rc::new(LegacyFace::new(&mut config)?);
    let agenda = Rc::<Agenda>::default();
    let signals = catch_signals()?;
    start(config, Rc::clone(&face), Rc::clone(&agenda))?;
    run(&mut EventLoop::new(face, agenda), Input::Watched, signals)
}

/// Whether a server can start in this process.
pub fn check_place() -> Result<(), Failure> {
    if running::is_taken() {
        return Err(Failure::exception("a server is running already in this process"));
    }
    if shim::ws_unclean() {
        return Err(Failure::exception("a server can't start after a fatal error"));
    }
    Ok(())
}

/// SIGTERM and SIGINT end the server cleanly from now on. Before it is started: one that comes when the FIFO is there
/// and the handlers are not would leave the FIFO behind.
pub fn catch_signals() -> Result<Signals, Failure> {
    Signals::install().map_err(|error| Failure::exception(format!("signals: {error}")))
}

/// Binds the listeners; the server is there for everyone from now on.
pub fn start(config: ServerConfig, face: Rc<dyn Face>, agenda: Rc<Agenda>) -> Result<(), Failure> {
    let (access, tick) = (config.access.clone(), config.tick_interval);
    let (metrics, stall_after) = (config.metrics.clone(), config.stall_after);
    // First: it is the one that finds out that a server runs already, and says so.
    let driver = Driver::start(config).map_err(Failure::exception)?;
    let watch = status::start(metrics, stall_after).map_err(Failure::exception)?;
    for address in driver.addresses() {
        log::info!("listening on {address}");
    }
    for address in driver.control_addresses() {
        log::info!("control on {address}");
    }
    log::info!("{}", driver.descriptor_limit());
    if let Some(watch) = &watch {
        watch.attach(&driver);
    }
    running::put(Running::new(driver, access, tick, face, agenda, watch));
    Ok(())
}

/// Whether a line `q` on standard input ends the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    Watched,
    /// It belongs to the application.
    Ignored,
}

/// Turns the loop until it is over. Whatever happens in PHP, sockets and FIFO are gone when this returns.
pub fn run(turns: &mut EventLoop, input: Input, signals: Signals) -> Result<i64, Failure> {
    shim::ws_disarm_time_limit();
    // The signals stay caught until everything is gone: one that comes meanwhile must not leave the FIFO behind.
    let mut sources = Sources { signals, signals_source: None, stdin: Stdin::default(), stdin_source: None };
    let result = sources.watch(input).and_then(|()| {
        // A bailout from outside a callback skips the frames in here: what must be closed belongs to this one.
        let result = protect(|| {
            while !turns.is_over() {
                turns.turn(None, &mut |source| sources.ready(source))?;
            }
            Ok(())
        });
        result.unwrap_or_else(|ending| Err(Failure::Ending(ending)))
    });
    shim::ws_rearm_time_limit();
    let ended = end(result.is_ok());
    result.and(ended.map_err(Failure::Ending)).map(|()| 0)
}

/// The end of the sockets. After a clean end everyone has left by now; else who is still there is told in passing,
/// without callbacks: PHP is ending.
pub fn end(clean: bool) -> Result<(), Ending> {
    let Some(mut running) = running::take() else { return Ok(()) };
    if running.is_forked() {
        // The epoll instance, the sockets and the FIFO are shared with the parent: even taking a descriptor out of
        // epoll here would take it out there.
        std::mem::forget(running);
        return Ok(());
    }
    if !clean {
        let Stop { code, reason, .. } = Stop::default();
        // The default's code can be sent.
        let _ = running.driver.shutdown(code, &reason, Instant::now());
        running.driver.flush();
    }
    let clients = std::mem::take(&mut running.clients);
    running.agenda.unregister();
    drop(running);
    log::info!("stopped");
    // What PHP keeps of its handles is its own; destructors of what they carry may run.
    clients.let_all_go()
}

/// What ends a server that runs: signals, and a line on standard input.
struct Sources {
    signals: Signals,
    signals_source: Option<SourceId>,
    stdin: Stdin,
    stdin_source: Option<SourceId>,
}

impl Sources {
    fn watch(&mut self, input: Input) -> Result<(), Failure> {
        let fd = self.signals.fd();
        let source = running::with(|running| running.driver.watch(fd, true, false)).transpose();
        self.signals_source = source.map_err(|error| Failure::exception(format!("signals: {error}")))?;
        // epoll refuses files and /dev/null, which have nothing to tell; a closed descriptor is refused too.
        if input == Input::Watched {
            self.stdin_source =
                running::with(|running| running.driver.watch(Stdin::FD, true, false).ok()).flatten();
        }
        Ok(())
    }

    fn ready(&mut self, source: SourceId) -> Wish {
        if self.signals_source == Some(source) {
            if self.signals.count() == 0 {
                return Wish::Nothing;
            }
            log::info!("stopping on a signal");
            return Wish::Stop;
        }
        if self.stdin_source != Some(source) {
            return Wish::NotMine;
        }
        match self.stdin.read() {
            Typed::Nothing => {}
            Typed::Quit => return Wish::Stop,
            Typed::End => self.leave_stdin(),
        }
        Wish::Nothing
    }

    fn leave_stdin(&mut self) {
        if let Some(source) = self.stdin_source.take() {
            running::with(|running| running.driver.unwatch(source));
        }
    }
}
