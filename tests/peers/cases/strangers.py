"""RTP from strangers (security tests 18 and 19): nothing comes back to them, nothing of theirs is heard."""

import os
import re
import socket
import struct
import time

from audio import encode, hears, tone
from cases.phones import connected
from world import check

STRANGER = "127.0.0.66"


def rtp_range(world):
    found = re.search(r"--rtp\0(\d+)-(\d+)", open(f"/proc/{world.box.process.pid}/cmdline", encoding="utf-8").read())
    return int(found.group(1)), int(found.group(2))


class Sprayer:
    """A stranger with a loud tone of 1,000 Hz and one socket."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((STRANGER, 0))
        self.socket.setblocking(False)
        self.audio = bytes(encode(s) for s in tone(1000, 0.02, 30000))
        self.sequence = 0
        self.back = 0
        self.sent = 0

    def spray(self, ports, ssrc, payload_type=0):
        for port in ports:
            self.sequence = (self.sequence + 1) & 0xFFFF
            packet = struct.pack(">BBHI", 0x80, payload_type, self.sequence, self.sequence * 160) + ssrc + self.audio
            self._send(packet, port)

    def goodbye(self, ports, ssrc):
        for port in ports:
            self._send(struct.pack(">BBH", 0x81, 203, 1) + ssrc, port)

    def _send(self, packet, port):
        try:
            self.socket.sendto(packet, ("127.0.0.1", port))
            self.sent += 1
        except OSError:
            pass
        self.listen()

    def listen(self):
        while True:
            try:
                if self.socket.recv(4096):
                    self.back += 1
            except BlockingIOError:
                return
            except OSError:
                continue


def case_strangers(world):
    """Sprayed before the answer, in the call, on hold and after it: 0 packets back, the audio unchanged."""
    world.start()
    low, high = rtp_range(world)
    everywhere = range(low, high + 1)
    a, b = world.phone("101", hertz=440), world.phone("102", hertz=660, answer="ring")
    stranger, ssrc = Sprayer(), os.urandom(4)
    call = a.call("102", hang_on=True)
    other = b.next_call()
    stranger.spray(everywhere, ssrc)
    # Now answered: the call goes on with the same transaction.
    import queue

    place = a.waiting[(call.call_id, call.cseq, "INVITE")] = queue.Queue()
    b.pick_up(other)
    answer = place.get(timeout=5)
    while answer.status < 200:
        answer = place.get(timeout=5)
    call.state, call.remote = "up", answer.get("to")
    call.take_sdp(answer.body)
    a.acknowledge(call, answer)
    time.sleep(0.5)
    for stream in (call.audio, other.audio):
        stream.forget()
    until = time.monotonic() + 3
    mine = [call.audio.remote[1], other.audio.remote[1]]
    while time.monotonic() < until:
        stranger.spray(mine * 5, ssrc)
        stranger.goodbye([port + 1 for port in mine], ssrc)
        time.sleep(0.004)
    check(hears(call.audio.samples, 660) and hears(other.audio.samples, 440), "the call's own audio was disturbed")
    for stream, name in ((call.audio, "101"), (other.audio, "102")):
        check(not hears(stream.samples, 1000), f"{name} hears the stranger")
        check(stream.packets <= 165, f"{name} got {stream.packets} packets in 3 s")
    call.offer("inactive")
    stranger.spray(everywhere, ssrc)
    time.sleep(0.2)
    call.offer("sendrecv")
    time.sleep(0.2)
    call.bye()
    stranger.spray(everywhere, ssrc)
    time.sleep(0.3)
    stranger.listen()
    check(stranger.back == 0, f"{stranger.back} packets came back to the stranger of {stranger.sent} sent")
    check(stranger.sent > 2000, f"only {stranger.sent} were sent")


def case_forged_ssrc(world):
    """A stranger who has seen the stream (its SSRC, its numbers) is not believed either."""
    world.start()
    a, b = world.phone("101", hertz=440), world.phone("102", hertz=660)
    call, other = connected(a, b, "102")
    time.sleep(0.5)
    other.audio.forget()
    time.sleep(0.2)
    check(other.audio.packets > 0, "102 hears nothing")
    stranger = Sprayer()
    for stream in (call.audio, other.audio):
        stream.forget()
    until = time.monotonic() + 2
    while time.monotonic() < until:
        for stream in (call.audio, other.audio):
            # The source, number and time that the other side hears, a little ahead: the best forgery there is.
            stranger.sequence = (struct.unpack(">H", stream.last[2:4])[0] + 5) & 0xFFFF
            stranger.spray([call.audio.remote[1], other.audio.remote[1]], stream.last[8:12])
        time.sleep(0.005)
    time.sleep(0.2)
    stranger.listen()
    check(stranger.back == 0, f"{stranger.back} packets came back")
    check(hears(other.audio.samples, 440) and not hears(other.audio.samples, 1000), "102's audio was disturbed")
    call.bye()
