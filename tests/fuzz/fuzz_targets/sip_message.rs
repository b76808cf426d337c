//! Any datagram: nothing panics, and what is taken prints to something that is taken again.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use sip::message::{NameAddr, Params, Uri, Via, parse};

fuzz_target!(|datagram: &[u8]| {
    let message = match parse(Bytes::copy_from_slice(datagram)) {
        Ok(Some(message)) => message,
        Ok(None) => return,
        Err(malformed) => {
            if let Some(response) = malformed.response() {
                assert!(response.to_bytes().len() <= datagram.len() + 200);
            }
            return;
        }
    };
    let headers = message.headers();
    let _ = (headers.vias(), headers.from(), headers.to(), headers.from_tag(), headers.to_tag(), headers.cseq());
    let _ = (headers.contacts(), headers.max_forwards(), headers.expires());
    for (name, value) in headers.iter() {
        let _ = (headers.name_addrs(name), headers.tokens(name), Params::parse(value));
        if let Ok(address) = NameAddr::parse(value) {
            assert_eq!(NameAddr::parse(&address.to_bytes()).as_ref(), Ok(&address));
            assert_eq!(address.detach(), address);
        }
        if let Ok(uri) = Uri::parse(value) {
            assert_eq!(Uri::parse(&uri.to_bytes()).as_ref(), Ok(&uri));
            assert!(uri.same_as(&uri));
            let _ = uri.user_unescaped();
        }
        if let Ok(via) = Via::parse(value) {
            assert_eq!(Via::parse(&via.to_bytes()), Ok(via));
        }
    }
    let printed = message.to_bytes();
    let again = parse(printed.clone()).expect("what was taken and printed is taken").expect("and is not blank");
    assert_eq!(again.to_bytes(), printed);
    assert_eq!(again.body(), message.body());
});
