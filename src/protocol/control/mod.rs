//! The control protocol of ws(s)on, by which other programs of the same application push through the server.
//!
//! | file | noun |
//! |---|---|
//! | `frame` | [`ControlFrame`]: length, letter, payload |
//! | `command` | [`ControlCommand`]: what a program asks of the server |
//! | `answer` | [`ControlAnswer`]: what the server says to that |
//! | `recipient` | [`Recipient`]: the connection that a command is for |

mod answer;
mod command;
mod frame;
mod recipient;

pub use answer::ControlAnswer;
pub use command::{ControlCommand, Position};
pub use frame::{ControlError, ControlFrame, MAX_CONTROL_FRAME, encode_control_frame, parse_control_frame};
pub use recipient::{RECIPIENT_LEN, Recipient};
