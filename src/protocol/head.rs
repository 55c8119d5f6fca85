//! An HTTP head, owned and packed: every open connection keeps that of its request.

/// What the start line says, and the headers, in order, repeats included.
///
/// Lines are parted by LF, which no header can contain. A header whose name is one of [`NAMES`], written as there, begins with
/// one byte that stands for the name, [`CODED`] and its place; any other with its name and a colon.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Head {
    packed: Box<[u8]>,
}

/// Names are tokens, of ASCII: no name begins with such a byte.
const CODED: u8 = 0x80;

/// The names of headers that browsers, proxies and servers send in most handshakes.
const NAMES: [&str; 30] = [
    "Accept-Encoding",
    "Accept-Language",
    "Cache-Control",
    "Connection",
    "Cookie",
    "Date",
    "Forwarded",
    "Host",
    "Origin",
    "Pragma",
    "Sec-Fetch-Dest",
    "Sec-Fetch-Mode",
    "Sec-Fetch-Site",
    "Sec-WebSocket-Accept",
    "Sec-WebSocket-Extensions",
    "Sec-WebSocket-Key",
    "Sec-WebSocket-Protocol",
    "Sec-WebSocket-Version",
    "Server",
    "Upgrade",
    "User-Agent",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Port",
    "X-Forwarded-Proto",
    "X-Real-IP",
    "Authorization",
    "Accept",
    "Referer",
    "Via",
];

impl Head {
    /// `start`: what is to be kept of the start line.
    pub(super) fn pack(start: &str, headers: &[httparse::Header<'_>]) -> Head {
        let mut packed = Vec::with_capacity(
            start.len()
                + headers.iter().map(|header| header.name.len() + header.value.len() + 2).sum::<usize>(),
        );
        packed.extend_from_slice(start.as_bytes());
        for header in headers {
            packed.push(b'\n');
            match NAMES.iter().position(|name| *name == header.name) {
                Some(place) => packed.push(CODED + place as u8),
                None => {
                    packed.extend_from_slice(header.name.as_bytes());
                    packed.push(b':');
                }
            }
            packed.extend_from_slice(header.value);
        }
        Head { packed: packed.into() }
    }

    /// What was kept of the start line.
    pub(super) fn start(&self) -> &str {
        text(self.lines().next().unwrap_or_default())
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.lines().skip(1).map(unpack)
    }

    fn lines(&self) -> impl Iterator<Item = &[u8]> {
        self.packed.split(|byte| *byte == b'\n')
    }

    /// The first header of this name, whatever its case.
    pub(super) fn first(&self, name: &str) -> Option<&[u8]> {
        self.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    pub(super) fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value)
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

/// The name and the value of a header.
fn unpack(line: &[u8]) -> (&str, &[u8]) {
    match line {
        [code, value @ ..] if *code >= CODED => {
            (NAMES.get(usize::from(code - CODED)).copied().unwrap_or_default(), value)
        }
        _ => {
            let colon = line.iter().position(|byte| *byte == b':').unwrap_or(line.len());
            (text(&line[..colon]), line.get(colon + 1..).unwrap_or_default())
        }
    }
}

/// What was text when the head was packed.
fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or_default()
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
