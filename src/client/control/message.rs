//! A message that is sent in pieces to a connection that is locked for it.

use super::client::ControlClient;
use super::connection::{ControlConnection, Request, is_done};
use super::deadline::Deadline;
use super::failure::{ControlFailure, Problem, Setback};
use super::kept;
use crate::protocol::{ControlCommand, MAX_CONTROL_FRAME, Position, UsageError, Utf8Validator};

/// What fits into one frame, behind the longest header.
const MOST_IN_A_FRAME: usize = MAX_CONTROL_FRAME - "65530f".len();

/// Nobody else's message gets between its pieces. Dropped before its end it gives up the lock by closing the connection, and
/// the server closes the recipient's connection: half a message can't be taken back. The server wants a sign of life every
/// second or two, and gets one with each piece.
#[derive(Debug)]
pub struct ControlMessage<'a> {
    client: &'a ControlClient,
    connection: ControlConnection,
    deadline: Deadline,
    binary: bool,
    /// What was seen of a text.
    text: Utf8Validator,
    begun: bool,
}

impl<'a> ControlMessage<'a> {
    pub(super) fn new(
        client: &'a ControlClient,
        connection: ControlConnection,
        mut deadline: Deadline,
        binary: bool,
    ) -> ControlMessage<'a> {
        deadline.rest();
        let text = Utf8Validator::default();
        ControlMessage { client, connection, deadline, binary, text, begun: false }
    }

    /// Sends a piece; text may be cut anywhere. False: the recipient is gone, or can't take it.
    pub fn write(&mut self, piece: &[u8]) -> Result<bool, ControlFailure> {
        if !self.binary && self.text.push(piece).is_err() {
            return Err(self.failure(Problem::from(UsageError::TextUtf8).into()));
        }
        piece.chunks(MOST_IN_A_FRAME).try_fold(true, |sent, piece| Ok(sent && self.send(piece)?))
    }

    /// Sends the end. False: the recipient is gone, or can't take it.
    pub fn end(mut self) -> Result<bool, ControlFailure> {
        if !self.binary && self.text.finish().is_err() {
            return Err(self.failure(Problem::from(UsageError::TextUtf8).into()));
        }
        // A message without a piece is an empty one.
        let has_begun = self.begun || self.send(b"")?;
        let ended = has_begun && self.send_as(Position::Last, b"")?;
        if ended {
            kept::put(self.client.settings(), self.connection);
        }
        Ok(ended)
    }

    fn send(&mut self, piece: &[u8]) -> Result<bool, ControlFailure> {
        let position = if self.begun { Position::Intermediate } else { Position::First };
        self.begun = true;
        self.send_as(position, piece)
    }

    fn send_as(&mut self, position: Position, piece: &[u8]) -> Result<bool, ControlFailure> {
        if !self.connection.is_ours() {
            return Err(self.failure(Problem::Forked.into()));
        }
        let command = ControlCommand::Fragment { position, binary: self.binary, piece };
        let request = match position {
            Position::Last => Request::order(&command),
            // Without its end it is no message.
            _ => Request::question(&command),
        };
        let request = request.map_err(|error| self.failure(Problem::Command(error).into()))?;
        self.deadline.resume();
        let answer = self.connection.ask(&request, &self.deadline, is_done);
        self.deadline.rest();
        answer.map_err(|setback| self.failure(setback))
    }

    fn failure(&self, setback: Setback) -> ControlFailure {
        self.client.failure(setback, true)
    }
}
