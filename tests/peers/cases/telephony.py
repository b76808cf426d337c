"""A firm's telephony with real peers: trunks to another box as the provider's switch, forwards, parking, pickup,
transfer by code, voicemail, lamps."""

import time

from audio import hears
from box import config_text
from world import check, equal

MOBILE, NOBODY = "0470123456", "0470999999"
PROVIDER = """
[[extension]]
number = "900"
name = "The firm's line"
secret = "line-of-the-firm-1"
"""


def firm_text(port, more="", host="127.0.0.1", trunks='["line"]'):
    """A firm whose trunk registers as 900 with the provider at that port."""
    return config_text(["101", "102", "103", "104"]) + f"""
[[trunk]]
name = "line"
kind = "register"
host = "{host}"
port = {port}
transport = "udp"
user = "900"
password = "line-of-the-firm-1"
number_form = "national"
numbers = ["+3225551234"]
caller_id = "+3225551234"

[[outbound_route]]
name = "out"
patterns = ["+."]
trunks = {trunks}

[[inbound_route]]
name = "in"
to = "102"
""" + more


def two_boxes(world, more="", **options):
    """The provider's switch with a person at a mobile number, and a firm with a trunk to it that is up."""
    provider = world.start(config=config_text([MOBILE, NOBODY]) + PROVIDER)
    outside = world.phone(MOBILE)
    firm = world.start(config=firm_text(provider.sip[1], more, **options))
    probe = world.phone("104")
    deadline = time.monotonic() + 10
    # While the trunk is down there is no way out; then nobody is at 202 there.
    while (status := probe.call(NOBODY).status) == 503 and time.monotonic() < deadline:
        time.sleep(0.1)
    equal(status, 480, "a call over the trunk to nobody")
    return provider, firm, outside


def up(call, what="the call"):
    equal(call.status, 200, what)
    return call


def ring(phone, wait_s=4):
    call = phone.next_call(wait_s)
    check(call is not None, f"{phone.number} did not ring")
    return call


def hear_each_other(a, b, hertz_a, hertz_b):
    """Both hear the other's tone."""
    time.sleep(0.8)
    check(hears(a.audio.samples, hertz_b), f"the first does not hear {hertz_b} Hz")
    check(hears(b.audio.samples, hertz_a), f"the second does not hear {hertz_a} Hz")


def case_trunk_by_registration(world):
    """A firm's box registers with the provider's; calls go both ways, heard both ways; the caller's number is told."""
    provider, firm, outside = two_boxes(world)
    inside, desk = world.phone("101", hertz=500), world.phone("102", hertz=620)
    call = up(inside.call(MOBILE), "the call outside")
    other = ring(outside)
    check(other.wait(lambda: other.state == "up", 3), "the person outside is not up")
    hear_each_other(call, other, 500, 440)
    equal(call.bye(), 200, "BYE")
    check(other.wait(other.ended, 3), "the person outside was not hung up on")
    call = up(outside.call("900"), "the call to the firm")
    other = ring(desk)
    check("+32470123456" in other.invite.get("from"), f"who calls is not told in E.164: {other.invite.get('from')}")
    hear_each_other(call, other, 440, 620)
    equal(other.bye(), 200, "BYE from the firm")
    check(call.wait(call.ended, 3), "the provider was not told")


def dial_code(phone, code):
    """Dials a feature code and listens until the box hangs up."""
    call = up(phone.call(code), f"the code {code}")
    check(call.wait(call.ended, 12), f"the box did not hang up after {code}")


def case_settings_by_code(world):
    """Do not disturb and forwards by feature code: what follows for callers, also after a power cut."""
    box = world.start()
    a, b, c = world.phone("101"), world.phone("102"), world.phone("103")
    dial_code(b, "*78")
    equal(a.call("102").status, 486, "a call to somebody who is not to be disturbed")
    box.kill()
    box.start(sip=box.server())
    equal(a.call("102").status, 486, "the same after a power cut")
    dial_code(b, "*79")
    dial_code(b, "*72103")
    call = up(a.call("102"))
    ring(c)
    equal(call.bye(), 200, "BYE")
    dial_code(b, "*73")
    call = up(a.call("102"))
    ring(b)
    call.bye()


def case_parking(world):
    """A call is transferred to the parking number, hears music, and is taken from the slot by another phone."""
    world.start()
    a, b, c = world.phone("101", hertz=500), world.phone("102"), world.phone("103", hertz=620)
    call = up(a.call("102"))
    other = ring(b)
    check(other.wait(lambda: other.state == "up", 3), "the called side is not up")
    equal(other.refer("700"), 202, "REFER to the parking number")
    check(other.wait(other.ended, 4), "the phone that parked is not free")
    call.audio.forget()
    time.sleep(0.8)
    check(len(call.audio.samples) > 2000, "the parked caller hears nothing")
    taken = up(c.call("701"), "taking the parked call")
    time.sleep(0.3)
    call.audio.forget(), taken.audio.forget()
    hear_each_other(call, taken, 500, 620)
    equal(taken.bye(), 200, "BYE")
    check(call.wait(call.ended, 3), "the parked caller was not hung up on")
    equal(c.call("702").status, 404, "an empty slot")


def case_pickup(world):
    """A phone takes the call that rings at another one."""
    world.start()
    a, b, c = world.phone("101", hertz=500), world.phone("102", answer="ring"), world.phone("103", hertz=620)
    call = a.call("102", hang_on=True)
    missed = ring(b)
    taken = up(c.call("**102"), "picking up")
    check(missed.wait(missed.ended, 3), "the first phone still rings")
    check("completed elsewhere" in " ".join(m.get("reason") or "" for _, m in b.seen), "it counts as missed there")
    deadline = time.monotonic() + 3
    while not any(m.status == 200 and m.cseq[1] == "INVITE" for _, m in a.seen) and time.monotonic() < deadline:
        time.sleep(0.02)
    check(any(m.status == 200 and m.cseq[1] == "INVITE" for _, m in a.seen), "the caller was not answered")
    check(taken.state == "up", "the call was lost")
    taken.bye()
    call.end()


def case_transfer_by_code(world):
    """Keys in a call: ## and a number send the other end there."""
    world.start()
    a, b, c = world.phone("101", hertz=500), world.phone("102"), world.phone("103", hertz=620)
    call = up(a.call("102"))
    other = ring(b)
    check(other.wait(lambda: other.state == "up", 3), "the called side is not up")
    time.sleep(0.3)
    other.audio.press("##")
    time.sleep(1.5)
    other.audio.press("103#")
    third = ring(c, 8)
    check(third.wait(lambda: third.state == "up", 4), "the target is not up")
    check(other.wait(other.ended, 4), "the phone that transferred is not free")
    time.sleep(0.3)
    call.audio.forget(), third.audio.forget()
    hear_each_other(call, third, 500, 620)
    equal(call.bye(), 200, "BYE")


def case_lamps(world):
    """A lamp on another extension follows its calls (RFC 4235)."""
    world.start()
    watcher, a, b = world.phone("103"), world.phone("101"), world.phone("102", answer="ring")
    equal(watcher.subscribe("102"), 200, "SUBSCRIBE")
    check(watcher.wait_told(lambda body: "<state>terminated<" in body), "idle was not told")
    call = a.call("102", hang_on=True)
    check(watcher.wait_told(lambda body: "early" in body), "ringing was not told")
    ringing = ring(b)
    b.pick_up(ringing)
    check(watcher.wait_told(lambda body: "confirmed" in body), "talking was not told")
    equal(watcher.subscribe("102", event="no-such-package"), 489, "an unknown package")
    equal(watcher.subscribe("8888"), 404, "an unknown number")
    ringing.bye()
    call.end()


VOICEMAIL = """
[[extension]]
number = "105"
name = "Emil"
secret = "demo-105-secret"
voicemail = true
voicemail_pin = "4711"
ring_time_s = 5
"""


def case_voicemail(world):
    """Nobody answers: a message is left, the lamp tells, and it is heard by PIN from another phone."""
    world.start(config=config_text(["101", "102"]) + VOICEMAIL)
    a, b = world.phone("101", hertz=500), world.phone("102")
    own = world.phone("105", answer="ring")
    call = up(a.call("105", seconds=15), "the mailbox")
    time.sleep(14)  # the greeting and the tone
    equal(call.bye(), 200, "BYE after a message")
    check(own.wait_told(lambda body: "Voice-Message: 1/0" in body, 8), "the lamp was not told")
    heard = up(b.call("*98105"), "the mailbox from elsewhere")
    time.sleep(2.5)
    heard.audio.press("4711#")
    time.sleep(4)
    heard.audio.press("1")
    deadline, found = time.monotonic() + 25, False
    while not found and time.monotonic() < deadline:
        time.sleep(0.25)
        found = hears(heard.audio.samples[-8000:], 500)
    check(found, "the message is not heard")
    heard.bye()


def case_trunk_failover(world):
    """The first trunk's server is gone: the call goes out over the second, and the caller hears nothing of it."""
    dead = """
[[trunk]]
name = "dead"
kind = "address"
host = "127.0.0.1"
port = 9
transport = "udp"
number_form = "national"
options_s = 0
"""
    _, _, outside = two_boxes(world, dead, trunks='["dead", "line"]')
    inside = world.phone("101")
    began = time.monotonic()
    call = up(inside.call(MOBILE, seconds=15), "the call over the second trunk")
    check(time.monotonic() - began < 8, f"it took {time.monotonic() - began:.1f} s")
    ring(outside)
    equal(call.bye(), 200, "BYE")


def case_returned_contact(world):
    """Whoever was tried to be reached and calls back goes to the one who tried; after that to the desk again."""
    _, _, outside = two_boxes(world)
    outside.answer = "ring"
    inside, desk = world.phone("101"), world.phone("102")
    call = inside.call(MOBILE, hang_on=True)
    ring(outside)
    equal(inside.cancel(call), 487, "the caller gave up")
    time.sleep(0.5)
    back = up(outside.call("900"), "calling back")
    other = ring(inside)
    check("returned" in other.invite.get("from") or "tried" in other.invite.get("from"), "the reason is not shown")
    check(desk.incoming.empty(), "the desk rings as well")
    equal(back.bye(), 200, "BYE")
    time.sleep(0.5)
    back = up(outside.call("900"), "a second call")
    ring(desk)
    back.bye()


def case_withheld_number(world):
    """*67 before a number: the provider is told to show nothing (RFC 3323, RFC 3325)."""
    _, _, outside = two_boxes(world)
    call = up(world.phone("101").call("*67" + MOBILE), "the call outside")
    invite = ring(outside).invite
    check("anonymous" in invite.get("from").lower(), f"From names somebody: {invite.get('from')}")
    call.bye()


def case_emergency(world):
    """An emergency number goes out whatever else holds, and those to be told are rung."""
    more = """
[emergency]
location = "Main street 1, second floor"
notify = ["103"]
"""
    provider = world.start(config=config_text([MOBILE, NOBODY]) + PROVIDER)
    world.phone(MOBILE)
    world.start(config=firm_text(provider.sip[1], more))
    time.sleep(1)
    told, caller = world.phone("103", answer="ring"), world.phone("101")
    call = caller.call("112")
    # The provider's switch has no rescue service; what counts is that it was asked.
    check(call.status in (404, 480, 503), f"the call was answered {call.status}")
    check(told.next_call(4) is not None, "nobody was told")
