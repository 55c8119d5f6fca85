//! The server that runs in this thread.
//!
//! It lies in a place of PHP's thread while PHP may run, so that native functions find it; each borrows it for a
//! moment and never across a call into PHP. While the driver waits, no PHP runs, and the loop holds the server
//! itself: a bailout out of PHP's allocator then leaves no borrow behind.

use super::agenda::Agenda;
use super::alarm::Alarm;
use super::call::{Ending, protect};
use super::client::Client;
use super::clients::Clients;
use super::face::Face;
use super::function::Failure;
use super::payload::ZendPayload;
use super::place::place;
use super::status::Watch;
use crate::server::{AccessRules, ConnKey, Driver, Event};
use std::cell::RefCell;
use std::ptr;
use std::rc::Rc;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, Ordering};
use std::time::{Duration, Instant};

pub struct Running {
    pub driver: Driver<ZendPayload>,
    pub clients: Clients,
    /// For the addresses of clients behind proxies.
    pub access: AccessRules,
    /// The longest pause between two turns.
    pub tick: Duration,
    /// What PHP sees of the server.
    pub face: Rc<dyn Face>,
    /// Its timers and watches.
    pub agenda: Rc<Agenda>,
    pub since: Instant,
    /// For a loop that is turned by a foreign one.
    pub alarm: Option<Alarm>,
    /// The status thread, where there is one.
    pub watch: Option<Watch>,
    /// The foreign loop waits, and may have to be woken.
    pub resting: bool,
    /// Its listeners are open.
    pub listening: bool,
    /// Set once, by the first who asks for the end.
    pub stop: Option<Stop>,
    /// [`FORKS`] when the server started.
    forks: u32,
}

/// How the server shall end.
#[derive(Debug, Clone, PartialEq)]
pub struct Stop {
    /// For the Close frame that everyone gets.
    pub code: u16,
    pub reason: String,
    /// How long clients may take to answer it.
    pub timeout: Duration,
}

impl Default for Stop {
    fn default() -> Stop {
        Stop { code: 1001, reason: "server shutting down".to_owned(), timeout: Duration::from_secs(5) }
    }
}

/// Whether the loop may go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Course {
    On,
    Stopping,
    /// This is a forked child: the sockets, the epoll instance and the FIFO are the parent's.
    Forked,
}

/// Counts in a child how often its process was forked off since the server's start. A call of `getpid` in every
/// native function would cost more than the function.
static FORKS: AtomicU32 = AtomicU32::new(0);

/// Whether a server of this process was ever asked for its end, taken away, or left behind by a fork: before that nobody has
/// to look.
static MAY_BE_OVER: AtomicBool = AtomicBool::new(false);

/// The descriptor of the pid file, or [`NO_FILE`]. Its lock tells that the server runs: a child that outlives the server
/// must not hold it.
static PID_FILE: AtomicI32 = AtomicI32::new(NO_FILE);
const NO_FILE: i32 = -1;

place! {
    /// The server of this thread; null where there is none.
    static PLACE: RefCell<Running>;
}

impl Running {
    pub fn new(
        driver: Driver<ZendPayload>,
        access: AccessRules,
        tick: Duration,
        face: Rc<dyn Face>,
        agenda: Rc<Agenda>,
        watch: Option<Watch>,
    ) -> Running {
        watch_forks();
        let listening = !driver.addresses().is_empty();
        PID_FILE.store(driver.pid_file_descriptor().unwrap_or(NO_FILE), Ordering::Release);
        let forks = FORKS.load(Ordering::Relaxed);
        Running {
            driver,
            clients: Clients::default(),
            access,
            tick,
            face,
            agenda,
            since: Instant::now(),
            alarm: None,
            watch,
            resting: false,
            listening,
            stop: None,
            forks,
        }
    }

    /// Something is asked for while a foreign loop waits.
    #[cold]
    fn wake(&mut self) {
        self.resting = false;
        if let Some(alarm) = &self.alarm {
            alarm.ring();
        }
    }

    pub fn is_forked(&self) -> bool {
        self.forks != FORKS.load(Ordering::Relaxed)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // The driver closes it next.
        PID_FILE.store(NO_FILE, Ordering::Release);
    }
}

/// Whether there is a server in this thread (one that a forked child inherited included).
pub fn is_taken() -> bool {
    !PLACE.get().is_null()
}

pub fn put(running: Running) {
    let old = PLACE.replace(Box::into_raw(Box::new(RefCell::new(running))));
    debug_assert!(old.is_null(), "there is one server at a time");
}

pub fn take() -> Option<Running> {
    MAY_BE_OVER.store(true, Ordering::Relaxed);
    // A borrow means that somebody further up uses it: it stays where it is.
    drop(here()?.try_borrow_mut().ok()?);
    let running = PLACE.replace(ptr::null_mut());
    // SAFETY: made by `put`, and out of its place now; nobody borrows it.
    Some(unsafe { Box::from_raw(running) }.into_inner())
}

#[inline]
fn here<'a>() -> Option<&'a RefCell<Running>> {
    // SAFETY: null, or made by `put`. It is freed by `take` only, which finds out that nobody borrows it.
    unsafe { PLACE.get().as_ref() }
}

/// Something of the running server; `None` where none runs, or in a forked child. `ask` must not call PHP.
#[inline]
pub fn with<R>(ask: impl FnOnce(&mut Running) -> R) -> Option<R> {
    let mut running = here()?.try_borrow_mut().ok()?;
    if running.is_forked() {
        return None;
    }
    if running.resting {
        running.wake();
    }
    Some(ask(&mut running))
}

/// [`with`] for what changes nothing: a loop that rests sleeps on.
#[inline]
pub fn look<R>(look: impl FnOnce(&Running) -> R) -> Option<R> {
    let running = here()?.try_borrow().ok()?;
    if running.is_forked() { None } else { Some(look(&running)) }
}

/// Our loop is turned again: nobody has to be woken.
pub fn stir() {
    if let Some(mut running) = here().and_then(|running| running.try_borrow_mut().ok()) {
        running.resting = false;
    }
}

/// The same for a connection, by its PHP id.
#[inline]
pub fn with_connection<R>(id: i64, ask: impl FnOnce(&mut Driver<ZendPayload>, ConnKey) -> R) -> Option<R> {
    with(|running| Some(ask(&mut running.driver, running.clients.key(id)?))).flatten()
}

#[inline]
pub fn id(key: ConnKey) -> Option<i64> {
    look(|running| running.clients.id(key)).flatten()
}

#[inline]
pub fn client(key: ConnKey) -> Option<Rc<Client>> {
    look(|running| running.clients.client(key).cloned()).flatten()
}

/// Asks for the end; the first who asks decides how.
pub fn stop(stop: Stop) {
    MAY_BE_OVER.store(true, Ordering::Relaxed);
    with(|running| running.stop.get_or_insert(stop).code);
}

/// False: [`course`] is `On`.
#[inline]
pub fn may_be_over() -> bool {
    MAY_BE_OVER.load(Ordering::Relaxed)
}

#[inline]
pub fn course() -> Course {
    match here().map(RefCell::borrow) {
        Some(running) if running.is_forked() => Course::Forked,
        Some(running) if running.stop.is_none() => Course::On,
        _ => Course::Stopping,
    }
}

/// One turn of the driver.
pub fn wait(timeout: Option<Duration>, events: &mut Vec<Event<ZendPayload>>) -> Result<(), Failure> {
    away(|driver| driver.wait(timeout, events))?
        .map_err(|error| Failure::exception(format!("event loop: {error}")))
}

/// Gives raw bytes back to the driver.
pub fn feed(key: ConnKey, data: &[u8], events: &mut Vec<Event<ZendPayload>>) -> Result<(), Ending> {
    away(|driver| driver.feed(key, data, events))
}

/// Runs something of the driver that allocates in PHP's heap. Meanwhile the server is not in its place, so that a bailout
/// leaves no borrow behind.
fn away<R>(run: impl FnOnce(&mut Driver<ZendPayload>) -> R) -> Result<R, Ending> {
    /// Puts it back, after a panic too.
    struct Away(*mut RefCell<Running>);

    impl Drop for Away {
        fn drop(&mut self) {
            PLACE.replace(self.0);
        }
    }

    let away = Away(PLACE.replace(ptr::null_mut()));
    // SAFETY: made by `put`; out of its place nobody else finds it, and nobody borrows it: no PHP runs.
    let Some(running) = (unsafe { away.0.as_mut() }) else { unreachable!("the loop runs without a server") };
    protect(|| run(&mut running.get_mut().driver))
}

fn watch_forks() {
    static ONCE: Once = Once::new();
    unsafe extern "C" fn in_child() {
        FORKS.fetch_add(1, Ordering::Relaxed);
        MAY_BE_OVER.store(true, Ordering::Relaxed);
        leave_pid_file();
    }
    ONCE.call_once(|| {
        // SAFETY: the handler does nothing but what is allowed between fork and exec.
        unsafe { libc::pthread_atfork(None, None, Some(in_child)) };
    });
}

/// Puts something else in the place of the pid file: its owner here will close the number some day, and the lock belongs to
/// whoever has the file open.
fn leave_pid_file() {
    let file = PID_FILE.swap(NO_FILE, Ordering::AcqRel);
    if file == NO_FILE {
        return;
    }
    // SAFETY: async-signal-safe calls, with a descriptor that is open: its owner forgets it in `PID_FILE` first.
    unsafe {
        let null = libc::open(c"/dev/null".as_ptr(), libc::O_RDONLY | libc::O_CLOEXEC);
        if null >= 0 {
            libc::dup2(null, file);
            libc::fcntl(file, libc::F_SETFD, libc::FD_CLOEXEC);
            libc::close(null);
        }
    }
}
