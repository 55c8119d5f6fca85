//! What the threads tell, on its way to PHP's.

use super::{Phase, Pool};
use crate::protocol::{Mask, Payload};
use crate::server::driver::command::Command;
use crate::server::{ConnKey, Event};

impl Pool {
    /// Whether a thread has something to tell.
    pub fn has_reports(&self) -> bool {
        self.threads.iter().any(|thread| !thread.reports.is_empty())
    }

    /// Takes what the threads have to tell, with payloads made for this thread.
    pub fn collect<P: Payload>(&mut self, events: &mut Vec<Event<P>>) {
        self.ended.clear();
        for index in 0..self.threads.len() {
            // At most what was there: a thread that is faster than PHP must not keep us here.
            for _ in 0..self.threads[index].reports.len() {
                let Ok(report) = self.threads[index].reports.try_recv() else { break };
                let mut arrivals = report.arrivals;
                for event in report.events {
                    if let Event::Connect { key, .. } = &event
                        && let Some(shared) = arrivals.pop_front()
                    {
                        self.threads[index].insert(*key, shared);
                    }
                    if let Some(event) = self.translate(event) {
                        events.push(event);
                    }
                }
            }
        }
    }

    /// The event with a payload of this thread's; notes what it says about its connection.
    fn translate<P: Payload>(&mut self, event: Event<Vec<u8>>) -> Option<Event<P>> {
        if let Event::Text { key, payload: bytes }
        | Event::Binary { key, payload: bytes }
        | Event::Fragment { key, data: bytes, .. }
        | Event::Ping { key, payload: bytes }
        | Event::Pong { key, payload: bytes } = &event
            && self.known(*key).is_some_and(|known| matches!(known.phase, Phase::Finishing | Phase::Closing))
        {
            // As without threads: nothing comes from a connection that was asked to close, whichever was first.
            self.delivered(*key, bytes.len());
            return None;
        }
        Some(match event {
            Event::Text { key, payload } => Event::Text { key, payload: self.take(key, &payload) },
            Event::Binary { key, payload } => Event::Binary { key, payload: self.take(key, &payload) },
            Event::Ping { key, payload } => Event::Ping { key, payload: self.take(key, &payload) },
            Event::Pong { key, payload } => Event::Pong { key, payload: self.take(key, &payload) },
            Event::Fragment { key, data, binary, last } => {
                Event::Fragment { key, data: self.take(key, &data), binary, last }
            }
            Event::Read { key, data } => {
                self.delivered(key, data.len());
                Event::Read { key, data }
            }
            Event::Connect { key, peer } => Event::Connect { key, peer },
            Event::Request { key, request, tls } => {
                let offered = request.subprotocols().map(str::to_owned).collect();
                self.known(key)?.phase = Phase::Deciding(offered);
                Event::Request { key, request, tls }
            }
            Event::HttpRequest { key, request } => {
                self.known(key)?.phase = Phase::Answering;
                Event::HttpRequest { key, request }
            }
            Event::Open { key, request, tls } => {
                self.known(key)?.phase = Phase::Open;
                self.open += 1;
                Event::Open { key, request, tls }
            }
            Event::Drain { key } => Event::Drain { key },
            Event::CloseReceived { key, code, reason } => Event::CloseReceived { key, code, reason },
            Event::Close { key, closed } => {
                let known = self.threads[key.shard() as usize].connections[key.slot()].take();
                if let Some(known) = known {
                    self.open -= usize::from(known.phase == Phase::Open);
                    self.ended.push((key, known.shared));
                }
                Event::Close { key, closed }
            }
            Event::Fifo { data } => Event::Fifo { data },
            Event::Control { source, request } => Event::Control { source, request },
            Event::Ready { source, readable, writable } => Event::Ready { source, readable, writable },
            Event::Trouble { what } => Event::Trouble { what },
        })
    }

    fn take<P: Payload>(&mut self, key: ConnKey, bytes: &[u8]) -> P {
        self.delivered(key, bytes.len());
        let mut payload = P::with_capacity(bytes.len());
        payload.extend_masked(bytes, Mask::NONE);
        payload
    }

    fn delivered(&self, key: ConnKey, length: usize) {
        if self.look_up(key).is_some_and(|known| known.shared.delivered(length)) {
            self.submit(key, Command::Unstall { key });
        }
    }
}
