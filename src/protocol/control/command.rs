//! What a program asks of the server.

use super::{ControlError, ControlFrame, ControlHeader, RECIPIENT_LEN, Recipient, encode_control_frame};

/// A command of the control protocol. Letters come in pairs: the small one for text, the capital one for binary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ControlCommand<'a> {
    /// `b` `B`: a message to every open connection. No answer.
    Broadcast { binary: bool, message: &'a [u8] },
    /// `c` `C`: a message to one connection, answered with `A` or `N`. Without a message: is it connected?
    Send { to: Recipient, binary: bool, message: &'a [u8] },
    /// `d` `D`: a message to one connection. No answer.
    SendUnconfirmed { to: Recipient, binary: bool, message: &'a [u8] },
    /// `t` `T`: a message to the subscribers of a topic; the payload is the topic, a NUL byte and the message. No answer.
    Publish { topic: &'a str, binary: bool, message: &'a [u8] },
    /// `l`: locks a connection for a message in fragments; answered with `A` or `N`.
    Lock { to: Recipient },
    /// `f` `F`, `i` `I`, `s` `S`: a fragment to the locked connection; answered with `a` or `n`. The last one unlocks it.
    Fragment { position: Position, binary: bool, piece: &'a [u8] },
    /// `m`: the domain of the listener with the fewest connections; answered with `M`.
    Freest,
    /// `j`: the server's status; answered with `J`.
    Status,
    /// `k`: the control secret; answered with `a`, or `n` and the end.
    Authenticate { secret: &'a [u8] },
    /// `p`: answered with `P`.
    Ping,
    /// `P`: the answer to the server's ping.
    Pong,
    /// `q` `Q`: the end of this control connection.
    Quit,
}

/// Which fragment of a message it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Position {
    First,
    Intermediate,
    Last,
}

impl<'a> ControlCommand<'a> {
    /// What is wrong already with a frame whose payload may still be on its way: there is no such command, or no payload of
    /// this length belongs in it.
    pub fn check(header: &ControlHeader) -> Result<(), ControlError> {
        let letter = char::from(header.letter);
        let (least, most) = match letter {
            'c' | 'C' | 'd' | 'D' => (RECIPIENT_LEN, usize::MAX),
            'l' => (RECIPIENT_LEN, RECIPIENT_LEN),
            't' | 'T' => (1, usize::MAX),
            'b' | 'B' | 'f' | 'F' | 'i' | 'I' | 's' | 'S' | 'k' => (0, usize::MAX),
            'm' | 'j' | 'p' | 'P' | 'q' | 'Q' => (0, 0),
            _ => return Err(ControlError::Unknown(letter)),
        };
        match header.end - header.start {
            length if length < least => Err(ControlError::TooShort(letter)),
            length if length > most => Err(ControlError::Payload(letter)),
            _ => Ok(()),
        }
    }

    pub fn parse(frame: ControlFrame<'a>) -> Result<ControlCommand<'a>, ControlError> {
        let ControlFrame { letter, payload } = frame;
        let binary = letter.is_ascii_uppercase();
        let fragment = |position| Ok(ControlCommand::Fragment { position, binary, piece: payload });
        let bare = |command| {
            if payload.is_empty() { Ok(command) } else { Err(ControlError::Payload(letter.into())) }
        };
        match letter {
            b'b' | b'B' => Ok(ControlCommand::Broadcast { binary, message: payload }),
            b'c' | b'C' => split(frame).map(|(to, message)| ControlCommand::Send { to, binary, message }),
            b'd' | b'D' => {
                split(frame).map(|(to, message)| ControlCommand::SendUnconfirmed { to, binary, message })
            }
            b't' | b'T' => {
                let end = payload.iter().position(|byte| *byte == 0);
                let end = end.ok_or(ControlError::TooShort(letter.into()))?;
                let topic = std::str::from_utf8(&payload[..end]).map_err(|_| ControlError::Topic)?;
                Ok(ControlCommand::Publish { topic, binary, message: &payload[end + 1..] })
            }
            b'l' => match split(frame)? {
                (to, []) => Ok(ControlCommand::Lock { to }),
                _ => Err(ControlError::Payload(letter.into())),
            },
            b'f' | b'F' => fragment(Position::First),
            b'i' | b'I' => fragment(Position::Intermediate),
            b's' | b'S' => fragment(Position::Last),
            b'k' => Ok(ControlCommand::Authenticate { secret: payload }),
            b'm' => bare(ControlCommand::Freest),
            b'j' => bare(ControlCommand::Status),
            b'p' => bare(ControlCommand::Ping),
            b'P' => bare(ControlCommand::Pong),
            b'q' | b'Q' => bare(ControlCommand::Quit),
            _ => Err(ControlError::Unknown(letter.into())),
        }
    }

    /// Appends the command's frame.
    pub fn write(&self, out: &mut Vec<u8>) -> Result<(), ControlError> {
        let cased = |letter: u8, binary| if binary { letter.to_ascii_uppercase() } else { letter };
        match self {
            ControlCommand::Broadcast { binary, message } => {
                encode_control_frame(cased(b'b', *binary), &[message], out)
            }
            ControlCommand::Send { to, binary, message } => {
                encode_control_frame(cased(b'c', *binary), &[&to.field()?, message], out)
            }
            ControlCommand::SendUnconfirmed { to, binary, message } => {
                encode_control_frame(cased(b'd', *binary), &[&to.field()?, message], out)
            }
            ControlCommand::Publish { topic, .. } if topic.contains('\0') => Err(ControlError::Topic),
            ControlCommand::Publish { topic, binary, message } => {
                encode_control_frame(cased(b't', *binary), &[topic.as_bytes(), b"\0", message], out)
            }
            ControlCommand::Lock { to } => encode_control_frame(b'l', &[&to.field()?], out),
            ControlCommand::Fragment { position, binary, piece } => {
                let letter = match position {
                    Position::First => b'f',
                    Position::Intermediate => b'i',
                    Position::Last => b's',
                };
                encode_control_frame(cased(letter, *binary), &[piece], out)
            }
            ControlCommand::Authenticate { secret } => encode_control_frame(b'k', &[secret], out),
            ControlCommand::Freest => encode_control_frame(b'm', &[], out),
            ControlCommand::Status => encode_control_frame(b'j', &[], out),
            ControlCommand::Ping => encode_control_frame(b'p', &[], out),
            ControlCommand::Pong => encode_control_frame(b'P', &[], out),
            ControlCommand::Quit => encode_control_frame(b'q', &[], out),
        }
    }
}

/// The recipient in front of a message.
fn split(frame: ControlFrame<'_>) -> Result<(Recipient, &[u8]), ControlError> {
    let (field, message) = frame
        .payload
        .split_first_chunk::<RECIPIENT_LEN>()
        .ok_or(ControlError::TooShort(frame.letter.into()))?;
    Ok((Recipient::parse(field)?, message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::control::{parse_control_frame, parse_control_header};

    const TOKEN: &str = "32febad1f0cf83f38aceb31ad63866c4";

    fn parse(input: &[u8]) -> Result<ControlCommand<'_>, ControlError> {
        let (frame, used) = parse_control_frame(input)?.expect("the frame is whole");
        assert_eq!(used, input.len());
        ControlCommand::parse(frame)
    }

    #[test]
    fn every_command_of_the_table_has_its_letter() {
        let to = || Recipient::Token(TOKEN.into());
        for (frame, command) in [
            ("5bhello".to_owned(), ControlCommand::Broadcast { binary: false, message: b"hello" }),
            ("0B".to_owned(), ControlCommand::Broadcast { binary: true, message: b"" }),
            (format!("34c{TOKEN}hi"), ControlCommand::Send { to: to(), binary: false, message: b"hi" }),
            (format!("32C{TOKEN}"), ControlCommand::Send { to: to(), binary: true, message: b"" }),
            (
                format!("33d{TOKEN}x"),
                ControlCommand::SendUnconfirmed { to: to(), binary: false, message: b"x" },
            ),
            (
                format!("33D{TOKEN}x"),
                ControlCommand::SendUnconfirmed { to: to(), binary: true, message: b"x" },
            ),
            (
                "7tnews\0hi".to_owned(),
                ControlCommand::Publish { topic: "news", binary: false, message: b"hi" },
            ),
            ("5Tnews\0".to_owned(), ControlCommand::Publish { topic: "news", binary: true, message: b"" }),
            (format!("32l{TOKEN}"), ControlCommand::Lock { to: to() }),
            (
                "1fa".to_owned(),
                ControlCommand::Fragment { position: Position::First, binary: false, piece: b"a" },
            ),
            (
                "1Ib".to_owned(),
                ControlCommand::Fragment { position: Position::Intermediate, binary: true, piece: b"b" },
            ),
            (
                "0s".to_owned(),
                ControlCommand::Fragment { position: Position::Last, binary: false, piece: b"" },
            ),
            ("6ksecret".to_owned(), ControlCommand::Authenticate { secret: b"secret" }),
            ("0m".to_owned(), ControlCommand::Freest),
            ("0j".to_owned(), ControlCommand::Status),
            ("0p".to_owned(), ControlCommand::Ping),
            ("0P".to_owned(), ControlCommand::Pong),
            ("0q".to_owned(), ControlCommand::Quit),
        ] {
            assert_eq!(parse(frame.as_bytes()).as_ref(), Ok(&command), "{frame:?}");
            let mut written = Vec::new();
            assert_eq!(command.write(&mut written), Ok(()));
            assert_eq!(written, frame.as_bytes());
            let header = parse_control_header(&written).unwrap().unwrap();
            assert_eq!(ControlCommand::check(&header), Ok(()), "{frame:?}");
        }
        assert_eq!(parse(b"0Q"), Ok(ControlCommand::Quit));
    }

    #[test]
    fn a_connection_is_named_by_its_id_too() {
        let field = format!("{:<32}", "#17");
        let command = ControlCommand::Send { to: Recipient::Id(17), binary: false, message: b"hi" };
        assert_eq!(parse(format!("34c{field}hi").as_bytes()), Ok(command));
    }

    #[test]
    fn malformed_commands_are_errors_that_name_them() {
        for (frame, error) in [
            ("0x", ControlError::Unknown('x')),
            ("0E", ControlError::Unknown('E')),
            ("0L", ControlError::Unknown('L')),
            ("31c1234567890123456789012345678901", ControlError::TooShort('c')),
            ("0l", ControlError::TooShort('l')),
            ("33l32febad1f0cf83f38aceb31ad63866c4x", ControlError::Payload('l')),
            ("4tnews", ControlError::TooShort('t')),
            ("1pp", ControlError::Payload('p')),
            ("1qq", ControlError::Payload('q')),
        ] {
            assert_eq!(parse(frame.as_bytes()), Err(error), "{frame}");
        }
        // Most of that can be said before the payload is there.
        for (header, error) in [
            ("60000x", ControlError::Unknown('x')),
            ("31C", ControlError::TooShort('C')),
            ("33l", ControlError::Payload('l')),
            ("60000q", ControlError::Payload('q')),
        ] {
            let header = parse_control_header(header.as_bytes()).unwrap().unwrap();
            assert_eq!(ControlCommand::check(&header), Err(error));
        }
        assert_eq!(parse(b"2t\xff\0"), Err(ControlError::Topic));
        assert_eq!(
            ControlCommand::Publish { topic: "a\0b", binary: false, message: b"" }.write(&mut Vec::new()),
            Err(ControlError::Topic)
        );
    }
}
