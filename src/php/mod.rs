//! The PHP module: the only caller of PHP code, the only place with raw zvals.
//!
//! | file | noun |
//! |---|---|
//! | `shim` | the engine's macros as functions (C) |
//! | `call`, `value`, `array`, `throwable` | calling PHP: arguments, outcomes, exceptions |
//! | `function`, `functions/` | being called by PHP |
//! | `serve`, `running`, `place` | starting and ending a server, and the one that runs in this thread |
//! | `event_loop`, `face`, `alarm` | its loop, turn by turn; the application as the loop sees it; loops around it |
//! | `agenda`, `timers`, `watches`, `transfers`, `borrowed` | what else the loop does for the application |
//! | `client`, `clients` | what is known of a connection on this side, and the ids by which PHP knows them |
//! | `object`, `parameters` | being called by PHP: `$this`, and what was passed |
//! | `class/` | the modern face: `WsServer`, `WsConnection`, `WsRequest`; `WsControl` |
//! | `recipients` | the connections that a parameter like `$except` names |
//! | `pulse`, `label`, `statistics` | how long callbacks take, and by what they are told apart; what is counted |
//! | `status`, `on_stage` | what the status thread is told; which callback runs |
//! | `payload`, `text`, `variable` | messages and variables shared with PHP |
//! | `pieces`, `json` | messages in pieces, and JSON, as PHP has them |
//! | `legacy/` | the face for applications that were written for `server.php` |
//! | `options`, `ini`, `log`, `signals`, `stdin`, `notify` | the server's surroundings |

mod agenda;
mod alarm;
mod array;
mod borrowed;
mod call;
mod class;
mod client;
mod clients;
mod event_loop;
mod face;
mod function;
mod functions;
mod ini;
mod json;
mod label;
mod legacy;
mod log;
mod notify;
mod object;
mod on_stage;
mod options;
mod parameters;
mod payload;
mod pieces;
mod place;
mod pulse;
mod recipients;
mod running;
mod serve;
mod shim;
mod signals;
mod statistics;
mod status;
mod stdin;
mod stream;
mod text;
mod throwable;
mod timers;
mod transfers;
mod value;
mod variable;
mod watches;

use crate::net::tls::PROTOCOLS;
use ext_php_rs::builders::ModuleBuilder;
use ext_php_rs::php_module;
use ext_php_rs::zend::ModuleEntry;
use ext_php_rs::{info_table_end, info_table_row, info_table_start};

/// The module, as PHP asks for it when it loads the extension.
#[php_module]
#[php(startup = "startup")]
pub fn module(module: ModuleBuilder<'_>) -> ModuleBuilder<'_> {
    functions::register(module).info_function(info).shutdown_function(shutdown)
}

/// Once a process: the classes, strings that are used all the time, the log sink.
extern "C" fn startup(_kind: i32, module: i32) -> i32 {
    log::register();
    ini::register(module);
    // SAFETY: the engine calls this once, before any script runs.
    let started = unsafe { shim::ws_module_startup() };
    class::register();
    started
}

extern "C" fn shutdown(_kind: i32, module: i32) -> i32 {
    ini::unregister(module);
    0
}

/// The section in `phpinfo()`. Versions of libraries are those of Cargo.lock; see build.rs.
extern "C" fn info(module: *mut ModuleEntry) {
    info_table_start!();
    info_table_row!("ws_server", "enabled");
    info_table_row!("Version", env!("CARGO_PKG_VERSION"));
    info_table_row!("Sockets are served by", "PHP's thread, or threads of their own (io_threads)");
    info_table_row!("TLS", concat!("rustls ", env!("WS_RUSTLS"), ", aws-lc-rs ", env!("WS_AWS_LC_RS")));
    let protocols: Vec<&str> = PROTOCOLS.iter().map(|(name, _)| *name).collect();
    info_table_row!("TLS protocols", protocols.join(", "));
    info_table_row!("Compression", concat!("permessage-deflate, zlib-rs ", env!("WS_ZLIB_RS")));
    info_table_end!();
    ini::display(module);
}
