//! What is answered to plain requests: the page, the metrics, the health.

use super::board::{Board, View};
use super::heartbeat::Health;
use super::metrics;
use crate::protocol::HttpResponse;
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::time::{Duration, SystemTime};

const PAGE: &str = include_str!("page.html");

/// Where the page's WebSocket is.
pub const LIVE: &str = "/live";

#[derive(Debug)]
pub struct Pages {
    policy: String,
}

impl Pages {
    pub fn new() -> Pages {
        Pages { policy: policy(PAGE) }
    }

    pub fn answer(&self, path: &str, board: &Board) -> HttpResponse {
        match path {
            "/" => {
                let mut page = response(200, "text/html; charset=utf-8", PAGE.as_bytes().to_vec());
                page.headers.push(header("Content-Security-Policy", &self.policy));
                page.headers.push(header("Referrer-Policy", "no-referrer"));
                page
            }
            "/metrics" => response(200, metrics::MEDIA_TYPE, metrics::write(board).into_bytes()),
            "/health" => health(&board.look()),
            LIVE => text(426, "this is the page's WebSocket\n"),
            _ => not_found(),
        }
    }
}

pub fn not_found() -> HttpResponse {
    text(404, "there are /, /metrics and /health\n")
}

pub fn foreign_origin() -> HttpResponse {
    text(403, "origin not allowed\n")
}

fn health(view: &View) -> HttpResponse {
    match view.health {
        Health::Turning => text(200, "ok\n"),
        Health::Starting => text(503, "starting\n"),
        Health::Stopping => text(503, "stopping\n"),
        Health::Stalled(late) => text(503, &stalled(late, view.callback.as_deref(), SystemTime::now())),
    }
}

fn stalled(late: Duration, callback: Option<&str>, now: SystemTime) -> String {
    let since = humantime::format_rfc3339_seconds(now - late);
    let place = callback.map_or("not in a callback".to_owned(), |name| format!("in the callback {name}"));
    format!("stalled: the loop has not turned since {since}, for {:.1} s, {place}\n", late.as_secs_f64())
}

fn text(status: u16, body: &str) -> HttpResponse {
    response(status, "text/plain; charset=utf-8", body.as_bytes().to_vec())
}

fn response(status: u16, media_type: &str, body: Vec<u8>) -> HttpResponse {
    let headers = vec![
        header("Content-Type", media_type),
        header("Cache-Control", "no-store"),
        header("X-Content-Type-Options", "nosniff"),
        header("Cross-Origin-Resource-Policy", "same-origin"),
    ];
    HttpResponse { status, headers, body }
}

fn header(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

/// The page is one file: its own script and its own style are all that may run, and its own host is all that it may talk to.
fn policy(page: &str) -> String {
    let [script, style] = ["script", "style"].map(|element| {
        let hash = digest(&SHA256, content(page, element).as_bytes());
        format!("'sha256-{}'", STANDARD.encode(hash))
    });
    format!(
        "default-src 'none'; script-src {script}; style-src {style}; img-src data:; connect-src 'self'; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
}

/// What is between an element's tags.
fn content<'a>(page: &'a str, element: &str) -> &'a str {
    let (start, end) = (format!("<{element}>"), format!("</{element}>"));
    let after = page.split_once(&start).map_or("", |(_, after)| after);
    after.split_once(&end).map_or("", |(inside, _)| inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_one_file() {
        for element in ["script", "style"] {
            assert_eq!(PAGE.matches(&format!("<{element}")).count(), 1, "{element}");
            assert!(content(PAGE, element).len() > 100, "{element}");
        }
        // The one address in it is a name of XML.
        let page = PAGE.replace("http://www.w3.org/2000/svg", "");
        for foreign in
            ["http:", "https:", "//cdn", "@import", "url(", "src=", "<link rel=\"style", " style=", "onclick"]
        {
            assert!(!page.contains(foreign), "{foreign}");
        }
    }

    #[test]
    fn the_policy_names_the_script_by_its_hash() {
        // openssl: printf 'let x = 1;' | openssl dgst -sha256 -binary | base64
        let policy = policy("<style>a{}</style><script>let x = 1;</script>");
        assert!(
            policy.contains("script-src 'sha256-qtc3jf64UXA5J6U02kfQ0Cvn9Uz4wXUaN3NNUVgR2v4='"),
            "{policy}"
        );
        assert!(!policy.contains("unsafe"));
    }

    #[test]
    fn a_stall_is_told_with_its_time_and_place() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_millis(1_000_012_300);
        assert_eq!(
            stalled(Duration::from_millis(12_300), Some("ws_server_text"), now),
            "stalled: the loop has not turned since 1970-01-12T13:46:40Z, for 12.3 s, in the callback ws_server_text\n"
        );
        assert!(stalled(Duration::from_secs(10), None, now).ends_with("for 10.0 s, not in a callback\n"));
    }
}
