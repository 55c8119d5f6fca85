//! What a server says on a control connection, as its clients read it: every answer is read as it was written.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ws_server::protocol::{ControlAnswer, parse_control_frame};

fuzz_target!(|input: &[u8]| {
    let mut rest = input;
    while let Ok(Some((frame, used))) = parse_control_frame(rest) {
        rest = &rest[used..];
        let Ok(answer) = ControlAnswer::parse(frame) else { continue };
        let mut written = Vec::new();
        answer.write(&mut written).unwrap();
        let (again, length) = parse_control_frame(&written).unwrap().unwrap();
        assert_eq!((ControlAnswer::parse(again).as_ref(), length), (Ok(&answer), written.len()));
    }
});
