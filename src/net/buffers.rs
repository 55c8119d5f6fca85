//! A pool of buffers, so that an idle connection owns none and a busy one allocates none.

use super::outbox::Buffer;

/// Buffers that are lent to outboxes while they have something to send.
#[derive(Debug, Default)]
pub struct BufferPool {
    #[expect(
        clippy::vec_box,
        reason = "an outbox holds its buffer by a pointer; the box goes to and fro with it"
    )]
    spare: Vec<Box<Buffer>>,
}

/// A buffer that grew beyond this is freed instead of kept.
const KEEP_CAPACITY: usize = 64 * 1024;
/// Bytes that the pool keeps at the most: `KEEP_COUNT * KEEP_CAPACITY`, 16 MiB.
const KEEP_COUNT: usize = 256;
const FIRST_CAPACITY: usize = 1024;

impl BufferPool {
    /// An empty buffer with some capacity.
    pub fn lend(&mut self) -> Box<Buffer> {
        self.spare.pop().unwrap_or_else(|| Box::new(Buffer::with_capacity(FIRST_CAPACITY)))
    }

    /// Takes a buffer back; its content is gone.
    pub fn give_back(&mut self, mut buffer: Box<Buffer>) {
        if (1..=KEEP_CAPACITY).contains(&buffer.capacity()) && self.spare.len() < KEEP_COUNT {
            buffer.reset();
            self.spare.push(buffer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_buffer_is_not_kept() {
        let mut pool = BufferPool::default();
        pool.give_back(Box::new(Buffer::with_capacity(KEEP_CAPACITY + 1)));
        assert!(pool.lend().capacity() <= KEEP_CAPACITY);
    }

    #[test]
    fn a_returned_buffer_is_lent_again() {
        let mut pool = BufferPool::default();
        let buffer = pool.lend();
        let place: *const Buffer = &*buffer;
        pool.give_back(buffer);
        assert!(std::ptr::eq(&*pool.lend(), place));
    }
}
