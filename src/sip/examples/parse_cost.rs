//! What reading and printing cost: nanoseconds and allocations for typical messages.
//!
//! `cargo run --release -p sip --example parse_cost`

#![allow(clippy::disallowed_methods)] // it measures time

use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

use bytes::Bytes;
use sip::message::{HeaderName, Message, Request, Response, StatusCode, parse};

/// The system's allocator, counting.
struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

// SAFETY: every call is handed on to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Relaxed);
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const INVITE: &str = "INVITE sip:102@192.0.2.1:5060;transport=udp SIP/2.0\r\n\
Via: SIP/2.0/UDP 192.0.2.77:5062;branch=z9hG4bK2938475629;rport\r\n\
From: \"Alice Archer\" <sip:101@192.0.2.1:5060>;tag=928301774\r\n\
To: <sip:102@192.0.2.1:5060>\r\n\
Call-ID: 0_2839475601@192.0.2.77\r\n\
CSeq: 2 INVITE\r\n\
Contact: <sip:101@192.0.2.77:5062;transport=udp>\r\n\
Authorization: Digest username=\"101\", realm=\"box.example\", nonce=\"AAAAAAAAAAAAAAAAAAAAAQ9Zk3X2s\", \
uri=\"sip:102@192.0.2.1:5060\", response=\"753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1\", \
algorithm=SHA-256, cnonce=\"0a4f113b\", qop=auth, nc=00000001\r\n\
Content-Type: application/sdp\r\n\
Allow: INVITE, INFO, PRACK, ACK, BYE, CANCEL, OPTIONS, NOTIFY, REGISTER, SUBSCRIBE, REFER, PUBLISH, UPDATE, MESSAGE\r\n\
Max-Forwards: 70\r\n\
User-Agent: Desk Phone 3.14.15\r\n\
Supported: replaces,100rel,timer\r\n\
Allow-Events: talk,hold,conference,refer,check-sync\r\n\
Content-Length: 224\r\n\
\r\n\
v=0\r\n\
o=- 20012 20012 IN IP4 192.0.2.77\r\n\
s=SDP data\r\n\
c=IN IP4 192.0.2.77\r\n\
t=0 0\r\n\
m=audio 11780 RTP/AVP 9 0 8 101\r\n\
a=rtpmap:9 G722/8000\r\n\
a=rtpmap:0 PCMU/8000\r\n\
a=rtpmap:8 PCMA/8000\r\n\
a=rtpmap:101 telephone-event/8000\r\n\
a=sendrecv\r\n";

fn measure<T>(what: &str, mut work: impl FnMut() -> T) {
    const ROUNDS: u32 = 5_000;
    const BATCHES: u32 = 100; // the best of many short ones: least disturbed by neighbours
    let mut best = f64::MAX;
    let before = ALLOCATIONS.load(Relaxed);
    for _ in 0..BATCHES {
        let start = Instant::now();
        for _ in 0..ROUNDS {
            black_box(work());
        }
        best = best.min(start.elapsed().as_nanos() as f64 / f64::from(ROUNDS));
    }
    let allocations = (ALLOCATIONS.load(Relaxed) - before) as f64 / f64::from(BATCHES * ROUNDS);
    println!("{what:<44} {best:>8.0} ns {allocations:>6.1} allocations");
}

fn invite() -> Request {
    match parse(Bytes::from_static(INVITE.as_bytes())) {
        Ok(Some(Message::Request(request))) => request,
        other => panic!("the sample is refused: {other:?}"),
    }
}

fn main() {
    let datagram = Bytes::copy_from_slice(INVITE.as_bytes());
    let request = invite();
    println!("an INVITE of {} octets, {} fields", INVITE.len(), request.headers.len());
    println!("a Request is {} octets, a Uri {}", size_of::<Request>(), size_of_val(&request.uri));
    measure("parse", || parse(datagram.clone()));
    measure("parse, and a buffer of its own", || parse(Bytes::copy_from_slice(INVITE.as_bytes())));
    measure("typed: Via, From, To, CSeq, Contact", || {
        let headers = &request.headers;
        (headers.via(), headers.from(), headers.to(), headers.cseq(), headers.contacts())
    });
    measure("tags and Call-ID", || {
        (request.headers.from_tag(), request.headers.to_tag(), request.headers.call_id().len())
    });
    measure("has_token(Supported, timer)", || request.headers.has_token(&HeaderName::Supported, "timer"));
    measure("print", || request.to_bytes());
    measure("a 180 made and printed", || {
        let mut response = Response::to(&request, StatusCode::RINGING);
        response.set_to_tag("8x7w6v5u");
        response.to_bytes()
    });
}
