//! A pool of byte buffers, so that an idle connection owns none and a busy one allocates none.

/// Buffers that are lent to outboxes while they have something to send.
#[derive(Debug, Default)]
pub struct BufferPool {
    spare: Vec<Vec<u8>>,
}

/// A buffer that grew beyond this is freed instead of kept.
const KEEP_CAPACITY: usize = 64 * 1024;
/// Bytes that the pool keeps at the most: `KEEP_COUNT * KEEP_CAPACITY`, 16 MiB.
const KEEP_COUNT: usize = 256;
const FIRST_CAPACITY: usize = 1024;

impl BufferPool {
    /// An empty buffer with some capacity.
    pub fn lend(&mut self) -> Vec<u8> {
        self.spare.pop().unwrap_or_else(|| Vec::with_capacity(FIRST_CAPACITY))
    }

    /// Takes a buffer back; its content is gone.
    pub fn give_back(&mut self, mut buffer: Vec<u8>) {
        if (1..=KEEP_CAPACITY).contains(&buffer.capacity()) && self.spare.len() < KEEP_COUNT {
            buffer.clear();
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
        pool.give_back(Vec::with_capacity(KEEP_CAPACITY + 1));
        assert!(pool.lend().capacity() <= KEEP_CAPACITY);
    }

    #[test]
    fn a_returned_buffer_is_lent_again_empty() {
        let mut pool = BufferPool::default();
        let mut buffer = pool.lend();
        buffer.extend_from_slice(b"old");
        let place = buffer.as_ptr();
        pool.give_back(buffer);
        let again = pool.lend();
        assert!(again.is_empty() && again.as_ptr() == place);
    }
}
