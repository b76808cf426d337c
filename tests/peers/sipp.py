"""SIPp scenarios in a few words: each case says its ladder, this file makes the XML and runs both ends.

caller = [*invite("102", "101"), recv(180), recv(200, route=True), ack(), pause(300), request("BYE"), recv(200)]
callee = [recv("INVITE"), respond(180), respond(200, sdp="sendrecv"), recv("ACK"), recv("BYE"), respond(200)]
"""

import os
import re
import subprocess

from box import free_port, secret

SDP = """v=0
o=- 1 {version} IN IP4 [local_ip]
s=-
c=IN IP4 [local_ip]
t=0 0
m=audio {port} RTP/AVP 0 101
a=rtpmap:0 PCMU/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-16
a={direction}
"""


class Failed(Exception):
    """A scenario did not run as written; the text holds the end of what was said."""


def sdp(direction="sendrecv", version=1, port=41000):
    return SDP.format(direction=direction, version=version, port=port)


def _packet(text, body="", attributes=""):
    length = f"Content-Type: application/sdp\nContent-Length: [len]\n\n{body}" if body else "Content-Length: 0\n\n"
    return f"<send {attributes}><![CDATA[\n{text}{length}]]></send>"


def recv(what, optional=False, route=False, check=None, auth=False, remember=(), store=None, next_label=None):
    """Waits for a status or a method. `check` is a pattern that the message must match; `remember` names headers
    whose values `$name` keeps, `store` = (name, pattern) keeps a part of the whole message."""
    kind = f'response="{what}"' if isinstance(what, int) else f'request="{what}"'
    kind += ' optional="true"' if optional else ""
    kind += ' rrs="true"' if route else ""
    kind += ' auth="true"' if auth else ""
    kind += f' next="{next_label}"' if next_label else ""
    actions = ""
    if check:
        actions += f'<ereg regexp="{check}" search_in="msg" check_it="true" assign_to="checked"/>'
    if store:
        actions += f'<ereg regexp="{store[1]}" search_in="msg" check_it="true" assign_to="{store[0]}"/>'
    for name in remember:
        actions += f'<ereg regexp=".*" search_in="hdr" header="{name}:" assign_to="{name.lower().replace("-", "")}"/>'
    return f"<recv {kind}><action>{actions}</action></recv>" if actions else f"<recv {kind}/>"


def pause(milliseconds):
    return f'<pause milliseconds="{milliseconds}"/>'


def label(name):
    return f'<label id="{name}"/>'


def _initial(method, to, user, cseq, extra="", body="", retrans=True):
    contact = (
        "" if method in ("CANCEL", "ACK") else f"Contact: <sip:{user}@[local_ip]:[local_port];transport=[transport]>\n"
    )
    text = (
        f"{method} sip:{to}@[remote_ip]:[remote_port] SIP/2.0\n"
        f"Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=z9hG4bK-[pid]-[call_number]-{cseq};rport\nMax-Forwards: 70\n"
        f"From: <sip:{user}@[remote_ip]>;tag=[pid]t[call_number]\nTo: <sip:{to}@[remote_ip]>[peer_tag_param]\n"
        f"Call-ID: [call_id]\nCSeq: {cseq} {method}\n{contact}{extra}"
    )
    # CANCEL, and ACK to a failure, carry the branch of their INVITE (RFC 3261 §9.1, §17.1.1.3): it is made of CSeq.
    if method == "INVITE":
        # Before the first answer there is no tag, whatever an earlier try of this call has heard.
        text = text.replace("[peer_tag_param]", "")
    return _packet(text, body, 'retrans="500"' if retrans else "")


def _credentials(user, password):
    return f"[authentication username={user} password={secret(user) if password is None else password}]\n"


def invite(to, user, body=None, extra="", password=None, credentials=None):
    """INVITE, the challenge, its ACK, and INVITE with credentials."""
    body = sdp() if body is None else body
    credentials = credentials or _credentials(user, password)
    return [
        _initial("INVITE", to, user, 1, extra, body),
        recv(100, optional=True),
        recv(401, auth=True),
        _initial("ACK", to, user, 1, retrans=False),
        _initial("INVITE", to, user, 2, extra + credentials, body),
        recv(100, optional=True),
    ]


def register(user, password=None, expires=600, last=200, credentials=None):
    credentials = credentials or _credentials(user, password)

    def one(cseq, extra=""):
        return _packet(
            f"REGISTER sip:[remote_ip]:[remote_port] SIP/2.0\n"
            f"Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch];rport\nMax-Forwards: 70\n"
            f"From: <sip:{user}@[remote_ip]>;tag=[pid]r[call_number]\nTo: <sip:{user}@[remote_ip]>\n"
            f"Call-ID: [call_id]\nCSeq: {cseq} REGISTER\n"
            f"Contact: <sip:{user}@[local_ip]:[local_port];transport=[transport]>\n{extra}Expires: {expires}\n",
            attributes='retrans="500"',
        )

    return [
        one(1),
        recv(100, optional=True),
        recv(401, auth=True),
        one(2, credentials),
        recv(100, optional=True),
        recv(last),
    ]


def final_ack(to, user, cseq=2):
    """The ACK to a final answer other than 2xx."""
    return _initial("ACK", to, user, cseq, retrans=False)


def cancel(to, user, cseq=2):
    return _initial("CANCEL", to, user, cseq)


def ack(cseq=2, body=""):
    """The ACK to a 2xx."""
    return _in_dialog("ACK", cseq, body=body, retrans=False)


def request(method, cseq=3, body="", extra=""):
    return _in_dialog(method, cseq, extra, body)


def _in_dialog(method, cseq, extra="", body="", retrans=True):
    text = (
        f"{method} [next_url] SIP/2.0\nVia: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch];rport\n[routes]\n"
        f"Max-Forwards: 70\n[last_From:]\n[last_To:]\nCall-ID: [call_id]\nCSeq: {cseq} {method}\n"
        f"Contact: <sip:[local_ip]:[local_port];transport=[transport]>\n{extra}"
    )
    return _packet(text, body, 'retrans="500"' if retrans else "")


def respond(status, reason="X", tag=True, body="", extra="", cseq=None, repeat=False):
    """Answers the request last received. `tag` on a request outside a dialog; `cseq` to answer an earlier one."""
    to = "[last_To:];tag=[pid]u[call_number]" if tag else "[last_To:]"
    number = cseq or "[last_CSeq:]"
    text = (
        f"SIP/2.0 {status} {reason}\n[last_Via:]\n[last_Record-Route:]\n[last_From:]\n{to}\n[last_Call-ID:]\n{number}\n"
        f"Contact: <sip:[local_ip]:[local_port];transport=[transport]>\n{extra}"
    )
    return _packet(text, body, 'retrans="500"' if repeat else "")


def ok(body=""):
    """200 to a request inside a dialog."""
    return respond(200, "OK", tag=False, body=body)


def write(path, name, steps):
    """Writes a scenario as SIPp reads it."""
    # A variable that is only assigned is an error to SIPp.
    used = '<Reference variables="checked"/>' if '"checked"' in "".join(steps) else ""
    with open(path, "w", encoding="utf-8") as file:
        file.write(f'<?xml version="1.0" encoding="UTF-8"?>\n<scenario name="{name}">\n')
        file.write("\n".join([*steps, used]) + "\n</scenario>\n")


class End:
    """One SIPp."""

    def __init__(self, world, name, steps, port=None, calls=1, transport="u1", seconds=25):
        self.name, self.port = name, port or free_port()
        self.folder = os.path.join(world.folder, f"{name}-{world.count()}")
        os.makedirs(self.folder)
        path = os.path.join(self.folder, "scenario.xml")
        write(path, name, steps)
        command = [
            "sipp",
            world.box.server(),
            "-sf",
            path,
            "-i",
            "127.0.0.1",
            "-p",
            str(self.port),
            "-m",
            str(calls),
            "-l",
            "10",
        ]
        command += [
            "-t",
            transport,
            "-nostdin",
            "-timeout",
            str(seconds),
            "-timeout_error",
            "-recv_timeout",
            str(seconds * 1000),
        ]
        command += [
            "-trace_msg",
            "-message_file",
            os.path.join(self.folder, "messages"),
            "-trace_err",
            "-error_file",
            os.path.join(self.folder, "errors"),
        ]
        called = re.search(r"INVITE sip:([^@\[]+)@", "".join(steps))
        if called:
            # By itself SIPp leaves the user part out of the digest's uri, which is not the request's then.
            command += ["-auth_uri", f"{called.group(1)}@{world.box.server()}"]
        self.seconds = seconds
        self.process = subprocess.Popen(
            command, cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL
        )
        world.ends.append(self)

    def wait(self):
        """Waits for the end of the scenario and raises if it failed."""
        try:
            status = self.process.wait(self.seconds + 10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = "late"
        if status != 0:
            raise Failed(f"sipp {self.name}: status {status}\n{self.trace()}")

    def trace(self):
        text = ""
        for name, limit in (("errors", 1500), ("messages", 6000)):
            try:
                with open(os.path.join(self.folder, name), encoding="utf-8", errors="replace") as file:
                    text += f"--- {self.name} {name}\n" + file.read()[-limit:]
            except OSError:
                pass
        return text

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
