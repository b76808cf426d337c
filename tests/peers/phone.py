"""A small SIP phone in Python, for what SIPp and baresip cannot be told to do.

One thread a phone reads its socket. It registers, calls, answers, holds, transfers; keeps every message.
"""

import hashlib
import os
import queue
import re
import select
import socket
import ssl
import threading
import time

from audio import Stream
from box import secret
from srtp import Keys

T1 = 0.5


def token(octets=6):
    return os.urandom(octets).hex()


class Message:
    """A request or a response, as text with headers in order."""

    def __init__(self, text):
        head, _, self.body = text.partition("\r\n\r\n")
        self.first, *rows = head.split("\r\n")
        self.headers = [(name.strip().lower(), value.strip()) for name, _, value in (r.partition(":") for r in rows)]
        words = self.first.split(" ", 2)
        self.status = int(words[1]) if words[0] == "SIP/2.0" else None
        self.method = None if self.status else words[0]
        self.uri = None if self.status else words[1]

    def all(self, name):
        return [value for key, value in self.headers if key == name.lower()]

    def get(self, name):
        return next(iter(self.all(name)), "")

    @property
    def cseq(self):
        number, _, method = self.get("cseq").partition(" ")
        return int(number or 0), method.strip()

    def tag(self, name):
        found = re.search(r">[^>]*;tag=([^;\s]+)|^[^<]*;tag=([^;\s]+)", self.get(name))
        return (found.group(1) or found.group(2)) if found else None

    def contact(self):
        found = re.search(r"<([^>]+)>", self.get("contact"))
        return found.group(1) if found else self.get("contact").split(";")[0]

    def __repr__(self):
        return f"<{self.first} {self.get('cseq')}>"


def digest(challenge, method, uri, user, password):
    """The Authorization value that answers a challenge (RFC 7616)."""
    fields = dict((k.lower(), a or b) for k, a, b in re.findall(r'(\w+)\s*=\s*(?:"([^"]*)"|([^",\s]+))', challenge))
    algorithm = fields.get("algorithm", "MD5")
    digestor = hashlib.sha256 if algorithm.upper() == "SHA-256" else hashlib.md5

    def hashed(text):
        return digestor(text.encode()).hexdigest()

    realm = fields["realm"]
    one, two = hashed(f"{user}:{realm}:{password}"), hashed(f"{method}:{uri}")
    value = f'Digest username="{user}", realm="{realm}", nonce="{fields["nonce"]}", uri="{uri}", algorithm={algorithm}'
    nonce = fields["nonce"]
    if "qop" in fields:
        cnonce = token()
        response = hashed(f"{one}:{nonce}:00000001:{cnonce}:auth:{two}")
        value += f', response="{response}", qop=auth, nc=00000001, cnonce="{cnonce}"'
    else:
        response = hashed(f"{one}:{nonce}:{two}")
        value += f', response="{response}"'
    if "opaque" in fields:
        value += f', opaque="{fields["opaque"]}"'
    return value


def description(stream, direction="sendrecv", version=1):
    """An SDP with PCMU and digits, secured if the stream is."""
    secured = stream.secured is not None and stream.secured.active
    profile, keys = ("RTP/SAVP", stream.secured.rows()) if secured else ("RTP/AVP", "")
    return (
        f"v=0\r\no=- 1 {version} IN IP4 {stream.ip}\r\ns=-\r\nc=IN IP4 {stream.ip}\r\nt=0 0\r\n"
        f"m=audio {stream.port} {profile} 0 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\n"
        f"a=fmtp:101 0-16\r\na=ptime:20\r\n{keys}a={direction}\r\n"
    )


def media_address(body):
    """(ip, port) of the audio in an SDP, or None."""
    ip, port = re.search(r"^c=IN IP4 (\S+)", body, re.M), re.search(r"^m=audio (\d+)", body, re.M)
    return (ip.group(1), int(port.group(1))) if ip and port else None


def direction_of(body):
    found = re.search(r"^a=(sendrecv|sendonly|recvonly|inactive)", body, re.M)
    return found.group(1) if found else "sendrecv"


class Call:
    """One dialog of a phone."""

    def __init__(self, phone, call_id, local, remote, hertz, ip):
        self.phone, self.call_id, self.local, self.remote = phone, call_id, local, remote
        self.audio = phone.stream(hertz, ip)
        self.audio.secured, self.audio.first = Keys(phone.suite) if phone.suite else None, phone.sequence
        self.described = []
        self.cseq = 0
        self.target = None
        self.routes = []
        self.state = "new"
        self.status = None
        self.version = 1
        self.reason = ""
        self.notified = []
        self.remote_direction = "sendrecv"

    def take_sdp(self, body):
        if body:
            self.described.append(body)
            if self.audio.secured:
                self.audio.secured.take(body)
            self.audio.remote = media_address(body)
            self.remote_direction = direction_of(body)

    def ended(self):
        return self.state == "ended"

    def end(self):
        self.state = "ended"
        self.audio.close()

    def wait(self, condition, seconds):
        """Waits until the condition holds; whether it did."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if condition():
                return True
            time.sleep(0.01)
        return condition()

    # What the person does

    def bye(self):
        if self.state != "up":
            return None
        answer = self.phone.transact(self.phone.in_dialog(self, "BYE"))
        self.end()
        return answer and answer.status

    def offer(self, direction="sendrecv"):
        """re-INVITE with this direction; (status, direction answered)."""
        self.version += 1
        request = self.phone.in_dialog(self, "INVITE", description(self.audio, direction, self.version))
        answer = self.phone.transact(request, final=True)
        if answer is None:
            return None, None
        self.phone.acknowledge(self, answer)
        if 200 <= answer.status < 300:
            self.take_sdp(answer.body)
        return answer.status, direction_of(answer.body)

    def refer(self, to, replaces=None):
        """Sends REFER; its status. NOTIFY bodies arrive in `notified`."""
        target = f"sip:{to}@{self.phone.server[0]}:{self.phone.server[1]}"
        if replaces:
            value = f"{replaces.call_id};to-tag={replaces.remote_tag()};from-tag={replaces.local_tag()}"
            target += "?Replaces=" + value.replace(";", "%3B").replace("=", "%3D").replace("@", "%40")
        headers = [f"Refer-To: <{target}>", f"Referred-By: <sip:{self.phone.number}@{self.phone.server[0]}>"]
        answer = self.phone.transact(self.phone.in_dialog(self, "REFER", headers=headers))
        return answer and answer.status

    def local_tag(self):
        return self.local.rsplit(";tag=", 1)[1]

    def remote_tag(self):
        return self.remote.rsplit(";tag=", 1)[1]


class Phone:
    """A phone with one number. `answer` says what it does when it rings, `suite` how it offers to secure its audio,
    `sequence` where its packets' numbers begin."""

    stream = Stream

    def __init__(
        self,
        server,
        number,
        password=None,
        ip="127.0.0.1",
        transport="UDP",
        hertz=440,
        answer="answer",
        ring_s=0.05,
        suite=None,
        sequence=None,
    ):
        self.server, self.number, self.ip, self.transport, self.hertz = server, str(number), ip, transport, hertz
        self.password = secret(number) if password is None else password
        self.answer, self.ring_s = answer, ring_s
        self.suite, self.sequence = suite, sequence
        self.describe = None  # what to say to a re-INVITE, from the call and the offer; None for the usual
        self.calls = {}
        self.told = []  # NOTIFYs outside of calls: lamps, messages waiting
        self.seen = []
        self.registered_call_id, self.registered_cseq = f"{token()}@{ip}", 0
        self.instance = token()
        self.waiting = {}
        self.incoming = queue.Queue()
        self.lock = threading.RLock()
        self._acks = {}
        self._running = True
        if transport == "UDP":
            self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.socket.bind((ip, 0))
        else:
            self.socket = socket.create_connection(server, 5, (ip, 0))
        if transport == "TLS":
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            self.socket = context.wrap_socket(self.socket)
        self.socket.settimeout(0.2)
        self._tls = threading.Lock()
        self.port = self.socket.getsockname()[1]
        self.thread = threading.Thread(target=self._listen, daemon=True)
        self.thread.start()

    # Wire

    def send(self, text):
        try:
            if self.transport == "UDP":
                self.socket.sendto(text.encode(), self.server)
            else:
                with self._tls:
                    self.socket.sendall(text.encode())
        except OSError:
            pass

    def _read(self):
        if self.transport != "TLS":
            return self.socket.recv(65535)
        # One thread at a time may use a TLS connection: it is not held while nothing has come.
        if not self.socket.pending() and not select.select([self.socket], [], [], 0.2)[0]:
            raise TimeoutError
        with self._tls:
            self.socket.settimeout(0.05)
            try:
                return self.socket.recv(65535)
            finally:
                self.socket.settimeout(0.2)

    def _listen(self):
        buffer = b""
        while self._running:
            try:
                data = self._read()
            except (OSError, ValueError):  # nothing for a while, or an ICMP answer
                continue
            if self.transport == "UDP":
                if b" " in data.partition(b"\r\n")[0]:
                    self._receive(data)
                continue
            if not data:
                return
            buffer += data
            while True:
                buffer = buffer.lstrip(b"\r\n")
                head, gap, rest = buffer.partition(b"\r\n\r\n")
                length = re.search(rb"(?im)^content-length:\s*(\d+)", head)
                if not gap or len(rest) < (int(length.group(1)) if length else 0):
                    break
                size = len(head) + 4 + (int(length.group(1)) if length else 0)
                self._receive(buffer[:size])
                buffer = buffer[size:]

    def _receive(self, data):
        message = Message(data.decode("utf-8", "replace"))
        self.seen.append((time.monotonic(), message))
        if message.status:
            number, method = message.cseq
            place = self.waiting.get((message.get("call-id"), number, method))
            if place is not None:
                place.put(message)
            elif method == "INVITE" and message.status >= 200:
                again = self._acks.get((message.get("call-id"), number))
                if again:
                    self.send(again)
            return
        try:
            self._request(message)
        except (ValueError, KeyError, IndexError, AttributeError) as error:
            print(f"phone {self.number}: {error!r} at {message!r}")

    def respond(self, request, status, reason="X", tag=None, body="", headers=()):
        to = request.get("to")
        if tag and ";tag=" not in to:
            to += f";tag={tag}"
        rows = [f"SIP/2.0 {status} {reason}"]
        rows += [f"Via: {via}" for via in request.all("via")]
        rows += [f"Record-Route: {route}" for route in request.all("record-route")]
        rows += [
            f"From: {request.get('from')}",
            f"To: {to}",
            f"Call-ID: {request.get('call-id')}",
            f"CSeq: {request.get('cseq')}",
        ]
        rows += [f"Contact: <{self.contact()}>", *headers]
        if body:
            rows.append("Content-Type: application/sdp")
        self.send("\r\n".join(rows) + f"\r\nContent-Length: {len(body)}\r\n\r\n{body}")

    # Requests that come

    def _request(self, request):
        call = self.calls.get(request.get("call-id"))
        method = request.method
        if method == "INVITE" and call is None:
            self._ring(request)
        elif method == "INVITE" and call.state == "ringing" and call.invite.cseq == request.cseq:
            self.respond(request, 180, "Ringing", tag=call.local_tag())  # sent again, for we were slow
        elif method == "ACK":
            if call and request.body:
                call.take_sdp(request.body)
        elif method == "CANCEL":
            self.respond(request, 200, "OK", tag=call.local_tag() if call else None)
            if call and call.state == "ringing":
                self.respond(call.invite, 487, "Request Terminated", tag=call.local_tag())
                call.end()
        elif method == "OPTIONS":
            self.respond(request, 200, "OK", tag=token())
        elif method == "NOTIFY" and call is None:
            self.told.append(request)
            self.respond(request, 200, "OK", tag=token())
        elif call is None:
            self.respond(request, 481, "No Such Call", tag=token())
        elif method == "INVITE":
            call.take_sdp(request.body)
            mirror = {"sendonly": "recvonly", "recvonly": "sendonly", "inactive": "inactive"}
            call.version += 1
            body = description(call.audio, mirror.get(direction_of(request.body), "sendrecv"), call.version)
            if self.describe:
                body = self.describe(call, request.body) or body
            self.respond(request, 200, "OK", body=body)
            call.target = request.contact() or call.target
        elif method == "BYE":
            call.reason = request.get("reason")
            self.respond(request, 200, "OK")
            call.end()
        elif method == "NOTIFY":
            call.notified.append(request.body.strip())
            self.respond(request, 200, "OK")
        elif method == "UPDATE" and request.body:
            call.take_sdp(request.body)
            self.respond(request, 200, "OK", body=description(call.audio, "sendrecv", call.version))
        else:
            self.respond(request, 200, "OK")

    def _ring(self, request):
        tag = token()
        call = Call(
            self, request.get("call-id"), f"{request.get('to')};tag={tag}", request.get("from"), self.hertz, self.ip
        )
        call.invite, call.target, call.state = request, request.contact(), "ringing"
        call.routes = request.all("record-route")
        call.take_sdp(request.body)
        self.calls[call.call_id] = call
        self.incoming.put(call)
        if isinstance(self.answer, int):
            self.respond(request, self.answer, "No", tag=tag)
            call.end()
            return
        self.respond(request, 180, "Ringing", tag=tag)
        if self.answer == "answer":
            threading.Timer(self.ring_s, self.pick_up, [call]).start()

    def pick_up(self, call):
        with self.lock:
            if call.state != "ringing":
                return
            call.state = "up"
        self.respond(call.invite, 200, "OK", tag=call.local_tag(), body=description(call.audio))

    # Requests that go

    def contact(self):
        suffix = "" if self.transport == "UDP" else f";transport={self.transport.lower()}"
        return f"sip:{self.number}@{self.ip}:{self.port}{suffix}"

    def uri(self, number=None):
        user = f"{number}@" if number else ""
        return f"sip:{user}{self.server[0]}:{self.server[1]}"

    def request(self, method, uri, call_id, cseq, origin, to, body="", headers=(), routes=()):
        rows = [
            f"{method} {uri} SIP/2.0",
            f"Via: SIP/2.0/{self.transport} {self.ip}:{self.port};branch=z9hG4bK{token()};rport",
        ]
        rows += [f"Route: {route}" for route in routes]
        rows += ["Max-Forwards: 70", f"From: {origin}", f"To: {to}", f"Call-ID: {call_id}", f"CSeq: {cseq} {method}"]
        rows += [f"Contact: <{self.contact()}>", "User-Agent: testphone", *headers]
        if body and not any(row.startswith("Content-Type:") for row in rows):
            rows.append("Content-Type: application/sdp")
        return "\r\n".join(rows) + f"\r\nContent-Length: {len(body)}\r\n\r\n{body}"

    def in_dialog(self, call, method, body="", headers=(), cseq=None):
        if cseq is None:
            call.cseq += 1
            cseq = call.cseq
        return self.request(
            method, call.target, call.call_id, cseq, call.local, call.remote, body, headers, call.routes
        )

    def acknowledge(self, call, answer):
        if 200 <= answer.status < 300:
            call.target = answer.contact() or call.target
            ack = self.in_dialog(call, "ACK", cseq=answer.cseq[0])
            self._acks[(call.call_id, answer.cseq[0])] = ack
            self.send(ack)

    def transact(self, text, final=True, seconds=8.0, until=None):
        """Sends a request, again while unanswered (UDP); the final answer, or the first that `until` accepts."""
        message = Message(text)
        number, method = message.cseq
        key = (message.get("call-id"), number, method)
        place = self.waiting[key] = queue.Queue()
        deadline, pause, provisional = time.monotonic() + seconds, T1, False
        try:
            self.send(text)
            resend = time.monotonic() + pause
            while time.monotonic() < deadline:
                try:
                    answer = place.get(timeout=max(0.01, min(resend, deadline) - time.monotonic()))
                except queue.Empty:
                    if self.transport == "UDP" and not provisional:
                        self.send(text)
                    pause = min(pause * 2, 4.0)
                    resend = time.monotonic() + pause
                    continue
                if until and until(answer):
                    return answer
                if answer.status < 200:
                    provisional = True
                    continue
                if method == "INVITE" and answer.status >= 300:
                    via = message.get("via")
                    ack = self.request("ACK", message.uri, key[0], number, message.get("from"), answer.get("to"))
                    ack = re.sub(r"Via: [^\r]*", lambda _, via=via: f"Via: {via}", ack, count=1)
                    self._acks[(key[0], number)] = ack
                    self.send(ack)
                return answer
            return None
        finally:
            if final:
                self.waiting.pop(key, None)

    def authenticated(self, build, seconds=8.0, until=None):
        """Sends what `build(headers)` makes; answers one challenge. The last answer."""
        first = build([])
        answer = self.transact(first, seconds=seconds, until=until)
        if answer is None or answer.status not in (401, 407):
            return answer
        name, reply = (
            ("www-authenticate", "Authorization")
            if answer.status == 401
            else ("proxy-authenticate", "Proxy-Authorization")
        )
        sent = Message(first)
        value = digest(answer.get(name), sent.method, sent.uri, self.number, self.password)
        return self.transact(build([f"{reply}: {value}"]), seconds=seconds, until=until)

    def register(self, expires=600, seconds=8.0):
        """Registers; the status, or None without an answer."""

        def build(headers):
            self.registered_cseq += 1
            me = f"<{self.uri(self.number)}>"
            rows = [f"Expires: {expires}", *headers]
            return self.request(
                "REGISTER",
                self.uri(),
                self.registered_call_id,
                self.registered_cseq,
                f"{me};tag={self.instance}",
                me,
                headers=rows,
            )

        answer = self.authenticated(build, seconds)
        return answer.status if answer else None

    def call(self, number, seconds=8.0, body=True, headers=(), hang_on=False):
        """Calls; the call, whose `status` is the final answer's (or None). `hang_on` returns at the first ringing."""
        me = f"<{self.uri(self.number)}>;tag={token()}"
        call = Call(self, f"{token()}@{self.ip}", me, f"<{self.uri(number)}>", self.hertz, self.ip)
        self.calls[call.call_id] = call

        def build(more):
            call.cseq += 1
            text = description(call.audio) if body else ""
            call.request = self.request(
                "INVITE", self.uri(number), call.call_id, call.cseq, me, call.remote, text, [*headers, *more]
            )
            return call.request

        until = (lambda answer: answer.status in (180, 183)) if hang_on else None
        answer = self.authenticated(build, seconds, until)
        call.cseq = max(call.cseq, 1)
        if answer is None:
            call.end()
            return call
        call.status = answer.status
        call.remote = answer.get("to")
        if answer.status < 200:
            call.state = "ringing"
            call.take_sdp(answer.body)
        elif answer.status < 300:
            call.routes = list(reversed(answer.all("record-route")))
            call.take_sdp(answer.body)
            call.state = "up"
            # The request was the last of the CSeq numbers used.
            self.acknowledge(call, answer)
        else:
            call.end()
        return call

    def cancel(self, call):
        """Cancels a call that rings; the final answer's status to the INVITE."""
        sent = Message(call.request)
        text = self.request("CANCEL", sent.uri, call.call_id, sent.cseq[0], sent.get("from"), sent.get("to"))
        text = re.sub(r"Via: [^\r]*", lambda _: f"Via: {sent.get('via')}", text, count=1)
        text = re.sub(r"CSeq: \d+ \w+", f"CSeq: {sent.cseq[0]} CANCEL", text)
        place = self.waiting[(call.call_id, sent.cseq[0], "INVITE")] = queue.Queue()
        self.transact(text)
        status = None
        try:
            while True:
                answer = place.get(timeout=5)
                if answer.status >= 200:
                    status = answer.status
                    break
        except queue.Empty:
            pass
        if status:
            ack = self.request("ACK", sent.uri, call.call_id, sent.cseq[0], sent.get("from"), answer.get("to"))
            self.send(re.sub(r"Via: [^\r]*", lambda _: f"Via: {sent.get('via')}", ack, count=1))
        call.end()
        return status

    def next_call(self, seconds=5.0):
        """The next call that comes in, or None."""
        try:
            return self.incoming.get(timeout=seconds)
        except queue.Empty:
            return None

    def subscribe(self, number, event="dialog", accept="application/dialog-info+xml", expires=600, headers=(), body=""):
        """Watches a number; the status. What is told arrives in `told`."""
        call_id, me = f"{token()}@{self.ip}", f"<{self.uri(self.number)}>;tag={token()}"
        numbers = iter(range(1, 9))

        def build(more):
            rows = [f"Event: {event}", f"Accept: {accept}", f"Expires: {expires}", *headers, *more]
            to = f"<{self.uri(number)}>"
            return self.request("SUBSCRIBE", self.uri(number), call_id, next(numbers), me, to, body, headers=rows)

        answer = self.authenticated(build)
        return answer.status if answer else None

    def wait_told(self, condition, seconds=4.0):
        """Waits until a NOTIFY was told for whose text the condition holds."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if any(condition(message.body) for message in list(self.told)):
                return True
            time.sleep(0.02)
        return False

    def options(self, uri=None, seconds=4.0):
        answer = self.transact(
            self.request(
                "OPTIONS",
                uri or self.uri(),
                f"{token()}@{self.ip}",
                1,
                f"<{self.uri(self.number)}>;tag={token()}",
                f"<{self.uri()}>",
            ),
            seconds=seconds,
        )
        return answer.status if answer else None

    def close(self):
        self._running = False
        for call in list(self.calls.values()):
            if not call.ended():
                call.end()
        self.thread.join(1)
        self.socket.close()
