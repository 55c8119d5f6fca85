//! The control protocol of ws(s)on, by which other programs of the same application push through the server.
//! `docs/control.md` is for those who write clients. What the original left open is decided like this:
//!
//! - Text that is not UTF-8 is a fault (`E`) in commands without an answer, since nobody would hear of it otherwise, and in
//!   those with one it is `N` or `n`.
//! - A secret that comes is compared wherever there is one, but only TCP connections must show it. `P` may come before it, as
//!   the answer to a ping; it does not stop the clock.
//! - Answers, those to pings included, and the end come in the order of what they answer. What a client asked for before it
//!   hung up is done.
//! - A fragment that is refused changes nothing. One of the other kind (`I` after `f`) is refused: the kind of a message is that
//!   of its first fragment. Only a fragment that was sent can unlock.
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
