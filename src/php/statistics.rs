//! `stats()`: what the server has counted, as an array, and as JSON for control connections. The stub documents the keys.

use super::array::Array;
use super::client::Phase;
use super::pulse;
use super::running::{self, Running};
use super::value::Value;
use crate::server::{BOUNDS, Durations};
use serde_json::{Map, Number, Value as Figure, json};

/// `None` where no server runs.
pub fn array() -> Option<Array> {
    let figures = running::look(figures)?;
    Some(array_of(&figures))
}

/// The same and `open`, as JSON.
pub fn json(running: &Running) -> Vec<u8> {
    let mut figures = figures(running);
    let open = running.clients.iter().filter(|client| client.phase() != Phase::Connecting).count();
    figures.insert("open".to_owned(), json!(open));
    Figure::Object(figures).to_string().into_bytes()
}

fn figures(running: &Running) -> Map<String, Figure> {
    let mut figures = sockets(running);
    let (timers, watches) = running.agenda.len();
    let more = [
        ("timers", json!(timers)),
        ("watches", json!(watches)),
        ("uptime", json!(running.since.elapsed().as_secs_f64())),
        ("callbacks", callbacks()),
        ("loop", event_loop()),
    ];
    figures.extend(more.map(|(name, figure)| (name.to_owned(), figure)));
    figures
}

fn sockets(running: &Running) -> Map<String, Figure> {
    let stats = running.driver.stats();
    let buffered: usize = running.clients.iter().map(|client| running.driver.buffered(client.key)).sum();
    let figures = [
        ("connections", json!(running.driver.connections())),
        ("buffered", json!(buffered)),
        ("accepted", json!(stats.accepted)),
        ("accept_errors", json!(stats.accept_errors)),
        ("opened", json!(stats.opened)),
        ("closed", json!(stats.closed)),
        ("closed_slow", json!(stats.closed_slow)),
        ("closed_rate", json!(stats.closed_rate)),
        ("closed_expired", json!(stats.closed_expired)),
        ("peer_errors", json!(stats.peer_errors)),
        ("bytes_in", json!(stats.bytes_in)),
        ("bytes_out", json!(stats.bytes_out)),
        ("payload_in", json!(stats.payload_in())),
        ("payload_out", json!(stats.payload_out())),
        ("dropped", json!(stats.dropped)),
        ("dropped_rate", json!(stats.dropped_rate)),
        ("fifo_messages", json!(stats.fifo_messages)),
        ("control_connections", json!(running.driver.control_connections())),
        ("control_accepted", json!(stats.control_accepted)),
        ("control_refused", json!(stats.control_refused)),
        ("control_errors", json!(stats.control_errors)),
        ("control_messages", json!(stats.control_messages)),
        (
            "refused",
            json!({
                "application": stats.rejected,
                "full": stats.refused_full,
                "address": stats.refused_address,
                "origin": stats.refused_origin,
                "rate": stats.refused_rate,
                "token": stats.refused_token,
                "token_expired": stats.refused_expired,
                "token_in_use": stats.refused_in_use,
                "user": stats.refused_user,
            }),
        ),
        (
            "failed",
            json!({
                "request": stats.failed_request,
                "timeout": stats.failed_timeout,
                "tls": stats.failed_tls,
                "abandoned": stats.failed_abandoned,
            }),
        ),
        (
            "closed_by",
            json!({
                "clean": stats.closed_clean,
                "violation": stats.closed_violation,
                "timeout": stats.closed_timeout,
                "slow_client": stats.closed_slow,
                "message_rate": stats.closed_rate,
                "token_expired": stats.closed_expired,
                "aborted": stats.closed_aborted,
                "lost": stats.closed_lost,
            }),
        ),
        (
            "messages_in",
            json!({
                "text": stats.text_in,
                "binary": stats.binary_in,
                "ping": stats.pings_in,
                "pong": stats.pongs_in,
            }),
        ),
        (
            "messages_out",
            json!({
                "text": stats.text_out,
                "binary": stats.binary_out,
                "ping": stats.pings_out,
                "raw": stats.raw_out,
            }),
        ),
        ("message_bytes_in", json!({ "text": stats.text_bytes_in, "binary": stats.binary_bytes_in })),
        ("message_bytes_out", json!({ "text": stats.text_bytes_out, "binary": stats.binary_bytes_out })),
    ];
    figures.map(|(name, figure)| (name.to_owned(), figure)).into_iter().collect()
}

fn callbacks() -> Figure {
    let callbacks = pulse::callbacks();
    let mut all = Durations::default();
    let mut by_name = Map::new();
    for callback in &callbacks {
        all += &callback.durations;
        by_name.insert(callback.name.to_owned(), Figure::Object(times(&callback.durations)));
    }
    let mut figures = times(&all);
    figures.insert("by_name".to_owned(), Figure::Object(by_name));
    Figure::Object(figures)
}

fn times(durations: &Durations) -> Map<String, Figure> {
    let bound = |index: usize| match BOUNDS.get(index) {
        Some(micros) => format!("{}", *micros as f64 / 1e6),
        None => "more".to_owned(),
    };
    let histogram: Map<String, Figure> =
        durations.buckets.iter().enumerate().map(|(index, number)| (bound(index), json!(number))).collect();
    let figures = [
        ("count", json!(durations.total())),
        ("seconds", json!(durations.seconds)),
        ("longest", json!(durations.longest.as_secs_f64())),
        ("histogram", Figure::Object(histogram)),
    ];
    figures.map(|(name, figure)| (name.to_owned(), figure)).into_iter().collect()
}

fn event_loop() -> Figure {
    let turns = pulse::turns();
    json!({
        "turns": turns.durations.total(),
        "lag": turns.last.as_secs_f64(),
        "longest_lag": turns.durations.longest.as_secs_f64(),
    })
}

fn array_of(figures: &Map<String, Figure>) -> Array {
    let mut array = Array::new();
    figures.iter().for_each(|(name, figure)| array.set(name, value(figure)));
    array
}

fn value(figure: &Figure) -> Value {
    match figure {
        Figure::Object(figures) => array_of(figures).into_value(),
        Figure::Number(number) => self::number(number),
        // There are no others.
        _ => Value::null(),
    }
}

fn number(number: &Number) -> Value {
    match number.as_u64() {
        Some(count) => Value::long(i64::try_from(count).unwrap_or(i64::MAX)),
        None => Value::double(number.as_f64().unwrap_or_default()),
    }
}
