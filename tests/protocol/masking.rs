//! RFC 6455 §5.3 against the sentence itself, byte for byte.

use std::mem::MaybeUninit;

use proptest::prelude::*;
use ws_server::protocol::{Mask, Payload};

fn naive(key: [u8; 4], bytes: &[u8]) -> Vec<u8> {
    bytes.iter().enumerate().map(|(i, byte)| byte ^ key[i % 4]).collect()
}

proptest! {
    #[test]
    fn every_way_of_masking_is_the_naive_one(
        key: [u8; 4],
        bytes in proptest::collection::vec(any::<u8>(), 0..300),
        before in proptest::collection::vec(any::<u8>(), 0..9),
    ) {
        let mask = Mask::new(key);
        let expected = naive(key, &bytes);

        let mut in_place = bytes.clone();
        mask.xor_in_place(&mut in_place);
        prop_assert_eq!(&in_place, &expected);

        let mut payload = before.clone();
        payload.extend_masked(&bytes, mask);
        prop_assert_eq!(&payload[..before.len()], &before[..]);
        prop_assert_eq!(&payload[before.len()..], &expected[..]);

        // `xor_copy` into a buffer that is longer: exactly its beginning is written.
        let mut room = vec![MaybeUninit::new(0xEEu8); bytes.len() + 5];
        mask.xor_copy(&mut room, &bytes);
        // SAFETY: every element was initialised when the vector was made.
        let written: Vec<u8> = room.iter().map(|byte| unsafe { byte.assume_init_read() }).collect();
        prop_assert_eq!(&written[..bytes.len()], &expected[..]);
        prop_assert_eq!(&written[bytes.len()..], [0xEE; 5]);
    }

    #[test]
    fn pieces_with_rotated_masks_make_the_whole(key: [u8; 4], bytes in proptest::collection::vec(any::<u8>(), 0..200), cut in 0usize..200) {
        let cut = cut.min(bytes.len());
        let mask = Mask::new(key);
        let mut payload = Vec::new();
        payload.extend_masked(&bytes[..cut], mask);
        payload.extend_masked(&bytes[cut..], mask.rotated(cut));
        prop_assert_eq!(payload, naive(key, &bytes));
    }
}

#[test]
fn longer_than_a_piece() {
    let bytes: Vec<u8> = (0..20_003u32).map(|i| ((i * 31) >> 3) as u8).collect();
    let mut payload = vec![1];
    payload.extend_masked(&bytes, Mask::new([1, 2, 3, 4]));
    assert_eq!(payload[1..], naive([1, 2, 3, 4], &bytes));
}

#[test]
fn no_mask_copies() {
    let mut payload = Vec::with_capacity(3);
    payload.extend_masked(b"abc", Mask::NONE);
    assert_eq!(payload, b"abc");
    assert_eq!(Mask::new([0, 0, 0, 0]), Mask::NONE);
}
