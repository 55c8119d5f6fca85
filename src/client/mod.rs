//! What connects to a server, instead of being one. Knows nothing of the server's code, and nothing of PHP.
//!
//! | module | noun |
//! |---|---|
//! | `control` | [`ControlClient`]: pushes through a running server, by its control socket |

#![forbid(unsafe_code)]

mod control;

pub use control::{ControlClient, ControlFailure, ControlMessage, ControlSettings, Fate, Problem};
