//! Sockets of the server as PHP streams (`stream.c`): what the streams do, they do through the driver.

use super::call::{Ending, protect};
use super::running;
use super::value::Value;
use ext_php_rs::ffi::{php_stream, zval};
use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::{CStr, c_char, c_int};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::NonNull;

/// Which socket a stream stands for: a client by its PHP id, or the first listener.
pub const LISTENER: i64 = 0;

unsafe extern "C" {
    fn ws_stream_open(id: i64, value: *mut zval) -> *mut php_stream;
    fn ws_stream_open_file(path: *const c_char, value: *mut zval) -> *mut php_stream;
    fn ws_stream_free(stream: *mut php_stream);
}

thread_local! {
    static STREAMS: RefCell<Streams> = RefCell::default();
}

#[derive(Default)]
struct Streams {
    /// Those that PHP has not closed. A stream takes itself out when it goes, so every pointer is alive.
    open: HashMap<i64, NonNull<php_stream>>,
    /// Sockets that the application has closed, and whose clients are to go.
    closed: Vec<i64>,
}

/// A new stream for a socket; the value holds the one count of its resource.
pub fn open(id: i64) -> Result<Value, Ending> {
    let mut value = Value::null();
    let place = value.as_mut_ptr();
    // SAFETY: the shim fills in the value.
    let stream = protect(|| unsafe { ws_stream_open(id, place) })?;
    if let Some(stream) = NonNull::new(stream) {
        STREAMS.with_borrow_mut(|streams| streams.open.insert(id, stream));
    }
    Ok(value.into_owned())
}

/// A stream of PHP's own for a FIFO; null where it can't be opened. It closes with its last reference.
pub fn open_fifo(path: &CStr) -> Result<Value, Ending> {
    let mut value = Value::null();
    let place = value.as_mut_ptr();
    // SAFETY: the path ends with a NUL; the shim fills in the value where it succeeds.
    let stream = protect(|| unsafe { ws_stream_open_file(path.as_ptr(), place) })?;
    Ok(if stream.is_null() { value } else { value.into_owned() })
}

/// Closes the stream of a socket that is gone; nothing where the application has closed it.
pub fn close(id: i64) -> Result<(), Ending> {
    let Some(stream) = STREAMS.with_borrow_mut(|streams| streams.open.remove(&id)) else { return Ok(()) };
    // SAFETY: it was in the table, so it is alive; it is out of it now, so nobody frees it again.
    protect(|| unsafe { ws_stream_free(stream.as_ptr()) })
}

/// The next socket that the application has closed.
#[inline]
pub fn take_closed() -> Option<i64> {
    STREAMS.with_borrow_mut(|streams| streams.closed.pop())
}

/// Forgets all streams: their server is gone, and PHP frees them with its heap.
pub fn forget() {
    STREAMS.with_borrow_mut(|streams| *streams = Streams::default());
}

/// Runs the body of a stream operation: a panic must not cross PHP's frames.
fn guard<R>(otherwise: R, body: impl FnOnce() -> Option<R>) -> R {
    catch_unwind(AssertUnwindSafe(body)).ok().flatten().unwrap_or(otherwise)
}

/// `fwrite`: bytes of frames, behind everything that was sent before. -1 where the client is not open, or has too
/// much waiting already.
#[unsafe(no_mangle)]
extern "C" fn ws_socket_write(id: i64, bytes: *const u8, len: usize) -> isize {
    use crate::server::Sent;
    // SAFETY: the engine's stream layer passes `len` readable bytes.
    let bytes = unsafe { std::slice::from_raw_parts(bytes, len) };
    guard(-1, || match running::with_connection(id, |driver, key| driver.send_raw(key, bytes))? {
        Sent::Queued => isize::try_from(len).ok(),
        Sent::NotOpen | Sent::Overflow => None,
    })
}

#[unsafe(no_mangle)]
extern "C" fn ws_socket_is_open(id: i64) -> bool {
    guard(false, || Some(descriptor(id).is_some()))
}

#[unsafe(no_mangle)]
extern "C" fn ws_socket_descriptor(id: i64) -> c_int {
    guard(-1, || descriptor(id))
}

fn descriptor(id: i64) -> Option<c_int> {
    if id == LISTENER {
        return running::with(|running| running.driver.listener_descriptor()).flatten();
    }
    running::with_connection(id, |driver, key| driver.descriptor(key)).flatten()
}

/// `stream_socket_get_name`. The listener has no remote name.
#[unsafe(no_mangle)]
extern "C" fn ws_socket_name(id: i64, remote: bool, place: *mut u8, room: usize) -> usize {
    guard(0, || {
        let name = match (id, remote) {
            (LISTENER, true) => return None,
            (LISTENER, false) => crate::net::socket_name(descriptor(id)?, false)?,
            // Still known when the peer is gone.
            _ => running::look(|running| Some(running.clients.with_id(id)?.socket_name(remote))).flatten()?,
        };
        let length = name.len().min(room);
        // SAFETY: the shim offers `room` writable bytes.
        unsafe { std::ptr::copy_nonoverlapping(name.as_ptr(), place, length) };
        Some(length)
    })
}

/// `stream_socket_shutdown`: the application wants the client gone, and its stream goes with it.
#[unsafe(no_mangle)]
extern "C" fn ws_socket_shut(id: i64) {
    guard((), || {
        if id != LISTENER {
            STREAMS.with_borrow_mut(|streams| streams.closed.push(id));
        }
        Some(())
    });
}

#[unsafe(no_mangle)]
extern "C" fn ws_socket_closed(id: i64, by_application: bool) {
    guard((), || {
        STREAMS.with_borrow_mut(|streams| {
            streams.open.remove(&id);
            if by_application && id != LISTENER {
                streams.closed.push(id);
            }
        });
        Some(())
    });
}
