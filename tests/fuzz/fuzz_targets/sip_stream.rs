//! Any stream: the same frames however it is cut, never more than was pushed.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sip::message::parse;
use sip::stream::{Frame, Framer};

fuzz_target!(|input: &[u8]| {
    let Some((&step, stream)) = input.split_first() else { return };
    let mut whole = Framer::new();
    whole.push(stream);
    let mut cut = Framer::new();
    let mut frames = Vec::new();
    for piece in stream.chunks(usize::from(step).max(1)) {
        cut.push(piece);
        while let Ok(Some(frame)) = cut.next() {
            frames.push(frame);
        }
    }
    let mut frames = frames.into_iter();
    let mut total = 0;
    while let Ok(Some(frame)) = whole.next() {
        assert_eq!(frames.next().as_ref(), Some(&frame));
        if let Frame::Message(message) = frame {
            total += message.len();
            let _ = parse(message);
        }
    }
    assert!(frames.next().is_none() && total <= stream.len());
    assert_eq!(whole.next(), cut.next());
});
