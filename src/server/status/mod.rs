//! The status listener: metrics, health and a page to look at, by a thread of its own, so that it answers while a
//! callback blocks. It knows what the loop publishes, and never touches PHP.
//!
//! | file | noun |
//! |---|---|
//! | `thread` | [`Status`]: the thread, from its start to its end |
//! | `service` | what it does: requests, the page's WebSocket, signs of life |
//! | `board` | [`Board`]: what the loop's thread and this one share |
//! | `heartbeat` | [`Heartbeat`]: whether the loop turns |
//! | `log_ring` | the last lines of the log |
//! | `pages` | `/`, `/health` and the rest of the answers |
//! | `metrics` | `/metrics` |
//! | `live`, `history` | `/live`: what the page is told, now and from before |
//! | `process` | memory, as the system sees it |
//! | `page.html` | the page |

mod board;
mod heartbeat;
mod history;
mod live;
mod log_ring;
mod metrics;
mod pages;
mod process;
mod service;
mod thread;

pub use board::{Board, CallbackTimes, PhpMemory, Snapshot};
pub use heartbeat::{Health, Heartbeat};
pub use log_ring::LogRing;
pub use service::SignsOfLife;
pub use thread::{Status, StatusConfig};

/// Connections that the status listener has at most, whoever they are. As many descriptors are kept back for it.
pub const CONNECTIONS: usize = 128;
