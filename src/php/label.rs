//! What callbacks are called for: a few names, by which their times are told apart.

/// The index of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Label(u8);

/// How many there are.
pub const LABELS: usize = NAMES.len();

const NAMES: [&str; 39] = [
    "other",
    "timer",
    "watch",
    "logger",
    // Events of the class.
    "start",
    "stop",
    "connect",
    "request",
    "open",
    "text",
    "binary",
    "message",
    "fragment",
    "line",
    "ping",
    "pong",
    "drain",
    "close",
    "fifo",
    "tick",
    "error",
    "log",
    // Functions of the legacy face.
    "ws_server_started",
    "ws_server_fifo",
    "ws_server_loop",
    "ws_server_connect",
    "ws_server_read",
    "ws_server_authenticate",
    "ws_server_open",
    "ws_server_text",
    "ws_server_binary",
    "ws_server_ping",
    "ws_server_pong",
    "ws_server_drain",
    "ws_server_before_close",
    "ws_server_after_close",
    "ws_server_error",
    "ws_server_shutdown",
    "ws_server_finalize",
];

impl Label {
    pub const OTHER: Label = Label(0);
    pub const TIMER: Label = Label(1);
    pub const WATCH: Label = Label(2);
    pub const LOGGER: Label = Label(3);

    /// The label of an event, or of a function; [`Label::OTHER`] for what is neither.
    pub fn of(name: &str) -> Label {
        let index = NAMES.iter().position(|known| *known == name);
        index.map_or(Label::OTHER, |index| Label(index as u8))
    }

    pub fn all() -> impl Iterator<Item = Label> {
        (0..LABELS as u8).map(Label)
    }

    pub fn name(self) -> &'static str {
        NAMES[self.index()]
    }

    #[inline]
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}
