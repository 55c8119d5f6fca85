//! One frame: `{length of the payload in ASCII digits}{one letter}{payload}`.

/// Longest frame, its length and letter included.
pub const MAX_CONTROL_FRAME: usize = 65_536;

/// Digits that a length may have: none that fits has more.
const MAX_DIGITS: usize = 5;

/// A frame as it stands in the receiver's buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ControlFrame<'a> {
    pub letter: u8,
    pub payload: &'a [u8],
}

/// What a control client did wrong; it is told `0E`, and the connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ControlError {
    #[error("a frame begins with something else than the length of its payload")]
    Length,
    #[error("a frame is longer than {MAX_CONTROL_FRAME} bytes")]
    TooLong,
    #[error("there is no command {0:?}")]
    Unknown(char),
    #[error("the payload of command {0:?} is too short for what belongs in it")]
    TooShort(char),
    #[error("command {0:?} takes no payload")]
    Payload(char),
    #[error("the recipient is neither a token nor a connection's id")]
    Recipient,
    #[error("a topic must be UTF-8")]
    Topic,
    #[error("the text of command {0:?} is not UTF-8")]
    Text(char),
}

/// What stands in front of a payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ControlHeader {
    pub letter: u8,
    /// Where the payload begins, and where it ends.
    pub start: usize,
    pub end: usize,
}

/// The frame at the beginning of `input`, and its length there; `None` where it has not come whole.
pub fn parse_control_frame(input: &[u8]) -> Result<Option<(ControlFrame<'_>, usize)>, ControlError> {
    let Some(ControlHeader { letter, start, end }) = parse_control_header(input)? else { return Ok(None) };
    let payload = input.get(start..end);
    Ok(payload.map(|payload| (ControlFrame { letter, payload }, end)))
}

/// The header at the beginning of `input`, whether its payload has come or not; `None` where it has not come whole.
pub fn parse_control_header(input: &[u8]) -> Result<Option<ControlHeader>, ControlError> {
    let digits = input.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if digits > MAX_DIGITS {
        return Err(ControlError::TooLong);
    }
    let Some(letter) = input.get(digits) else { return Ok(None) };
    if digits == 0 || !letter.is_ascii_alphabetic() {
        return Err(ControlError::Length);
    }
    let length = input[..digits].iter().fold(0, |sum, digit| sum * 10 + usize::from(digit - b'0'));
    let start = digits + 1;
    let end = start + length;
    if end > MAX_CONTROL_FRAME {
        return Err(ControlError::TooLong);
    }
    Ok(Some(ControlHeader { letter: *letter, start, end }))
}

/// Appends a frame whose payload is given in parts. [`ControlError::TooLong`] where it would be longer than a frame may be;
/// nothing is appended then.
pub fn encode_control_frame(letter: u8, parts: &[&[u8]], out: &mut Vec<u8>) -> Result<(), ControlError> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let digits = length.to_string();
    if digits.len() + 1 + length > MAX_CONTROL_FRAME {
        return Err(ControlError::TooLong);
    }
    out.extend_from_slice(digits.as_bytes());
    out.push(letter);
    parts.iter().for_each(|part| out.extend_from_slice(part));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Letter, payload and length.
    type Found<'a> = Option<(u8, &'a [u8], usize)>;

    fn parse(input: &[u8]) -> Result<Found<'_>, ControlError> {
        parse_control_frame(input).map(|found| found.map(|(frame, used)| (frame.letter, frame.payload, used)))
    }

    #[test]
    fn a_frame_is_found_once_it_is_whole() {
        let input = b"5bhello0P";
        for cut in 0..7 {
            assert_eq!(parse(&input[..cut]), Ok(None), "{cut} bytes");
        }
        assert_eq!(parse(&input[..7]), Ok(Some((b'b', &b"hello"[..], 7))));
        assert_eq!(parse(input), Ok(Some((b'b', &b"hello"[..], 7))));
        assert_eq!(parse(&input[7..]), Ok(Some((b'P', &b""[..], 2))));
    }

    #[test]
    fn what_is_no_frame_is_an_error_at_its_first_wrong_byte() {
        for wrong in [&b"b"[..], b"-1b", b" 1b", b"1 b", b"1\0", b"\xff", b"12:"] {
            assert_eq!(parse(wrong), Err(ControlError::Length), "{wrong:?}");
        }
    }

    #[test]
    fn a_frame_at_the_limit_passes_and_one_above_it_is_refused_from_its_header() {
        let fits = MAX_CONTROL_FRAME - 6;
        let mut frame = Vec::new();
        assert_eq!(encode_control_frame(b'b', &[&vec![b'x'; fits]], &mut frame), Ok(()));
        assert_eq!(frame.len(), MAX_CONTROL_FRAME);
        assert_eq!(parse(&frame), Ok(Some((b'b', &frame[6..], MAX_CONTROL_FRAME))));
        let mut longer = Vec::new();
        assert_eq!(
            encode_control_frame(b'b', &[&vec![b'x'; fits], b"x"], &mut longer),
            Err(ControlError::TooLong)
        );
        assert!(longer.is_empty());
        for header in ["65531b", "99999b", "100000", "000000"] {
            assert_eq!(parse(header.as_bytes()), Err(ControlError::TooLong), "{header}");
        }
    }
}
