//! A message that its source sends in fragments.

use super::Position;
use crate::protocol::Utf8Validator;

/// How far the message is: which fragments may follow.
#[derive(Debug, Clone, Copy, Default)]
pub struct Fragments(Message);

#[derive(Debug, Clone, Copy, Default)]
enum Message {
    #[default]
    NotBegun,
    Text(Utf8Validator),
    Binary,
}

impl Fragments {
    /// How far the message is after this fragment; `None` where it can't follow: out of order, of the other kind, or not
    /// UTF-8. Text may be cut anywhere, and must be UTF-8 as a whole.
    pub fn after(&self, position: Position, binary: bool, piece: &[u8]) -> Option<Fragments> {
        let message = match (self.0, position, binary) {
            (Message::NotBegun, Position::First, true) => Message::Binary,
            (Message::NotBegun, Position::First, false) => Message::Text(Utf8Validator::default()),
            (Message::Binary, Position::Intermediate | Position::Last, true) => Message::Binary,
            (Message::Text(utf8), Position::Intermediate | Position::Last, false) => Message::Text(utf8),
            _ => return None,
        };
        let Message::Text(mut utf8) = message else { return Some(Fragments(message)) };
        utf8.push(piece).ok()?;
        if position == Position::Last {
            utf8.finish().ok()?;
        }
        Some(Fragments(Message::Text(utf8)))
    }

    pub fn has_begun(&self) -> bool {
        !matches!(self.0, Message::NotBegun)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Position::{First, Intermediate, Last};

    /// Whether each of the fragments may come.
    fn accepted(fragments: &[(Position, bool, &[u8])]) -> Vec<bool> {
        let mut state = Fragments::default();
        let mut take = |(position, binary, piece): &(Position, bool, &[u8])| {
            let after = state.after(*position, *binary, piece);
            state = after.unwrap_or(state);
            after.is_some()
        };
        fragments.iter().map(&mut take).collect()
    }

    #[test]
    fn first_intermediate_last() {
        assert_eq!(
            accepted(&[(First, false, b"a"), (Intermediate, false, b"b"), (Last, false, b"c")]),
            [true; 3]
        );
        assert_eq!(accepted(&[(First, true, b"\xff"), (Last, true, b"\xff")]), [true; 2]);
    }

    #[test]
    fn what_is_out_of_order_or_of_the_other_kind_changes_nothing() {
        assert_eq!(accepted(&[(Intermediate, false, b""), (Last, false, b"")]), [false; 2]);
        assert_eq!(
            accepted(&[
                (First, false, b"a"),
                (First, false, b"a"),
                (Intermediate, true, b"b"),
                (Last, true, b"b"),
                (Last, false, b"b"),
            ]),
            [true, false, false, false, true]
        );
    }

    #[test]
    fn text_is_utf8_as_a_whole() {
        let euro = "€".as_bytes();
        assert_eq!(
            accepted(&[
                (First, false, b"\xff"),
                (First, false, &euro[..1]),
                (Intermediate, false, b"x"),
                (Last, false, &euro[1..2]),
                (Intermediate, false, &euro[1..2]),
                (Last, false, &euro[2..]),
            ]),
            [false, true, false, false, true, true]
        );
    }
}
