//! Line mode: what comes is cut at line ends, across messages.

/// Bytes on their way to becoming lines.
#[derive(Debug, Default)]
pub struct Lines {
    bytes: Vec<u8>,
    /// Where the bytes that are still to come out begin.
    start: usize,
    /// A longer line comes in pieces of so many bytes. `None`: line mode is off, and the rest comes as it is.
    max: Option<usize>,
}

impl Lines {
    pub fn set(&mut self, max: Option<usize>) {
        self.max = max;
    }

    pub fn is_on(&self) -> bool {
        self.max.is_some()
    }

    pub fn push(&mut self, bytes: &[u8]) {
        self.bytes.drain(..std::mem::take(&mut self.start));
        self.bytes.extend_from_slice(bytes);
    }

    /// The next line, without its `\n` or `\r\n`; `None` where its end has not come.
    pub fn next_line(&mut self) -> Option<&[u8]> {
        let max = self.max?;
        let rest = &self.bytes[self.start..];
        // The longest line that is whole: `max` bytes and its end.
        let window = &rest[..rest.len().min(max + 2)];
        if let Some(end) = window.iter().position(|byte| *byte == b'\n') {
            let line = rest[..end].strip_suffix(b"\r").unwrap_or(&rest[..end]);
            if line.len() <= max {
                let length = line.len();
                let from = self.start;
                self.start += end + 1;
                return Some(&self.bytes[from..from + length]);
            }
        }
        // A line of `max` bytes may be whole, with its end on the way.
        let may_end = rest.len() == max || (rest.len() == max + 1 && rest[max] == b'\r');
        if rest.len() > max && !may_end {
            let from = self.start;
            self.start += max;
            return Some(&self.bytes[from..from + max]);
        }
        None
    }

    /// What is left when line mode ends, or the connection.
    pub fn rest(&mut self) -> Option<Vec<u8>> {
        let rest = self.bytes.split_off(std::mem::take(&mut self.start));
        self.bytes = Vec::new();
        (!rest.is_empty()).then_some(rest)
    }

    pub fn is_empty(&self) -> bool {
        self.bytes.len() == self.start
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(max: usize, pieces: &[&str]) -> Vec<String> {
        let mut lines = Lines::default();
        lines.set(Some(max));
        let mut found = Vec::new();
        for piece in pieces {
            lines.push(piece.as_bytes());
            while let Some(line) = lines.next_line() {
                found.push(String::from_utf8(line.to_vec()).unwrap());
            }
        }
        found.extend(lines.rest().map(|rest| format!("rest {}", String::from_utf8(rest).unwrap())));
        found
    }

    #[test]
    fn lines_run_across_pieces_however_they_are_cut() {
        let text = "one\ntwo\r\n\nthree\r\nfo\rur\nfive";
        let whole = lines(100, &[text]);
        assert_eq!(whole, ["one", "two", "", "three", "fo\rur", "rest five"]);
        for at in 0..=text.len() {
            assert_eq!(lines(100, &[&text[..at], &text[at..]]), whole, "cut at {at}");
        }
    }

    #[test]
    fn a_line_of_the_maximum_is_whole_and_a_longer_one_comes_in_pieces() {
        for end in ["\n", "\r\n"] {
            for text in [format!("1234{end}12345{end}123456789{end}"), format!("12345678{end}x{end}")] {
                let whole = lines(4, &[&text]);
                let expected: &[&str] = if text.contains('x') {
                    &["1234", "5678", "x"]
                } else {
                    &["1234", "1234", "5", "1234", "5678", "9"]
                };
                assert_eq!(whole, expected, "{text:?}");
                for at in 0..=text.len() {
                    assert_eq!(lines(4, &[&text[..at], &text[at..]]), whole, "{text:?} cut at {at}");
                }
            }
        }
    }
}
