//! `/live`: what the page is told, as JSON. Once when it comes, then every second.

use super::board::{Board, View};
use super::heartbeat::Health;
use super::history::{COLUMNS, History, Point};
use super::log_ring::LogLine;
use serde_json::{Value, json};
use std::time::UNIX_EPOCH;

/// To one that has come: everything from before.
pub fn greeting(board: &Board, history: &History, lines: &[LogLine]) -> String {
    let about = &board.about;
    json!({
        "about": {
            "version": env!("CARGO_PKG_VERSION"),
            "php": about.php,
            "started": about.started_at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64(),
            "addresses": board.addresses(),
        },
        "columns": COLUMNS,
        "history": history.to_json(),
        "log": log(lines),
    })
    .to_string()
}

/// To everyone: this second, and the lines of the log since the last one.
pub fn second(view: &View, point: &Point, lines: &[LogLine]) -> String {
    json!({ "point": point.to_json(), "now": now(view), "log": log(lines) }).to_string()
}

/// How things stand.
pub fn now(view: &View) -> Value {
    let (snapshot, stats) = (&view.snapshot, &view.snapshot.stats);
    let callbacks: Vec<Value> = snapshot
        .callbacks
        .iter()
        .map(|callback| {
            let durations = &callback.durations;
            json!({
                "name": callback.name,
                "count": durations.total(),
                "seconds": durations.seconds,
                "p99": durations.quantile(0.99),
                "longest": durations.longest.as_secs_f64(),
            })
        })
        .collect();
    json!({
        "health": health(view),
        "uptime": view.uptime.as_secs_f64(),
        "connections": {
            "connecting": stats.connecting(), "open": stats.open(), "closing": view.closing(),
        },
        "handshakes": {
            "opened": stats.opened,
            "refused": stats.refused(),
            "failed": stats.failed(),
        },
        "closes": {
            "clean": stats.closed_clean, "violation": stats.closed_violation, "timeout": stats.closed_timeout,
            "slow client": stats.closed_slow, "message rate": stats.closed_rate,
            "token expired": stats.closed_expired,
            "aborted": stats.closed_aborted, "lost": stats.closed_lost,
        },
        "dropped": stats.dropped + stats.dropped_rate,
        "fifo": stats.fifo_messages,
        "control": stats.control_messages,
        "timers": snapshot.timers,
        "watches": snapshot.watches,
        "callbacks": callbacks,
    })
}

fn health(view: &View) -> Value {
    match view.health {
        Health::Starting => json!({ "state": "starting" }),
        Health::Turning => json!({ "state": "ok" }),
        Health::Stalled(late) => {
            json!({ "state": "stalled", "late": late.as_secs_f64(), "callback": view.callback })
        }
        Health::Stopping => json!({ "state": "stopping" }),
    }
}

fn log(lines: &[LogLine]) -> Vec<Value> {
    let line = |line: &LogLine| json!([line.number, line.time, line.level, line.message]);
    lines.iter().map(line).collect()
}
