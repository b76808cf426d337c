"""What a case works in: a box of its own, phones and SIPp ends that are cleared away afterwards."""

import os
import tempfile
import time

import sipp
from box import Box
from phone import Phone


class Wrong(Exception):
    """The box did something else than the case asks for."""


class NotRun(Exception):
    """What the case needs is not here (root, a tool, the kernel's leave): neither passed nor failed."""


def check(condition, text):
    if not condition:
        raise Wrong(text)


def equal(got, wanted, what):
    if got != wanted:
        raise Wrong(f"{what}: {got!r}, expected {wanted!r}")


class World:
    """One case's surroundings."""

    def __init__(self, options, name):
        self.options, self.name = options, name
        self.folder = tempfile.mkdtemp(prefix=f"strowger-{name}-")
        self.box = None
        self.boxes = []
        self.ends = []
        self.phones = []
        self.others = []
        self._count = 0

    def count(self):
        self._count += 1
        return self._count

    def make(self, **more):
        """A box that is not started yet: the demo company, or `config=` text."""
        folder = os.path.join(self.folder, f"box-{self.count()}")
        os.makedirs(folder)
        self.box = Box(self.options.binary, folder, **more)
        self.boxes.append(self.box)
        return self.box

    def start(self, sips=None, **more):
        """A box, serving; at `sips` also over TLS."""
        return self.make(**more).start(sips=sips)

    def phone(self, number, registered=True, **more):
        server = self.box.sips if more.get("transport") == "TLS" else self.box.sip
        phone = Phone(server, number, **more)
        self.phones.append(phone)
        if registered:
            equal(phone.register(), 200, f"REGISTER of {number}")
        return phone

    def sipp(self, name, steps, **more):
        return sipp.End(self, name, steps, **more)

    def registered_end(self, number, name, steps, transport="u1", **more):
        """A SIPp that is registered under `number` and then runs `steps`, on the same port."""
        first = self.sipp(f"register-{number}", sipp.register(number), transport=transport)
        first.wait()
        end = self.sipp(name, steps, port=first.port, transport=transport, **more)
        time.sleep(0.3)  # until its socket is there
        return end

    def close(self):
        for end in self.ends:
            end.kill()
        for other in self.others:
            other.close()
        for phone in self.phones:
            phone.close()
        for box in self.boxes:
            box.kill()
