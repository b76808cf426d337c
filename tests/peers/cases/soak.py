"""Calls without end: started and stopped in every way, after which nothing of them is left."""

import os
import random
import re
import socket
import struct
import threading
import time

from box import config_text
from phone import Phone, token
from world import check, equal

WORKERS = 4
# Two numbers a worker: who calls, and who is called.
CALLERS, CALLED, ALAW = 201, 221, 241
SIP = "calls_max = 100\nring_time_s = 60\n"
MORE = (
    '[media]\ninactivity_s = 10\n[recording]\ndefault = "always"\nannounce = false\nformat = "wav"\n'
    '[[conference]]\nnumber = "600"\nname = "Room"\n'
)
# What a finished call may leave in memory: its record, its ladder and its seconds, which the pages show later on.
KEPT_KB = 24
# What the allocator may hold back whatever the number of calls.
SLACK_KB = 24 * 1024
# An answer that nobody acknowledges is repeated for 32 s (RFC 3261 §13.3.1.4).
GONE_S = 50


class Murmur:
    """A stream that only sends: one thread serves all of a choir, so that the phones do not outweigh the box."""

    live = set()
    lock = threading.Lock()

    def __init__(self, _hertz, ip):
        while True:
            self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.socket.bind((ip, 0))
            if self.socket.getsockname()[1] % 2 == 0:
                break
            self.socket.close()
        self.ip, self.port = self.socket.getsockname()
        self.remote, self.playing, self.payload_type, self.sent = None, True, 0, 0
        self.ssrc = os.urandom(4)
        with Murmur.lock:
            Murmur.live.add(self)

    def speak(self):
        if self.remote and self.playing:
            head = struct.pack(">BBHI", 0x80, self.payload_type, self.sent & 0xFFFF, self.sent * 160)
            self.sent += 1
            try:
                self.socket.sendto(head + self.ssrc + os.urandom(160), self.remote)
            except OSError:
                pass

    def close(self):
        with Murmur.lock:
            Murmur.live.discard(self)
            self.socket.close()


class Choir:
    """Has all murmurs speak every 20 ms."""

    def __init__(self):
        self.running = True
        self.thread = threading.Thread(target=self.sing, daemon=True)
        self.thread.start()

    def sing(self):
        due = time.monotonic()
        while self.running:
            due = max(due + 0.02, time.monotonic() - 0.1)
            time.sleep(max(0.0, due - time.monotonic()))
            with Murmur.lock:
                for one in Murmur.live:
                    one.speak()

    def close(self):
        self.running = False
        self.thread.join(1)


class QuickPhone(Phone):
    """A phone whose streams murmur."""

    stream = Murmur


class AlawPhone(QuickPhone):
    """Knows A-law only: whoever calls it with µ-law is transcoded."""

    def respond(self, request, status, reason="X", tag=None, body="", headers=()):
        super().respond(request, status, reason, tag, body.replace("AVP 0 ", "AVP 8 ").replace("0 PCMU", "8 PCMA"), headers)

    def _ring(self, request):
        super()._ring(request)
        self.calls[request.get("call-id")].audio.payload_type = 8


class Held:
    """What the program holds of the system."""

    def __init__(self, box):
        folder = f"/proc/{box.process.pid}"
        self.sockets, self.files = 0, 0
        for name in os.listdir(f"{folder}/fd"):
            try:
                kind = os.readlink(f"{folder}/fd/{name}")
            except OSError:
                continue
            self.sockets += kind.startswith("socket:")
            self.files += not kind.startswith("socket:")
        self.threads = len(os.listdir(f"{folder}/task"))
        self.memory_kb = box.memory_kb()

    def counts(self):
        return (self.sockets, self.files, self.threads)

    def __repr__(self):
        return f"{self.sockets} sockets, {self.files} files, {self.threads} threads, {self.memory_kb // 1024} MB"


class Worker:
    """One caller and those it calls, on a thread of its own."""

    def __init__(self, world, n, seed):
        self.random = random.Random(seed)
        self.caller = QuickPhone(world.box.sip, CALLERS + n)
        self.called = QuickPhone(world.box.sip, CALLED + n, ring_s=0.01)
        self.alaw = AlawPhone(world.box.sip, ALAW + n, ring_s=0.01)
        for phone in (self.caller, self.called, self.alaw):
            world.phones.append(phone)
            equal(phone.register(), 200, "REGISTER")
        self.done, self.problem = {}, None

    def run(self, count):
        try:
            for _ in range(count):
                way = self.random.choice(WAYS)
                way(self)
                self.done[way.__name__] = self.done.get(way.__name__, 0) + 1
                for phone in (self.caller, self.called, self.alaw):
                    forget(phone)
        except Exception as error:  # noqa: BLE001 - told by the case
            self.problem = error

    def pause(self, most):
        time.sleep(self.random.uniform(0, most))

    def bridged(self, phone):
        """A call to that phone, both ends up."""
        call = self.caller.call(phone.number)
        equal(call.status, 200, f"the call to {phone.number}")
        other = phone.next_call()
        check(other is not None, f"{phone.number} did not ring")
        return call, other

    # Ways that a call goes

    def plain(self):
        call, other = self.bridged(self.called)
        self.pause(0.2)
        if self.random.random() < 0.5:
            equal(call.bye(), 200, "BYE")
            return
        other.wait(lambda: other.state == "up", 3)
        equal(other.bye(), 200, "BYE of the called side")
        check(call.wait(call.ended, 5), "the caller was not hung up on")

    def transcoded(self):
        call, _ = self.bridged(self.alaw)
        self.pause(0.3)
        equal(call.bye(), 200, "BYE")

    def held(self):
        call, _ = self.bridged(self.called)
        equal(call.offer("inactive")[0], 200, "hold")
        self.pause(0.1)
        if self.random.random() < 0.5:
            equal(call.offer("sendrecv")[0], 200, "resume")
        equal(call.bye(), 200, "BYE")

    def conference(self):
        call = self.caller.call("600")
        equal(call.status, 200, "the conference")
        self.pause(0.3)
        equal(call.bye(), 200, "BYE")

    def service(self):
        call = self.caller.call(self.random.choice(["*43", "*9197", "*9664", "*60"]))
        equal(call.status, 200, "a service")
        self.pause(0.2)
        equal(call.bye(), 200, "BYE")

    def given_up_while_ringing(self):
        self.called.answer = "ring"
        call = self.caller.call(self.called.number, hang_on=True)
        equal(call.status, 180, "ringing")
        self.called.next_call()
        self.pause(0.1)
        equal(self.caller.cancel(call), 487, "the cancelled call")
        self.called.answer = "answer"

    def refused(self):
        self.called.answer = 486
        call = self.caller.call(self.called.number)
        check(call.status == 486, f"the refused call: {call.status}")
        self.called.next_call()
        self.called.answer = "answer"

    def nobody(self):
        call = self.caller.call("4711")
        check(call.status == 404, f"a number that nobody has: {call.status}")

    def left_at_challenge(self):
        """Begins a call and never answers the challenge, not even with ACK."""
        phone = self.caller
        me = f"<{phone.uri(phone.number)}>;tag={token()}"
        text = phone.request(
            "INVITE", phone.uri(self.called.number), f"{token()}@x", 1, me, f"<{phone.uri(self.called.number)}>"
        )
        phone.send(text)

    # Ways that take the box long to notice

    def vanished(self):
        """Both phones fall silent and answer nothing more."""
        call, other = self.bridged(self.called)
        call.end()
        other.end()
        self.caller.calls.pop(call.call_id)
        self.called.calls.pop(other.call_id)

    def never_acknowledged(self):
        """Takes the answer for granted and says nothing more."""
        phone = self.caller
        phone.acknowledge = lambda call, answer: None
        try:
            call = phone.call(self.called.number)
        finally:
            del phone.acknowledge
        equal(call.status, 200, "the call")
        self.called.next_call()
        call.audio.playing = False


WAYS = [
    *[Worker.plain] * 6,
    *[Worker.transcoded] * 4,
    *[Worker.conference] * 4,
    *[Worker.held] * 2,
    *[Worker.service] * 2,
    *[Worker.given_up_while_ringing] * 3,
    Worker.refused,
    Worker.nobody,
    Worker.left_at_challenge,
]


def forget(phone):
    """Drops what a phone keeps of calls that are over."""
    for call_id in [i for i, call in phone.calls.items() if call.ended()]:
        phone.calls.pop(call_id, None)
    phone.seen.clear()
    phone._acks.clear()


def all_together(workers, count):
    threads = [threading.Thread(target=w.run, args=(count // len(workers),)) for w in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    problems = [repr(w.problem) for w in workers if w.problem]
    check(not problems, f"{len(problems)} workers stopped: {problems[:2]}")


def back_to(box, base, seconds):
    """What is held once counts are back at the base, or when the time is over."""
    until = time.monotonic() + seconds
    while True:
        held = Held(box)
        if all(a <= b for a, b in zip(held.counts(), base.counts())) or time.monotonic() > until:
            return held
        time.sleep(0.25)


def case_calls_leave_nothing(world):
    """Calls that talk, are transcoded, meet, are held, refused, given up or abandoned: what they took comes back."""
    numbers = [first + n for first in (CALLERS, CALLED, ALAW) for n in range(WORKERS)]
    box = world.start(config=config_text(numbers, sip=SIP, more=MORE))
    world.others.append(Choir())
    seed = world.options.seed
    workers = [Worker(world, n, seed + n) for n in range(WORKERS)]
    # What is made once and kept is no leak: each way is gone once before the base is taken.
    for way in dict.fromkeys(WAYS):
        way(workers[0])
    time.sleep(3)
    base = Held(box)
    for worker in workers[:2]:
        worker.vanished()
        worker.never_acknowledged()
    began = time.monotonic()
    count = world.options.calls
    all_together(workers, count)
    took = time.monotonic() - began
    after = back_to(box, base, GONE_S)
    print(f"      {count} calls in {took:.0f} s (seed {seed}): {base}, then {after}", flush=True)
    check(
        all(a <= b for a, b in zip(after.counts(), base.counts())),
        f"after {count} calls (seed {seed}) it holds {after}, before {base}",
    )
    kept = after.memory_kb - base.memory_kb
    allowed = SLACK_KB + KEPT_KB * count
    check(kept <= allowed, f"{count} calls left {kept} KB, more than {allowed}")
    # And it still works.
    workers[0].plain()
    check(not re.search(r"panicked", box.output()), "a panic in the log")
