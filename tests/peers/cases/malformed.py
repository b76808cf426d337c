"""Bad input over UDP and TCP: the right 4xx or silence, the box lives, nothing is kept."""

import random
import re
import socket
import time

from phone import Message
from world import check, equal

GOOD = (
    "OPTIONS sip:{server} SIP/2.0\r\nVia: SIP/2.0/{transport} 127.0.0.1:{port};branch=z9hG4bK{n};rport\r\nMax-Forwards: 70\r\n"
    "From: <sip:101@x>;tag=1\r\nTo: <sip:{server}>\r\nCall-ID: bad{n}@x\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
)

# What is done to a good OPTIONS, and the statuses that are right for it (None: silence).
CHANGES = [
    ("no Via", lambda t: t.replace("Via:", "X-Via:"), {None}),
    ("no To", lambda t: t.replace("To:", "X-To:"), {400, None}),
    ("no Call-ID", lambda t: t.replace("Call-ID:", "X-Call-ID:"), {400, None}),
    ("no CSeq", lambda t: t.replace("CSeq:", "X-CSeq:"), {400, None}),
    ("CSeq of another method", lambda t: t.replace("1 OPTIONS\r\n", "1 INVITE\r\n"), {400}),
    ("huge CSeq", lambda t: t.replace("CSeq: 1 ", "CSeq: 99999999999 "), {400, None}),
    ("negative Content-Length", lambda t: t.replace("Content-Length: 0", "Content-Length: -5"), {400, None}),
    ("too much Content-Length", lambda t: t.replace("Content-Length: 0", "Content-Length: 500"), {400, None}),
    ("SIP/3.0", lambda t: t.replace(" SIP/2.0\r\nVia", " SIP/3.0\r\nVia"), {505, 400, None}),
    ("Max-Forwards 0", lambda t: t.replace("Max-Forwards: 70", "Max-Forwards: 0"), {483, 200}),
    ("Max-Forwards of words", lambda t: t.replace("Max-Forwards: 70", "Max-Forwards: many"), {400, 200, None}),
    ("unknown Require", lambda t: t.replace("Max-Forwards", "Require: levitation\r\nMax-Forwards"), {420}),
    ("foreign scheme", lambda t: t.replace("OPTIONS sip:", "OPTIONS nobodyKnows:"), {416, 400, None}),
    ("no request URI", lambda t: re.sub("^OPTIONS [^ ]+ ", "OPTIONS  ", t), {400, None}),
    ("NUL", lambda t: t.replace("<sip:101@x>", "<sip:1\x0001@x>"), {400, 200, None}),
    ("bare LF", lambda t: t.replace("\r\n", "\n"), {200, 400, None}),
    ("folded", lambda t: t.replace("To: ", "To:\r\n  "), {200}),
    (
        "compact",
        lambda t: t.replace("Via:", "v:").replace("From:", "f:").replace("To:", "t:").replace("Call-ID:", "i:"),
        {200},
    ),
    ("long name", lambda t: t.replace("From: ", f'From: "{"x" * 30000}" '), {200, 400, 513, None}),
    ("many headers", lambda t: t.replace("Max-Forwards", "X-A: b\r\n" * 4000 + "Max-Forwards"), {200, 400, 513, None}),
    (
        "many Vias",
        lambda t: t.replace("Via:", "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx\r\n" * 200 + "Via:", 1),
        {200, 400, 483, 513, None},
    ),
]

NO_SIP = [
    b"",
    b"\r\n\r\n",
    b"\0" * 400,
    b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    b"\x80\x00" + b"x" * 160,
    b"\xff" * 1500,
    b"INVITE",
    b"SIP/2.0",
    b"SIP/2.0 200 OK\r\n\r\n",
    b"A" * 60000,
]


def ask(sock, text, server):
    sock.sendto(text.encode("latin-1"), server)
    try:
        return Message(sock.recv(65535).decode("latin-1")).status
    except TimeoutError:
        return None


def case_malformed_udp(world):
    """Each wrong datagram gets its 4xx or silence; OPTIONS is answered after each."""
    world.start()
    probe = world.phone("101", registered=False)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
        wrong = []
        for n, (name, change, right) in enumerate(CHANGES):
            text = change(GOOD.replace("{server}", world.box.server()).format(transport="UDP", port=port, n=n))
            sock.settimeout(0.4 if None in right else 2.0)
            status = ask(sock, text, world.box.sip)
            if status not in right:
                wrong.append(f"{name}: {status}, expected {right}")
        for octets in NO_SIP:
            sock.sendto(octets, world.box.sip)
        check(not wrong, "; ".join(wrong))
        sock.settimeout(0.3)
        try:
            while True:
                answer = sock.recv(65535)
                check(
                    not answer.strip() or answer.startswith(b"SIP/2.0 4"),
                    f"what is no SIP was answered: {answer[:80]!r}",
                )
        except TimeoutError:
            pass
    equal(probe.options(), 200, "OPTIONS afterwards")


def case_noise(world):
    """5,000 random changes of good messages: the box answers on, and its memory stays."""
    world.start()
    probe = world.phone("101")
    world.phone("102")
    rng = random.Random(world.options.seed)
    samples = [
        probe.request(
            "INVITE",
            probe.uri("102"),
            "n@x",
            1,
            f"<{probe.uri('101')}>;tag=1",
            f"<{probe.uri('102')}>",
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n",
        )
    ]
    samples += [
        message
        for message in (
            probe.request(m, probe.uri(), "n@x", 1, f"<{probe.uri('101')}>;tag=1", f"<{probe.uri()}>")
            for m in ("REGISTER", "OPTIONS", "BYE", "CANCEL", "REFER")
        )
    ]
    before = world.box.memory_kb()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.setblocking(False)
        for n in range(5000):
            octets = bytearray(rng.choice(samples).replace("n@x", f"n{n}@x").encode())
            for _ in range(rng.randint(1, 8)):
                at = rng.randrange(len(octets))
                octets[at : at + rng.randint(0, 3)] = rng.choice(
                    [
                        b"",
                        b"\0",
                        b"\r\n",
                        b";",
                        b"<",
                        b'"',
                        b"\xff",
                        b"%",
                        b"99999999999",
                        b":",
                        bytes([rng.randrange(256)]),
                    ]
                )
            sock.sendto(bytes(octets), world.box.sip)
            if n % 100 == 0:
                try:
                    while True:
                        sock.recv(65535)
                except BlockingIOError:
                    pass
                check(world.box.alive(), f"the program ended (seed {world.options.seed}, message {n})")
    equal(probe.options(), 200, f"OPTIONS afterwards (seed {world.options.seed})")
    grown = world.box.memory_kb() - before
    check(grown < 64 * 1024, f"memory grew by {grown} KB")


def case_malformed_tcp(world):
    """Broken framing closes that connection alone; pieces and pipelines are put together."""
    world.start()
    bystander = world.phone("102", transport="TCP")
    good = GOOD.replace("{server}", world.box.server()).format(transport="TCP", port=5060, n=1)
    for name, change, right in CHANGES:
        with socket.create_connection(world.box.sip, 3) as sock:
            sock.settimeout(1.0)
            sock.sendall(change(good).encode("latin-1"))
            try:
                answer = sock.recv(65535)
            except (TimeoutError, ConnectionError):
                continue
            if answer.startswith(b"SIP/2.0 "):
                status = int(answer[8:11])
                check(status in right or status == 400, f"{name}: {status}")
    with socket.create_connection(world.box.sip, 3) as sock:
        sock.settimeout(3)
        for octet in good.encode():
            sock.sendall(bytes([octet]))
        check(sock.recv(4096).startswith(b"SIP/2.0 200"), "a message in single octets was not answered")
        sock.sendall(b"\r\n\r\n")
        equal(sock.recv(64), b"\r\n", "the answer to a ping")
        sock.sendall((good + good.replace("bad1", "bad2").replace("z9hG4bK1", "z9hG4bK2")).encode())
        time.sleep(0.3)
        equal(sock.recv(65535).count(b"SIP/2.0 200"), 2, "answers to two messages in one piece")
    equal(bystander.options(), 200, "OPTIONS on a connection that did nothing wrong")


def case_crowd_of_connections(world):
    """2,000 idle TCP connections and trickling writers: a phone registers over TCP within a second (security test 24)."""
    world.start()
    crowd = []
    try:
        for n in range(2000):
            sock = socket.create_connection(world.box.sip, 3)
            if n % 4 == 0:
                sock.sendall(b"OPTIONS sip:")
            crowd.append(sock)
        began = time.monotonic()
        phone = world.phone("101", transport="TCP")
        took = time.monotonic() - began
        check(took < 1.0, f"REGISTER took {took:.2f} s")
        equal(phone.options(), 200, "OPTIONS")
    finally:
        for sock in crowd:
            sock.close()


def case_no_amplification(world):
    """A request without credentials gets one datagram, hardly larger than itself (security test 25)."""
    world.start()
    phone = world.phone("101", registered=False)
    wrong = []
    for method in ("REGISTER", "INVITE", "SUBSCRIBE", "MESSAGE", "OPTIONS", "REFER", "BYE", "PUBLISH"):
        text = phone.request(
            method, phone.uri("102"), f"amp-{method}@x", 1, f"<{phone.uri('101')}>;tag=1", f"<{phone.uri('102')}>"
        )
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.bind(("127.0.0.1", 0))
            sock.settimeout(1.5)
            text = text.replace(f":{phone.port};", f":{sock.getsockname()[1]};")
            sock.sendto(text.encode(), world.box.sip)
            got = []
            try:
                while True:
                    got.append(sock.recv(65535))
            except TimeoutError:
                pass
        final = [g for g in got if not g.startswith(b"SIP/2.0 100")]
        octets = sum(map(len, got))
        # An INVITE's refusal is repeated until its ACK by RFC 3261 §17.2.1 only if state is kept: for strangers none is.
        if len(final) != 1:
            wrong.append(f"{method}: {len(final)} answers")
        if octets > 1.5 * len(text):
            wrong.append(f"{method}: {octets} octets for {len(text)}")
    check(not wrong, "; ".join(wrong))
