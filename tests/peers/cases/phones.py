"""What needs a phone with a will of its own: transfers, timers, several devices, races."""

import threading
import time

from phone import Message
from world import check, equal


def connected(caller, callee, number):
    """A call from one phone to the other, both ends up."""
    call = caller.call(number)
    equal(call.status, 200, f"the call to {number}")
    other = callee.next_call()
    check(other is not None, f"{number} did not ring")
    check(other.wait(lambda: other.state == "up", 3), "the called side is not up")
    return call, other


def case_digest(world):
    """Each algorithm offered is accepted, a wrong answer and a replay are refused (RFC 7616, RFC 8760)."""
    from phone import digest, token

    world.start()
    phone = world.phone("101", registered=False)

    def register(extra=""):
        phone.registered_cseq += 1
        me = f"<{phone.uri('101')}>"
        text = phone.request(
            "REGISTER",
            phone.uri(),
            phone.registered_call_id,
            phone.registered_cseq,
            f"{me};tag={token()}",
            me,
            headers=["Expires: 60", *extra],
        )
        return phone.transact(text)

    challenges = register().all("www-authenticate")
    check(any("algorithm=MD5" in c for c in challenges), f"MD5 is not offered: {challenges}")
    for challenge in challenges:
        value = digest(challenge, "REGISTER", phone.uri(), "101", "not-it")
        check(register([f"Authorization: {value}"]).status in (401, 403), "a wrong secret was taken")
    for challenge in register().all("www-authenticate"):
        value = digest(challenge, "REGISTER", phone.uri(), "101", phone.password)
        equal(register([f"Authorization: {value}"]).status, 200, challenge)
        # The same credentials again are a replay: nonce counts only go up (RFC 7616 §3.4).
        equal(register([f"Authorization: {value}"]).status, 401, "a replay")


def case_no_user_enumeration(world):
    """Unknown users are challenged and refused like known ones with a wrong password (security test 10)."""
    world.start()
    answers = []
    for number in ("101", "8888"):
        phone = world.phone(number, registered=False, password="wrong")
        phone.register()
        answers.append([m.first for _, m in phone.seen])
    equal(answers[0], answers[1], "answers to a known and an unknown user")


def case_callee_holds(world):
    """The called side holds and resumes by re-INVITE; the caller's phone is told."""
    world.start()
    a, b = world.phone("101"), world.phone("102")
    call, other = connected(a, b, "102")
    status, direction = other.offer("sendonly")
    equal(status, 200, "hold")
    check(direction in ("recvonly", "inactive"), f"hold was answered {direction}")
    check(
        call.wait(lambda: call.remote_direction in ("sendonly", "inactive"), 3),
        "the caller's phone was not told of the hold",
    )
    equal(other.offer("sendrecv"), (200, "sendrecv"), "resume")
    check(call.wait(lambda: call.remote_direction == "sendrecv", 3), "the caller's phone was not told of the resume")
    equal(call.bye(), 200, "BYE")
    check(other.wait(other.ended, 3), "the other side was not hung up on")


def case_every_device_rings(world):
    """All devices of an extension ring; the first to answer has the call, the others are cancelled."""
    world.start()
    a = world.phone("101")
    slow, quick = world.phone("102", answer="ring"), world.phone("102", ring_s=0.4)
    call = a.call("102")
    equal(call.status, 200, "the call")
    missed = slow.next_call()
    check(missed is not None, "the second device did not ring")
    check(missed.wait(missed.ended, 3), "the second device was not cancelled")
    check(quick.next_call().state == "up", "the device that answered has no call")
    equal(call.bye(), 200, "BYE")


def case_ring_group(world):
    """400 rings its members, one answers, the rest stop."""
    world.start()
    a = world.phone("109")
    members = [world.phone(n, answer="ring") for n in ("101", "102", "103")]
    results = []
    thread = threading.Thread(target=lambda: results.append(a.call("400")))
    thread.start()
    ringing = [call for call in (m.next_call(3) for m in members) if call]
    check(len(ringing) >= 2, f"only {len(ringing)} members ring")
    ringing[0].phone.pick_up(ringing[0])
    thread.join(8)
    equal(results and results[0].status, 200, "the call to the group")
    for call in ringing[1:]:
        check(call.wait(call.ended, 3), "a member still rings")
    results[0].bye()


def case_cancel_meets_answer(world):
    """CANCEL and 200 cross: either the call ends or it is up and can be hung up; nothing is left over."""
    world.start()
    a, b = world.phone("101"), world.phone("102", answer="ring")
    for delay in (0.0, 0.001, 0.002, 0.005, 0.01, 0.02):
        call = a.call("102", hang_on=True)
        other = b.next_call()
        check(other is not None, "102 did not ring")
        threading.Timer(delay, b.pick_up, [other]).start()
        status = a.cancel(call)
        check(status in (200, 487), f"INVITE ended with {status}")
        if status == 200:
            last = [m for _, m in a.seen if m.status == 200 and m.cseq[1] == "INVITE"][-1]
            call.state, call.remote = "up", last.get("to")
            a.acknowledge(call, last)
            a.transact(a.in_dialog(call, "BYE"))
        check(other.wait(other.ended, 5), "the called side was left with a call")
    equal(b.call("101").status is not None, True, "the box still takes calls")


def case_attended_transfer(world):
    """REFER with Replaces: 102 and 103 are connected, 101 is out (RFC 3891, RFC 5589)."""
    world.start()
    a, b, c = world.phone("101", hertz=300), world.phone("102", hertz=440), world.phone("103", hertz=660)
    first, with_b = connected(a, b, "102")
    equal(first.offer("sendonly")[0], 200, "hold before the second call")
    second, with_c = connected(a, c, "103")
    equal(second.offer("sendonly")[0], 200, "hold of the second call")
    equal(first.refer("103", replaces=second), 202, "REFER")
    check(
        first.wait(lambda: any("200" in body for body in first.notified) or first.ended(), 6),
        f"no NOTIFY of success: {first.notified}",
    )
    for call in (first, second):
        if not call.wait(call.ended, 3):
            call.bye()
    time.sleep(0.5)
    check(with_b.state == "up" and with_c.state == "up", "the transferred calls are not up")
    heard_both_ways(with_b, 660, with_c, 440)
    equal(with_b.bye(), 200, "BYE")
    check(with_c.wait(with_c.ended, 3), "103 was not hung up on")


def case_blind_transfer_with_audio(world):
    """After a blind transfer the two that are left hear each other."""
    world.start()
    a, b, c = world.phone("101", hertz=300), world.phone("102", hertz=440), world.phone("103", hertz=660)
    first, with_b = connected(a, b, "102")
    equal(first.refer("103"), 202, "REFER")
    with_c = c.next_call()
    check(with_c is not None, "103 did not ring")
    check(with_c.wait(lambda: with_c.state == "up", 3), "103 did not answer")
    check(
        first.wait(lambda: any("200" in body for body in first.notified) or first.ended(), 6),
        f"no NOTIFY of success: {first.notified}",
    )
    if not first.wait(first.ended, 3):
        first.bye()
    time.sleep(0.5)
    check(with_b.state == "up" and with_c.state == "up", "the transferred call is not up")
    heard_both_ways(with_b, 660, with_c, 440)
    equal(with_c.bye(), 200, "BYE")
    check(with_b.wait(with_b.ended, 3), "102 was not hung up on")


def case_transfer_to_nobody(world):
    """A blind transfer to a number that does not exist tells the phone so and leaves the call as it was."""
    world.start()
    a, b = world.phone("101"), world.phone("102")
    call, other = connected(a, b, "102")
    status = call.refer("7999")
    check(status == 202 or status >= 400, f"REFER: {status}")
    if status == 202:
        check(
            call.wait(lambda: any("404" in body or "SIP/2.0 4" in body for body in call.notified), 6),
            f"no NOTIFY of failure: {call.notified}",
        )
    time.sleep(0.5)
    check(call.state == "up" and other.state == "up", "the call did not survive")
    equal(call.bye(), 200, "BYE")


def heard_both_ways(one, wanted_by_one, two, wanted_by_two):
    """Each side hears the other's tone."""
    from audio import hears

    for call in (one, two):
        call.audio.forget()
    time.sleep(1.5)
    for call, hertz in ((one, wanted_by_one), (two, wanted_by_two)):
        check(
            hears(call.audio.samples, hertz),
            f"{call.phone.number} does not hear {hertz} Hz ({call.audio.packets} packets)",
        )


def case_session_timer(world):
    """A session that the box must refresh is refreshed after half its interval (RFC 4028 §7.2, §10)."""
    world.start()
    a, b = world.phone("101"), world.phone("102")
    call = a.call("102", headers=["Supported: timer", "Session-Expires: 90;refresher=uas", "Min-SE: 90"])
    equal(call.status, 200, "the call")
    answer = [m for _, m in a.seen if m.status == 200 and m.cseq[1] == "INVITE"][-1]
    said = answer.get("session-expires") or answer.get("x")
    check("refresher=uas" in said and int(said.split(";")[0]) >= 90, f"Session-Expires of the answer: {said!r}")
    began = time.monotonic()
    refresh = lambda: [m for at, m in a.seen if at > began and m.method in ("INVITE", "UPDATE")]  # noqa: E731
    check(call.wait(refresh, 62), "no refresh within 62 s of a session of 90 s")
    time.sleep(0.5)
    check(call.state == "up" and b.next_call().state == "up", "the refresh has ended the call")
    equal(call.bye(), 200, "BYE")


def case_session_interval_too_small(world):
    """A session interval below 90 s: 422 with Min-SE (RFC 4028 §6)."""
    world.start()
    a = world.phone("101")
    world.phone("102")
    call = a.call("102", headers=["Supported: timer", "Session-Expires: 30", "Min-SE: 30"])
    equal(call.status, 422, "the call")
    answer = [m for _, m in a.seen if m.status == 422][-1]
    check(int(answer.get("min-se") or 0) >= 90, f"Min-SE: {answer.get('min-se')!r}")


def case_tcp_and_udp(world):
    """A phone on TCP and one on UDP call each other."""
    world.start()
    a, b = world.phone("101", transport="TCP"), world.phone("102")
    call, other = connected(a, b, "102")
    equal(other.bye(), 200, "BYE")
    check(call.wait(call.ended, 3), "the TCP phone was not hung up on")
    call, other = connected(b, a, "101")
    equal(call.bye(), 200, "BYE")
    check(other.wait(other.ended, 3), "the TCP phone was not hung up on")


def case_clean_stop(world):
    """SIGTERM in a call: both phones are told, the status is 0."""
    world.start()
    a, b = world.phone("101"), world.phone("102")
    call, other = connected(a, b, "102")
    equal(world.box.stop(), 0, "exit status")
    check(call.wait(call.ended, 2) and other.wait(other.ended, 2), "a phone was not told")


def case_foreign_method(world):
    """An unknown method gets 405 or 501, or a challenge, and no crash."""
    world.start()
    phone = world.phone("101")
    text = phone.request("BREW", phone.uri(), "brew@x", 1, f"<{phone.uri('101')}>;tag=1", f"<{phone.uri()}>")
    answer = phone.transact(text)
    check(answer is not None and answer.status in (401, 405, 407, 501), f"BREW: {answer!r}")
    equal(Message(text).method, "BREW", "the method sent")
    equal(phone.options(), 200, "OPTIONS afterwards")
