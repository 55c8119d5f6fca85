//! The control protocol of ws(s)on, by which other programs of the same application push through the server.
//!
//! | file | noun |
//! |---|---|
//! | `frame` | [`ControlFrame`]: length, letter, payload |
//! | `command` | [`ControlCommand`]: what a program asks of the server |
//! | `answer` | [`ControlAnswer`]: what the server says to that |
//! | `recipient` | [`Recipient`]: the connection that a command is for |
//! | `session` | [`ControlSession`]: the server's side of a connection, without its socket |
//! | `fragments` | [`Fragments`]: how far a message in fragments is |
//! | `secret` | [`ControlSecret`]: what a client shows to be let in |

mod answer;
mod command;
mod fragments;
mod frame;
mod recipient;
mod secret;
mod session;

pub use answer::ControlAnswer;
pub use command::{ControlCommand, Position};
pub use fragments::Fragments;
pub use frame::{
    ControlError, ControlFrame, ControlHeader, MAX_CONTROL_FRAME, encode_control_frame, parse_control_frame,
    parse_control_header,
};
pub use recipient::{RECIPIENT_LEN, Recipient};
pub use secret::ControlSecret;
pub use session::{ControlEvent, ControlFault, ControlRequest, ControlSession};
