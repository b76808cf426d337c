use super::*;

const HEAD: &str = "Via: SIP/2.0/TCP h;branch=z9hG4bK1\r\nFrom: <sip:a@h>;tag=1\r\nTo: <sip:b@h>\r\n\
    Call-ID: c\r\nCSeq: 1 OPTIONS\r\n";

fn message(length: &str, body: &str) -> String {
    format!("OPTIONS sip:b@h SIP/2.0\r\n{HEAD}{length}\r\n{body}")
}

fn drain(framer: &mut Framer) -> Vec<Frame> {
    let mut frames = Vec::new();
    while let Some(frame) = framer.next().unwrap() {
        frames.push(frame);
    }
    frames
}

#[test]
fn the_same_frames_however_the_stream_is_cut() {
    let first = message("Content-Length: 5\r\n", "\r\n\r\nx");
    let second = message("l :\r\n  0\r\nSubject: a\r\n b\r\n", "");
    let third = message("CONTENT-LENGTH: 3\r\n", "abc").replace("\r\n", "\n");
    let stream = format!("\r\n\r\n{first}\r\n{second}\r\n\r\n\r\n\r\n\r\n{third}\r\n\r\n");
    let wanted = vec![
        Frame::KeepAlive,
        Frame::Message(Bytes::from(first)),
        Frame::Message(Bytes::from(second)),
        Frame::KeepAlive,
        Frame::KeepAlive,
        Frame::Message(Bytes::from(third)),
        Frame::KeepAlive,
    ];
    for cut in 0..stream.len() {
        let mut framer = Framer::new();
        let (a, b) = stream.as_bytes().split_at(cut);
        framer.push(a);
        let mut frames = drain(&mut framer);
        framer.push(b);
        frames.extend(drain(&mut framer));
        assert_eq!(frames, wanted, "cut at {cut}");
    }
    let mut framer = Framer::new();
    let mut frames = Vec::new();
    for octet in stream.as_bytes().chunks(1) {
        framer.push(octet);
        frames.extend(drain(&mut framer));
    }
    assert_eq!(frames, wanted);
    assert!(framer.buffer.capacity() <= IDLE_CAPACITY);
}

#[test]
fn what_cannot_be_framed_is_answered_once_and_ends_the_stream() {
    for (length, fault, status) in [
        ("", FramingFault::NoLength, 400),
        ("Content-Length: -1\r\n", FramingFault::BadLength, 400),
        ("Content-Length: x\r\n", FramingFault::BadLength, 400),
        ("Content-Length:\r\n", FramingFault::BadLength, 400),
        ("Content-Length: 1\r\n 2\r\n", FramingFault::BadLength, 400),
        ("Content-Length: 99999999999999999999\r\n", FramingFault::BadLength, 400),
        ("Content-Length: 0\r\nl: 0\r\n", FramingFault::BadLength, 400),
        ("Content-Length: 65536\r\n", FramingFault::TooLarge, 513),
    ] {
        let mut framer = Framer::new();
        framer.push(message(length, "").as_bytes());
        let error = framer.next().unwrap_err();
        assert_eq!((error.fault, error.response().map(|r| r.status.0)), (fault, Some(status)), "{length:?}");
        framer.push(message("Content-Length: 0\r\n", "").as_bytes());
        assert_eq!(framer.next().unwrap_err(), error);
    }
}

#[test]
fn bounds() {
    let mut framer = Framer::new();
    framer.push(&vec![b'x'; MESSAGE_MAX]);
    assert_eq!(framer.next(), Ok(None));
    framer.push(b"x");
    assert_eq!(framer.next().unwrap_err().fault, FramingFault::TooLarge);
    let mut framer = Framer::new();
    framer.push(&vec![b'x'; BUFFER_MAX + 1]);
    let error = framer.next().unwrap_err();
    assert_eq!((error.fault, error.response()), (FramingFault::Overrun, None));
    // An ACK is never answered.
    let mut framer = Framer::new();
    framer.push(message("", "").replace("OPTIONS", "ACK").as_bytes());
    assert_eq!(framer.next().unwrap_err().response(), None);
}
