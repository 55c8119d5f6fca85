//! The connection that a command is for: a token, or `#` and an id, in a field of 32 bytes.

use super::ControlError;

/// Bytes of the field. The digests that ws(s)on uses as tokens fill it; what is shorter is padded with spaces.
pub const RECIPIENT_LEN: usize = 32;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recipient {
    /// The token that the connection showed in its cookie.
    Token(Box<str>),
    /// The id by which PHP knows the connection.
    Id(i64),
}

impl Recipient {
    /// Reads the field.
    pub fn parse(field: &[u8; RECIPIENT_LEN]) -> Result<Recipient, ControlError> {
        let text = std::str::from_utf8(field).map_err(|_| ControlError::Recipient)?.trim_end_matches(' ');
        match text.strip_prefix('#') {
            // One way to write each: an answer repeats the field, and its reader compares.
            Some(id)
                if id.bytes().all(|byte| byte.is_ascii_digit()) && (id == "0" || !id.starts_with('0')) =>
            {
                id.parse().map(Recipient::Id).map_err(|_| ControlError::Recipient)
            }
            Some(_) => Err(ControlError::Recipient),
            None if text.is_empty() => Err(ControlError::Recipient),
            None => Ok(Recipient::Token(text.into())),
        }
    }

    /// The field. A token longer than it is, or one that would be read as something else, is an error.
    pub fn field(&self) -> Result<[u8; RECIPIENT_LEN], ControlError> {
        let mut field = [b' '; RECIPIENT_LEN];
        let text = match self {
            Recipient::Token(token) => token.to_string(),
            Recipient::Id(id) => format!("#{id}"),
        };
        let place = field.get_mut(..text.len()).ok_or(ControlError::Recipient)?;
        place.copy_from_slice(text.as_bytes());
        if Recipient::parse(&field).as_ref() == Ok(self) { Ok(field) } else { Err(ControlError::Recipient) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_and_ids_survive_the_field() {
        for recipient in [
            Recipient::Token("32febad1f0cf83f38aceb31ad63866c4".into()),
            Recipient::Token("short".into()),
            Recipient::Token("1".into()),
            Recipient::Id(1),
            Recipient::Id(i64::MAX),
        ] {
            assert_eq!(Recipient::parse(&recipient.field().unwrap()), Ok(recipient));
        }
    }

    #[test]
    fn what_no_field_can_say_is_refused_on_both_sides() {
        for token in ["", "#1", "padded ", "33febad1f0cf83f38aceb31ad63866c4x"] {
            assert_eq!(Recipient::Token(token.into()).field(), Err(ControlError::Recipient), "{token:?}");
        }
        assert_eq!(Recipient::Id(-1).field(), Err(ControlError::Recipient));
        for field in ["", "#", "# 1", "#-1", "#1x", "#01", "#00", "#9223372036854775808"] {
            let mut padded = [b' '; RECIPIENT_LEN];
            padded[..field.len()].copy_from_slice(field.as_bytes());
            assert_eq!(Recipient::parse(&padded), Err(ControlError::Recipient), "{field:?}");
        }
        assert_eq!(Recipient::parse(&[0xff; RECIPIENT_LEN]), Err(ControlError::Recipient));
    }
}
