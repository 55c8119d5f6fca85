//! How the bytes of a FIFO become messages.
//!
//! Legacy web applications write `json_encode($params)` with no delimiter, so two writers' documents can
//! stand back to back in the pipe, and a document longer than the pipe arrives in several reads.

use crate::protocol::Timestamp;
use crate::server::FifoFraming;
use serde::de::IgnoredAny;
use std::time::Duration;

/// A document that its writer never finishes is handed on as it came after this pause: it must not swallow
/// what the next writer sends.
const UNFINISHED_AFTER: Duration = Duration::from_secs(1);
/// Bytes that an unfinished document or line may have before it is handed on as it came.
const MAX_MESSAGE: usize = 64 * 1024 * 1024;

/// Splits a byte stream into messages. Nothing is lost: what is no document and no line comes out as it came.
#[derive(Debug)]
pub struct Framer {
    framing: FifoFraming,
    buffer: Vec<u8>,
    /// State of the scan over the document at the start of `buffer`.
    scan: Scan,
    /// When the last bytes came.
    since: Timestamp,
}

impl Framer {
    pub fn new(framing: FifoFraming) -> Framer {
        Framer { framing, buffer: Vec::new(), scan: Scan::default(), since: Timestamp(0) }
    }

    /// Takes what one read brought. `drained`: the pipe is empty now, so a text without an end is complete.
    pub fn push(&mut self, bytes: &[u8], drained: bool, now: Timestamp, messages: &mut Vec<Vec<u8>>) {
        if self.framing == FifoFraming::Raw {
            messages.push(bytes.to_vec());
            return;
        }
        self.buffer.extend_from_slice(bytes);
        self.since = now;
        let mut used = 0;
        while let Some(end) = self.next_end(used, drained) {
            push_trimmed(&self.buffer[used..end], messages);
            used = end;
            self.scan = Scan::default();
        }
        self.buffer.drain(..used);
        if self.buffer.is_empty() && self.buffer.capacity() > 64 * 1024 {
            self.buffer = Vec::new();
        }
    }

    /// When [`Framer::expire`] has something to do.
    pub fn deadline(&self) -> Option<Timestamp> {
        (!self.buffer.is_empty() && self.framing == FifoFraming::Auto).then(|| self.since + UNFINISHED_AFTER)
    }

    /// Hands on an unfinished document whose time is over.
    pub fn expire(&mut self, now: Timestamp, messages: &mut Vec<Vec<u8>>) {
        if self.deadline().is_some_and(|deadline| deadline <= now) {
            self.finish(messages);
        }
    }

    /// Hands on whatever is left.
    pub fn finish(&mut self, messages: &mut Vec<Vec<u8>>) {
        let rest = std::mem::take(&mut self.buffer);
        self.scan = Scan::default();
        push_trimmed(&rest, messages);
    }

    /// Where the message ends that starts at `start`, as far as that can be told.
    fn next_end(&mut self, start: usize, drained: bool) -> Option<usize> {
        let rest = &self.buffer[start..];
        if rest.is_empty() {
            return None;
        }
        if self.framing == FifoFraming::Auto {
            let blank = rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
            match rest.get(blank) {
                None => return Some(self.buffer.len()),
                Some(b'{' | b'[') => match self.scan.advance(&rest[blank..]) {
                    Document::Unfinished if rest.len() < MAX_MESSAGE => return None,
                    Document::Ends(length) => {
                        let document = &rest[blank..blank + length];
                        if serde_json::from_slice::<IgnoredAny>(document).is_ok() {
                            return Some(start + blank + length);
                        }
                        // Balanced brackets, but no JSON: a text that happens to start with one.
                    }
                    Document::Unfinished | Document::Unbalanced => {}
                },
                Some(_) => {}
            }
        }
        match rest.iter().position(|byte| *byte == b'\n') {
            Some(newline) => Some(start + newline + 1),
            None if rest.len() >= MAX_MESSAGE => Some(self.buffer.len()),
            None if drained && self.framing == FifoFraming::Auto => Some(self.buffer.len()),
            None => None,
        }
    }
}

/// A scan for the bracket that closes the first one. It remembers where it was, so that a long document
/// that comes in many pieces is read once.
#[derive(Debug, Default)]
struct Scan {
    position: usize,
    depth: usize,
    in_string: bool,
    escaped: bool,
}

enum Document {
    Ends(usize),
    Unfinished,
    Unbalanced,
}

impl Scan {
    fn advance(&mut self, bytes: &[u8]) -> Document {
        while let Some(byte) = bytes.get(self.position) {
            self.position += 1;
            if self.escaped {
                self.escaped = false;
                continue;
            }
            match byte {
                b'\\' if self.in_string => self.escaped = true,
                b'"' => self.in_string = !self.in_string,
                _ if self.in_string => {}
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => match self.depth {
                    0 => return Document::Unbalanced,
                    1 => return Document::Ends(self.position),
                    _ => self.depth -= 1,
                },
                _ => {}
            }
        }
        Document::Unfinished
    }
}

/// Messages are trimmed as the legacy server did (PHP's `trim`); what is blank is none.
fn push_trimmed(bytes: &[u8], messages: &mut Vec<Vec<u8>>) {
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0 | 0x0b);
    let Some(first) = bytes.iter().position(|byte| !blank(byte)) else { return };
    let last = bytes.iter().rposition(|byte| !blank(byte)).unwrap_or(first);
    messages.push(bytes[first..=last].to_vec());
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn messages(framing: FifoFraming, reads: &[(&str, bool)]) -> Vec<String> {
        let (mut framer, mut messages) = (Framer::new(framing), Vec::new());
        for (bytes, drained) in reads {
            framer.push(bytes.as_bytes(), *drained, Timestamp(0), &mut messages);
        }
        messages.into_iter().map(|message| String::from_utf8(message).unwrap()).collect()
    }

    fn auto(reads: &[(&str, bool)]) -> Vec<String> {
        messages(FifoFraming::Auto, reads)
    }

    #[test]
    fn documents_back_to_back_are_told_apart() {
        assert_eq!(
            auto(&[(r#"{"a":1}{"b":"}{"}[1,[2]]"#, true)]),
            [r#"{"a":1}"#, r#"{"b":"}{"}"#, "[1,[2]]"]
        );
    }

    #[test]
    fn a_document_in_pieces_is_one_message() {
        assert_eq!(auto(&[(r#"{"a":"x\"#, true), (r#""}"#, true), (r#"y"}"#, true)]), [r#"{"a":"x\"}y"}"#]);
    }

    #[test]
    fn lines_and_plain_text() {
        assert_eq!(auto(&[("one\ntwo\n", true)]), ["one", "two"]);
        assert_eq!(auto(&[("hello ", false), ("world", true)]), ["hello world"]);
        assert_eq!(auto(&[("text {not json} more", true)]), ["text {not json} more"]);
        assert_eq!(auto(&[("{room 5} hello", true)]), ["{room 5} hello"]);
        assert_eq!(auto(&[("line\n{\"a\":1}tail", true)]), ["line", "{\"a\":1}", "tail"]);
        assert_eq!(auto(&[(" \n\t ", true)]), [""; 0]);
    }

    #[test]
    fn line_framing_waits_for_the_newline() {
        assert_eq!(messages(FifoFraming::Line, &[("{\"a\":1}{", true), ("}\nx", true)]), ["{\"a\":1}{}"]);
    }

    #[test]
    fn raw_framing_changes_nothing() {
        assert_eq!(messages(FifoFraming::Raw, &[(" a\n", true), ("{", true)]), [" a\n", "{"]);
    }

    #[test]
    fn an_unfinished_document_is_handed_on_and_swallows_nothing() {
        let (mut framer, mut out) = (Framer::new(FifoFraming::Auto), Vec::new());
        framer.push(b"{\"a\":", true, Timestamp(0), &mut out);
        let deadline = framer.deadline().expect("there is something to wait for");
        framer.expire(Timestamp(deadline.0 - 1), &mut out);
        assert!(out.is_empty());
        framer.expire(deadline, &mut out);
        framer.push(b"{\"b\":2}", true, deadline, &mut out);
        assert_eq!(out, [b"{\"a\":".to_vec(), b"{\"b\":2}".to_vec()]);
        assert_eq!(framer.deadline(), None);
    }

    proptest! {
        #[test]
        fn documents_survive_any_split(
            values in prop::collection::vec(".{0,40}", 1..10),
            cut in 1usize..20,
        ) {
            let documents: Vec<String> =
                values.iter().map(|value| serde_json::json!({ "v": value, "n": [1, {}] }).to_string()).collect();
            let (mut framer, mut out) = (Framer::new(FifoFraming::Auto), Vec::new());
            for piece in documents.concat().as_bytes().chunks(cut) {
                framer.push(piece, true, Timestamp(0), &mut out);
            }
            let out: Vec<String> = out.into_iter().map(|bytes| String::from_utf8(bytes).unwrap()).collect();
            prop_assert_eq!(out, documents);
        }
    }
}
