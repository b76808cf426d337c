//! Any challenge and any credentials: nothing panics, nobody gets in without the secret.
#![no_main]

use base::{Duration, Instant};
use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use sip::digest::{Authority, Ha1, Verdict, answer};
use sip::message::{HeaderName, Method, Request, Uri};

fuzz_target!(|row: &[u8]| {
    let now = Instant::ZERO + Duration::from_secs(1);
    let uri = Uri::parse(b"sip:h").expect("a URI");
    let answered = answer(row, &Method::Register, &uri, "u", "guess", "c", 1);
    let mut authority = Authority::new("r", [1; 32]);
    let rows = [Ok(Bytes::copy_from_slice(row)), answered];
    for credentials in rows.into_iter().flatten() {
        let mut request = Request::new(Method::Register, uri.clone());
        request.headers.push(HeaderName::Authorization, credentials);
        let verdict = authority.verify(now, &request, |name| Some(Ha1::new(name, "r", "secret")));
        assert!(matches!(verdict, Verdict::Challenge | Verdict::Denied));
    }
});
