//! The upgrade request as PHP arrays, for `WsConnection` and `WsRequest`.

use crate::php::array::Array;
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

/// A string property that is there once the request is.
pub fn text(text: Option<&str>) -> Value {
    Value::string(text.unwrap_or_default().as_bytes())
}

pub fn optional(bytes: Option<&[u8]>) -> Value {
    bytes.map_or_else(Value::null, Value::string)
}
