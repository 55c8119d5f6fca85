//! The modern face: `WsServer`, `WsConnection`, `WsRequest`; and `WsControl`, which talks to a server from outside.
//!
//! | file | noun |
//! |---|---|
//! | `classes.c` | the classes as the engine knows them: signatures, properties, what objects do |
//! | `methods`, `connection`, `request` | the methods and properties of each |
//! | `server`, `options`, `logger` | what a `WsServer` is; its options; where its log lines go |
//! | `handlers` | the events, and who hears them |
//! | `face` | from events to handlers; exceptions |
//! | `handshake`, `messages`, `closing`, `flow` | a connection's life |
//! | `todo` | what waits until the callback in hand has returned |
//! | `head` | a request as PHP arrays |
//! | `control` | `WsControl` |

mod closing;
mod connection;
mod control;
mod face;
pub mod flow;
mod handlers;
mod handshake;
mod head;
mod logger;
mod messages;
mod methods;
mod options;
mod request;
mod server;
mod todo;

unsafe extern "C" {
    fn ws_classes_startup(
        server: *const methods::Methods,
        connection: *const connection::Methods,
        request: *const request::Methods,
        control: *const control::Methods,
    );
}

/// Once a process, before any script runs.
pub fn register() {
    // SAFETY: the tables are static, and laid out as the C side has them.
    unsafe {
        ws_classes_startup(
            &raw const methods::METHODS,
            &raw const connection::METHODS,
            &raw const request::METHODS,
            &raw const control::METHODS,
        );
    }
}
