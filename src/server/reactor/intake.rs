//! From what one input of a connection was decoded into to the events that the application gets.

use crate::net::Decoded;
use crate::protocol::{self, Payload, Timestamp, WholeMessage};
use crate::server::access::Bucket;
use crate::server::shared::Shared;
use crate::server::stats::Stats;
use crate::server::{ConnKey, Event};

/// Takes what comes out of one input, in order.
pub(super) struct Intake<'a, P> {
    pub key: ConnKey,
    pub events: &'a mut Vec<Event<P>>,
    pub stats: &'a mut Stats,
    /// Where PHP runs on another thread.
    pub shared: Option<&'a Shared>,
    /// Of a server with a `message_rate`.
    pub limit: Option<RateLimit>,
    /// What changes the connection's state. At most one comes out of one input: after each the protocol takes nothing more.
    pub other: Option<protocol::Event<P>>,
}

/// Messages that one connection may send.
pub(super) struct RateLimit {
    /// A second.
    pub rate: f64,
    pub bucket: Bucket,
    pub now: Timestamp,
    /// One was over it. It was dropped, as are all behind it.
    pub exceeded: bool,
}

impl<P: Payload> Intake<'_, P> {
    #[inline(always)]
    pub fn take(&mut self, decoded: Decoded<P>) {
        match decoded {
            Decoded::Message(message) => self.message(message),
            Decoded::Event(event) => self.event(event),
        }
    }

    #[inline(always)]
    fn message(&mut self, WholeMessage { binary, data }: WholeMessage<P>) {
        if self.limit.is_some() && !self.may_pass() {
            return;
        }
        self.deliver(&data);
        self.stats.count_in(binary, true, data.len());
        let key = self.key;
        // Two calls: an event that may be one or the other is put together elsewhere, and then copied.
        if binary {
            self.events.push(Event::Binary { key, payload: data });
        } else {
            self.events.push(Event::Text { key, payload: data });
        }
    }

    /// The rarer ones. Not inlined, so that nothing of it stands in the way of messages.
    #[inline(never)]
    fn event(&mut self, event: protocol::Event<P>) {
        let key = self.key;
        match event {
            protocol::Event::Text(data) => self.message(WholeMessage { binary: false, data }),
            protocol::Event::Binary(data) => self.message(WholeMessage { binary: true, data }),
            protocol::Event::Fragment { data, binary, last } => {
                if !last || self.may_pass() {
                    self.stats.count_in(binary, last, data.len());
                    self.deliver(&data);
                    self.events.push(Event::Fragment { key, data, binary, last });
                }
            }
            protocol::Event::Ping(payload) => {
                self.stats.pings_in += 1;
                self.deliver(&payload);
                self.events.push(Event::Ping { key, payload });
            }
            protocol::Event::Pong(payload) => {
                self.stats.pongs_in += 1;
                self.deliver(&payload);
                self.events.push(Event::Pong { key, payload });
            }
            event => self.other = Some(event),
        }
    }

    /// False: it is over the rate, and is dropped.
    #[inline(never)]
    fn may_pass(&mut self) -> bool {
        let Some(limit) = &mut self.limit else { return true };
        limit.exceeded |= limit.bucket.take(limit.rate, limit.now).is_err();
        self.stats.dropped_rate += u64::from(limit.exceeded);
        !limit.exceeded
    }

    #[inline(always)]
    fn deliver(&self, payload: &P) {
        if let Some(shared) = self.shared {
            shared.deliver(payload.len());
        }
    }
}
