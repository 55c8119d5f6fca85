//! `stats()`: what the server has counted, as an array. The stub documents the keys.

use super::array::Array;
use super::pulse::{self, BOUNDS};
use super::running::{self, Running};
use super::value::Value;

/// `None` where no server runs.
pub fn array() -> Option<Array> {
    running::look(|running| {
        let mut array = sockets(running);
        let (timers, watches) = running.agenda.len();
        array.set("timers", count(timers as u64));
        array.set("watches", count(watches as u64));
        array.set("uptime", Value::double(running.since.elapsed().as_secs_f64()));
        array.set("callbacks", callbacks());
        array.set("loop", event_loop());
        array
    })
}

fn sockets(running: &Running) -> Array {
    let stats = running.driver.stats();
    let buffered: usize = running.clients.iter().map(|client| running.driver.buffered(client.key)).sum();
    let mut array = Array::new();
    array.set("connections", count(running.driver.connections() as u64));
    array.set("buffered", count(buffered as u64));
    for (name, value) in [
        ("accepted", stats.accepted),
        ("accept_errors", stats.accept_errors),
        ("opened", stats.opened),
        ("closed", stats.closed),
        ("closed_slow", stats.closed_slow),
        ("closed_rate", stats.closed_rate),
        ("closed_expired", stats.closed_expired),
        ("peer_errors", stats.peer_errors),
        ("bytes_in", stats.bytes_in),
        ("bytes_out", stats.bytes_out),
        ("payload_out", stats.payload_out),
        ("dropped", stats.dropped),
        ("fifo_messages", stats.fifo_messages),
    ] {
        array.set(name, count(value));
    }
    array.set(
        "refused",
        group(&[
            ("application", stats.rejected),
            ("full", stats.refused_full),
            ("address", stats.refused_address),
            ("origin", stats.refused_origin),
            ("rate", stats.refused_rate),
            ("token", stats.refused_token),
            ("token_expired", stats.refused_expired),
            ("token_in_use", stats.refused_in_use),
            ("user", stats.refused_user),
        ]),
    );
    array.set(
        "messages_in",
        group(&[
            ("text", stats.text_in),
            ("binary", stats.binary_in),
            ("ping", stats.pings_in),
            ("pong", stats.pongs_in),
        ]),
    );
    array.set("messages_out", group(&[("text", stats.text_out), ("binary", stats.binary_out)]));
    array
}

fn callbacks() -> Value {
    let figures = pulse::figures();
    let mut histogram = Array::new();
    for (index, number) in figures.buckets.iter().enumerate() {
        let name = match BOUNDS.get(index) {
            Some(micros) => format!("{}", *micros as f64 / 1e6),
            None => "more".to_owned(),
        };
        histogram.set(name, count(*number));
    }
    let mut array = Array::new();
    array.set("count", count(figures.callbacks));
    array.set("seconds", Value::double(figures.seconds));
    array.set("longest", Value::double(figures.longest.as_secs_f64()));
    array.set("histogram", histogram.into_value());
    array.into_value()
}

fn event_loop() -> Value {
    let figures = pulse::figures();
    let mut array = Array::new();
    array.set("turns", count(figures.turns));
    array.set("lag", Value::double(figures.lag.as_secs_f64()));
    array.set("longest_lag", Value::double(figures.longest_lag.as_secs_f64()));
    array.into_value()
}

fn group(members: &[(&str, u64)]) -> Value {
    let mut array = Array::new();
    members.iter().for_each(|(name, value)| array.set(name, count(*value)));
    array.into_value()
}

fn count(value: u64) -> Value {
    Value::long(i64::try_from(value).unwrap_or(i64::MAX))
}
