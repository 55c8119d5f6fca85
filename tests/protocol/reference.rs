//! An inflater that shares nothing with the crate's: RFC 1951 as it is written, slow, and strict about distances.

/// What came of a whole DEFLATE stream (without BFINAL, ending between two blocks), and the largest distance in it.
/// `history` is what the stream may refer to.
pub fn inflate(history: &[u8], stream: &[u8]) -> Result<(Vec<u8>, usize), &'static str> {
    let mut bits = Bits { bytes: stream, at: 0 };
    let mut out = history.to_vec();
    let mut largest = 0;
    while bits.left() >= 8 {
        let last = bits.take(1)?;
        match bits.take(2)? {
            0 => stored(&mut bits, &mut out)?,
            1 => codes(&mut bits, &mut out, &mut largest, &fixed_lengths(), &[5; 30])?,
            2 => {
                let (lengths, distances) = dynamic_lengths(&mut bits)?;
                codes(&mut bits, &mut out, &mut largest, &lengths, &distances)?;
            }
            _ => return Err("block type 3"),
        }
        if last == 1 {
            return Err("BFINAL");
        }
    }
    Ok((out.split_off(history.len()), largest))
}

struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn left(&self) -> usize {
        self.bytes.len() * 8 - self.at
    }

    fn take(&mut self, count: usize) -> Result<usize, &'static str> {
        let mut value = 0;
        for i in 0..count {
            let byte = self.bytes.get(self.at / 8).ok_or("ends early")?;
            value |= usize::from(byte >> (self.at % 8) & 1) << i;
            self.at += 1;
        }
        Ok(value)
    }

    /// RFC 1951 §3.2.2: codes are read bit by bit, the first one is the highest.
    fn symbol(&mut self, lengths: &[u8]) -> Result<usize, &'static str> {
        let (mut code, mut first) = (0, 0);
        for length in 1..=15u8 {
            code |= self.take(1)?;
            let count = lengths.iter().filter(|l| **l == length).count();
            if code < first + count {
                let nth = code - first;
                let symbols = lengths.iter().enumerate().filter(|(_, l)| **l == length);
                return Ok(symbols.map(|(symbol, _)| symbol).nth(nth).unwrap());
            }
            first = (first + count) << 1;
            code <<= 1;
        }
        Err("no such code")
    }
}

fn stored(bits: &mut Bits, out: &mut Vec<u8>) -> Result<(), &'static str> {
    bits.at = bits.at.next_multiple_of(8);
    let (len, complement) = (bits.take(16)?, bits.take(16)?);
    if len != complement ^ 0xFFFF {
        return Err("LEN is not NLEN");
    }
    for _ in 0..len {
        out.push(bits.take(8)? as u8);
    }
    Ok(())
}

fn fixed_lengths() -> Vec<u8> {
    (0..288)
        .map(|i| [8, 9, 7, 8][usize::from(i > 143) + usize::from(i > 255) + usize::from(i > 279)])
        .collect()
}

fn dynamic_lengths(bits: &mut Bits) -> Result<(Vec<u8>, Vec<u8>), &'static str> {
    const ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
    let (literals, distances, codes) = (bits.take(5)? + 257, bits.take(5)? + 1, bits.take(4)? + 4);
    let mut code_lengths = [0; 19];
    for place in ORDER.iter().take(codes) {
        code_lengths[*place] = bits.take(3)? as u8;
    }
    let mut lengths: Vec<u8> = Vec::new();
    while lengths.len() < literals + distances {
        match bits.symbol(&code_lengths)? {
            16 => {
                let previous = *lengths.last().ok_or("nothing to repeat")?;
                for _ in 0..bits.take(2)? + 3 {
                    lengths.push(previous);
                }
            }
            17 => lengths.resize(lengths.len() + bits.take(3)? + 3, 0),
            18 => lengths.resize(lengths.len() + bits.take(7)? + 11, 0),
            length => lengths.push(length as u8),
        }
    }
    let distances = lengths.split_off(literals);
    Ok((lengths, distances))
}

fn codes(
    bits: &mut Bits,
    out: &mut Vec<u8>,
    largest: &mut usize,
    lengths: &[u8],
    distances: &[u8],
) -> Result<(), &'static str> {
    loop {
        match bits.symbol(lengths)? {
            literal @ 0..=255 => out.push(literal as u8),
            256 => return Ok(()),
            symbol => {
                let length = match symbol - 257 {
                    n @ 0..=7 => n + 3,
                    28 => 258,
                    n => {
                        let extra = n / 4 - 1;
                        ((4 + n % 4) << extra) + 3 + bits.take(extra)?
                    }
                };
                let distance = match bits.symbol(distances)? {
                    n @ 0..=3 => n + 1,
                    n => {
                        let extra = n / 2 - 1;
                        ((2 + n % 2) << extra) + 1 + bits.take(extra)?
                    }
                };
                let start = out.len().checked_sub(distance).ok_or("too far back")?;
                *largest = distance.max(*largest);
                for i in start..start + length {
                    out.push(out[i]);
                }
            }
        }
    }
}

#[test]
fn it_reads_the_examples_of_the_rfc() {
    let hello = b"Hello".to_vec();
    let tail = [0, 0, 0xFF, 0xFF];
    let read = |history: &[u8], payload: &[u8]| inflate(history, &[payload, &tail].concat());
    assert_eq!(read(b"", &[0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00]), Ok((hello.clone(), 0)));
    assert_eq!(read(b"Hello", &[0xf2, 0x00, 0x11, 0x00, 0x00]), Ok((hello.clone(), 5)));
    assert_eq!(read(b"", &[0xf2, 0x00, 0x11, 0x00, 0x00]), Err("too far back"));
    let stored = [0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00];
    assert_eq!(read(b"", &stored), Ok((hello, 0)));
}
