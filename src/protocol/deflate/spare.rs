//! Streams and buffers that nobody uses for now, by thread. Between two messages the connections of a thread share them.
//!
//! They belong to the thread and not to a connection's owner, because they are a cache: what is in it has no influence on
//! what any connection does. They are taken out of it while they are used, so nothing is locked or borrowed meanwhile.

use std::cell::Cell;

use super::{Deflater, Inflater};

/// Streams of each kind that a thread keeps: 1.7 MB at the most. A new one costs only a few µs more.
const KEEP: usize = 4;
/// Inflated at one time.
const ROOM: usize = 32 << 10;
/// Unmasked at one time.
const INPUT: usize = 8 << 10;

#[derive(Default)]
struct Spare {
    inflaters: Vec<Inflater>,
    deflaters: Vec<Deflater>,
    scratch: Option<Box<Scratch>>,
}

/// Where input is unmasked and inflated.
pub(super) struct Scratch {
    pub(super) input: [u8; INPUT],
    pub(super) room: [u8; ROOM],
}

thread_local! {
    static SPARE: Cell<Spare> = Cell::default();
}

fn with<T>(run: impl FnOnce(&mut Spare) -> T) -> Option<T> {
    // Not there while its thread ends.
    SPARE
        .try_with(|cell| {
            let mut spare = cell.take();
            let result = run(&mut spare);
            cell.set(spare);
            result
        })
        .ok()
}

pub(super) fn scratch() -> Box<Scratch> {
    let spare = with(|spare| spare.scratch.take()).flatten();
    spare.unwrap_or_else(|| Box::new(Scratch { input: [0; INPUT], room: [0; ROOM] }))
}

pub(super) fn return_scratch(scratch: Box<Scratch>) {
    with(|spare| spare.scratch = Some(scratch));
}

/// An inflater that remembers nothing.
pub(super) fn inflater() -> Inflater {
    with(|spare| spare.inflaters.pop()).flatten().unwrap_or_else(Inflater::new)
}

pub(super) fn return_inflater(mut inflater: Inflater) {
    inflater.reset();
    with(|spare| {
        if spare.inflaters.len() < KEEP {
            spare.inflaters.push(inflater);
        }
    });
}

/// A deflater that remembers nothing.
pub(super) fn deflater(level: u8, window_bits: u8) -> Deflater {
    let spare = with(|spare| {
        let found = spare.deflaters.iter().position(|deflater| deflater.fits(level, window_bits))?;
        Some(spare.deflaters.swap_remove(found))
    });
    spare.flatten().unwrap_or_else(|| Deflater::new(level, window_bits))
}

pub(super) fn return_deflater(mut deflater: Deflater) {
    deflater.reset();
    with(|spare| {
        if spare.deflaters.len() == KEEP {
            spare.deflaters.remove(0);
        }
        spare.deflaters.push(deflater);
    });
}
