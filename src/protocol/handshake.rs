//! The opening handshake of a connection: from the first byte to `Open`, or to a refusal.

use super::connection::Stage;
use super::deflate::{Agreed, Params};
use super::extensions::Extensions;
use super::head::{HeadError, HeadReader};
use super::response;
use super::upgrade::{self, write_accept};
use super::{
    Accept, Connection, Event, Payload, PeerError, Phase, Request, Response, Timestamp, UsageError,
    accept_key, parse_extensions,
};

/// What is remembered until the connection is open.
#[derive(Debug)]
pub(super) enum Handshake {
    /// Server: the request is arriving.
    Reading(HeadReader),
    /// Server: the application decides.
    Deciding {
        /// The `Sec-WebSocket-Accept` of the 101.
        accept: String,
        /// Subprotocols the client offers.
        offered: Vec<String>,
        /// The answer to an offer of permessage-deflate.
        deflate: Option<Params>,
    },
    /// Server, with `plain_http`: the application answers a request that asks for no upgrade.
    Answering { without_body: bool },
    /// Client: the response is arriving.
    Awaiting {
        head: HeadReader,
        accept: String,
        offered: Vec<String>,
        /// The offer of permessage-deflate.
        deflate: Option<Params>,
    },
    /// Client: it was not a 101.
    Refused(Box<Response>),
}

impl<P: Payload> Connection<P> {
    pub(super) fn read_request(&mut self, input: &mut &[u8], out: &mut Vec<u8>) -> Option<Event<P>> {
        let Some(Stage::Handshake(Handshake::Reading(head))) = self.stage.as_deref_mut() else { return None };
        let request = match head.read(input, self.settings.max_handshake_size) {
            Ok(None) => return None,
            Ok(Some(raw)) => upgrade::read_request(&raw, self.settings.max_headers, self.settings.plain_http),
            Err(HeadError::TooLarge) => Err(PeerError::HeadTooLarge),
            Err(HeadError::Malformed(what)) => Err(PeerError::BadRequest(what)),
        };
        let request = match request {
            Ok(request) => Box::new(request),
            Err(error) => return Some(self.refuse(error, out)),
        };
        self.phase.advance(Phase::Deciding);
        let (handshake, event) = if request.is_upgrade() {
            (self.deciding(&request), Event::Request(request))
        } else {
            // RFC 9110 §9.3.2: "the server MUST NOT send content in the response" to a HEAD.
            let without_body = request.method() == "HEAD";
            (Handshake::Answering { without_body }, Event::HttpRequest(request))
        };
        self.set_handshake(handshake);
        Some(event)
    }

    fn deciding(&self, request: &Request) -> Handshake {
        let deflate = self.settings.compression.as_ref().and_then(|compression| {
            let offers: Vec<_> = request.extensions().filter_map(parse_extensions).flatten().collect();
            Params::negotiate(&offers, compression)
        });
        Handshake::Deciding {
            accept: accept_key(request.key().as_bytes()),
            offered: request.subprotocols().map(str::to_owned).collect(),
            deflate,
        }
    }

    pub(super) fn read_response(&mut self, input: &mut &[u8], now: Timestamp) -> Option<Event<P>> {
        let Some(Stage::Handshake(Handshake::Awaiting { head, accept, offered, deflate })) =
            self.stage.as_deref_mut()
        else {
            return None;
        };
        let response = match head.read(input, self.settings.max_handshake_size) {
            Ok(None) => return None,
            Ok(Some(raw)) => response::read_response(&raw, self.settings.max_headers),
            Err(HeadError::TooLarge) => Err(PeerError::BadResponse("head is too large")),
            Err(HeadError::Malformed(what)) => Err(PeerError::BadResponse(what)),
        };
        let error = match response {
            Err(error) => error,
            Ok(response) => match response::verify(&response, accept, offered, deflate.as_ref()) {
                Ok(answer) => {
                    self.open(answer.as_ref(), now);
                    return Some(Event::Open(Box::new(response)));
                }
                Err(error) => {
                    self.set_handshake(Handshake::Refused(Box::new(response)));
                    error
                }
            },
        };
        Some(self.end(1006, error.to_string(), false, Some(error)))
    }

    /// Accepts the request: appends the 101. The connection is open.
    pub fn accept(&mut self, accept: &Accept, now: Timestamp, out: &mut Vec<u8>) -> Result<(), UsageError> {
        let Some(Handshake::Deciding { accept: key, offered, deflate }) = self.handshake() else {
            return Err(UsageError::NotDeciding);
        };
        accept.check(offered)?;
        write_accept(accept, key, deflate.as_ref(), self.settings.server_header.as_deref(), out);
        let deflate = *deflate;
        self.open(deflate.as_ref(), now);
        Ok(())
    }

    fn open(&mut self, deflate: Option<&Params>, now: Timestamp) {
        let compression = self.settings.compression.as_ref();
        let deflate = deflate.zip(compression).map(|(answer, own)| Agreed::new(self.role(), answer, own));
        self.extensions = Extensions { deflate };
        self.stage = None;
        self.phase.advance(Phase::Open);
        self.liveness.opened(now);
    }
}
