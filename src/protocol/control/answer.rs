//! What the server says to a command.

use super::{ControlError, ControlFrame, RECIPIENT_LEN, encode_control_frame};

/// A frame from the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ControlAnswer<'a> {
    /// `A`: it was handed to the connection with this recipient field, or that one is connected, or locked for us.
    Delivered { to: [u8; RECIPIENT_LEN] },
    /// `N`: there is no such connection, or it can't take anything now.
    NotDelivered { to: [u8; RECIPIENT_LEN] },
    /// `a`: done.
    Done,
    /// `n`: not done.
    NotDone,
    /// `M`: a domain; empty where none is configured.
    Domain(&'a [u8]),
    /// `J`: JSON.
    Status(&'a [u8]),
    /// `p`: to be answered with `P`.
    Ping,
    /// `P`
    Pong,
    /// `E`: something was wrong with what the client sent; the connection ends.
    Error,
}

impl<'a> ControlAnswer<'a> {
    pub fn parse(frame: ControlFrame<'a>) -> Result<ControlAnswer<'a>, ControlError> {
        let ControlFrame { letter, payload } = frame;
        let bare = |answer| {
            if payload.is_empty() { Ok(answer) } else { Err(ControlError::Payload(letter.into())) }
        };
        let field = || <[u8; RECIPIENT_LEN]>::try_from(payload).map_err(|_| ControlError::Recipient);
        match letter {
            b'A' => field().map(|to| ControlAnswer::Delivered { to }),
            b'N' => field().map(|to| ControlAnswer::NotDelivered { to }),
            b'a' => bare(ControlAnswer::Done),
            b'n' => bare(ControlAnswer::NotDone),
            b'M' => Ok(ControlAnswer::Domain(payload)),
            b'J' => Ok(ControlAnswer::Status(payload)),
            b'p' => bare(ControlAnswer::Ping),
            b'P' => bare(ControlAnswer::Pong),
            b'E' => bare(ControlAnswer::Error),
            _ => Err(ControlError::Unknown(letter.into())),
        }
    }

    /// Appends the answer's frame.
    pub fn write(&self, out: &mut Vec<u8>) -> Result<(), ControlError> {
        match self {
            ControlAnswer::Delivered { to } => encode_control_frame(b'A', &[to], out),
            ControlAnswer::NotDelivered { to } => encode_control_frame(b'N', &[to], out),
            ControlAnswer::Done => encode_control_frame(b'a', &[], out),
            ControlAnswer::NotDone => encode_control_frame(b'n', &[], out),
            ControlAnswer::Domain(domain) => encode_control_frame(b'M', &[domain], out),
            ControlAnswer::Status(json) => encode_control_frame(b'J', &[json], out),
            ControlAnswer::Ping => encode_control_frame(b'p', &[], out),
            ControlAnswer::Pong => encode_control_frame(b'P', &[], out),
            ControlAnswer::Error => encode_control_frame(b'E', &[], out),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::control::parse_control_frame;

    #[test]
    fn every_answer_of_the_table_has_its_letter() {
        let to = *b"32febad1f0cf83f38aceb31ad63866c4";
        for (frame, answer) in [
            (&b"32A32febad1f0cf83f38aceb31ad63866c4"[..], ControlAnswer::Delivered { to }),
            (b"32N32febad1f0cf83f38aceb31ad63866c4", ControlAnswer::NotDelivered { to }),
            (b"0a", ControlAnswer::Done),
            (b"0n", ControlAnswer::NotDone),
            (b"7Mws1.com", ControlAnswer::Domain(b"ws1.com")),
            (b"2J{}", ControlAnswer::Status(b"{}")),
            (b"0p", ControlAnswer::Ping),
            (b"0P", ControlAnswer::Pong),
            (b"0E", ControlAnswer::Error),
        ] {
            let (parsed, _) = parse_control_frame(frame).unwrap().unwrap();
            assert_eq!(ControlAnswer::parse(parsed).as_ref(), Ok(&answer));
            let mut written = Vec::new();
            assert_eq!(answer.write(&mut written), Ok(()));
            assert_eq!(written, frame);
        }
        for wrong in [&b"0A"[..], b"1aa", b"0x"] {
            let (parsed, _) = parse_control_frame(wrong).unwrap().unwrap();
            assert!(ControlAnswer::parse(parsed).is_err(), "{wrong:?}");
        }
    }
}
