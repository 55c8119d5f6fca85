//! `Sec-WebSocket-Extensions` (RFC 6455 §9). The one extension that is spoken is permessage-deflate.

use super::deflate::Agreed;
use super::head::{is_token, is_token_byte};

/// One extension as it was offered or chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtensionOffer {
    /// The registered name, like `permessage-deflate`.
    pub name: String,
    /// Parameters in order; a value that was quoted is unquoted.
    pub params: Vec<(String, Option<String>)>,
}

/// What was agreed on for a connection. It says which reserved bits have a meaning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Extensions {
    pub(super) deflate: Option<Agreed>,
}

impl Extensions {
    /// Reserved bits that may be set in the first frame of a message: 4 is RSV1.
    #[inline]
    pub(super) fn allowed_rsv(self) -> u8 {
        // RFC 6455 §5.2: "MUST be 0 unless an extension is negotiated that defines meanings for non-zero values." RFC 7692 §6:
        // "This document allocates the RSV1 bit of the WebSocket header for PMCEs"
        if self.deflate.is_some() { 4 } else { 0 }
    }
}

/// Reads the value of a `Sec-WebSocket-Extensions` header; `None` if it does not follow the grammar of §9.1.
pub fn parse_extensions(value: &[u8]) -> Option<Vec<ExtensionOffer>> {
    let mut cursor = Cursor { rest: value };
    let mut offers = Vec::new();
    loop {
        cursor.skip_blank();
        if cursor.rest.is_empty() {
            return Some(offers);
        }
        if cursor.take(b',') {
            continue; // RFC 9110 §5.6.1.2: empty list elements are ignored
        }
        let name = cursor.token()?;
        let mut params = Vec::new();
        cursor.skip_blank();
        while cursor.take(b';') {
            cursor.skip_blank();
            let name = cursor.token()?;
            cursor.skip_blank();
            let value = if cursor.take(b'=') {
                cursor.skip_blank();
                Some(if cursor.take(b'"') { cursor.quoted()? } else { cursor.token()? })
            } else {
                None
            };
            params.push((name, value));
            cursor.skip_blank();
        }
        offers.push(ExtensionOffer { name, params });
        if !cursor.rest.is_empty() && !cursor.take(b',') {
            return None;
        }
    }
}

struct Cursor<'a> {
    rest: &'a [u8],
}

impl Cursor<'_> {
    fn skip_blank(&mut self) {
        while let [b' ' | b'\t', rest @ ..] = self.rest {
            self.rest = rest;
        }
    }

    fn take(&mut self, byte: u8) -> bool {
        match self.rest.split_first() {
            Some((first, rest)) if *first == byte => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    fn token(&mut self) -> Option<String> {
        let end = self.rest.iter().position(|byte| !is_token_byte(*byte)).unwrap_or(self.rest.len());
        let (token, rest) = self.rest.split_at(end);
        self.rest = rest;
        is_token(token).then(|| String::from_utf8_lossy(token).into_owned())
    }

    /// What follows an opening quote, up to the closing one. RFC 6455 §9.1: "When using the quoted-string syntax variant,
    /// the value after quoted-string unescaping MUST conform to the 'token' ABNF."
    fn quoted(&mut self) -> Option<String> {
        let mut value = Vec::new();
        loop {
            let (first, rest) = self.rest.split_first()?;
            self.rest = rest;
            match first {
                b'"' => return is_token(&value).then(|| String::from_utf8_lossy(&value).into_owned()),
                b'\\' => {
                    let (escaped, rest) = self.rest.split_first()?;
                    self.rest = rest;
                    value.push(*escaped);
                }
                byte => value.push(*byte),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(name: &str, params: &[(&str, Option<&str>)]) -> ExtensionOffer {
        let params = params.iter().map(|(name, value)| (name.to_string(), value.map(String::from))).collect();
        ExtensionOffer { name: name.to_owned(), params }
    }

    #[test]
    fn grammar() {
        let deflate = b"permessage-deflate; client_max_window_bits; server_max_window_bits=10, x-other";
        assert_eq!(
            parse_extensions(deflate).unwrap(),
            [
                offer(
                    "permessage-deflate",
                    &[("client_max_window_bits", None), ("server_max_window_bits", Some("10"))]
                ),
                offer("x-other", &[])
            ]
        );
        assert_eq!(parse_extensions(b" a ; b = \"1\\0\" ,,").unwrap(), [offer("a", &[("b", Some("10"))])]);
        assert_eq!(parse_extensions(b"").unwrap(), []);
    }

    #[test]
    fn what_is_not_in_the_grammar_is_refused() {
        for bad in
            ["a b", ";a", "a;", "a;=1", "a;b=", "a;b=\"1", "a;b=\"1 2\"", "a;b=\"\"", "a;b=\"\\", "a\u{0}"]
        {
            assert_eq!(parse_extensions(bad.as_bytes()), None, "{bad:?}");
        }
    }
}
