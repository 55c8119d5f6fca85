//! Where a connection is in its life. Every transition is in this file.

/// The life of a connection. It only ever moves down this list.
///
/// ```text
/// ReadingRequest ─ request ──▶ Deciding ─ accepted ─▶ Open ─ our Close ──▶ CloseSent ──────┐
/// AwaitingResponse ─ 101 ─────────────────────────────▲ └── peer's Close ─▶ CloseReceived ─▶ Closed
/// any ─ refused, failed, lost, timed out ──────────────────────────────────────────────────▲
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Server: the HTTP request is not complete.
    ReadingRequest,
    /// Client: the request is out, the response is not complete.
    AwaitingResponse,
    /// Server: the request was handed to the application, which has not accepted or rejected it.
    Deciding,
    /// Messages flow both ways.
    Open,
    /// Our Close is out; the peer's has not come. Messages are dropped, nothing more is sent.
    CloseSent,
    /// The peer's Close has come (or it broke the protocol) and waits for our answer. Messages may still be sent. Only with `hold_close`.
    CloseReceived,
    /// Over; [`Event::Closed`](super::Event::Closed) has been given out.
    Closed,
}

impl Phase {
    /// Moves on. A transition that does not exist is a bug in this crate, never the doing of a peer.
    pub(super) fn advance(&mut self, next: Phase) {
        debug_assert!(self.may_become(next), "{self:?} -> {next:?}");
        *self = next;
    }

    fn may_become(self, next: Phase) -> bool {
        use Phase::*;
        match (self, next) {
            (Closed, _) => false,
            (_, Closed) => true,
            (ReadingRequest, Deciding) | (Deciding, Open) | (AwaitingResponse, Open) => true,
            (Open, CloseSent | CloseReceived) => true,
            _ => false,
        }
    }

    /// Whether the opening handshake is still going on.
    pub fn is_handshake(self) -> bool {
        matches!(self, Phase::ReadingRequest | Phase::AwaitingResponse | Phase::Deciding)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phases_only_move_forward() {
        use Phase::*;
        let all = [ReadingRequest, AwaitingResponse, Deciding, Open, CloseSent, CloseReceived, Closed];
        let legal =
            all.iter().flat_map(|a| all.iter().map(move |b| (*a, *b))).filter(|(a, b)| a.may_become(*b));
        assert_eq!(
            legal.filter(|(_, next)| *next != Closed).collect::<Vec<_>>(),
            [
                (ReadingRequest, Deciding),
                (AwaitingResponse, Open),
                (Deciding, Open),
                (Open, CloseSent),
                (Open, CloseReceived)
            ]
        );
        assert!(all.iter().all(|next| !Closed.may_become(*next)), "closed is final");
        assert!(all[..6].iter().all(|phase| phase.may_become(Closed)), "everything can end");
    }
}
