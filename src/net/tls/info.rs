//! What a TLS handshake agreed on, for the application.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::fmt::{self, Write as _};
use std::net::IpAddr;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, X509Certificate};
use x509_parser::time::ASN1Time;

/// The TLS side of a connection. Plain values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsInfo {
    /// `TLSv1.2` or `TLSv1.3`.
    pub version: &'static str,
    /// The IANA name of the cipher suite: `TLS_AES_256_GCM_SHA384`.
    pub cipher: String,
    /// The key exchange group: `X25519MLKEM768`, `X25519`, `P-256`. `None` for a resumed TLS 1.2 session, which has none.
    pub key_exchange: Option<String>,
    /// The host that the client asked for, if it named one.
    pub sni: Option<String>,
    /// A ticket of an earlier connection was used.
    pub resumed: bool,
    /// `http/1.1` where the client offered it.
    pub alpn: Option<String>,
    /// What the client showed; it has been verified. After a resumption: what it showed then.
    pub client_certificate: Option<ClientCertificate>,
}

/// In a line of the log: `TLSv1.3, TLS_AES_256_GCM_SHA384, X25519, resumed`.
impl fmt::Display for TlsInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", self.version, self.cipher)?;
        if let Some(group) = &self.key_exchange {
            write!(f, ", {group}")?;
        }
        f.write_str(if self.resumed { ", resumed" } else { "" })
    }
}

/// A client's certificate. Text is as the certificate has it; the authority has vouched for it, nobody for its form.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClientCertificate {
    /// The distinguished name: `C=DE, O=Example, CN=client`.
    pub subject: String,
    /// The common name within it, if there is one.
    pub common_name: Option<String>,
    pub issuer: String,
    /// Upper case hexadecimal digits, as OpenSSL shows it.
    pub serial: String,
    /// SHA-256 of the certificate, lower case hexadecimal.
    pub fingerprint: String,
    /// `DNS:name`, `email:address`, `URI:uri`, `IP:address`; other kinds are left out.
    pub alternative_names: Vec<String>,
    /// Unix times in seconds: from, and to (inclusive).
    pub not_before: i64,
    pub not_after: i64,
    pub pem: String,
}

impl ClientCertificate {
    pub(super) fn read(der: &[u8]) -> ClientCertificate {
        let mut read = ClientCertificate {
            fingerprint: hex(digest(&SHA256, der).as_ref(), false),
            pem: pem(der),
            ..ClientCertificate::default()
        };
        // It was verified, so it is well-formed; were it not, its fingerprint and PEM still name it.
        if let Ok((_, certificate)) = X509Certificate::from_der(der) {
            let time = ASN1Time::timestamp;
            read.subject = certificate.subject().to_string();
            read.common_name = certificate
                .subject()
                .iter_common_name()
                .next()
                .and_then(|name| name.as_str().ok())
                .map(str::to_owned);
            read.issuer = certificate.issuer().to_string();
            read.serial = serial(certificate.raw_serial());
            read.not_before = time(&certificate.validity().not_before);
            read.not_after = time(&certificate.validity().not_after);
            if let Ok(Some(names)) = certificate.subject_alternative_name() {
                read.alternative_names = names.value.general_names.iter().filter_map(name).collect();
            }
        }
        read
    }
}

fn name(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some(format!("DNS:{name}")),
        GeneralName::RFC822Name(address) => Some(format!("email:{address}")),
        GeneralName::URI(uri) => Some(format!("URI:{uri}")),
        GeneralName::IPAddress(bytes) => match bytes.len() {
            4 => <[u8; 4]>::try_from(*bytes).ok().map(IpAddr::from),
            _ => <[u8; 16]>::try_from(*bytes).ok().map(IpAddr::from),
        }
        .map(|address| format!("IP:{address}")),
        _ => None,
    }
}

/// The digits of a serial number, without the zero byte that only says that it is positive.
fn serial(bytes: &[u8]) -> String {
    match bytes {
        [0, rest @ ..] if !rest.is_empty() => hex(rest, true),
        bytes => hex(bytes, true),
    }
}

fn hex(bytes: &[u8], upper: bool) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = if upper { write!(text, "{byte:02X}") } else { write!(text, "{byte:02x}") };
        text
    })
}

/// RFC 7468 §2: base64 in lines of 64.
fn pem(der: &[u8]) -> String {
    let encoded = STANDARD.encode(der);
    let mut text = String::from("-----BEGIN CERTIFICATE-----\n");
    let mut rest = encoded.as_str();
    while !rest.is_empty() {
        let (line, more) = rest.split_at(rest.len().min(64));
        text.push_str(line);
        text.push('\n');
        rest = more;
    }
    text.push_str("-----END CERTIFICATE-----\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_serial_number_loses_its_sign_byte_only() {
        assert_eq!(
            (serial(&[0, 0xab, 1]), serial(&[0]), serial(&[1, 0])),
            ("AB01".into(), "00".into(), "0100".into())
        );
    }

    #[test]
    fn what_is_no_certificate_still_has_a_fingerprint() {
        let read = ClientCertificate::read(b"abc");
        assert_eq!(read.fingerprint, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(read.pem, "-----BEGIN CERTIFICATE-----\nYWJj\n-----END CERTIFICATE-----\n");
    }
}
