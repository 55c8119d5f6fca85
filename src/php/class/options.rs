//! The options of a `WsServer`.

use crate::php::function::Failure;
use crate::php::ini;
use crate::server::{OptionValue, ServerConfig, ServerOptions};

/// The options as they were given, and what they come to.
#[derive(Default)]
pub struct Options {
    given: Vec<(String, OptionValue)>,
    pub parsed: ServerOptions,
}

/// What can't be changed once the server listens.
const FIXED: [&str; 14] = [
    "listen",
    "domains",
    "backlog",
    "reuse_port",
    "max_connections",
    "fifo",
    "fifo_mode",
    "fifo_framing",
    "control",
    "control_secret",
    "pid",
    "io_threads",
    "metrics",
    "buffer_messages",
];

pub fn is_fixed(name: &str) -> bool {
    FIXED.contains(&name)
}

impl Options {
    /// The defaults of this face: pages of other hosts are kept out.
    pub fn parse(given: Vec<(String, OptionValue)>) -> Result<Options, Failure> {
        let mut options = ini::defaults()?;
        options.push(("origins".to_owned(), OptionValue::Str("same".to_owned())));
        options.extend(given.iter().cloned());
        let parsed = ServerOptions::parse(options).map_err(Failure::exception)?;
        Ok(Options { given, parsed })
    }

    /// With one option changed.
    pub fn with(&self, name: &str, value: OptionValue) -> Result<Options, Failure> {
        let mut given = self.given.clone();
        given.retain(|(other, _)| other != name);
        given.push((name.to_owned(), value));
        Options::parse(given)
    }

    /// Whether it was given, and is not the default.
    pub fn has(&self, name: &str) -> bool {
        self.given.iter().any(|(given, _)| given == name)
    }

    /// As it was given, or the default.
    pub fn value(&self, name: &str) -> Result<OptionValue, Failure> {
        if let Some((_, value)) = self.given.iter().rev().find(|(given, _)| given == name) {
            return Ok(value.clone());
        }
        if let Some(value) = self.parsed.value(name) {
            return Ok(value);
        }
        // Some have no default but null; a name that there is not is told by the parser.
        match ServerOptions::parse(vec![(name.to_owned(), OptionValue::Null)]) {
            Err(error) if error.problem == "is unknown" => Err(Failure::exception(error)),
            _ => Ok(OptionValue::Null),
        }
    }

    /// What `listen($uri, $options)` asks for.
    pub fn for_listener(
        &self,
        uri: &str,
        given: Vec<(String, OptionValue)>,
    ) -> Result<ServerConfig, Failure> {
        let mut config = self.parsed.config.clone();
        let mut options = vec![("listen".to_owned(), OptionValue::Str(uri.to_owned()))];
        // A TLS listener needs it.
        options.extend(self.given.iter().filter(|(name, _)| name == "tls").cloned());
        for (name, value) in given {
            if !matches!(name.as_str(), "backlog" | "reuse_port") {
                return Err(Failure::exception(format!("option \"{name}\" is not one of a listener")));
            }
            options.push((name, value));
        }
        let has = |name| options.iter().any(|(given, _)| given == name);
        let (has_backlog, has_reuse_port) = (has("backlog"), has("reuse_port"));
        let parsed = ServerOptions::parse(options).map_err(Failure::exception)?.config;
        config.listen = parsed.listen;
        if has_backlog {
            config.backlog = parsed.backlog;
        }
        if has_reuse_port {
            config.reuse_port = parsed.reuse_port;
        }
        Ok(config)
    }
}
