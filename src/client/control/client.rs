//! What can be asked of a server through its control socket.

use super::connection::{ControlConnection, Request, is_pong};
use super::deadline::Deadline;
use super::failure::{ControlFailure, Fate, Problem, Setback};
use super::kept;
use super::message::ControlMessage;
use crate::net::ListenAddress;
use crate::protocol::{
    ControlAnswer, ControlCommand, ControlError, MAX_CONTROL_FRAME, RECIPIENT_LEN, Recipient, UsageError,
};
use std::time::{Duration, Instant};

/// What fits into one frame, behind the longest header.
const MOST_IN_A_FRAME: usize = MAX_CONTROL_FRAME - "65530b".len();

/// How to reach a server.
#[derive(Debug, Clone)]
pub struct ControlSettings {
    /// `unix:///PATH` or `tcp://HOST:PORT`.
    pub uri: String,
    /// Its `control_secret`.
    pub secret: Option<Vec<u8>>,
    /// How long one call may wait for the server, in sum; looking up a host's name is not counted.
    pub timeout: Duration,
}

/// Pushes through a server. The connection is kept for the next call of this thread, also for that of another client with
/// the same address and secret; a forked child connects for itself.
///
/// Every call waits for the server's word that it was done. A connection that turns out dead is replaced, once, where the
/// server can't have acted on the command; else the call fails, and says what became of the message.
#[derive(Debug)]
pub struct ControlClient {
    settings: ControlSettings,
    address: ListenAddress,
}

impl ControlClient {
    /// Connects nowhere yet.
    pub fn new(settings: ControlSettings) -> Result<ControlClient, ControlFailure> {
        match ControlClient::check(&settings) {
            Ok(address) => Ok(ControlClient { settings, address }),
            Err(problem) => Err(ControlFailure { uri: settings.uri, problem, fate: None }),
        }
    }

    fn check(settings: &ControlSettings) -> Result<ListenAddress, Problem> {
        if let Some(secret) = settings.secret.as_deref()
            && secret.len() > MOST_IN_A_FRAME
        {
            return Err(too_long("a secret", secret, MOST_IN_A_FRAME));
        }
        // Of the things that a listener's URI can name, two can be connected to.
        if !settings.uri.starts_with("unix://") && !settings.uri.starts_with("tcp://") {
            return Err(Problem::Scheme);
        }
        Ok(ListenAddress::parse(&settings.uri)?)
    }

    /// Sends a message to every open connection.
    pub fn broadcast(&self, message: &[u8], binary: bool) -> Result<(), ControlFailure> {
        let broadcast = || {
            check_text(message, binary)?;
            check_length(message, MOST_IN_A_FRAME)?;
            Request::order_with_ping(&ControlCommand::Broadcast { binary, message }).map_err(Problem::Command)
        };
        let request = broadcast().map_err(|problem| self.mistake(problem))?;
        self.call(true, |connection, deadline| connection.ask(&request, deadline, is_pong))
    }

    /// Sends a message to the subscribers of a topic.
    pub fn publish(&self, topic: &str, message: &[u8], binary: bool) -> Result<(), ControlFailure> {
        let publish = || {
            check_text(message, binary)?;
            if topic.contains('\0') {
                return Err(Problem::Topic);
            }
            let room = (MOST_IN_A_FRAME - 1).checked_sub(topic.len());
            let room = room.ok_or_else(|| too_long("a topic", topic.as_bytes(), MOST_IN_A_FRAME - 1))?;
            check_length(message, room)?;
            let command = ControlCommand::Publish { topic, binary, message };
            Request::order_with_ping(&command).map_err(Problem::Command)
        };
        let request = publish().map_err(|problem| self.mistake(problem))?;
        self.call(true, |connection, deadline| connection.ask(&request, deadline, is_pong))
    }

    /// Sends a message to one connection. False: it is not connected, or can't take it now. What is too long for one frame
    /// goes in several, and so does the empty message, whose frame would only ask whether somebody is connected.
    pub fn send(&self, to: &Recipient, message: &[u8], binary: bool) -> Result<bool, ControlFailure> {
        let check = || {
            check_text(message, binary)?;
            to.field().map_err(Problem::Command)
        };
        let field = check().map_err(|problem| self.mistake(problem))?;
        if message.is_empty() || message.len() > MOST_IN_A_FRAME - RECIPIENT_LEN {
            let Some(mut sending) = self.begin(to, binary)? else { return Ok(false) };
            return Ok(sending.write(message)? && sending.end()?);
        }
        let request = Request::order(&ControlCommand::Send { to: to.clone(), binary, message })
            .map_err(|error| self.mistake(Problem::Command(error)))?;
        self.call(true, |connection, deadline| connection.ask(&request, deadline, delivered(&field)))
    }

    /// Begins a message in pieces to one connection. `None`: it is not connected, or somebody else is sending to it.
    pub fn begin(&self, to: &Recipient, binary: bool) -> Result<Option<ControlMessage<'_>>, ControlFailure> {
        let lock = || Ok((to.field()?, Request::question(&ControlCommand::Lock { to: to.clone() })?));
        let (field, request) = lock().map_err(|error: ControlError| self.mistake(Problem::Command(error)))?;
        let mut deadline = Deadline::within(self.settings.timeout);
        let locked = self
            .run(&mut deadline, |connection, deadline| connection.ask(&request, deadline, delivered(&field)));
        match locked.map_err(|setback| self.failure(setback, true))? {
            (true, connection) => Ok(Some(ControlMessage::new(self, connection, deadline, binary))),
            (false, connection) => {
                kept::put(&self.settings, connection);
                Ok(None)
            }
        }
    }

    /// The domain of the listener with the fewest connections; empty where none is configured.
    pub fn freest(&self) -> Result<Vec<u8>, ControlFailure> {
        self.question(&ControlCommand::Freest, |answer| match answer {
            ControlAnswer::Domain(domain) => Some(domain.to_vec()),
            _ => None,
        })
    }

    /// The server's status, as JSON.
    pub fn status(&self) -> Result<Vec<u8>, ControlFailure> {
        self.question(&ControlCommand::Status, |answer| match answer {
            ControlAnswer::Status(json) => Some(json.to_vec()),
            _ => None,
        })
    }

    /// The time from a ping to its answer.
    pub fn ping(&self) -> Result<Duration, ControlFailure> {
        self.call(false, |connection, deadline| {
            let asked = Instant::now();
            connection.ping(deadline).map(|()| asked.elapsed())
        })
    }

    pub(super) fn settings(&self) -> &ControlSettings {
        &self.settings
    }

    /// `carries`: there is a message whose fate has to be told.
    pub(super) fn failure(&self, setback: Setback, carries: bool) -> ControlFailure {
        let fate = if setback.uncertain { Fate::Unknown } else { Fate::NotDelivered };
        ControlFailure {
            uri: self.settings.uri.clone(),
            problem: setback.problem,
            fate: carries.then_some(fate),
        }
    }

    /// Before the server has any part in it.
    fn mistake(&self, problem: Problem) -> ControlFailure {
        self.failure(problem.into(), false)
    }

    fn question<R>(
        &self,
        command: &ControlCommand<'_>,
        read: impl Fn(&ControlAnswer<'_>) -> Option<R>,
    ) -> Result<R, ControlFailure> {
        let request = Request::question(command).map_err(|error| self.mistake(Problem::Command(error)))?;
        self.call(false, |connection, deadline| connection.ask(&request, deadline, &read))
    }

    fn call<R>(
        &self,
        carries: bool,
        attempt: impl FnMut(&mut ControlConnection, &Deadline) -> Result<R, Setback>,
    ) -> Result<R, ControlFailure> {
        let mut deadline = Deadline::within(self.settings.timeout);
        let done = self.run(&mut deadline, attempt);
        let (result, connection) = done.map_err(|setback| self.failure(setback, carries))?;
        kept::put(&self.settings, connection);
        Ok(result)
    }

    /// Tries it on the connection that was kept, and on a new one where that is dead and the server can't have acted on it.
    fn run<R>(
        &self,
        deadline: &mut Deadline,
        mut attempt: impl FnMut(&mut ControlConnection, &Deadline) -> Result<R, Setback>,
    ) -> Result<(R, ControlConnection), Setback> {
        if let Some(mut connection) = self.kept(deadline)? {
            match attempt(&mut connection, deadline) {
                Err(setback) if setback.is_repeatable() => {}
                result => return result.map(|result| (result, connection)),
            }
        }
        let mut connection = ControlConnection::open(&self.address, &self.settings, deadline)?;
        attempt(&mut connection, deadline).map(|result| (result, connection))
    }

    /// The connection that was kept, if it is still good for something.
    fn kept(&self, deadline: &Deadline) -> Result<Option<ControlConnection>, Problem> {
        let Some(mut connection) = kept::take(&self.settings) else { return Ok(None) };
        match connection.revive(deadline) {
            Ok(()) => Ok(Some(connection)),
            Err(problem @ Problem::TimedOut(_)) => Err(problem),
            Err(_) => Ok(None),
        }
    }
}

/// Reads the answer to a command for one recipient.
fn delivered(field: &[u8; RECIPIENT_LEN]) -> impl Fn(&ControlAnswer<'_>) -> Option<bool> {
    move |answer| match answer {
        ControlAnswer::Delivered { to } if to == field => Some(true),
        ControlAnswer::NotDelivered { to } if to == field => Some(false),
        _ => None,
    }
}

fn check_text(message: &[u8], binary: bool) -> Result<(), Problem> {
    if binary || simdutf8::basic::from_utf8(message).is_ok() {
        Ok(())
    } else {
        Err(UsageError::TextUtf8.into())
    }
}

fn check_length(message: &[u8], most: usize) -> Result<(), Problem> {
    if message.len() > most { Err(too_long("a message", message, most)) } else { Ok(()) }
}

fn too_long(what: &'static str, given: &[u8], most: usize) -> Problem {
    Problem::TooLong { what, length: given.len(), most }
}
