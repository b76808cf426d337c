"""Two baresip phones through the box: what one plays, the other records."""

import re
import time

from audio import hears, loudness
from baresip import Baresip
from box import config_text
from world import check


MAILBOX = """
[[extension]]
number = "101"
name = "Anna"
secret = "demo-101-secret"
voicemail = true
voicemail_pin = "4711"
"""


def says(phone, who, words, seconds=8):
    """Waits until its log has one of these words in a line that names somebody."""
    until = time.monotonic() + seconds
    pattern = re.compile(words)
    while time.monotonic() < until:
        if any(who in line and pattern.search(line) for line in phone.said().splitlines()):
            return
        time.sleep(0.05)
    check(False, f"{phone.number} does not say {words} of {who or 'anything'}:\n{phone.said()[-1500:]}")


def watcher(world, number, watches):
    """A phone that asks for its messages once. baresip 1.0 asks without end in some of its starts: every 20 µs,
    before anything was answered; one that does so is stopped, and another is tried."""
    for _ in range(6):
        phone = Baresip(world, number, 440, watches=watches)
        check(phone.registered(), f"{number} is not registered:\n{phone.said()[-800:]}")
        time.sleep(0.5)  # a storm shows within a millisecond of the registration
        if phone.said().count("subscribing to messages") < 20:
            return phone
        phone.close()
        world.others.remove(phone)
    check(False, f"{number} asks for its messages without end")


def pair(world, **more):
    world.start()
    a, b = Baresip(world, "101", 440, **more), Baresip(world, "102", 660, **more)
    for phone in (a, b):
        check(phone.registered(), f"{phone.number} is not registered:\n{phone.said()[-800:]}")
    return a, b


def established(a, b, number):
    a.tell("dial", number)
    for phone in (a, b):
        check(phone.wait("CALL_ESTABLISHED"), f"{phone.number} is not connected:\n{phone.said()[-800:]}")


def ended(*phones):
    for phone in phones:
        check(phone.wait("CALL_CLOSED", 4), f"{phone.number} still has a call")


def listen(phone, hertz, least_s):
    """The phone's last recording holds that tone, for that long at least."""
    recordings = phone.heard()
    check(bool(recordings), f"{phone.number} has recorded nothing")
    samples, rate = recordings[-1]
    window = rate // 2
    good = sum(hears(samples[i : i + window], hertz, rate) for i in range(0, len(samples) - window + 1, window)) * 0.5
    check(
        good >= least_s,
        f"{phone.number} hears {hertz} Hz for {good} s of {len(samples) / rate:.1f} s, loudness {loudness(samples):.0f}",
    )
    return samples, rate


def case_baresip_call(world):
    """Four seconds of talk: 440 Hz one way, 660 Hz the other."""
    a, b = pair(world)
    established(a, b, "102")
    time.sleep(4)
    a.tell("hangup")
    ended(a, b)
    time.sleep(0.3)
    listen(a, 660, 2.5)
    listen(b, 440, 2.5)


def case_baresip_tcp(world):
    """The same over TCP."""
    a, b = pair(world, transport="tcp")
    established(a, b, "102")
    time.sleep(3)
    b.tell("hangup")
    ended(a, b)
    time.sleep(0.3)
    listen(a, 660, 1.5)
    listen(b, 440, 1.5)


def case_baresip_hold(world):
    """Hold is silence, resume is sound again: at a phone whose every packet is counted, for baresip 1.0 itself
    records nothing more after a hold."""
    world.start()
    phone, other = Baresip(world, "101", 440), world.phone("102", hertz=660)
    check(phone.registered(), f"not registered:\n{phone.said()[-800:]}")
    phone.tell("dial", "102")
    call = other.next_call()
    check(call is not None, "102 does not ring")
    check(phone.wait("CALL_ESTABLISHED"), f"not connected:\n{phone.said()[-800:]}")

    def hears_it(seconds=1.5):
        time.sleep(0.4)
        call.audio.forget()
        time.sleep(seconds)
        return hears(call.audio.samples, 440)

    check(hears_it(2.5), "102 does not hear 440 Hz")
    phone.tell("hold")
    check(call.wait(lambda: call.remote_direction != "sendrecv", 3), "102 is not told of the hold")
    phone.tell("resume")
    check(call.wait(lambda: call.remote_direction == "sendrecv", 3), "102 is not told of the resume")
    check(hears_it(), "102 does not hear 440 Hz after the hold")
    phone.tell("hangup")
    check(call.wait(call.ended, 3), "102 is not hung up on")
    time.sleep(0.3)
    listen(phone, 660, 2.0)


def case_baresip_echo(world):
    """*43 gives back the phone's own tone."""
    world.start()
    phone = Baresip(world, "103", 523)
    check(phone.registered(), f"not registered:\n{phone.said()[-800:]}")
    phone.tell("dial", "*43")
    check(phone.wait("CALL_ESTABLISHED"), f"not connected:\n{phone.said()[-800:]}")
    time.sleep(3)
    phone.tell("hangup")
    ended(phone)
    time.sleep(0.3)
    listen(phone, 523, 1.5)


def case_baresip_refused(world):
    """A number that does not exist is told as such."""
    world.start()
    phone = Baresip(world, "104", 440)
    check(phone.registered(), f"not registered:\n{phone.said()[-800:]}")
    phone.tell("dial", "7999")
    check(phone.wait("CALL_CLOSED", 4), "the call goes on")
    closed = [event for event in phone.events if event.get("type") == "CALL_CLOSED"][-1]
    check("404" in str(closed.get("param")), f"the phone was told {closed.get('param')!r}")


def case_baresip_presence_and_messages(world):
    """baresip shows who is there and who speaks, and lights its lamp for a message."""
    world.start(config=config_text(["102", "103"]) + MAILBOX)
    phone = watcher(world, "101", ["102", "103"])
    says(phone, "", "Messages-Waiting: no")
    time.sleep(2)  # it asks for its contacts after a second, and says nothing of what it learns first
    other, third = world.phone("102", answer="ring"), world.phone("103", hertz=660)
    says(phone, "102", "to .*Online")
    call = third.call("102", hang_on=True)
    ringing = other.next_call(4)
    other.pick_up(ringing)
    says(phone, "102", "to .*Busy")
    ringing.bye()
    call.end()
    says(phone, "102", "Busy.* to .*Online")
    message = third.call("*99101", seconds=15)
    time.sleep(14)
    message.bye()
    says(phone, "", "Voice-Message: 1/0")
