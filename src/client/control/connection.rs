//! One connection to a control socket.

use super::client::ControlSettings;
use super::deadline::Deadline;
use super::failure::{Problem, Setback};
use super::socket::ControlSocket;
use crate::net::ListenAddress;
use crate::protocol::{ControlAnswer, ControlCommand, ControlError, parse_control_frame};
use std::time::{Duration, Instant};

/// A server pings whoever is silent for a second, and soon gives up whoever does not answer; between two calls nobody
/// answers. What has rested for longer than this is asked whether it still stands, before it is trusted with a message.
const TRUSTED_FOR: Duration = Duration::from_millis(500);

/// Frames that are sent together, and answered by one.
pub struct Request {
    bytes: Vec<u8>,
    /// From so many bytes on the server may act on it; `None` for what may be asked twice.
    acts_at: Option<usize>,
}

#[derive(Debug)]
pub struct ControlConnection {
    socket: ControlSocket,
    /// What has come and was not looked at.
    inbox: Vec<u8>,
    /// The end of the last exchange.
    used: Instant,
    /// The process that connected. A child that it forks has a copy of the socket, which is not to be used.
    owner: u32,
}

impl Request {
    /// For what changes nothing, or nothing that outlives the connection.
    pub fn question(command: &ControlCommand<'_>) -> Result<Request, ControlError> {
        let mut bytes = Vec::new();
        command.write(&mut bytes)?;
        Ok(Request { bytes, acts_at: None })
    }

    /// For what must not be done twice.
    pub fn order(command: &ControlCommand<'_>) -> Result<Request, ControlError> {
        let Request { bytes, .. } = Request::question(command)?;
        Ok(Request { acts_at: Some(bytes.len()), bytes })
    }

    /// An order that has no answer of its own. The server works through commands in order, so the answer to a ping behind
    /// it tells that it was done.
    pub fn order_with_ping(command: &ControlCommand<'_>) -> Result<Request, ControlError> {
        let mut request = Request::order(command)?;
        ControlCommand::Ping.write(&mut request.bytes)?;
        Ok(request)
    }
}

impl ControlConnection {
    /// Connects, and waits until the server has said a word: one that is stuck accepts nobody's message then.
    pub fn open(
        address: &ListenAddress,
        settings: &ControlSettings,
        deadline: &mut Deadline,
    ) -> Result<ControlConnection, Problem> {
        let socket = ControlSocket::connect(address, deadline)?;
        let owner = std::process::id();
        let mut connection = ControlConnection { socket, inbox: Vec::new(), used: Instant::now(), owner };
        let secret = settings.secret.as_deref();
        let greeting = match secret {
            Some(secret) => ControlCommand::Authenticate { secret },
            None => ControlCommand::Ping,
        };
        let greeting = Request::question(&greeting).map_err(Problem::Command)?;
        let welcome = connection.ask(&greeting, deadline, |answer| match answer {
            ControlAnswer::Done if secret.is_some() => Some(true),
            ControlAnswer::Pong if secret.is_none() => Some(true),
            ControlAnswer::NotDone => Some(false),
            _ => None,
        });
        match (welcome.map_err(|setback| setback.problem), secret) {
            (Ok(true), _) => Ok(connection),
            (Ok(false), Some(_)) => Err(Problem::WrongSecret),
            // Nothing can be wrong with the first word.
            (Err(Problem::Refused), Some(_)) => Err(Problem::Full),
            (Ok(false) | Err(Problem::Refused), None) => Err(Problem::NotAdmitted),
            (Err(problem), _) => Err(problem),
        }
    }

    /// Whether this process has connected, and not one that forked it.
    pub fn is_ours(&self) -> bool {
        self.owner == std::process::id()
    }

    /// Looks at a connection that has rested. An error: it is of no use any more.
    pub fn revive(&mut self, deadline: &Deadline) -> Result<(), Problem> {
        let rested = self.used.elapsed();
        let mut buffer = [0; 512];
        // What it said meanwhile can only be pings; it was not asked anything.
        while self.next(deadline, &mut |_| Some(()))?.is_none() {
            let Some(count) = self.socket.try_read(&mut buffer)? else {
                return if rested >= TRUSTED_FOR {
                    self.ping(deadline).map_err(|setback| setback.problem)
                } else {
                    Ok(())
                };
            };
            self.inbox.extend_from_slice(&buffer[..count]);
            // However much that is.
            deadline.left()?;
        }
        Err(Problem::OutOfTurn)
    }

    pub fn ping(&mut self, deadline: &Deadline) -> Result<(), Setback> {
        let ping = Request::question(&ControlCommand::Ping).map_err(Problem::Command)?;
        self.ask(&ping, deadline, is_pong)
    }

    /// Sends a request and waits for its answer, out of which `read` makes something; `None` for an answer that does not
    /// belong to it. After an error the connection is of no use any more: answers may come that belong to nothing.
    pub fn ask<R>(
        &mut self,
        request: &Request,
        deadline: &Deadline,
        mut read: impl FnMut(&ControlAnswer<'_>) -> Option<R>,
    ) -> Result<R, Setback> {
        let mut written = 0;
        let sent = self.socket.write_all(&request.bytes, &mut written, deadline);
        let answer = sent.and_then(|()| self.answer(deadline, &mut read));
        self.used = Instant::now();
        answer.map_err(|problem| {
            let uncertain = request.acts_at.is_some_and(|acts_at| written >= acts_at);
            Setback { problem, uncertain }
        })
    }

    fn answer<R>(
        &mut self,
        deadline: &Deadline,
        read: &mut impl FnMut(&ControlAnswer<'_>) -> Option<R>,
    ) -> Result<R, Problem> {
        let mut buffer = [0; 4096];
        loop {
            if let Some(answer) = self.next(deadline, read)? {
                return Ok(answer);
            }
            // A server that says something all the time, and never the answer, is not waited for either.
            deadline.left()?;
            let count = self.socket.read(&mut buffer, deadline)?;
            self.inbox.extend_from_slice(&buffer[..count]);
        }
    }

    /// The next answer in the inbox; `None` where none is whole. The server's pings are answered on the way.
    fn next<R>(
        &mut self,
        deadline: &Deadline,
        read: &mut impl FnMut(&ControlAnswer<'_>) -> Option<R>,
    ) -> Result<Option<R>, Problem> {
        while let Some((frame, used)) = parse_control_frame(&self.inbox).map_err(Problem::Nonsense)? {
            let answer = match ControlAnswer::parse(frame).map_err(Problem::Nonsense)? {
                ControlAnswer::Ping => None,
                ControlAnswer::Error => return Err(Problem::Refused),
                answer => Some(read(&answer).ok_or(Problem::OutOfTurn)?),
            };
            self.inbox.drain(..used);
            if answer.is_some() {
                return Ok(answer);
            }
            let mut pong = Vec::new();
            ControlCommand::Pong.write(&mut pong).map_err(Problem::Command)?;
            self.socket.write_all(&pong, &mut 0, deadline)?;
        }
        Ok(None)
    }
}

/// For [`ControlConnection::ask`].
pub fn is_pong(answer: &ControlAnswer<'_>) -> Option<()> {
    (*answer == ControlAnswer::Pong).then_some(())
}

/// For [`ControlConnection::ask`]: a fragment's answer.
pub fn is_done(answer: &ControlAnswer<'_>) -> Option<bool> {
    match answer {
        ControlAnswer::Done => Some(true),
        ControlAnswer::NotDone => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::os::unix::net::UnixStream;

    /// A connection that was used for the last time so long ago, and its server.
    fn rested(since: Duration) -> (ControlConnection, UnixStream) {
        let (client, server) = UnixStream::pair().unwrap();
        let used = Instant::now().checked_sub(since).expect("the machine has been up for so long");
        let owner = std::process::id();
        let socket = ControlSocket::of(client);
        (ControlConnection { socket, inbox: Vec::new(), used, owner }, server)
    }

    fn deadline() -> Deadline {
        Deadline::within(Duration::from_secs(60))
    }

    #[test]
    fn one_that_has_rested_is_asked_whether_it_still_stands() {
        let (mut connection, mut server) = rested(TRUSTED_FOR);
        server.write_all(b"0p0P").unwrap();
        // The pong was not asked for; it would be taken for the answer.
        assert!(matches!(connection.revive(&deadline()), Err(Problem::OutOfTurn)));

        let (mut connection, mut server) = rested(TRUSTED_FOR);
        let answer = std::thread::spawn(move || {
            let mut ping = [0; 2];
            server.read_exact(&mut ping).unwrap();
            server.write_all(b"0p0P").unwrap();
            let mut pong = [0; 2];
            server.read_exact(&mut pong).unwrap();
            (ping, pong)
        });
        connection.revive(&deadline()).unwrap();
        assert_eq!(answer.join().unwrap(), (*b"0p", *b"0P"));
    }

    #[test]
    fn one_that_was_just_used_is_trusted() {
        let (mut connection, mut server) = rested(Duration::ZERO);
        // However slow the machine is: the clock stands still for it.
        connection.used = Instant::now() + Duration::from_secs(60);
        connection.revive(&deadline()).unwrap();
        drop(connection);
        assert_eq!(server.read(&mut [0; 8]).unwrap(), 0);
    }

    #[test]
    fn the_time_is_looked_at_also_where_there_is_always_something_to_read() {
        let (mut connection, mut server) = rested(Duration::ZERO);
        server.write_all(b"0p0P").unwrap();
        let over = Deadline::within(Duration::ZERO);
        assert!(matches!(connection.ping(&over), Err(Setback { problem: Problem::TimedOut(_), .. })));
    }

    #[test]
    fn one_of_the_process_that_forked_us_is_not_ours() {
        let (mut connection, _server) = rested(Duration::ZERO);
        assert!(connection.is_ours());
        connection.owner += 1;
        assert!(!connection.is_ours());
    }
}
