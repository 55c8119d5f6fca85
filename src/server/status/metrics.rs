//! `/metrics`: everything that is counted, in Prometheus' text format. docs/metrics.md has the same names in a table.

use super::board::{About, Board, View};
use super::heartbeat::Health;
use super::process;
use crate::server::{BOUNDS, Durations};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::prometheus_text::{self, CONTENT_TYPE};
use prometheus_client::encoding::{DescriptorEncoder, EncodeGaugeValue, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::{Registry, Unit};
use std::fmt;
use std::time::UNIX_EPOCH;

pub const MEDIA_TYPE: &str = CONTENT_TYPE;

pub fn write(board: &Board) -> String {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(Process));
    let sample =
        Sample { view: board.look(), php: board.about.php.clone(), started_at: unix_time(&board.about) };
    registry.sub_registry_with_prefix("ws_server").register_collector(Box::new(sample));
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = prometheus_text::encode(&mut text, &registry);
    text
}

fn unix_time(about: &About) -> f64 {
    about.started_at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}

/// What Prometheus' own clients tell of every process, under the same name.
#[derive(Debug)]
struct Process;

impl Collector for Process {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let Some(resident) = process::resident_bytes() else { return Ok(()) };
        let help = "Memory of the process, as the system has it; PHP, the extension and all threads";
        Page(encoder).gauge("process_resident_memory", help, Some(Unit::Bytes), resident)
    }
}

#[derive(Debug)]
struct Sample {
    view: View,
    php: String,
    started_at: f64,
}

type Labels<'a> = &'a [(&'a str, &'a str)];

impl Collector for Sample {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut page = Page(encoder);
        self.server(&mut page)?;
        self.connections(&mut page)?;
        self.messages(&mut page)?;
        self.control(&mut page)?;
        self.callbacks(&mut page)?;
        self.memory(&mut page)
    }
}

impl Sample {
    fn server(&self, page: &mut Page<'_>) -> fmt::Result {
        page.info("build", "Versions", &[("version", env!("CARGO_PKG_VERSION")), ("php", &self.php)])?;
        page.gauge(
            "start_time",
            "When the server was started, Unix time",
            Some(Unit::Seconds),
            self.started_at,
        )?;
        let uptime = self.view.uptime.as_secs_f64();
        page.gauge("uptime", "Time since the server was started", Some(Unit::Seconds), uptime)?;
        let healthy = u64::from(self.view.health == Health::Turning);
        page.gauge("healthy", "1 while /health says ok, else 0", None, healthy)
    }

    fn connections(&self, page: &mut Page<'_>) -> fmt::Result {
        let stats = &self.view.snapshot.stats;
        page.gauges(
            "connections",
            "Connections by state: not open yet, open, over with their sockets still ending",
            None,
            &[
                (&[("state", "connecting")], stats.connecting()),
                (&[("state", "open")], stats.open()),
                (&[("state", "closing")], self.view.closing()),
            ],
        )?;
        page.counter("connections_accepted", "Connections accepted from the kernel", stats.accepted)?;
        page.counter("accept_errors", "Accepts that failed for lack of a resource", stats.accept_errors)?;
        let refused = "refused";
        let failed = "failed";
        page.counters(
            "handshakes",
            "Handshakes by result, and by the reason of those that were refused or failed",
            None,
            &[
                (&[("result", "opened")], stats.opened),
                (&[("result", refused), ("reason", "application")], stats.rejected),
                (&[("result", refused), ("reason", "full")], stats.refused_full),
                (&[("result", refused), ("reason", "address")], stats.refused_address),
                (&[("result", refused), ("reason", "origin")], stats.refused_origin),
                (&[("result", refused), ("reason", "rate")], stats.refused_rate),
                (&[("result", refused), ("reason", "token")], stats.refused_token),
                (&[("result", refused), ("reason", "token_expired")], stats.refused_expired),
                (&[("result", refused), ("reason", "token_in_use")], stats.refused_in_use),
                (&[("result", refused), ("reason", "user")], stats.refused_user),
                (&[("result", failed), ("reason", "request")], stats.failed_request),
                (&[("result", failed), ("reason", "timeout")], stats.failed_timeout),
                (&[("result", failed), ("reason", "tls")], stats.failed_tls),
                (&[("result", failed), ("reason", "abandoned")], stats.failed_abandoned),
            ],
        )?;
        page.counters(
            "connections_closed",
            "Open connections that ended, by what ended them",
            None,
            &[
                (&[("kind", "clean")], stats.closed_clean),
                (&[("kind", "violation")], stats.closed_violation),
                (&[("kind", "timeout")], stats.closed_timeout),
                (&[("kind", "slow_client")], stats.closed_slow),
                (&[("kind", "message_rate")], stats.closed_rate),
                (&[("kind", "token_expired")], stats.closed_expired),
                (&[("kind", "aborted")], stats.closed_aborted),
                (&[("kind", "lost")], stats.closed_lost),
            ],
        )?;
        page.counter("connections_compressed", "Connections that agreed on compression", stats.opened_deflate)
    }

    fn messages(&self, page: &mut Page<'_>) -> fmt::Result {
        let stats = &self.view.snapshot.stats;
        page.counters(
            "messages",
            "Messages by direction and kind; raw are frames that the application encoded itself",
            None,
            &[
                (&[("direction", "in"), ("kind", "text")], stats.text_in),
                (&[("direction", "in"), ("kind", "binary")], stats.binary_in),
                (&[("direction", "in"), ("kind", "ping")], stats.pings_in),
                (&[("direction", "in"), ("kind", "pong")], stats.pongs_in),
                (&[("direction", "out"), ("kind", "text")], stats.text_out),
                (&[("direction", "out"), ("kind", "binary")], stats.binary_out),
                (&[("direction", "out"), ("kind", "ping")], stats.pings_out),
                (&[("direction", "out"), ("kind", "raw")], stats.raw_out),
            ],
        )?;
        page.counters(
            "message",
            "Payload of text and binary messages, as the application has it",
            Some(Unit::Bytes),
            &[
                (&[("direction", "in"), ("kind", "text")], stats.text_bytes_in),
                (&[("direction", "in"), ("kind", "binary")], stats.binary_bytes_in),
                (&[("direction", "out"), ("kind", "text")], stats.text_bytes_out),
                (&[("direction", "out"), ("kind", "binary")], stats.binary_bytes_out),
            ],
        )?;
        page.counters(
            "socket",
            "Bytes on the wire: framing, compression and TLS included",
            Some(Unit::Bytes),
            &[(&[("direction", "in")], stats.bytes_in), (&[("direction", "out")], stats.bytes_out)],
        )?;
        page.counters(
            "messages_dropped",
            "Messages that were lost on purpose: the client was too slow, or sent more than message_rate",
            None,
            &[
                (&[("reason", "slow_client")], stats.dropped),
                (&[("reason", "message_rate")], stats.dropped_rate),
            ],
        )?;
        page.counters(
            "messages_compressed",
            "Messages that were compressed, by direction",
            None,
            &[(&[("direction", "in")], stats.deflated_in), (&[("direction", "out")], stats.deflated_out)],
        )?;
        let saved = &[(&[] as Labels<'_>, stats.deflate_saved)];
        page.counters("compression_saved", "What compressing spared", Some(Unit::Bytes), saved)?;
        page.gauge(
            "buffered",
            "Bytes that wait for clients to take them",
            Some(Unit::Bytes),
            stats.buffered,
        )?;
        page.counter("fifo_messages", "Messages that came through the FIFO", stats.fifo_messages)
    }

    fn control(&self, page: &mut Page<'_>) -> fmt::Result {
        let snapshot = &self.view.snapshot;
        let stats = &snapshot.stats;
        page.gauge(
            "control_connections",
            "Control connections now",
            None,
            snapshot.control_connections as u64,
        )?;
        page.counters(
            "control_connections_accepted",
            "Control connections accepted",
            None,
            &[(&[], stats.control_accepted)],
        )?;
        page.counters(
            "control_connections_closed",
            "Control connections that the server ended: there were too many, or for a fault",
            None,
            &[(&[("kind", "full")], stats.control_refused), (&[("kind", "fault")], stats.control_errors)],
        )?;
        page.counter(
            "control_messages",
            "Messages that came through control connections",
            stats.control_messages,
        )
    }

    fn callbacks(&self, page: &mut Page<'_>) -> fmt::Result {
        let snapshot = &self.view.snapshot;
        let help = "How long callbacks took, by what they were called for";
        let mut family =
            page.family("callback_duration", help, Some(&Unit::Seconds), MetricType::Histogram)?;
        for callback in &snapshot.callbacks {
            histogram(&mut family, &[("callback", callback.name)], &callback.durations)?;
        }
        let longest: Vec<_> =
            snapshot.callbacks.iter().map(|callback| [("callback", callback.name)]).collect();
        let longest: Vec<(Labels<'_>, f64)> = longest
            .iter()
            .zip(&snapshot.callbacks)
            .map(|(labels, callback)| (&labels[..], callback.durations.longest.as_secs_f64()))
            .collect();
        let help = "The longest that a callback took since the start";
        page.gauges("callback_longest", help, Some(Unit::Seconds), &longest)?;
        page.counter("loop_turns", "Turns of the loop", snapshot.turns.total())?;
        let help = "How long a turn of the loop kept what happened meanwhile waiting";
        let mut family = page.family("loop_lag", help, Some(&Unit::Seconds), MetricType::Histogram)?;
        histogram(&mut family, &[], &snapshot.turns)?;
        let longest = snapshot.turns.longest.as_secs_f64();
        page.gauge("loop_longest_lag", "The longest of these since the start", Some(Unit::Seconds), longest)?;
        let late = self.view.late.as_secs_f64();
        let help = "For how long the loop should have turned by now; 0 while it waits";
        page.gauge("loop_late", help, Some(Unit::Seconds), late)?;
        page.gauge("timers", "Timers of the application", None, snapshot.timers as u64)?;
        page.gauge("watches", "Streams that the application watches", None, snapshot.watches as u64)
    }

    fn memory(&self, page: &mut Page<'_>) -> fmt::Result {
        let memory = self.view.snapshot.memory;
        page.gauges(
            "php_memory",
            "PHP's heap: used by variables, reserved from the system, and the most that was reserved",
            Some(Unit::Bytes),
            &[
                (&[("kind", "used")], memory.used as u64),
                (&[("kind", "reserved")], memory.reserved as u64),
                (&[("kind", "peak")], memory.peak as u64),
            ],
        )
    }
}

fn histogram(family: &mut MetricEncoder<'_>, labels: &[(&str, &str)], durations: &Durations) -> fmt::Result {
    let bounds = BOUNDS.iter().map(|micros| *micros as f64 / 1e6).chain([f64::INFINITY]);
    let buckets: Vec<(f64, u64)> = bounds.zip(durations.buckets).collect();
    let mut metric = family.encode_family(&labels)?;
    metric.encode_histogram::<NoLabelSet>(durations.seconds, durations.total(), &buckets, None)
}

/// One metric after the other.
struct Page<'a>(DescriptorEncoder<'a>);

impl Page<'_> {
    fn counter(&mut self, name: &str, help: &str, value: u64) -> fmt::Result {
        self.counters(name, help, None, &[(&[], value)])
    }

    fn counters(
        &mut self,
        name: &str,
        help: &str,
        unit: Option<Unit>,
        values: &[(Labels<'_>, u64)],
    ) -> fmt::Result {
        let mut family = self.family(name, help, unit.as_ref(), MetricType::Counter)?;
        values.iter().try_for_each(|(labels, value)| {
            family.encode_family(labels)?.encode_counter::<NoLabelSet, u64, u64>(value, None)
        })
    }

    fn gauge(
        &mut self,
        name: &str,
        help: &str,
        unit: Option<Unit>,
        value: impl EncodeGaugeValue,
    ) -> fmt::Result {
        self.gauges(name, help, unit, &[(&[], value)])
    }

    fn gauges(
        &mut self,
        name: &str,
        help: &str,
        unit: Option<Unit>,
        values: &[(Labels<'_>, impl EncodeGaugeValue)],
    ) -> fmt::Result {
        let mut family = self.family(name, help, unit.as_ref(), MetricType::Gauge)?;
        values.iter().try_for_each(|(labels, value)| family.encode_family(labels)?.encode_gauge(value))
    }

    fn info(&mut self, name: &str, help: &str, labels: Labels<'_>) -> fmt::Result {
        self.family(name, help, None, MetricType::Info)?.encode_info(&labels)
    }

    fn family<'s>(
        &'s mut self,
        name: &'s str,
        help: &str,
        unit: Option<&'s Unit>,
        kind: MetricType,
    ) -> Result<MetricEncoder<'s>, fmt::Error> {
        self.0.encode_descriptor(name, &format!("{help}."), unit, kind)
    }
}
