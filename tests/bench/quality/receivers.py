"""Receivers: each gets the payloads of a call and when they arrive, and gives what it makes audible."""

import json
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import wave

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../../peers"))

from box import free_port  # noqa: E402

TYPES = {"pcmu": 0, "g722": 9, "opus": 107}
CLOCKS = {"pcmu": 160, "g722": 160, "opus": 960}
# Playing to the ear begins and ends with so much of nothing.
AFTER = 0.8


class Job:
    """One call over one network."""

    def __init__(self, call, codec, payloads, arrivals, folder, tool):
        self.call, self.codec, self.payloads, self.arrivals = call, codec, payloads, arrivals
        self.folder, self.tool, self.notes, self.late_ms = folder, tool, "", 0.0
        os.makedirs(folder, exist_ok=True)

    def path(self, name):
        return os.path.join(self.folder, name)

    def order(self):
        """Packets by arrival: (microseconds, index)."""
        return sorted((at, n) for n, at in enumerate(self.arrivals) if at is not None)

    def packet(self, n):
        """An RTP packet (RFC 3550 §5.1)."""
        kind, step = TYPES[self.codec], CLOCKS[self.codec]
        head = struct.pack("!BBHII", 0x80, kind | (0x80 if n == 0 else 0), 1000 + n, 50_000 + n * step, 0x5EED)
        return head + self.payloads[n]


def calm():
    """For a child: beginning takes the processor for long, and must not hold up the calls that run."""
    try:
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    except PermissionError:
        pass


def urgent(pid):
    """Lets a process with all its threads run before those of other users of the machine. Needs root."""
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            os.sched_setscheduler(int(thread), os.SCHED_RR, os.sched_param(5))
    except (PermissionError, FileNotFoundError, ProcessLookupError):
        pass


def _resampled(raw, rate, wanted):
    if rate == wanted:
        return np.frombuffer(raw[: len(raw) // 2 * 2], dtype="<i2")
    kind = ["-t", "raw", "-e", "signed", "-b", "16", "-c", "1"]
    done = subprocess.run(
        ["sox", "-D", *kind, "-r", str(rate), "-", *kind, "-r", str(wanted), "-"],
        input=raw, stdout=subprocess.PIPE, check=True,
    )  # fmt: skip
    return np.frombuffer(done.stdout, dtype="<i2")


def _recorded(path, wanted):
    """A WAV file, whatever its header says of its length."""
    with wave.open(path, "rb") as file:
        rate, channels = file.getframerate(), file.getnchannels()
    with open(path, "rb") as file:
        octets = file.read()
    raw = octets[octets.index(b"data") + 8 :]
    samples = np.frombuffer(raw[: len(raw) // (2 * channels) * 2 * channels], dtype="<i2")[::channels]
    return _resampled(samples.tobytes(), rate, wanted)


def replay(job, sock, to):
    """Sends each packet when it shall arrive."""
    began = time.monotonic() + 0.05
    for at, n in job.order():
        rest = began + at / 1e6 - time.monotonic()
        if rest > 0:
            time.sleep(rest)
        sock.sendto(job.packet(n), to)
        job.late_ms = max(job.late_ms, round((time.monotonic() - began) * 1e3 - at / 1e3, 1))
    time.sleep(AFTER)


# The box: its playout in virtual time.


def box(job):
    lines = "".join(
        f"{at} {1000 + n} {50_000 + n * CLOCKS[job.codec]} {job.payloads[n].hex()}\n" for at, n in job.order()
    )
    done = subprocess.run(
        [job.tool, "play", job.codec, str(job.call.rate)], input=lines.encode(), capture_output=True, check=True
    )
    job.notes = done.stderr.decode().strip()
    return np.frombuffer(done.stdout, dtype="<i2")


# Points of reference: a buffer that waits for the last packet, and next to no concealment.


def _decoded(job):
    """Frames as the box's decoder gives them on a perfect network."""
    perfect = Job(job.call, job.codec, job.payloads, [n * 20_000 for n in range(len(job.payloads))], job.folder, job.tool)
    return box(perfect)


def _frames(job, missing):
    frame = job.call.rate // 50
    heard = _decoded(job)
    parts, last = [], np.zeros(frame, dtype="<i2")
    # The playout's first pull finds packet 0: frame n is packet n.
    for n, at in enumerate(job.arrivals):
        if at is not None:
            last = heard[n * frame : (n + 1) * frame]
            parts.append(last)
        else:
            parts.append(missing(last))
    return np.concatenate(parts)


def silence(job):
    return _frames(job, np.zeros_like)


def repetition(job):
    return _frames(job, lambda last: last)


# baresip: a call to it. What it would play it says again, and that is heard: G.711 coded twice stays what it is.

CONFIG = """poll_method epoll
sip_listen 127.0.0.1:{sip}
sip_transports udp
audio_player aubridge,ear
audio_source aubridge,ear
audio_alert aufile,{folder}/alert.wav
audio_level no
ausrc_srate {rate}
auplay_srate {rate}
ausrc_channels 1
auplay_channels 1
rtp_ports {rtp}-{rtp_end}
jitter_buffer_delay {delay}
module_path {modules}
module g711.so
module g722.so
module opus.so
module plc.so
module aubridge.so
module aufile.so
module_tmp account.so
module_app menu.so
"""

_ports = iter(range(30_000, 60_000, 10))
_lock = threading.Lock()


def baresip(delay):
    def receiver(job):
        return _baresip(job, delay)

    return receiver


def _baresip(job, delay):
    from baresip import MODULES

    with _lock:
        rtp, sip = next(_ports), free_port()
    texts = {
        "config": CONFIG.format(
            sip=sip, folder=job.folder, rate=job.call.rate, rtp=rtp, rtp_end=rtp + 8, delay=delay, modules=MODULES
        ),
        "accounts": f"<sip:ear@127.0.0.1>;regint=0;answermode=auto;audio_codecs={job.codec}\n",
        "contacts": "",
    }
    for name, text in texts.items():
        with open(job.path(name), "w", encoding="utf-8") as file:
            file.write(text)
    with open(job.path("log"), "wb") as log:
        process = subprocess.Popen(
            ["baresip", "-f", job.folder], stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=job.folder,
            preexec_fn=calm,
        )  # fmt: skip
    try:
        time.sleep(2)
        urgent(process.pid)
        said = _call(job, sip)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    return said


def _call(job, sip):
    """Calls, streams, hangs up: as little SIP as that takes."""
    media = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    media.bind(("127.0.0.1", 0))
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 0))
    sock.settimeout(10)
    ours = sock.getsockname()[1]
    kind = TYPES[job.codec]
    name = {"pcmu": "PCMU/8000", "g722": "G722/8000", "opus": "opus/48000/2"}[job.codec]
    sdp = (
        f"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
        f"m=audio {media.getsockname()[1]} RTP/AVP {kind}\r\na=rtpmap:{kind} {name}\r\na=sendrecv\r\n"
    )
    ident = os.urandom(6).hex()

    def request(method, to_tag="", number=1, body=""):
        to = "<sip:ear@127.0.0.1>" + (f";tag={to_tag}" if to_tag else "")
        head = (
            f"{method} sip:ear@127.0.0.1:{sip} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:{ours};branch=z9hG4bK{ident}{method}\r\n"
            f"Max-Forwards: 70\r\nFrom: <sip:mouth@127.0.0.1:{ours}>;tag={ident}\r\nTo: {to}\r\nCall-ID: {ident}\r\n"
            f"CSeq: {number} {method}\r\nContact: <sip:mouth@127.0.0.1:{ours}>\r\n"
        )
        if body:
            head += "Content-Type: application/sdp\r\n"
        sock.sendto(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode(), ("127.0.0.1", sip))

    request("INVITE", body=sdp)
    while True:
        answer = sock.recv(65535).decode()
        status = int(answer.split(" ", 2)[1]) if answer.startswith("SIP/2.0") else 0
        if status >= 300:
            raise RuntimeError(answer.splitlines()[0])
        if status >= 200:
            break
    tag = re.search(r"^To:.*;tag=([^;\s]+)", answer, re.M | re.I).group(1)
    port = int(re.search(r"^m=audio (\d+)", answer, re.M).group(1))
    request("ACK", tag)
    echo = Echo(media)
    time.sleep(0.3)
    replay(job, media, ("127.0.0.1", port))
    request("BYE", tag, 2)
    time.sleep(0.3)
    sock.close()
    return echo.decoded(job)


class Echo:
    """RTP that comes back, in the order of its sequence numbers; nothing is lost inside the machine."""

    def __init__(self, sock):
        self.sock, self.packets, self.first = sock, {}, None
        self.thread = threading.Thread(target=self._hear, daemon=True)
        self.thread.start()

    def _hear(self):
        self.sock.settimeout(1.5)
        while True:
            try:
                packet = self.sock.recv(4096)
            except OSError:
                return
            kind, seq, stamp = struct.unpack("!xBHI", packet[:8])
            if 64 <= kind & 0x7F < 96:
                continue
            self.first = seq if self.first is None else self.first
            self.packets[(seq - self.first) & 0xFFFF] = packet[12:]

    def decoded(self, job):
        self.thread.join(5)
        self.sock.close()
        coded = [self.packets[n] for n in sorted(self.packets)]
        echo = Job(job.call, job.codec, coded, [n * 20_000 for n in range(len(coded))], job.folder, job.tool)
        return box(echo)


# mediastreamer2, the engine of Linphone: adaptive jitter buffer, its own concealment.


def mediastream(job):
    with _lock:
        port = next(_ports)
    heard, quiet = job.path("heard.wav"), job.path("quiet.wav")
    if os.path.exists(heard):
        os.remove(heard)
    with wave.open(quiet, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(job.call.rate)
        file.writeframes(bytes(2 * job.call.rate))
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 0))
    to = f"127.0.0.1:{sock.getsockname()[1]}"
    with open(job.path("mediastream.log"), "wb") as log:
        process = subprocess.Popen(
            ["mediastream", "--local", str(port), "--remote", to, "--payload", str(TYPES[job.codec]),
             "--infile", quiet, "--outfile", heard],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=job.folder, preexec_fn=calm,
        )  # fmt: skip
    try:
        time.sleep(2)
        urgent(process.pid)
        replay(job, sock, ("127.0.0.1", port))
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        sock.close()
    return _recorded(heard, job.call.rate)


# WebRTC: two peers of the library behind a relay.


def webrtc(job):
    with open(job.path("trace"), "w", encoding="utf-8") as file:
        file.writelines(f"{'lost' if at is None else at}\n" for at in job.arrivals)
    job.call.samples.tofile(job.path("speech.raw"))
    done = subprocess.run(
        ["node", os.path.join(HERE, "webrtc/receiver.js"), job.codec, job.path("speech.raw"), str(job.call.rate),
         job.path("trace"), job.path("heard.raw")],
        capture_output=True, timeout=120, check=False, preexec_fn=calm,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(done.stderr.decode()[-500:])
    job.notes = done.stdout.decode().strip()
    job.late_ms = round(json.loads(job.notes)["lateMs"], 1)
    with open(job.path("heard.raw"), "rb") as file:
        return _resampled(file.read(), json.loads(job.notes)["rate"], job.call.rate)
