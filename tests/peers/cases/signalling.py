"""SIPp against the box: registration and the ways a call can go."""

import time

from sipp import ack, cancel, final_ack, invite, label, ok, pause, recv, register, request, respond, sdp
from world import check

RINGS = [recv("INVITE", route=True), respond(180, "Ringing")]
ANSWERS = [*RINGS, respond(200, "OK", body=sdp(port=42000), repeat=True), recv("ACK")]
ANSWERED = [recv(180, optional=True), recv(183, optional=True), recv(200, route=True), ack()]
HANGS_UP = [request("BYE"), recv(200)]
IS_HUNG_UP_ON = [recv("BYE"), ok()]


def talk(world, caller, callee, **more):
    """Runs both ends, 101 calling 102."""
    called = world.registered_end("102", "callee", callee, **more)
    calling = world.sipp("caller", caller, **more)
    calling.wait()
    called.wait()


def case_register(world):
    """A phone registers with digest, refreshes, unregisters."""
    world.start()
    world.sipp("register", register("101")).wait()
    world.sipp("unregister", register("101", expires=0)).wait()


def case_wrong_password(world):
    """A wrong password never registers and never calls."""
    world.start()
    refused = [
        *register("101", password="wrong")[:-1],
        recv(403, optional=True, next_label="1"),
        recv(401),
        label("1"),
    ]
    world.sipp("register", refused).wait()
    refused = [
        *invite("102", "101", password="wrong"),
        recv(403, optional=True, next_label="1"),
        recv(401),
        label("1"),
        final_ack("102", "101"),
    ]
    world.sipp("call", refused).wait()


def case_call(world):
    """INVITE to BYE between two phones; the caller hangs up."""
    world.start()
    talk(world, [*invite("102", "101"), *ANSWERED, pause(500), *HANGS_UP], [*ANSWERS, *IS_HUNG_UP_ON])


def case_callee_hangs_up(world):
    """The called side ends the call."""
    world.start()
    bye = [
        pause(300),
        # Inside the dialog that the INVITE opened, with From and To the other way round.
        request("BYE", cseq=1)
        .replace("[last_From:]", "From: [$to];tag=[pid]u[call_number]")
        .replace("[last_To:]", "To: [$from]"),
        recv(200),
    ]
    rings = [recv("INVITE", route=True, remember=("From", "To")), respond(180, "Ringing")]
    callee = [*rings, respond(200, "OK", body=sdp(port=42000), repeat=True), recv("ACK"), *bye]
    talk(world, [*invite("102", "101"), *ANSWERED, *IS_HUNG_UP_ON], callee)


def case_tcp(world):
    """The same call with both phones on TCP."""
    world.start()
    callee = world.phone("102", transport="TCP")
    world.sipp("caller", [*invite("102", "101"), *ANSWERED, pause(300), *HANGS_UP], transport="t1").wait()
    call = callee.next_call()
    check(call is not None and call.wait(call.ended, 3), "102 was not hung up on")


def case_cancel(world):
    """The caller gives up while it rings."""
    world.start()
    caller = [
        *invite("102", "101"),
        recv(180),
        pause(200),
        cancel("102", "101"),
        recv(200),
        recv(487),
        final_ack("102", "101"),
    ]
    callee = [
        recv("INVITE", remember=("CSeq",)),
        respond(180, "Ringing"),
        recv("CANCEL"),
        respond(200, "OK"),
        respond(487, "Request Terminated", cseq="CSeq: [$cseq]"),
        recv("ACK"),
    ]
    talk(world, caller, callee)


def refusal(world, status, expected):
    world.start()
    caller = [*invite("102", "101"), recv(180, optional=True), recv(expected), final_ack("102", "101")]
    talk(world, caller, [recv("INVITE"), respond(status, "No", repeat=True), recv("ACK")])


def case_busy(world):
    """486 reaches the caller as 486."""
    refusal(world, 486, 486)


def case_declined(world):
    """603 reaches the caller as 603."""
    refusal(world, 603, 603)


def case_redirected(world):
    """A phone's 302 to a foreign address is not followed; the call fails cleanly."""
    world.start()
    moved = respond(302, "Moved Temporarily", repeat=True, extra="").replace(
        "Contact: <sip:[local_ip]:[local_port];transport=[transport]>", "Contact: <sip:0900123456@192.0.2.66>"
    )
    failures = [recv(status, optional=True, next_label="1") for status in (403, 404, 486, 500, 502, 503, 603)]
    caller = [
        *invite("102", "101"),
        recv(180, optional=True),
        *failures,
        recv(480),
        label("1"),
        final_ack("102", "101"),
    ]
    talk(world, caller, [recv("INVITE"), moved, recv("ACK")])


def case_no_answer(world):
    """After the ring time the phone is cancelled and the caller hears 480 or 408."""
    from box import config_text

    world.start(config=config_text(["101", "102"], sip="ring_time_s = 5"))
    caller = [
        *invite("102", "101"),
        recv(180),
        recv(408, optional=True, next_label="1"),
        recv(480),
        label("1"),
        final_ack("102", "101"),
    ]
    callee = [
        recv("INVITE", remember=("CSeq",)),
        respond(180, "Ringing"),
        recv("CANCEL"),
        respond(200, "OK"),
        respond(487, "Request Terminated", cseq="CSeq: [$cseq]"),
        recv("ACK"),
    ]
    began = time.monotonic()
    talk(world, caller, callee)
    took = time.monotonic() - began
    check(4.0 <= took <= 12.0, f"it rang for {took:.1f} s, not 5")


def case_unregistered(world):
    """A phone that is not there: 480."""
    world.start()
    world.sipp("caller", [*invite("103", "101"), recv(480), final_ack("103", "101")]).wait()


def case_unknown(world):
    """A number that does not exist: 404."""
    world.start()
    world.sipp("caller", [*invite("7999", "101"), recv(404), final_ack("7999", "101")]).wait()


def case_hold(world):
    """re-INVITE with sendonly and back reaches the other side and is answered in kind."""
    world.start()
    caller = [
        *invite("102", "101"),
        *ANSWERED,
        pause(200),
        request("INVITE", 3, sdp("sendonly", 2)),
        recv(100, optional=True),
        recv(200, route=True, check="a=(recvonly|inactive)"),
        ack(3),
        pause(200),
        request("INVITE", 4, sdp("sendrecv", 3)),
        recv(100, optional=True),
        recv(200, route=True, check="m=audio [1-9]"),
        ack(4),
        request("BYE", 5),
        recv(200),
    ]
    callee = [
        *ANSWERS,
        recv("INVITE", check="a=(sendonly|inactive)"),
        respond(200, "OK", tag=False, body=sdp("recvonly", 2, 42000), repeat=True),
        recv("ACK"),
        recv("INVITE", check="m=audio [1-9]"),
        respond(200, "OK", tag=False, body=sdp("sendrecv", 3, 42000), repeat=True),
        recv("ACK"),
        *IS_HUNG_UP_ON,
    ]
    talk(world, caller, callee)


def case_update(world):
    """UPDATE without a description, as phones send it to keep a session, is answered 200."""
    world.start()
    caller = [
        *invite("102", "101"),
        *ANSWERED,
        pause(200),
        request("UPDATE", 3),
        recv(200),
        request("BYE", 4),
        recv(200),
    ]
    talk(world, caller, [*ANSWERS, *IS_HUNG_UP_ON])


def case_reliable_ringing(world):
    """100rel that the called phone requires is acknowledged by PRACK (RFC 3262)."""
    world.start()
    caller = [*invite("102", "101", extra="Supported: 100rel\n")]
    early = recv(183, optional=True, route=True)
    caller += [recv(180, optional=True), early, recv(200, route=True), ack(), pause(200), *HANGS_UP]
    callee = [
        recv("INVITE", check="100rel", remember=("CSeq",), store=("via", "Via:[^\\r\\n]*")),
        respond(183, "Session Progress", body=sdp(port=42000), extra="Require: 100rel\nRSeq: 4711\n"),
        recv("PRACK", check="RAck: 4711 [0-9]+ INVITE"),
        respond(200, "OK", tag=False),
        pause(100),
        respond(200, "OK", tag=False, body="", cseq="CSeq: [$cseq]", repeat=True).replace("[last_Via:]", "[$via]"),
        recv("ACK"),
        *IS_HUNG_UP_ON,
    ]
    talk(world, caller, callee)


def case_late_offer(world):
    """An INVITE without a description: the offer comes in the 200, the answer in the ACK (RFC 3264 §4, RFC 3261 §13.2.1)."""
    world.start()
    caller = [
        *invite("102", "101", body=""),
        recv(180, optional=True),
        recv(200, route=True, check="m=audio [1-9]"),
        ack(body=sdp()),
    ]
    callee = [*RINGS, respond(200, "OK", body=sdp(port=42000), repeat=True), recv("ACK")]
    talk(world, [*caller, pause(300), *HANGS_UP], [*callee, *IS_HUNG_UP_ON])


def case_blind_transfer(world):
    """REFER: 102 is connected to 103, 101 hears of it by NOTIFY and leaves."""
    world.start()
    third = world.registered_end("103", "target", [*ANSWERS, *IS_HUNG_UP_ON])
    caller = [
        *invite("102", "101"),
        *ANSWERED,
        pause(200),
        request(
            "REFER", 3, extra="Refer-To: <sip:103@[remote_ip]:[remote_port]>\nReferred-By: <sip:101@[remote_ip]>\n"
        ),
        recv(202),
        recv("NOTIFY", check="SIP/2.0 100"),
        ok(),
        recv("NOTIFY", check="SIP/2.0 (180|200)"),
        ok(),
    ]
    stays = world.phone("102")
    world.sipp("caller", caller).wait()
    call = stays.next_call()
    check(call is not None and call.state == "up", "102 has no call after the transfer")
    check(call.bye() == 200, "102 cannot hang up")
    third.wait()


def case_options(world):
    """OPTIONS, to the box and before any authentication, is answered 200."""
    world.start()
    phone = world.phone("101", registered=False)
    check(phone.options() == 200, "OPTIONS to the box was not answered 200")
