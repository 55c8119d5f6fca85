//! An HTTP head, owned: the bytes as they came, and where its headers are in them.

use std::ops::Range;

/// The headers of a request or a response, in order, repeats included.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) raw: Vec<u8>,
    headers: Box<[HeaderRange]>,
}

/// Where a header's name and value are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct HeaderRange {
    name: Span,
    value: Span,
}

/// A range of a head's bytes; heads are far shorter than 4 GiB.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Span {
    start: u32,
    end: u32,
}

impl Span {
    /// Where `part`, a slice of `raw`, lies in it.
    pub(super) fn of(part: &[u8], raw: &[u8]) -> Span {
        let start = part.as_ptr() as usize - raw.as_ptr() as usize;
        debug_assert!(start + part.len() <= raw.len());
        Span { start: start as u32, end: (start + part.len()) as u32 }
    }

    pub(super) fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

impl Head {
    /// The headers that were found in `raw`, without the bytes: these are put into `raw` when nothing borrows them.
    pub(super) fn locate(headers: &[httparse::Header<'_>], raw: &[u8]) -> Head {
        let range = |header: &httparse::Header<'_>| HeaderRange {
            name: Span::of(header.name.as_bytes(), raw),
            value: Span::of(header.value, raw),
        };
        Head { raw: Vec::new(), headers: headers.iter().map(range).collect() }
    }

    pub(super) fn bytes(&self, span: Span) -> &[u8] {
        &self.raw[span.range()]
    }

    /// Text of a span that was checked to be UTF-8 when the head was read.
    pub(super) fn text(&self, span: Span) -> &str {
        std::str::from_utf8(self.bytes(span)).unwrap_or_default()
    }

    /// The first header of this name, whatever its case.
    pub(super) fn first(&self, name: &str) -> Option<&[u8]> {
        let header = self
            .headers
            .iter()
            .find(|header| self.bytes(header.name).eq_ignore_ascii_case(name.as_bytes()))?;
        Some(self.bytes(header.value))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.headers.iter().map(|header| (self.text(header.name), self.bytes(header.value)))
    }

    pub(super) fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.headers
            .iter()
            .filter(move |header| self.bytes(header.name).eq_ignore_ascii_case(name.as_bytes()))
            .map(|header| self.bytes(header.value))
    }

    /// The value of a header that must be there at most once: `Err` if it is repeated.
    pub(super) fn single<'a>(&'a self, name: &'a str) -> Result<Option<&'a [u8]>, Repeated> {
        let mut values = self.values(name);
        let first = values.next();
        if values.next().is_some() { Err(Repeated) } else { Ok(first) }
    }

    /// Whether `token` is in the comma-separated list that all headers of this name make together.
    pub(super) fn list_contains(&self, name: &str, token: &str) -> bool {
        self.values(name).flat_map(list).any(|element| element.eq_ignore_ascii_case(token.as_bytes()))
    }
}

impl std::fmt::Debug for Head {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut map = f.debug_map();
        for (name, value) in self.iter() {
            map.entry(&name, &String::from_utf8_lossy(value));
        }
        map.finish()
    }
}

/// A header that must not be repeated was.
pub(super) struct Repeated;

/// Collects the bytes of a head until its empty line, however they are cut.
#[derive(Debug, Default)]
pub(super) struct HeadReader {
    raw: Vec<u8>,
}

/// Why a head cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HeadError {
    TooLarge,
    /// A line that does not end with CR LF, or a first byte that begins no HTTP head.
    Malformed(&'static str),
}

impl HeadReader {
    /// Takes what belongs to the head from `input`; gives the head out once it is complete. Each byte is looked at once.
    pub(super) fn read(&mut self, input: &mut &[u8], limit: usize) -> Result<Option<Vec<u8>>, HeadError> {
        // RFC 9112 §2.2: "a server that is expecting to receive and parse a request-line SHOULD ignore at least one empty
        // line (CRLF) received prior to the request-line."
        while let ([], [b'\r' | b'\n', rest @ ..]) = (&*self.raw, *input) {
            *input = rest;
        }
        let Some(first) = self.raw.first().or(input.first()) else { return Ok(None) };
        if !is_token_byte(*first) {
            return Err(HeadError::Malformed("not HTTP")); // at once: TLS on a plain port would wait for an empty line
        }
        let seen = self.raw.len();
        self.raw.extend_from_slice(&input[..input.len().min(limit - seen)]);
        for end in seen..self.raw.len() {
            if self.raw[end] != b'\n' {
                continue;
            }
            let line = &self.raw[..=end];
            // RFC 9112 §2.2 allows to take a bare LF for a line's end. Proxies disagree about it, so it is not taken.
            if !line.ends_with(b"\r\n") {
                return Err(HeadError::Malformed("line does not end with CR LF"));
            }
            if line.ends_with(b"\r\n\r\n") {
                *input = &input[end + 1 - seen..];
                self.raw.truncate(end + 1);
                return Ok(Some(std::mem::take(&mut self.raw)));
            }
        }
        if self.raw.len() >= limit {
            return Err(HeadError::TooLarge);
        }
        *input = &[];
        Ok(None)
    }
}

/// The elements of a comma-separated list, trimmed. RFC 9110 §5.6.1.2: "A recipient MUST parse and ignore a reasonable
/// number of empty list elements".
pub(super) fn list(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii).filter(|element| !element.is_empty())
}

/// RFC 9110 §5.6.2: what names of headers, methods, subprotocols and extensions are made of.
pub(super) fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().all(|byte| is_token_byte(*byte))
}

pub(super) fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// A header value without control characters: nothing that could end the line, and the head with it.
pub(super) fn is_header_value(value: &[u8]) -> bool {
    value.iter().all(|byte| *byte == b'\t' || (*byte >= b' ' && *byte != 0x7F))
}
