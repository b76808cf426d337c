"""Secured audio (SRTP with keys in SDP) with phones in Python: heard where it may be, never in the clear by mistake."""

import os
import re
import struct
import time

from audio import encode, hears, tone
from box import config_text
from cases.phones import connected
from pages import Pages
import srtp
from srtp import LONG, SHORT
from world import check, equal

ANY = "127.0.0.1:0"


def required():
    return config_text(["101", "102", "103"], more='[media]\nsrtp = "required"\n')


def listen(call, hertz, other, back, what):
    """Both hear the other's tone in the next second and a half."""
    time.sleep(0.4)
    call.audio.forget()
    other.audio.forget()
    time.sleep(1.5)
    packets = f"({call.audio.packets} and {other.audio.packets} packets)"
    check(hears(call.audio.samples, hertz), f"{what}: the caller does not hear {packets}")
    check(hears(other.audio.samples, back), f"{what}: the called side does not hear {packets}")


def is_secured(call):
    """Whether the box secured this leg, by its last description."""
    body = call.described[-1]
    return " RTP/SAVP " in body and "a=crypto:" in body


def case_both_secured(world):
    """Two phones on TLS: both legs are secured, each with keys of its own, through hold and resume."""
    world.start(sips=ANY)
    a = world.phone("101", hertz=440, transport="TLS", suite=LONG)
    b = world.phone("102", hertz=660, transport="TLS", suite=LONG)
    call, other = connected(a, b, "102")
    check(is_secured(call) and is_secured(other), "a leg is in the clear")
    keys = {call.audio.secured.ours, other.audio.secured.ours, call.audio.secured.theirs[1], other.audio.secured.theirs[1]}
    equal(len(keys), 4, "keys")
    listen(call, 660, other, 440, "secured")
    before = call.audio.secured.theirs
    equal(call.offer("inactive")[0], 200, "hold")
    equal(call.offer("sendrecv"), (200, "sendrecv"), "resume")
    equal(call.audio.secured.theirs, before, "the box's key after hold and resume")
    listen(call, 660, other, 440, "after hold and resume")
    # The phone renews its key, as one does whose audio moves (RFC 4568 §7.1.4).
    call.audio.playing = False
    call.audio.secured.renew()
    equal(call.offer("sendrecv")[0], 200, "a new key")
    call.audio.playing = True
    listen(call, 660, other, 440, "under the new key")
    equal(call.audio.secured.refused + other.audio.secured.refused, 0, "packets of the box that were not authentic")
    equal(call.bye(), 200, "BYE")


def case_secured_to_clear(world):
    """One leg secured, the other not, in either direction; the short suite; numbers that wrap."""
    world.start(sips=ANY)
    a = world.phone("101", hertz=440, suite=SHORT, sequence=65500)
    b = world.phone("102", hertz=660)
    c = world.phone("103", hertz=880, transport="TLS", suite=LONG, sequence=65500)
    call, other = connected(a, b, "102")
    check(is_secured(call), "the caller asked for a secured leg")
    check(call.audio.secured.suite == SHORT, "another suite than the one offered")
    check(not any("crypto" in body or "SAVP" in body for body in other.described), "keys in a plain leg")
    listen(call, 660, other, 440, "secured to clear, over the wrap")
    equal(call.audio.secured.refused, 0, "packets of the box that were not authentic")
    call.bye()
    call, other = connected(b, c, "103")
    check(is_secured(other) and not is_secured(call), "the called phone is on TLS, the caller is not")
    listen(call, 880, other, 660, "clear to secured, over the wrap")
    call.bye()


def case_forgeries(world):
    """In the clear, with a wrong tag, replayed, from the phone's own address: not heard, counted, the call unharmed."""
    world.start(sips=ANY)
    a = world.phone("101", hertz=440, transport="TLS", suite=LONG)
    b = world.phone("102", hertz=660)
    call, other = connected(a, b, "102")
    listen(call, 660, other, 440, "before")
    loud, box, true = bytes(encode(s) for s in tone(1000, 0.02, 30000)), call.audio.remote, []
    seal = call.audio.secured.seal

    def taped(packet):
        true.append(seal(packet))
        return true[-1]

    call.audio.secured.seal = taped
    other.audio.forget()
    sent, until, sequence, replays = call.audio.sent, time.monotonic() + 2, 0, 0
    while time.monotonic() < until:
        highest = int.from_bytes(true[-1][2:4], "big") if true else sequence
        for ssrc in (call.audio.ssrc, os.urandom(4)):
            sequence = (highest + 3) & 0xFFFF
            clear = struct.pack(">BBHI", 0x80, 0, sequence, sequence * 160) + ssrc + loud
            for packet in (clear, clear + os.urandom(10), clear[:20]):
                call.audio.socket.sendto(packet, box)
        if len(true) > 5:
            damaged = bytearray(true[-1])
            damaged[40] ^= 1
            call.audio.socket.sendto(bytes(damaged), box)
            for packet in true[-5:]:
                call.audio.socket.sendto(packet, box)
                replays += 1
        time.sleep(0.01)
    time.sleep(0.1)
    sent = call.audio.sent - sent
    check(replays > 100, f"only {replays} replays were sent")
    check(not hears(other.audio.samples, 1000), "a forgery is heard")
    check(hears(other.audio.samples, 440), "the caller is no longer heard")
    check(other.audio.packets <= sent + 3, f"{other.audio.packets} packets reached the other side, {sent} were true")
    check(other.audio.packets >= sent - 5, f"{other.audio.packets} packets reached the other side of {sent}")
    check(hears(call.audio.samples, 660), "the caller hears no more")
    equal(call.bye(), 200, "BYE")


def case_never_in_the_clear(world):
    """Where encryption is required, offers in the clear or without a usable key get 488, and nobody rings."""
    world.start(config=required(), sips=ANY)
    a = world.phone("101", hertz=440, suite=LONG)
    b = world.phone("102", hertz=660, suite=LONG)
    plain = world.phone("103")
    equal(plain.call("102").status, 488, "an offer in the clear")
    check(b.next_call(0.5) is None, "102 was rung for an offer in the clear")
    call, other = connected(a, b, "102")
    check(is_secured(call) and is_secured(other), "a leg is in the clear")
    listen(call, 660, other, 440, "required")
    # The same dialog in the clear from now on? No; and what was agreed stands.
    call.audio.secured.active = False
    equal(call.offer("sendrecv")[0], 488, "a re-INVITE in the clear")
    call.audio.secured.active = True
    listen(call, 660, other, 440, "after the refusal")
    equal(call.bye(), 200, "BYE")
    # A phone that takes the secured offer and answers in the clear is not talked to.
    status = a.call("103").status
    check(status >= 400, f"an answer in the clear: {status}")


def case_unusable_keys(world):
    """Suites and parameters that the box has not are passed over; with nothing else it refuses."""
    world.start()
    a, b = world.phone("101", hertz=440, suite=LONG), world.phone("102", hertz=660)
    for line, status in [
        ("1 F8_128_HMAC_SHA1_80 {key}", 488),
        ("1 {suite} {key} UNENCRYPTED_SRTP", 488),
        ("1 {suite} {key}|2^20|1:4", 488),
        ("1 {suite} inline:c2hvcnQ", 488),
        ("4 F8_128_HMAC_SHA1_80 {key}\r\na=crypto:5 {suite} {key}|2^31", 200),
    ]:
        got, tag = offered(a, line)
        equal(got, status, line)
        if status == 200:
            equal(tag, "5", "the tag answered")
    equal(len(b.calls), 1, "calls that rang")


def offered(phone, line):
    """(status, tag answered) of a call to 102 whose keys are this line."""
    original = srtp.Keys.rows

    def rows(keys):
        key = re.search(r"inline:\S+", original(keys)).group(0)
        return f"a=crypto:{line.format(suite=keys.suite, key=key)}\r\n"

    srtp.Keys.rows = rows
    try:
        call = phone.call("102")
    finally:
        srtp.Keys.rows = original
    tag = re.search(r"^a=crypto:(\d+)", call.described[-1], re.M) if call.described else None
    call.bye()
    return call.status, tag and tag.group(1)


def case_secrets_stay_secret(world):
    """No key of a call is in the box's log, nor in the trace of its messages."""
    world.start(sips=ANY)
    a = world.phone("101", transport="TLS", suite=LONG)
    b = world.phone("102", transport="TLS", suite=LONG)
    call, other = connected(a, b, "102")
    keys = [re.search(r"inline:(\S+)", body).group(1) for body in (call.described[-1], other.described[0])]
    keys += [re.search(r"inline:(\S+)", c.audio.secured.rows()).group(1) for c in (call, other)]
    equal(call.bye(), 200, "BYE")
    pages = Pages(world.box)
    check(call.wait(lambda: pages.calls(), 5), "no record of the call")
    messages = pages.get(f"/api/v1/calls/{pages.calls()[0]['call']}")["messages"]
    check(any("SAVP" in message["text"] for message in messages), "no description in the trace")
    for name, text in [("trace", str(messages)), ("log", world.box.output())]:
        check(not any(key[:16] in text for key in keys), f"a key is in the {name}")
