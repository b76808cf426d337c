"""Trunks that are encrypted, and providers that misbehave: nothing in the clear, nothing for ever, nobody else hurt."""

import re
import socket
import threading
import time

from audio import hears
from box import config_text
from cases.telephony import MOBILE, NOBODY, PROVIDER, firm_text, hear_each_other, ring, up
from pages import Pages
from phone import Phone, token
from world import check, equal

ANY = "127.0.0.1:0"
SECURE = 'transport = "tls"\nverify = {verify}\nsrtp = "{srtp}"'


def trunk(name, port, more="", kind="address", transport="udp"):
    """A `[[trunk]]` to a server on this machine."""
    return f"""
[[trunk]]
name = "{name}"
kind = "{kind}"
host = "127.0.0.1"
port = {port}
transport = "{transport}"
number_form = "national"
{more}
"""


def secured_firm(port, verify="false", srtp="required", more="", trunks='["line"]'):
    """The firm whose trunk goes by TLS."""
    text = firm_text(port, more, trunks=trunks)
    return text.replace('transport = "udp"', SECURE.format(verify=verify, srtp=srtp), 1)


def firm_of(trunks, more):
    """A firm with those trunks alone."""
    return config_text(["101", "102", "103", "104"]) + f"""
[[outbound_route]]
name = "out"
patterns = ["+."]
trunks = {trunks}

[[inbound_route]]
name = "in"
to = "102"
""" + more


def wait_for(condition, seconds, text):
    until = time.monotonic() + seconds
    while not condition():
        check(time.monotonic() < until, text() if callable(text) else text)
        time.sleep(0.05)


class Wire:
    """What lies between the firm and a TLS server: passes all on and keeps it; hears datagrams to the same port."""

    def __init__(self, world, to):
        self.to, self.sent, self.datagrams, self.connections = to, b"", [], 0
        while True:
            self.listener = socket.create_server(("127.0.0.1", 0))
            self.port = self.listener.getsockname()[1]
            self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            try:
                self.udp.bind(("127.0.0.1", self.port))
                break
            except OSError:
                self.listener.close(), self.udp.close()
        self.open = []
        for work in (self._accept, self._hear):
            threading.Thread(target=work, daemon=True).start()
        world.others.append(self)

    def _hear(self):
        while True:
            try:
                self.datagrams.append(self.udp.recv(65535))
            except OSError:
                return

    def _accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
                far = socket.create_connection(self.to, 5)
            except OSError:
                return
            far.settimeout(None)
            self.connections += 1
            self.open += [near, far]
            threading.Thread(target=self._pass, args=(near, far, True), daemon=True).start()
            threading.Thread(target=self._pass, args=(far, near, False), daemon=True).start()

    def _pass(self, source, target, ours):
        try:
            while octets := source.recv(65535):
                if ours:
                    self.sent += octets
                target.sendall(octets)
        except OSError:
            pass
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def check_encrypted(self):
        """Nothing that can be read went this way."""
        equal(self.datagrams, [], "datagrams to the TLS port")
        for word in (b"SIP/2.0", b"REGISTER", b"INVITE", b"a=crypto", MOBILE.encode()):
            check(word not in self.sent, f"{word!r} went in the clear")

    def close(self):
        for end in [self.listener, self.udp, *self.open]:
            end.close()


class Rogue(Phone):
    """A provider's server that does to each request what `rule` says: a status with headers, "silent", or None for
    what a phone does."""

    def __init__(self, world, rule=lambda request: None, **more):
        self.rule, self.asked = rule, []
        super().__init__(("127.0.0.1", 9), "provider", **more)
        world.phones.append(self)

    def _request(self, request):
        self.asked.append((time.monotonic(), request))
        said = self.rule(request)
        if request.method == "ACK" or said == "silent":
            return
        if said is None:
            return super()._request(request)
        status, headers = said
        self.respond(request, status, "Rogue", tag=token(), headers=headers)

    def all(self, method):
        """All requests of that method, those that were sent again counted once."""
        seen = {(request.get("via"), request.get("cseq")): request for _, request in self.asked if request.method == method}
        return list(seen.values())


class Holes:
    """A server that takes connections, reads, says `words` and then nothing more."""

    def __init__(self, world, words=b""):
        self.words, self.taken, self.read = words, [], b""
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()
        world.others.append(self)

    def _accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
                self.taken.append(near)
                near.settimeout(2)
                self.read += near.recv(65535)
                near.sendall(self.words)
            except TimeoutError:
                continue
            except OSError:
                if self.listener.fileno() < 0:
                    return

    def close(self):
        for end in [self.listener, *self.taken]:
            end.close()


def provider_of(world, **more):
    """The provider's switch and a person outside."""
    provider = world.start(config=config_text([MOBILE, NOBODY]) + PROVIDER, **more)
    return provider, world.phone(MOBILE)


def reachable(world, seconds=10):
    """Waits until the firm's trunk is up: nobody is at that number, and that is told."""
    probe, until = world.phone("104"), time.monotonic() + seconds
    while (status := probe.call(NOBODY).status) == 503 and time.monotonic() < until:
        time.sleep(0.1)
    equal(status, 480, f"a call over the trunk to nobody\n{world.box.output()[-1500:]}")


def case_trunk_over_tls(world):
    """By TLS with SRTP: heard both ways, encrypted on the wire; also after the connection was cut."""
    provider, outside = provider_of(world, sips=ANY)
    wire = Wire(world, provider.sips)
    firm = world.start(config=secured_firm(wire.port), sips=ANY)
    reachable(world)
    inside, desk = world.phone("101", hertz=500), world.phone("102", hertz=620)
    for turn in ("at first", "after a cut"):
        call = up(inside.call(MOBILE), f"the call outside {turn}")
        other = ring(outside)
        check(other.wait(lambda other=other: other.state == "up", 3), "the person outside is not up")
        hear_each_other(call, other, 500, 440)
        equal(call.bye(), 200, "BYE")
        check(other.wait(other.ended, 3), "the person outside was not hung up on")
        call = up(outside.call("900"), f"the call to the firm {turn}")
        other = ring(desk)
        hear_each_other(call, other, 440, 620)
        equal(other.bye(), 200, "BYE from the firm")
        check(call.wait(call.ended, 3), "the provider was not told")
        if turn == "at first":
            before = wire.connections
            for end in wire.open:
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
            wait_for(lambda: wire.connections > before, 12, "no new connection after the cut")
            time.sleep(1)
    wire.check_encrypted()
    check(len(wire.sent) > 2000, "the calls did not go this way")
    pages, described = Pages(firm), 0
    for call in pages.calls():
        for message in pages.get(f"/api/v1/calls/{call['call']}")["messages"]:
            # The phones inside are in the clear; whatever names TLS in its Via is the trunk's.
            if re.search(r"Via: SIP/2.0/TLS", message["text"]) and "m=audio" in message["text"]:
                described += 1
                check("RTP/SAVP " in message["text"], f"audio in the clear over the trunk: {message['text'][:600]}")
    check(described >= 4, f"only {described} descriptions over the trunk in the trace")


def case_trunk_untrusted(world):
    """A certificate that nobody vouches for: the trunk is down and says so, calls go another way or are refused."""
    provider, outside = provider_of(world, sips=ANY)
    wire = Wire(world, provider.sips)
    firm = world.start(config=secured_firm(wire.port, verify="true"))
    inside = world.phone("101", hertz=500)
    wait_for(lambda: "trunk line does not work" in firm.output(), 12, lambda: f"nothing said:\n{firm.output()[-1500:]}")
    check("invalid peer certificate" in firm.output(), f"the log does not name the certificate:\n{firm.output()[-1500:]}")
    began = time.monotonic()
    equal(inside.call(MOBILE, seconds=15).status, 503, "a call over a trunk that is not trusted")
    check(time.monotonic() - began < 1, f"the refusal took {time.monotonic() - began:.1f} s")
    check(outside.next_call(0.3) is None, "the call went out")
    wire.check_encrypted()
    check(wire.connections > 0, "nobody tried")
    page = Pages(firm).octets("/trunks").decode()
    check("its certificate is not trusted" in page, f"the page does not say why: {page[-1500:]}")
    firm.stop()
    spare = trunk("spare", provider.sip[1], 'user = "900"\npassword = "line-of-the-firm-1"', kind="register")
    world.start(config=secured_firm(wire.port, verify="true", more=spare, trunks='["line", "spare"]'))
    reachable(world)
    began = time.monotonic()
    call = up(world.phone("101").call(MOBILE, seconds=15), "the call over the second trunk")
    check(time.monotonic() - began < 6, f"it took {time.monotonic() - began:.1f} s")
    ring(outside)
    equal(call.bye(), 200, "BYE")
    wire.check_encrypted()


def challenge(request):
    """A question that no answer satisfies."""
    if request.method in ("OPTIONS", "ACK", "CANCEL"):
        return None
    return 401, [f'WWW-Authenticate: Digest realm="rogue", nonce="{token()}", qop="auth"']


def case_asks_for_ever(world):
    """A provider that wants proof again and again gets two proofs of a request at most, registration and call."""
    rogue = Rogue(world, challenge)
    account = 'user = "900"\npassword = "line-of-the-firm-1"'
    box = world.start(
        config=firm_of(
            '["call"]',
            trunk("account", rogue.port, account, kind="register") + trunk("call", rogue.port, account),
        )
    )
    rogue.server = box.sip
    # What was sent before the rogue knew whom to answer is sent again.
    wait_for(lambda: "trunk account does not work" in box.output(), 10, "the refusal is not told")
    caller = world.phone("101")
    began = time.monotonic()
    status = caller.call(MOBILE, seconds=15).status
    check(status in (403, 503), f"the call was answered {status}")
    check(time.monotonic() - began < 3, f"it took {time.monotonic() - began:.1f} s")
    time.sleep(2)
    for method in ("REGISTER", "INVITE"):
        proofs = [request for request in rogue.all(method) if request.get("authorization")]
        check(1 <= len(proofs) <= 2, f"{len(proofs)} proofs in {method}")
        check(len(rogue.all(method)) <= 3, f"{len(rogue.all(method))} times {method}")
        check(all("line-of-the-firm" not in str(request.headers) for request in proofs), "the password itself was told")


def case_redirects(world):
    """A provider that sends the call elsewhere, or back to us, is not followed; the next trunk is tried."""
    place = []
    rogue = Rogue(world, lambda request: (302, place) if request.method == "INVITE" else None)
    provider, outside = provider_of(world)
    box = world.start(config=firm_text(provider.sip[1], trunk("rogue", rogue.port), trunks='["rogue"]'))
    rogue.server = box.sip
    caller = world.phone("101")
    for target in (f"<sip:{MOBILE}@{box.server()}>", f"<sip:102@{box.server()}>", f"<sip:{MOBILE}@{provider.server()}>"):
        place[:] = [f"Contact: {target}"]
        before, began = len(rogue.all("INVITE")), time.monotonic()
        call = caller.call(MOBILE, seconds=15)
        check(call.status and call.status >= 400, f"the call was answered {call.status}")
        check(time.monotonic() - began < 3, f"it took {time.monotonic() - began:.1f} s")
        equal(len(rogue.all("INVITE")) - before, 1, f"INVITEs after a redirection to {target}")
    check(outside.next_call(0.3) is None, "the redirection was followed")
    box.stop()
    box = world.start(config=firm_text(provider.sip[1], trunk("rogue", rogue.port), trunks='["rogue", "line"]'))
    rogue.server = box.sip
    reachable(world)
    call = up(world.phone("101").call(MOBILE), "the call over the next trunk")
    ring(outside)
    equal(call.bye(), 200, "BYE")


def case_silent_provider(world):
    """A server that says nothing, by datagrams or on a connection, is passed over in less than six seconds."""
    provider, outside = provider_of(world)
    rogue, hole = Rogue(world, lambda request: "silent"), Holes(world)
    quiet = trunk("quiet", rogue.port, "options_s = 0") + trunk("hole", hole.port, "options_s = 0", transport="tcp")
    box = world.start(config=firm_text(provider.sip[1], quiet, trunks='["quiet", "line"]'))
    rogue.server = box.sip
    for first in ("quiet", "hole"):
        if first == "hole":
            check(any(request.method == "INVITE" for _, request in rogue.asked), "the silent server was not asked")
            box.stop()
            box = world.start(config=firm_text(provider.sip[1], quiet, trunks='["hole", "line"]'))
        wait_for(lambda box=box: "trunk line works" in box.output(), 10, "the good trunk is not up")
        began = time.monotonic()
        call = up(world.phone("101").call(MOBILE, seconds=15), f"the call past {first}")
        took = time.monotonic() - began
        check(3 < took < 6, f"past {first} it took {took:.1f} s")
        ring(outside)
        equal(call.bye(), 200, "BYE")
    check(hole.read.startswith(b"INVITE "), "the hole was not asked")


def case_half_a_handshake(world):
    """A TLS server that stops in the middle of its handshake: other calls go on, this one fails over."""
    provider, outside = provider_of(world)
    # The header of a handshake record and the beginning of a ServerHello.
    hole = Holes(world, bytes.fromhex("160303007a020000760303"))
    half = trunk("half", hole.port, "options_s = 0\nverify = false", transport="tls")
    box = world.start(config=firm_text(provider.sip[1], half, trunks='["half", "line"]'), sips=ANY)
    wait_for(lambda: "trunk line works" in box.output(), 10, "the good trunk is not up")
    caller, result = world.phone("104"), []
    outward = threading.Thread(target=lambda: result.append((time.monotonic(), caller.call(MOBILE, seconds=15))))
    a, b, c = (world.phone(number, hertz=hertz) for number, hertz in (("101", 500), ("102", 620), ("103", 740)))
    began = time.monotonic()
    outward.start()
    wait_for(lambda: hole.read, 3, "the server was not asked")
    for called, hertz in ((b, 620), (c, 740)):
        before = time.monotonic()
        call = up(a.call(called.number), f"a call to {called.number} meanwhile")
        took = time.monotonic() - before
        check(took < 1, f"a call inside took {took:.1f} s meanwhile")
        other = ring(called)
        check(other.wait(lambda other=other: other.state == "up", 3), "the called side is not up")
        hear_each_other(call, other, 500, hertz)
        equal(call.bye(), 200, "BYE")
    check(not result, "the call outside was through before the calls inside")
    outward.join(15)
    took = time.monotonic() - began
    check(result and result[0][1].status == 200, f"the call outside: {result and result[0][1].status}")
    check(took < 6, f"it failed over after {took:.1f} s")
    ring(outside)
    result[0][1].bye()
    check(hole.read[0] == 0x16 and b"SIP/2.0" not in hole.read, f"said to half a TLS server: {hole.read[:60]!r}")


def case_crypto_required(world):
    """Where a trunk's audio must be encrypted: a provider that cannot, or that answers in the clear, gets no call."""
    rogue = Rogue(world)
    box = world.start(config=firm_of('["line"]', trunk("line", rogue.port, 'srtp = "required"')))
    rogue.server = box.sip
    caller = world.phone("101", hertz=500)
    for answer in (488, "answer"):
        rogue.answer = answer
        before = len(rogue.all("INVITE"))
        status = caller.call(MOBILE, seconds=15).status
        check(status and status >= 400, f"the call was answered {status} (the provider: {answer})")
        invites = rogue.all("INVITE")[before:]
        equal(len(invites), 1, f"INVITEs (the provider: {answer})")
        check("RTP/SAVP " in invites[0].body and "RTP/AVP " not in invites[0].body, f"the offer: {invites[0].body}")
    talk = rogue.next_call(1), rogue.next_call(1)
    check(talk[1] is not None, "the answer in the clear was not asked for")
    check(talk[1].wait(talk[1].ended, 3), "the provider that answered in the clear was not hung up on")
    time.sleep(0.3)
    equal(talk[1].audio.packets, 0, "packets to a provider that answered in the clear")
    # In: an offer in the clear rings nobody.
    desk = world.phone("102")
    equal(rogue.call("+3225551234").status, 488, "an offer in the clear from the provider")
    check(desk.next_call(0.3) is None, "the desk rang")
    check(not hears(talk[1].audio.samples, 500), "the caller is heard")
