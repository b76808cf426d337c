"""Audio end to end with phones in Python: tones in, tones out, measured."""

import time

from audio import hears, loudness
from cases.phones import connected, heard_both_ways
from world import check, equal


def case_two_tones(world):
    """440 Hz of one side is heard at the other and 660 Hz the other way, at full loudness, without loss."""
    world.start()
    a, b = world.phone("101", hertz=440), world.phone("102", hertz=660)
    call, other = connected(a, b, "102")
    time.sleep(0.3)
    heard_both_ways(call, 660, other, 440)
    sent, got = call.audio.sent, 0
    other.audio.forget()
    before = call.audio.sent
    time.sleep(3)
    sent, got = call.audio.sent - before, other.audio.packets
    check(abs(sent - got) <= 3, f"{sent} packets sent, {got} came")
    level = loudness(other.audio.samples)
    check(5000 < level < 6500, f"loudness {level:.0f}, sent 5657")
    check(len(other.audio.sources) == 1, f"audio from {len(other.audio.sources)} addresses")
    equal(call.bye(), 200, "BYE")
    check(other.wait(other.ended, 3), "the other side was not hung up on")


def case_hold_is_music(world):
    """While one side holds, neither hears the other, and whoever is held hears music; after the resume both talk."""
    world.start()
    a, b = world.phone("101", hertz=440), world.phone("102", hertz=660)
    call, other = connected(a, b, "102")
    time.sleep(0.3)
    heard_both_ways(call, 660, other, 440)
    equal(call.offer("inactive")[0], 200, "hold")
    time.sleep(0.3)
    call.audio.forget()
    other.audio.forget()
    time.sleep(1.2)
    check(not hears(call.audio.samples, 660), "the holding side still hears")
    check(not hears(other.audio.samples, 440), "the held side still hears")
    check(loudness(other.audio.samples) > 100, f"no music for the held: {loudness(other.audio.samples):.0f}")
    equal(call.offer("sendrecv"), (200, "sendrecv"), "resume")
    time.sleep(0.3)
    heard_both_ways(call, 660, other, 440)
    call.bye()


def case_echo_test(world):
    """*43 sends back what it hears."""
    world.start()
    phone = world.phone("101", hertz=523)
    call = phone.call("*43")
    equal(call.status, 200, "the call to *43")
    time.sleep(0.5)
    call.audio.forget()
    time.sleep(1.5)
    check(hears(call.audio.samples, 523), f"no echo ({call.audio.packets} packets)")
    equal(call.bye(), 200, "BYE")


def case_phone_behind_nat(world):
    """A phone whose description names another port than it sends from is answered where it sends from (RFC 4961)."""
    world.start()
    a, b = world.phone("101", hertz=440), world.phone("102", hertz=660)
    call, other = connected(a, b, "102")
    time.sleep(0.5)
    # The phone's translator gives its audio another port from now on.
    from audio import Stream

    moved = Stream(440)
    moved.remote, call.audio.playing = call.audio.remote, False
    time.sleep(2.0)
    other.audio.forget()
    time.sleep(1.0)
    heard = hears(other.audio.samples, 440)
    back = moved.packets
    moved.close()
    check(heard and back > 20, f"after a change of port: heard {heard}, {back} packets came back")
    call.bye()


def case_ghost_call_ends(world):
    """A call whose phones have both fallen silent for `inactivity_s` is ended."""
    from box import config_text

    world.start(config=config_text(["101", "102"], more="[media]\ninactivity_s = 10\n"))
    a, b = world.phone("101"), world.phone("102")
    call, other = connected(a, b, "102")
    time.sleep(0.5)
    call.audio.playing = other.audio.playing = False
    began = time.monotonic()
    check(call.wait(call.ended, 25) and other.wait(other.ended, 3), "the call goes on after 25 s of silence")
    check(time.monotonic() - began > 8, "ended too early")
