//! The control secret.

use super::MAX_CONTROL_FRAME;
use std::fmt;
use subtle::ConstantTimeEq;

/// What a control client shows to be let in. It is compared in constant time, and not shown to anyone.
#[derive(Clone)]
pub struct ControlSecret(Box<[u8]>);

impl ControlSecret {
    /// Longest secret: its frame must not be longer than a frame may be.
    pub const MAX: usize = MAX_CONTROL_FRAME - "65530k".len();

    /// `None` where it is empty, or longer than [`ControlSecret::MAX`].
    pub fn new(secret: &[u8]) -> Option<ControlSecret> {
        (1..=ControlSecret::MAX).contains(&secret.len()).then(|| ControlSecret(secret.into()))
    }

    /// How long this takes says at most whether the length is right.
    pub fn matches(&self, given: &[u8]) -> bool {
        self.0.ct_eq(given).into()
    }
}

impl fmt::Debug for ControlSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ControlSecret")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_matches_itself_only_and_is_not_shown() {
        let secret = ControlSecret::new(b"open sesame").unwrap();
        assert!(secret.matches(b"open sesame"));
        for other in [&b""[..], b"open sesamE", b"open sesame ", b"open"] {
            assert!(!secret.matches(other), "{other:?}");
        }
        assert_eq!(format!("{secret:?}"), "ControlSecret");
    }

    #[test]
    fn the_longest_one_fits_a_frame() {
        use crate::protocol::ControlCommand;
        let longest = vec![b'x'; ControlSecret::MAX];
        assert!(ControlSecret::new(&longest).is_some());
        assert_eq!(ControlCommand::Authenticate { secret: &longest }.write(&mut Vec::new()), Ok(()));
        assert!(ControlSecret::new(&[&longest[..], b"x"].concat()).is_none());
        assert!(ControlSecret::new(b"").is_none());
    }
}
