"""What the box itself says, plays, mixes and records: with phones in Python that hear tones."""

import re
import time

from audio import hears, loudness, strength
from cases.phones import connected, heard_both_ways
from pages import Pages
from world import check, equal

RECORDED = '[recording]\ndefault = "always"\nannounce = false\nformat = "wav"\n'


def pages(world):
    return Pages(world.box)


def case_services(world):
    """The clock speaks and hangs up, the own number is said, music plays, and the milliwatt is 1,004 Hz at its level."""
    world.start()
    phone = world.phone("101")
    call = phone.call("*9197")
    equal(call.status, 200, "the milliwatt")
    time.sleep(1.0)
    call.audio.forget()
    time.sleep(1.0)
    check(hears(call.audio.samples, 1004), "no 1,004 Hz")
    level = loudness(call.audio.samples)
    # 0 dBm0 is 3.14 dB below the loudest sine of µ-law, whose peak is 32,124.
    check(13_000 < level < 19_000, f"the milliwatt has a loudness of {level:.0f}")
    equal(call.bye(), 200, "BYE")
    call = phone.call("*9664")
    time.sleep(2.0)
    check(loudness(call.audio.samples) > 100, "no music")
    call.bye()
    for number, least, most in (("*65", 1.0, 9.0), ("*60", 4.0, 40.0)):
        began = time.monotonic()
        call = phone.call(number)
        equal(call.status, 200, number)
        check(call.wait(call.ended, most + 5), f"{number} never hung up")
        spoken = time.monotonic() - began
        check(least < spoken < most, f"{number} spoke for {spoken:.1f} s")
        check(loudness(call.audio.samples) > 300, f"{number} says nothing: {loudness(call.audio.samples):.0f}")


def case_conference(world):
    """Three meet in room 600: each hears the two others and not itself; after one has left two go on."""
    world.start()
    tones = {"101": 440, "102": 660, "103": 850}
    phones = {number: world.phone(number, hertz=hertz) for number, hertz in tones.items()}
    calls = {number: phone.call("600") for number, phone in phones.items()}
    for number, call in calls.items():
        equal(call.status, 200, f"{number} to the conference")
    time.sleep(4.0)  # whoever came first hears that nobody else is there
    for call in calls.values():
        call.audio.forget()
    time.sleep(1.5)
    for number, call in calls.items():
        for other, hertz in tones.items():
            part = max(strength(call.audio.samples[at : at + 4000], hertz) for at in range(0, 8000, 4000))
            if other == number:
                check(part < 0.1, f"{number} hears itself: {part:.2f}")
            else:
                check(part > 0.2, f"{number} does not hear {other}: {part:.2f}")
    calls["103"].bye()
    time.sleep(0.8)
    calls["101"].audio.forget()
    time.sleep(1.2)
    check(hears(calls["101"].audio.samples, 660), "101 no longer hears 102")
    equal((calls["101"].bye(), calls["102"].bye()), (200, 200), "BYE")


def case_listening_in(world):
    """A supervisor hears both, whispers to one, joins both; nobody else may; the two talk on afterwards."""
    world.start()
    a, b = world.phone("101", hertz=440), world.phone("102", hertz=660)
    boss, other = world.phone("109", hertz=850), world.phone("103")
    call, called = connected(a, b, "102")
    time.sleep(0.3)
    equal(other.call("*33101").status, 403, "listening in without the right")
    spy = boss.call("*33101")
    equal(spy.status, 200, "listening in")

    def tones(stream):
        stream.forget()
        time.sleep(1.2)
        return {h for h in (440, 660, 850) if max(strength(stream.samples[n : n + 4000], h) for n in (0, 4000)) > 0.2}

    equal(tones(spy.audio), {440, 660}, "the listener hears")
    equal(tones(call.audio), {660}, "101 hears")
    for key, at_101, at_102 in (("5", {660, 850}, {440}), ("6", {660, 850}, {440, 850}), ("4", {660}, {440})):
        spy.audio.press(key)
        time.sleep(0.6)
        equal((tones(call.audio), tones(called.audio)), (at_101, at_102), f"after key {key}: 101 and 102 hear")
    spy.bye()
    time.sleep(0.3)
    heard_both_ways(call, 660, called, 440)
    equal(call.bye(), 200, "BYE")


def case_recording(world):
    """A call is recorded by rule: both sides apart, what is said in the pause left out, listed, heard, written down."""
    from box import config_text

    world.start(config=config_text([101, 102], more=RECORDED))
    a, b = world.phone("101", hertz=440), world.phone("102", hertz=660)
    call, other = connected(a, b, "102")
    time.sleep(1.5)
    call.audio.press("*3")
    time.sleep(2.0)
    call.audio.press("*3")
    time.sleep(1.5)
    equal(call.bye(), 200, "BYE")
    web = pages(world)
    deadline = time.monotonic() + 15
    while True:
        listed = web.get("/api/v1/recordings")["recordings"]
        if listed and listed[0].get("ended_at") or time.monotonic() > deadline:
            break
        time.sleep(0.2)
    check(listed, "no recording is listed")
    one = listed[0]
    check(not one.get("problem"), f"the recording has a problem: {one}")
    octets = web.octets(f"/api/v1/recordings/{one['recording']}/audio")
    check(octets[:4] == b"RIFF" and len(octets) > 30_000, f"{len(octets)} octets beginning with {octets[:4]}")
    from audio import DECODE

    left, right = ([DECODE[o] for o in octets[58 + n :: 2]] for n in (0, 1))
    check(hears(left[:8000], 440) and not hears(left[:8000], 660), "the left side is not 101")
    check(hears(right[:8000], 660) and not hears(right[:8000], 440), "the right side is not 102")
    middle = left[len(left) // 2 - 2000 : len(left) // 2 + 2000]
    check(loudness(middle) < 50, f"the pause is not silent: {loudness(middle):.0f}")
    shown = web.get(f"/api/v1/calls/{one['call']}")
    check("*" not in re.findall(r'"digit": ?"(.)"', str(shown))[1:], "keys of the pause are shown")


def case_record_on_demand(world):
    """*1 begins a recording with its announcement and ends it; a mark shows on the page of live calls."""
    world.start()
    a, b = world.phone("101", hertz=440), world.phone("102", hertz=660)
    call, other = connected(a, b, "102")
    time.sleep(0.5)
    call.audio.forget()
    call.audio.press("*1")
    time.sleep(1.5)
    check(not hears(call.audio.samples[-6000:], 660), "no announcement in place of the other side")
    time.sleep(4.0)
    call.audio.press("*1")
    time.sleep(3.0)
    call.bye()
    web = pages(world)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        listed = web.get("/api/v1/recordings")["recordings"]
        if listed and listed[0].get("ended_at"):
            break
        time.sleep(0.2)
    octets = web.octets(f"/api/v1/recordings/{listed[0]['recording']}/audio")
    check(octets[:4] == b"OggS", f"it begins with {octets[:4]}")


def case_flight_recorder(world):
    """Each leg's seconds are kept, and a phone that sends nothing is named as the fault."""
    world.start()
    a, b = world.phone("101", hertz=440), world.phone("102", hertz=660)
    call, other = connected(a, b, "102")
    other.audio.playing = False
    time.sleep(7.0)
    call.bye()
    web = pages(world)
    time.sleep(1.0)
    tracks = web.get(f"/api/v1/calls/{web.calls()[0]['call']}/tracks")["tracks"]
    equal(len(tracks), 2, "tracks")
    check(all(len(t["rows"]) >= 5 for t in tracks), f"rows: {[len(t['rows']) for t in tracks]}")
    said = [s for t in tracks for s in t["diagnosis"]]
    check(any("no audio from the phone" in s for s in said), f"the diagnosis says {said}")


def fax_description(stream, version):
    """T.38 over UDPTL (RFC 3362), as gateways write it; the audio is refused."""
    return (
        f"v=0\r\no=- 1 {version} IN IP4 {stream.ip}\r\ns=-\r\nc=IN IP4 {stream.ip}\r\nt=0 0\r\n"
        f"m=audio 0 RTP/AVP 0\r\nm=image {stream.port} udptl t38\r\na=T38FaxVersion:0\r\na=T38MaxBitRate:14400\r\n"
        "a=T38FaxRateManagement:transferredTCF\r\na=T38FaxUdpEC:t38UDPRedundancy\r\n"
    )


def case_fax_passes(world):
    """Two fax gateways change to T.38 in mid-call: each one's datagrams reach the other as they are, strangers' none."""
    import socket

    world.start()
    a, b = world.phone("101", hertz=440), world.phone("102", hertz=660)
    call, other = connected(a, b, "102")
    time.sleep(0.3)
    heard_both_ways(call, 660, other, 440)
    call.audio.playing = other.audio.playing = False
    offers = []
    b.describe = lambda its, offer: offers.append(offer) or fax_description(its.audio, its.version)
    call.version += 1
    answer = a.transact(a.in_dialog(call, "INVITE", fax_description(call.audio, call.version)), final=True)
    equal(answer and answer.status, 200, "the change to T.38")
    a.acknowledge(call, answer)
    check(offers and "m=image" in offers[0] and "T38MaxBitRate:14400" in offers[0], f"the other gateway got {offers}")
    port = re.search(r"^m=image (\d+) udptl t38", answer.body, re.M)
    check(port, f"the answer is {answer.body}")
    there = (world.box.sip[0], int(port.group(1)))
    back = (world.box.sip[0], int(re.search(r"^m=image (\d+)", offers[0], re.M).group(1)))
    time.sleep(0.2)
    for one, two, to in ((call, other, there), (other, call, back)):
        for n in range(5):
            packet = bytes([0, n, 1, 0xC0]) + bytes([n] * 40)
            one.audio.socket.sendto(packet, to)
            time.sleep(0.1)
            equal(two.audio.last, packet, "a datagram of the fax")
    stranger = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    stranger.bind(("127.0.0.9", 0))
    stranger.sendto(b"not a fax", there)
    time.sleep(0.2)
    check(other.audio.last != b"not a fax", "a stranger's datagram came through")
    equal(call.bye(), 200, "BYE")
