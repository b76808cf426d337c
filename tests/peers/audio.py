"""RTP with tones: makes G.711, hears which tone comes back and how loud."""

import math
import os
import socket
import struct
import threading
import time
import wave

RATE = 8000
FRAME = 160
EVENTS = 101
KEY = 800


def _ulaw_table():
    table = []
    for code in range(256):
        inverted = ~code & 0xFF
        magnitude = (((inverted & 0x0F) << 3) + 0x84) << ((inverted >> 4) & 7)
        table.append((0x84 - magnitude) if inverted & 0x80 else (magnitude - 0x84))
    return table


DECODE = _ulaw_table()


def encode(sample):
    """One 16-bit sample as µ-law (G.711)."""
    sign = 0x80 if sample < 0 else 0
    magnitude = min(abs(int(sample)), 32635) + 0x84
    exponent = max(magnitude.bit_length() - 8, 0)
    return ~(sign | exponent << 4 | (magnitude >> (exponent + 3)) & 0x0F) & 0xFF


def tone(hertz, seconds, level=8000, rate=RATE):
    """A sine as 16-bit samples."""
    return [int(level * math.sin(2 * math.pi * hertz * n / rate)) for n in range(int(seconds * rate))]


def strength(samples, hertz, rate=RATE):
    """How much of the samples' energy is at `hertz` (Goertzel): 0 is none, 1 is a pure tone."""
    if len(samples) < rate // 10:
        return 0.0
    energy = sum(s * s for s in samples)
    if energy < len(samples) * 100:
        return 0.0
    factor = 2 * math.cos(2 * math.pi * hertz / rate)
    before = last = 0.0
    for sample in samples:
        before, last = last, sample + factor * last - before
    power = last * last + before * before - factor * last * before
    return min(1.0, 2 * power / (len(samples) * energy))


def loudness(samples):
    """Root mean square, 0–32767."""
    return math.sqrt(sum(s * s for s in samples) / len(samples)) if samples else 0.0


def hears(samples, hertz, rate=RATE):
    """Whether the tone is clearly there, in windows of half a second (a gap of the network shifts the phase)."""
    window = rate // 2
    parts = [samples[i : i + window] for i in range(0, len(samples) - window + 1, window)]
    return bool(parts) and sum(strength(p, hertz, rate) > 0.6 for p in parts) >= max(1, len(parts) // 2)


def read_wav(path):
    """(samples of the first channel, rate). A header not yet finished by its writer is forgiven."""
    with open(path, "rb") as file:
        head = file.read(44)
    with wave.open(path, "rb") as file:
        channels, width, rate = file.getnchannels(), file.getsampwidth(), file.getframerate()
        octets = file.readframes(file.getnframes())
    if not octets and head[36:40] == b"data":
        with open(path, "rb") as file:
            octets = file.read()[44:]
    if width != 2:
        raise ValueError(f"{path}: {width * 8} bits")
    count = len(octets) // 2
    return list(struct.unpack(f"<{count}h", octets[: count * 2]))[::channels], rate


def write_wav(path, samples, rate=RATE):
    with wave.open(path, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(struct.pack(f"<{len(samples)}h", *samples))


class Stream:
    """One end of an audio stream: plays a tone every 20 ms, keeps what it hears, never answers strangers' questions."""

    def __init__(self, hertz=440, ip="127.0.0.1", payload_type=0):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        while True:
            self.socket.bind((ip, 0))
            if self.socket.getsockname()[1] % 2 == 0:
                break
            self.socket.close()
            self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.settimeout(0.1)
        self.ip, self.port = self.socket.getsockname()
        self.payload_type = payload_type
        # How its packets are secured, if they are, and where their numbers begin, if that matters.
        self.secured = self.first = None
        self.remote = None
        self.playing = True
        self.samples = []
        self.packets = 0
        self.sent = 0
        self.sources = {}
        self.last = b""
        self.events = []
        self._keys = []
        self._running = True
        cycle = [encode(s) for s in tone(hertz, 1.0)]
        self._octets = bytes(cycle)
        self._threads = [threading.Thread(target=f, daemon=True) for f in (self._hear, self._play)]
        for thread in self._threads:
            thread.start()

    def _hear(self):
        while self._running:
            try:
                packet, source = self.socket.recvfrom(4096)
            except (TimeoutError, ConnectionError):
                continue
            except OSError:
                return
            if self.secured:
                packet = self.secured.open(packet)
                if packet is None:
                    continue
            self.packets += 1
            self.last = packet
            self.sources[source] = self.sources.get(source, 0) + 1
            if len(packet) >= 16 and packet[1] & 0x7F == EVENTS:
                self.events.append(packet[12])
            if len(packet) > 12 and packet[1] & 0x7F == self.payload_type:
                self.samples.extend(DECODE[octet] for octet in packet[12:])

    def _play(self):
        sequence, stamp, ssrc = (
            int.from_bytes(os.urandom(2), "big"),
            int.from_bytes(os.urandom(3), "big"),
            os.urandom(4),
        )
        self.ssrc = ssrc
        due, position, marker = time.monotonic(), 0, 0x80
        while self._running:
            due += 0.02
            time.sleep(max(0.0, due - time.monotonic()))
            stamp = (stamp + FRAME) & 0xFFFFFFFF
            if not (self.remote and self.playing):
                marker = 0x80
                continue
            kind, at, payload = self.payload_type, stamp, self._octets[position : position + FRAME]
            if self._keys:
                event, begun, ticks = self._keys[0]
                begun, ticks = begun or stamp, ticks + FRAME
                ended = ticks >= KEY
                kind, at, payload = EVENTS, begun, struct.pack(">BBH", event, 0x8A if ended else 0x0A, min(ticks, KEY))
                marker = 0x80 if ticks == FRAME else 0
                self._keys[0] = (event, begun, ticks)
                if ticks >= KEY + 3 * FRAME:
                    self._keys.pop(0)
            if self.first is not None:
                sequence, self.first = self.first, None
            packet = struct.pack(">BBHI", 0x80, kind | marker, sequence, at) + ssrc + payload
            try:
                self.socket.sendto(self.secured.seal(packet) if self.secured else packet, self.remote)
            except OSError:
                if not self._running:
                    return
            self.sent += 1
            sequence, marker = (sequence + 1) & 0xFFFF, 0
            position = (position + FRAME) % len(self._octets)

    def press(self, keys):
        """Presses keys one after the other, as RFC 4733 events."""
        self._keys += [("0123456789*#".index(key), 0, 0) for key in keys]

    def pressed(self):
        """Whether all keys are through."""
        return not self._keys

    def forget(self):
        """Begins a new measurement."""
        self.samples = []
        self.packets = 0
        self.sources = {}

    def close(self):
        self._running = False
        for thread in self._threads:
            thread.join(1)
        self.socket.close()
