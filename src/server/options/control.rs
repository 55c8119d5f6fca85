//! The options `control`, `control_secret` and `domains`.

use super::{ConfigError, Reader, ServerConfig};
use crate::net::ListenAddress;
use crate::protocol::ControlSecret;

/// Longest domain, with a port: it stands in an answer of the control protocol.
const MAX_DOMAIN: usize = 1024;

/// One or more addresses; an empty list for none.
pub fn addresses(option: &Reader<'_>) -> Result<Vec<ListenAddress>, ConfigError> {
    let parse = |uri: &String| {
        let address =
            ListenAddress::parse(uri).map_err(|error| option.error(&format!("is wrong: {error}")))?;
        match address {
            ListenAddress::Tcp { .. } | ListenAddress::Unix(_) => Ok(address),
            _ => Err(option.error(&format!("is wrong: \"{uri}\": the scheme must be tcp or unix"))),
        }
    };
    let uris = option.optional(Reader::strings)?.unwrap_or_default();
    uris.iter().map(parse).collect()
}

/// Any bytes.
pub fn secret(option: &Reader<'_>) -> Result<ControlSecret, ConfigError> {
    let bytes = match option.bytes() {
        Some(bytes) => bytes,
        None => option.string()?.as_bytes(),
    };
    ControlSecret::new(bytes)
        .ok_or_else(|| option.error(&format!("must have from 1 to {} bytes", ControlSecret::MAX)))
}

pub fn domains(option: &Reader<'_>) -> Result<Vec<String>, ConfigError> {
    let domains = option.strings()?;
    if domains.iter().any(|domain| domain.len() > MAX_DOMAIN) {
        return Err(option.error(&format!("must not be longer than {MAX_DOMAIN} bytes")));
    }
    Ok(domains)
}

/// What can be told when all options are read.
pub fn check(config: &ServerConfig) -> Result<(), ConfigError> {
    let error = |option: &str, problem: String| Err(ConfigError { option: option.to_owned(), problem });
    let (domains, listeners) = (config.domains.len(), config.listen.len());
    // Where there are none yet, they come later.
    if listeners > 0 && domains > listeners {
        return error("domains", format!("names {domains} domains for {listeners} addresses in \"listen\""));
    }
    let open = config.control.iter().find(|address| !address.is_local());
    if let Some(address) = open.filter(|_| config.control_secret.is_none()) {
        let problem = format!("is required where \"control\" is {address}, which is not a loopback address");
        return error("control_secret", problem);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::{OptionValue, ServerOptions};
    use OptionValue::{Bytes, Int, List, Null, Str};

    fn parse(options: &[(&str, OptionValue)]) -> Result<ServerConfig, ConfigError> {
        let options = options.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        ServerOptions::parse(options).map(|options| options.config)
    }

    fn text(text: &str) -> OptionValue {
        Str(text.to_owned())
    }

    fn list(items: &[&str]) -> OptionValue {
        List(items.iter().map(|item| text(item)).collect())
    }

    #[test]
    fn addresses_are_a_string_a_list_or_none() {
        let control = |value| {
            let config = parse(&[("control", value)]).unwrap();
            config.control.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(control(text("unix:///run/c.sock")), ["unix:///run/c.sock"]);
        assert_eq!(
            control(list(&["tcp://127.0.0.1:1", "unix:///run/c.sock"])),
            ["tcp://127.0.0.1:1", "unix:///run/c.sock"]
        );
        assert_eq!((control(Null).len(), control(List(Vec::new())).len()), (0, 0));
        assert!(parse(&[]).unwrap().control.is_empty());
    }

    #[test]
    fn beyond_loopback_a_secret_is_required() {
        for address in ["tcp://0.0.0.0:1", "tcp://[::]:1", "tcp://192.0.2.1:1", "tcp://ws.example.com:1"] {
            let error = parse(&[("control", list(&["unix:///run/c.sock", address]))]).unwrap_err();
            let expected = format!(
                "option \"control_secret\" is required where \"control\" is {address}, which is not a loopback address"
            );
            assert_eq!(error.to_string(), expected);
            assert!(parse(&[("control_secret", text("x")), ("control", text(address))]).is_ok());
        }
        for address in ["tcp://127.0.0.1:1", "tcp://127.9.9.9:1", "tcp://[::1]:1", "tcp://localhost:1"] {
            assert!(parse(&[("control", text(address))]).is_ok(), "{address}");
        }
    }

    #[test]
    fn a_secret_is_any_bytes_and_null_is_none() {
        for secret in [text("sesame"), Bytes(vec![0xff, 0])] {
            assert!(parse(&[("control_secret", secret)]).unwrap().control_secret.is_some());
        }
        assert!(parse(&[("control_secret", Null)]).unwrap().control_secret.is_none());
        let debug = format!("{:?}", parse(&[("control_secret", text("sesame"))]).unwrap());
        assert!(!debug.contains("sesame"), "{debug}");
    }

    #[test]
    fn domains_go_with_listeners() {
        let two = list(&["tcp://127.0.0.1:1", "tcp://127.0.0.1:2"]);
        let config = parse(&[("domains", list(&["a.example", "b.example"])), ("listen", two)]).unwrap();
        assert_eq!(config.domains, ["a.example", "b.example"]);
        assert_eq!(parse(&[("domains", text("localhost:8099"))]).unwrap().domains, ["localhost:8099"]);
        assert!(
            parse(&[("domains", list(&["a", "b"])), ("listen", List(Vec::new()))]).is_ok(),
            "they come later"
        );
    }

    #[test]
    fn an_error_names_the_option_and_what_is_wrong() {
        for (name, value, problem) in [
            ("control", Int(1), "must be a string or a list of strings, int given"),
            ("control", text("tcp://127.0.0.1"), "is wrong: \"tcp://127.0.0.1\": the port is missing"),
            (
                "control",
                text("tls://127.0.0.1:1"),
                "is wrong: \"tls://127.0.0.1:1\": the scheme must be tcp or unix",
            ),
            ("control", text("systemd"), "is wrong: \"systemd\": the scheme must be tcp or unix"),
            ("control_secret", Int(1), "must be a string, int given"),
            ("control_secret", text(""), "must have from 1 to 65530 bytes"),
            ("control_secret", text(&"x".repeat(65_531)), "must have from 1 to 65530 bytes"),
            ("domains", Int(1), "must be a string or a list of strings, int given"),
            ("domains", list(&["a", "b"]), "names 2 domains for 1 addresses in \"listen\""),
            ("domains", text(&"x".repeat(1025)), "must not be longer than 1024 bytes"),
        ] {
            let error = parse(&[(name, value)]).unwrap_err();
            assert_eq!((error.option.as_str(), error.problem.as_str()), (name, problem));
        }
    }
}
