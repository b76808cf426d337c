//! Whatever a connection to the directory carries, in whatever pieces: nothing panics, the answers do not depend on the
//! pieces, and nothing is kept beyond one message.
#![no_main]

use base::Redacted;
use libfuzzer_sys::fuzz_target;
use provision::Book;
use provision::ldap::{Access, Directory, Session};

fuzz_target!(|octets: &[u8]| {
    let entries =
        vec![("Anna Berg".into(), "101".into(), Some("+3247712".into())), ("Bert".into(), "102".into(), None)];
    let directory = Directory::new(&Book { title: "Firm".into(), entries });
    for from_inside in [false, true] {
        let access = Access { from_inside, password: Some(Redacted("secret-1".into())) };
        let whole = Session::new(access.clone()).handle(octets, &directory);
        let mut session = Session::new(access);
        let mut pieces = Vec::new();
        for piece in octets.chunks(7) {
            if session.has_ended() {
                break;
            }
            pieces.extend(session.handle(piece, &directory));
        }
        assert_eq!(whole, pieces);
    }
});
