"""Sets up many calls one after another, both ends on two sockets, without audio of its own."""

import os
import re
import select
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../peers"))

from phone import Message, digest, token  # noqa: E402

ANSWER_S = 3.0


class Switchboard:
    """Callers on one address, called phones on another; their audio is somebody else's (`media_a`, `media_b`)."""

    def __init__(self, server, password, media_a, media_b, ip_a="127.0.0.2", ip_b="127.0.0.3"):
        self.server, self.password, self.media_a, self.media_b = server, password, media_a, media_b
        self.a, self.b = self._socket(ip_a), self._socket(ip_b)
        self.calls = []
        self.failed = 0
        self.lost = 0

    def _socket(self, ip):
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        made.bind((ip, 0))
        return made

    def _request(self, sock, method, uri, origin, to, call_id, cseq, body="", extra=""):
        ip, port = sock.getsockname()
        kind = "Content-Type: application/sdp\r\n" if body else ""
        return (
            f"{method} {uri} SIP/2.0\r\nVia: SIP/2.0/UDP {ip}:{port};branch=z9hG4bK{token(5)};rport\r\nMax-Forwards: 70\r\n"
            f"From: {origin}\r\nTo: {to}\r\nCall-ID: {call_id}\r\nCSeq: {cseq} {method}\r\n"
            f"Contact: <sip:x@{ip}:{port}>\r\n{extra}{kind}Content-Length: {len(body)}\r\n\r\n{body}"
        )

    def _uri(self, user):
        return f"sip:{user}@{self.server[0]}:{self.server[1]}"

    def _sdp(self, media):
        return (
            f"v=0\r\no=- 1 1 IN IP4 {media[0]}\r\ns=-\r\nc=IN IP4 {media[0]}\r\nt=0 0\r\n"
            f"m=audio {media[1]} RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=ptime:20\r\n"
        )

    def _wait(self, call_id, wanted):
        """The next message of this call that `wanted` accepts, on either socket; others are served or dropped."""
        until = time.monotonic() + ANSWER_S
        while True:
            left = until - time.monotonic()
            if left <= 0:
                self.lost += 1
                return None
            for sock in select.select([self.a, self.b], [], [], left)[0]:
                message = Message(sock.recv(65535).decode("utf-8", "replace"))
                if message.method == "INVITE":
                    self._answer(message)
                elif message.method and message.method != "ACK":
                    self._reply(sock, message, "200 OK")
                elif message.get("call-id") == call_id and message.status and wanted(message):
                    return message

    def _answer(self, invite):
        self._reply(self.b, invite, "200 OK", self._sdp(self.media_b), ";tag=" + token(4))
        self.offered = int(re.search(r"^m=audio (\d+)", invite.body, re.M).group(1))

    def _reply(self, sock, request, status, body="", tag=""):
        ip, port = sock.getsockname()
        rows = [f"SIP/2.0 {status}", *(f"Via: {v}" for v in request.all("via"))]
        rows += [f"Record-Route: {r}" for r in request.all("record-route")]
        rows += [f"From: {request.get('from')}", f"To: {request.get('to')}{tag}", f"Call-ID: {request.get('call-id')}"]
        rows += [f"CSeq: {request.get('cseq')}", f"Contact: <sip:x@{ip}:{port}>"]
        if body:
            rows.append("Content-Type: application/sdp")
        sock.sendto(("\r\n".join(rows) + f"\r\nContent-Length: {len(body)}\r\n\r\n{body}").encode(), self.server)

    def _ask(self, sock, user, method, uri, origin, to, call_id, body="", extra=""):
        """A request with credentials; the final answer."""

        def final(answer):
            return answer.status >= 200

        sock.sendto(self._request(sock, method, uri, origin, to, call_id, 1, body, extra).encode(), self.server)
        answer = self._wait(call_id, final)
        if answer is None or answer.status not in (401, 407):
            return answer
        name = "www-authenticate" if answer.status == 401 else "proxy-authenticate"
        if method == "INVITE":
            ack = self._request(sock, "ACK", uri, origin, answer.get("to"), call_id, 1)
            via = answer.get("via")
            sock.sendto(re.sub(r"Via: [^\r]*", lambda _: "Via: " + via, ack, count=1).encode(), self.server)
        value = digest(answer.get(name), method, uri, user, self.password.format(user))
        reply = "Authorization" if answer.status == 401 else "Proxy-Authorization"
        more = f"{extra}{reply}: {value}\r\n"
        sock.sendto(self._request(sock, method, uri, origin, to, call_id, 2, body, more).encode(), self.server)
        return self._wait(call_id, lambda m: final(m) and m.cseq[0] == 2)

    def register(self, user):
        me = f"<{self._uri(user)}>"
        call_id = f"{token()}@b"
        uri = f"sip:{self.server[0]}:{self.server[1]}"
        answer = self._ask(self.b, user, "REGISTER", uri, f"{me};tag=1", me, call_id, extra="Expires: 3600\r\n")
        return answer is not None and answer.status == 200

    def set_up(self, caller, called):
        """One call; true if it is up. Its two server ports are in `calls`."""
        call_id = f"{token()}@a"
        uri = self._uri(called)
        origin = f"<{self._uri(caller)}>;tag={token(4)}"
        self.offered = None
        answer = self._ask(self.a, caller, "INVITE", uri, origin, f"<{uri}>", call_id, self._sdp(self.media_a))
        if answer is None or answer.status != 200:
            self.failed += 1
            return False
        target = answer.contact()
        self.a.sendto(self._request(self.a, "ACK", target, origin, answer.get("to"), call_id, 2).encode(), self.server)
        port = int(re.search(r"^m=audio (\d+)", answer.body, re.M).group(1))
        self.calls.append((port, self.offered, target, origin, answer.get("to"), call_id))
        return True

    def hang_up(self):
        """Ends all calls."""
        for _, _, target, origin, to, call_id in self.calls:
            self.a.sendto(self._request(self.a, "BYE", target, origin, to, call_id, 3).encode(), self.server)
            self._wait(call_id, lambda m: m.cseq[1] == "BYE")
        self.calls = []

    def ports(self):
        """The lines that rtpload wants."""
        return "".join(f"{call[0]} {call[1]}\n" for call in self.calls)

    def close(self):
        self.a.close()
        self.b.close()
