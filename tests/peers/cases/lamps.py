"""Lamps with the real program: after a power cut, in lists, and set from a phone."""

import time

from world import check, equal

FEATURES = "application/x-as-feature-event+xml"
DND = "<SetDoNotDisturb><device/><doNotDisturbOn>true</doNotDisturbOn></SetDoNotDisturb>"
LIST = "application/dialog-info+xml, application/rlmi+xml, multipart/related"


def case_lamps_after_a_power_cut(world):
    """The box is killed: without a word from the phone its lamp is told how things are, and follows calls as before."""
    box = world.start()
    watcher, a, b = world.phone("103"), world.phone("101"), world.phone("102", answer="ring")
    equal(watcher.subscribe("102"), 200, "SUBSCRIBE")
    call = a.call("102", hang_on=True)
    check(watcher.wait_told(lambda body: "early" in body), "ringing was not told")
    # A subscription is no promise: it is on disk a moment after its 200, not before.
    time.sleep(1)
    box.kill()
    watcher.told.clear()
    box.start(sip=box.server())
    check(watcher.wait_told(lambda body: "terminated" in body, 8), "that it is over was not told after the start")
    call.end()
    call = a.call("102", hang_on=True)
    check(watcher.wait_told(lambda body: "early" in body), "ringing was not told after the start")
    call.end()


def case_lamps_in_a_list(world):
    """One subscription for all extensions (RFC 4662): all at first, then what changes."""
    world.start()
    watcher, a, b = world.phone("103"), world.phone("101"), world.phone("102", answer="ring")
    equal(watcher.subscribe("list+all", accept=LIST), 421, "a list for a phone that takes none")
    lists = ["Supported: eventlist"]
    equal(watcher.subscribe("list+all", accept=LIST, headers=lists), 200, "SUBSCRIBE")
    check(watcher.wait_told(lambda body: 'fullState="true"' in body and body.count("<dialog-info") > 2), "all")
    call = a.call("102", hang_on=True)
    changed = watcher.wait_told(lambda body: 'fullState="false"' in body and ">early<" in body and "sip:102@" in body)
    check(changed, "the change was not told")
    call.end()


def case_lamps_set_by_phone(world):
    """Do-not-disturb by the phone's own key is known to the box, and shown on a colleague's key."""
    world.start()
    own, other = world.phone("102"), world.phone("101")
    equal(other.subscribe("dnd+102"), 200, "SUBSCRIBE to a lamp")
    equal(own.subscribe("102", event="as-feature-event", accept="multipart/mixed, " + FEATURES), 200, "SUBSCRIBE")
    check(own.wait_told(lambda body: "<doNotDisturbOn>false<" in body), "the features were not told")
    equal(own.subscribe("101", event="as-feature-event", accept="*/*"), 403, "features of somebody else")
    kind = [f"Content-Type: {FEATURES}"]
    equal(own.subscribe("102", event="as-feature-event", accept="*/*", headers=kind, body=DND), 200, "one that sets")
    check(own.wait_told(lambda body: "<doNotDisturbOn>true<" in body), "the change was not told to the phone")
    check(other.wait_told(lambda body: "confirmed" in body), "the colleague's lamp is dark")
    equal(other.call("102").status, 486, "a call to somebody who is not to be disturbed")
