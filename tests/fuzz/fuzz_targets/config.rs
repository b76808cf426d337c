//! Any text: nothing panics, what is taken prints to a text that is taken again, and what is refused
//! says where. Any octets as a patch: nothing panics.
#![no_main]

use config::{Document, diff, patch};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|octets: &[u8]| {
    let _ = patch::apply("a\nb\nc\n", octets);
    let Ok(text) = std::str::from_utf8(octets) else { return };
    match Document::parse(text) {
        Ok(document) => {
            assert_eq!(Document::parse(document.text()).as_ref(), Ok(&document));
            let made = patch::make(text, document.text());
            assert_eq!(patch::apply(text, &made).as_deref(), Ok(document.text()));
            let _ = diff::unified(text, document.text());
        }
        Err(errors) => {
            let lines = text.bytes().filter(|octet| *octet == b'\n').count() + 1;
            assert!(!errors.is_empty());
            assert!(errors.iter().all(|error| error.line.is_none_or(|line| (1..=lines).contains(&line))));
        }
    }
});
