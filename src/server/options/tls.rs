//! The `tls` option: an array whose members are read into a [`TlsConfig`]. Files are read when the server starts.

use super::{ConfigError, OptionValue, Reader};
use crate::net::tls::{
    CIPHERS, GROUPS, HostConfig, Identity, PROTOCOLS, Passphrase, Source, TlsConfig, VerifyClient,
    cipher_named, group_named,
};
use crate::server::ServerConfig;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Members that are for the whole server, not for a host.
const GLOBAL: &[&str] = &["sni", "keylog", "handshake_timeout"];

/// Certificate options of one host, which come as several members.
#[derive(Default)]
struct Parts {
    cert: Option<Source>,
    key: Option<Source>,
    pkcs12: Option<Source>,
    verify_client_given: bool,
}

pub fn read(option: &Reader<'_>) -> Result<TlsConfig, ConfigError> {
    let mut tls = TlsConfig::default();
    let mut own = Vec::new();
    let mut sni = None;
    for (name, value) in option.map()? {
        let member = Reader::new(&name, value);
        match last(&name) {
            "keylog" => tls.keylog = member.optional(Reader::path)?,
            "handshake_timeout" => tls.handshake_timeout = member.optional(Reader::seconds)?,
            "sni" => sni = Some((name, value)),
            _ => own.push((name, value)),
        }
    }
    tls.host = read_host(option, &own, HostConfig::default())?;
    if let Some((name, value)) = sni {
        let defaults = HostConfig { identity: None, passphrase: None, ..tls.host.clone() };
        tls.sni = Reader::new(&name, value).optional(|sni| read_hosts(sni, &defaults))?.unwrap_or_default();
    }
    Ok(tls)
}

/// A TLS listener must have a certificate.
pub fn check(config: &ServerConfig) -> Result<(), ConfigError> {
    let certain = config.tls.as_ref().is_some_and(|tls| tls.host.identity.is_some());
    match config.listen.iter().find(|address| address.is_tls()) {
        Some(address) if !certain => Err(ConfigError {
            option: "tls.cert".to_owned(),
            problem: format!("is needed for \"{address}\": give cert and key, or pkcs12"),
        }),
        _ => Ok(()),
    }
}

/// Host names, each with the same members. What one does not give is as for the server, but for its certificate.
fn read_hosts(sni: &Reader<'_>, defaults: &HostConfig) -> Result<Vec<(String, HostConfig)>, ConfigError> {
    let mut hosts = Vec::new();
    for (name, value) in sni.map()? {
        let option = Reader::new(&name, value);
        let host = name.strip_prefix("tls.sni.").unwrap_or(&name);
        if host.is_empty() || host.contains(|letter: char| letter.is_whitespace() || letter == ':') {
            return Err(option.error("is wrong: the key must be a host name"));
        }
        let members = option.map()?;
        if let Some((name, value)) = members.iter().find(|(name, _)| GLOBAL.contains(&last(name))) {
            return Err(Reader::new(name, value).error("is for all hosts: give it in tls itself"));
        }
        let read = read_host(&option, &members, defaults.clone())?;
        if read.identity.is_none() {
            return Err(option.error("needs a certificate: give cert and key, or pkcs12"));
        }
        hosts.push((host.to_owned(), read));
    }
    Ok(hosts)
}

fn read_host(
    option: &Reader<'_>,
    members: &[(String, &OptionValue)],
    mut host: HostConfig,
) -> Result<HostConfig, ConfigError> {
    let mut parts = Parts::default();
    for (name, value) in members {
        read_member(&Reader::new(name, value), &mut host, &mut parts)?;
    }
    let error = |member: &str, problem: &str| ConfigError {
        option: format!("{}.{member}", option.name()),
        problem: problem.to_owned(),
    };
    host.identity = match parts {
        Parts { cert: Some(_), pkcs12: Some(_), .. } => {
            return Err(error("pkcs12", "cannot be given beside cert: one of them"));
        }
        Parts { key: Some(_), pkcs12: Some(_), .. } => {
            return Err(error("key", "cannot be given beside pkcs12, which has the key"));
        }
        Parts { cert: None, key: Some(_), .. } => return Err(error("cert", "is needed beside key")),
        Parts { cert: Some(cert), key, .. } => Some(Identity::Pem { cert, key }),
        Parts { pkcs12, .. } => pkcs12.map(Identity::Pkcs12),
    };
    let asks = host.verify_client != VerifyClient::None;
    if asks && host.client_ca.is_empty() {
        return Err(error("client_ca", "is needed where verify_client is not \"none\""));
    }
    if !asks && !parts.verify_client_given && !host.client_ca.is_empty() {
        return Err(error(
            "verify_client",
            "is needed beside client_ca: \"none\", \"optional\" or \"required\"",
        ));
    }
    if !host.crl.is_empty() && host.client_ca.is_empty() {
        return Err(error("client_ca", "is needed beside crl"));
    }
    Ok(host)
}

fn read_member(member: &Reader<'_>, host: &mut HostConfig, parts: &mut Parts) -> Result<(), ConfigError> {
    match last(member.name()) {
        "cert" => parts.cert = member.optional(pem)?,
        "key" => parts.key = member.optional(pem)?,
        "pkcs12" => parts.pkcs12 = member.optional(archive)?,
        "passphrase" => {
            host.passphrase = member.optional(Reader::string)?.map(|text| Passphrase(text.to_owned()));
        }
        "client_ca" => host.client_ca = member.optional(pems)?.unwrap_or_default(),
        "crl" => host.crl = member.optional(pems)?.unwrap_or_default(),
        "verify_client" => {
            parts.verify_client_given = true;
            host.verify_client = member.one_of(&[
                ("none", VerifyClient::None),
                ("optional", VerifyClient::Optional),
                ("required", VerifyClient::Required),
            ])?;
        }
        "protocols" => {
            host.protocols = names(member, "protocol", PROTOCOLS, |name| {
                PROTOCOLS.iter().find(|(known, _)| *known == name).map(|(_, protocol)| *protocol)
            })?
        }
        "ciphers" => host.ciphers = names(member, "cipher suite", CIPHERS, cipher_named)?,
        "groups" => host.groups = names(member, "group", GROUPS, group_named)?,
        "tickets" => host.tickets = member.bool()?,
        _ => return Err(member.error("is unknown")),
    }
    Ok(())
}

/// A list of names, or a string of them with colons between, as OpenSSL has it.
fn names<T, K>(
    option: &Reader<'_>,
    kind: &str,
    known: &[(&str, K)],
    find: impl Fn(&str) -> Option<T>,
) -> Result<Vec<T>, ConfigError> {
    let strings = option.strings()?;
    let names = strings.iter().flat_map(|text| text.split([':', ',', ' '])).filter(|name| !name.is_empty());
    let mut found = Vec::new();
    for name in names {
        found.push(find(name).ok_or_else(|| {
            let known: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
            option.error(&format!("names an unknown {kind}: \"{name}\"; there are {}", known.join(", ")))
        })?);
    }
    if found.is_empty() { Err(option.error("must name one at least")) } else { Ok(found) }
}

fn pem(option: &Reader<'_>) -> Result<Source, ConfigError> {
    match Source::from_text(option.string()?) {
        Source::File(_) => Ok(Source::File(option.path()?)),
        content => Ok(content),
    }
}

/// One, or a list.
fn pems(option: &Reader<'_>) -> Result<Vec<Source>, ConfigError> {
    option
        .strings()?
        .iter()
        .map(|text| pem(&Reader::new(option.name(), &OptionValue::Str(text.clone()))))
        .collect()
}

/// A path, the archive itself, or its base64.
fn archive(option: &Reader<'_>) -> Result<Source, ConfigError> {
    if let Some(bytes) = option.bytes() {
        return Ok(Source::Content(bytes.to_vec()));
    }
    let text: String = option.string()?.split_ascii_whitespace().collect();
    // Base64 of a DER sequence that is longer than any path.
    match STANDARD.decode(&text) {
        Ok(bytes) if text.starts_with("MI") && bytes.len() > 255 => Ok(Source::Content(bytes)),
        _ => Ok(Source::File(option.path()?)),
    }
}

/// The member's own name, behind the last full stop of `tls.member`. A host name may have full stops itself, but is no
/// member.
fn last(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or_default()
}
