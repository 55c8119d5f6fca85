//! The `Cookie` header, read (RFC 6265 §5.4).

use super::head::is_token;

/// Names and values of a `Cookie` header, as they stand there. A part without `=` is a name with an empty value, as PHP
/// has it; parts without a name are left out.
pub fn cookies(header: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    header.split(|byte| *byte == b';').filter_map(|pair| {
        let pair = pair.trim_ascii();
        let (name, value) = match pair.iter().position(|byte| *byte == b'=') {
            Some(at) => (pair[..at].trim_ascii_end(), &pair[at + 1..]),
            None => (pair, &pair[pair.len()..]),
        };
        (!name.is_empty()).then_some((name, value))
    })
}

/// Whether a cookie can have this name. RFC 6265 §4.1.1: "cookie-name = token"
pub fn is_cookie_name(name: &str) -> bool {
    is_token(name.as_bytes())
}

/// Undoes percent-encoding, as PHP does for `$_COOKIE`. What is no escape stays as it is.
pub fn percent_decode(text: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [byte, tail @ ..] = rest {
        let escape =
            if *byte == b'%' { tail.first_chunk().and_then(|digits: &[u8; 2]| hex(*digits)) } else { None };
        decoded.push(escape.unwrap_or(*byte));
        rest = if escape.is_some() { &tail[2..] } else { tail };
    }
    decoded
}

fn hex([high, low]: [u8; 2]) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    Some((digit(high)? << 4 | digit(low)?) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_found_and_nonsense_is_not() {
        let found: Vec<_> = cookies(b"a=1; b=x=y;c ; =nameless;; d = 2 ;e=")
            .map(|(name, value)| (std::str::from_utf8(name).unwrap(), std::str::from_utf8(value).unwrap()))
            .collect();
        assert_eq!(found, [("a", "1"), ("b", "x=y"), ("c", ""), ("d", " 2"), ("e", "")]);
        assert_eq!(cookies(b"").count(), 0);
    }

    #[test]
    fn escapes_are_decoded_once() {
        assert_eq!(percent_decode(b"a%20b%2541%zz%4"), b"a b%41%zz%4");
        assert_eq!(percent_decode(b"%FF+%00"), b"\xff+\0");
    }
}
