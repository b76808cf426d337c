"""kill -9 under load: what was acknowledged is there after the restart."""

import random
import threading
import time

from pages import NEW_PASSWORD, Pages
from phone import Phone
from world import check, equal

PHONES = ["101", "102", "103", "104", "105", "106", "107", "108"]


# The whole history is read every so many rounds.
HISTORY_EVERY = 20


def complete(box, calls, context):
    """Every call that had ended is in the history once, and every call there has an end."""
    history = Pages(box, NEW_PASSWORD).calls()
    known = {}
    for call in history:
        for leg in call["legs"]:
            # A call that was cut off by the kill has no Call-ID in its record.
            if leg["role"] == "caller" and leg["sip_call_id"]:
                known[leg["sip_call_id"]] = known.get(leg["sip_call_id"], 0) + 1
    missing = calls - set(known)
    check(not missing, f"{context}: {len(missing)} of {len(calls)} calls are not in the history of {len(history)}")
    twice = [call for call, times in known.items() if times > 1]
    check(not twice, f"{context}: {len(twice)} calls have two final records")


class Load:
    """Phones that register and call one another until told to stop. The phones outlive the box, as real ones do."""

    def __init__(self, phones):
        self.phones = phones
        self.registered = {}
        # (when the BYE was answered, SIP Call-ID of the caller's side)
        self.completed = []
        self.running = True
        self.threads = [
            threading.Thread(target=self._register, daemon=True),
            *(
                threading.Thread(target=self._call, args=[a, b], daemon=True)
                for a, b in (("101", "102"), ("103", "104"), ("105", "106"))
            ),
        ]
        for thread in self.threads:
            thread.start()

    def _register(self):
        while self.running:
            for number, phone in self.phones.items():
                if not self.running:
                    return
                if phone.register(3600, seconds=1.0) == 200:
                    self.registered[number] = phone
                time.sleep(0.01)

    def _call(self, one, two):
        caller = self.phones[one]
        while self.running:
            if one not in self.registered or two not in self.registered:
                time.sleep(0.02)
                continue
            call = caller.call(two, seconds=1.5)
            if call.status == 200:
                time.sleep(random.uniform(0, 0.1))
                if self.running and call.bye() == 200:
                    self.completed.append((time.monotonic(), call.call_id))
            time.sleep(0.02)

    def stop(self):
        self.running = False
        for thread in self.threads:
            thread.join(4)
        for phone in self.phones.values():
            for call in list(phone.calls.values()):
                if not call.ended():
                    call.end()


def reachable(box, number, phone):
    """Whether a call by another phone reaches this one at the socket it had registered."""
    caller = Phone(box.sip, "109")
    try:
        while phone.next_call(0.0) is not None:
            pass
        call = caller.call(number, seconds=5.0)
        got = phone.next_call(1.0)
        if call.status == 200:
            call.bye()
        return call.status == 200 and got is not None
    finally:
        caller.close()


def case_kill(world):
    """Rounds of load, kill -9 at a random moment, restart on the same folder and the same port."""
    rng = random.Random(world.options.seed)
    box = world.start()
    where, web = box.server(), box.web.split("//", 1)[1].rstrip("/")
    Pages(box)
    phones = {number: world.phone(number, registered=False, ring_s=0.0) for number in PHONES}
    slowest, calls = 0.0, set()
    for n in range(world.options.rounds):
        context = f"round {n + 1} of seed {world.options.seed}"
        load = Load(phones)
        time.sleep(rng.uniform(0.4, 1.6))
        acknowledged = dict(load.registered)
        box.kill()
        killed = time.monotonic()
        load.stop()
        # The record of a call is written when its BYE came; the answer to that does not wait for the disk.
        finished = {call_id for at, call_id in load.completed if at < killed - 0.5}
        box.start(sip=where, web=web)
        slowest = max(slowest, box.started_in)
        calls |= finished
        # A few of those acknowledged, another few each time.
        for number in rng.sample(sorted(acknowledged), min(2, len(acknowledged))):
            check(reachable(box, number, acknowledged[number]), f"{context}: {number} had its 200 and is not reached")
        check("panicked" not in box.output(), f"{context}: a panic")
        if n % HISTORY_EVERY == 0 or n + 1 == world.options.rounds:
            complete(box, calls, context)
    print(f"      {world.options.rounds} kills, {len(calls)} calls completed, slowest start {slowest:.2f} s")
    equal(box.stop(), 0, "exit status in the end")
