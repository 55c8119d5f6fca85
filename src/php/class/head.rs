//! The upgrade request as PHP arrays, for `WsConnection` and `WsRequest`.

use crate::net::tls::ClientCertificate;
use crate::php::array::Array;
use crate::php::client::Client;
use crate::php::value::Value;
use crate::protocol::{Request, cookies, percent_decode};

/// Names in lower case; repeated headers are joined, as RFC 9110 §5.3 allows: "…combine multiple field lines within a
/// field section that have the same field name into one field line…, separated by a comma".
pub fn headers(request: Option<&Request>) -> Value {
    let mut names: Vec<String> = Vec::new();
    for (name, _) in request.into_iter().flat_map(Request::headers) {
        let name = name.to_ascii_lowercase();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let mut headers = Array::new();
    for name in names {
        if let Some(value) = request.and_then(|request| header(request, &name)) {
            headers.set(&name, Value::string(&value));
        }
    }
    headers.into_value()
}

/// All values of a header, whatever its case.
pub fn header(request: &Request, name: &str) -> Option<Vec<u8>> {
    // RFC 9113 §8.2.3 says how split cookies are joined.
    let separator: &[u8] = if name.eq_ignore_ascii_case("cookie") { b"; " } else { b", " };
    let values: Vec<&[u8]> = request.header_values(name).collect();
    (!values.is_empty()).then(|| values.join(separator))
}

/// As `$_COOKIE` has them: values decoded, the first of a name counts.
pub fn cookie_array(request: Option<&Request>) -> Value {
    let mut array = Array::new();
    let mut seen: Vec<&[u8]> = Vec::new();
    let values = request.into_iter().flat_map(|request| request.header_values("Cookie"));
    for (name, value) in values.flat_map(cookies) {
        if !seen.contains(&name) {
            seen.push(name);
            array.set(name, Value::string(&percent_decode(value)));
        }
    }
    array.into_value()
}

/// What TLS agreed on; null without TLS.
pub fn tls(client: &Client) -> Value {
    let array = client.tls(|tls| {
        let mut array = Array::new();
        array.set("version", Value::string(tls.version.as_bytes()));
        array.set("cipher", Value::string(tls.cipher.as_bytes()));
        array.set("keyExchange", optional(tls.key_exchange.as_deref().map(str::as_bytes)));
        array.set("sni", optional(tls.sni.as_deref().map(str::as_bytes)));
        array.set("alpn", optional(tls.alpn.as_deref().map(str::as_bytes)));
        array.set("resumed", Value::bool(tls.resumed));
        array.set("clientCertificate", tls.client_certificate.as_ref().map_or_else(Value::null, certificate));
        array.into_value()
    });
    array.unwrap_or_else(Value::null)
}

/// The certificate that the client showed; null where it showed none.
pub fn client_certificate(client: &Client) -> Value {
    let shown = client.tls(|tls| tls.client_certificate.as_ref().map(certificate));
    shown.flatten().unwrap_or_else(Value::null)
}

fn certificate(certificate: &ClientCertificate) -> Value {
    let mut array = Array::new();
    array.set("subject", Value::string(certificate.subject.as_bytes()));
    array.set("commonName", optional(certificate.common_name.as_deref().map(str::as_bytes)));
    array.set("issuer", Value::string(certificate.issuer.as_bytes()));
    array.set("serial", Value::string(certificate.serial.as_bytes()));
    array.set("fingerprint", Value::string(certificate.fingerprint.as_bytes()));
    array.set("alternativeNames", Array::strings(&certificate.alternative_names).into_value());
    array.set("notBefore", Value::long(certificate.not_before));
    array.set("notAfter", Value::long(certificate.not_after));
    array.set("pem", Value::string(certificate.pem.as_bytes()));
    array.into_value()
}

/// A string property that is there once the request is.
pub fn text(text: Option<&str>) -> Value {
    Value::string(text.unwrap_or_default().as_bytes())
}

pub fn optional(bytes: Option<&[u8]>) -> Value {
    bytes.map_or_else(Value::null, Value::string)
}
