"""The program itself as a receiver: one phone speaks over the bad network into a conference, another listens."""

import os
import sys
import time

import numpy as np
import receivers

sys.path.insert(0, os.path.join(receivers.HERE, "../../peers"))

from box import Box  # noqa: E402
from phone import Phone  # noqa: E402

ROOM = "600"


def program(binary):
    """A receiver for G.711 by `binary`, started anew for each call."""

    def receiver(job):
        place = job.path(f"box-{time.monotonic_ns()}")
        os.makedirs(place)
        box = Box(binary, place)
        box.start()
        phones = []
        try:
            ear, mouth = (_in_the_room(box, number, phones) for number in ("101", "102"))
            time.sleep(4.0)  # what the room says to the first and at the coming of the second
            ear.audio.forget()
            receivers.replay(job, mouth.audio.socket, mouth.audio.remote)
            return np.array(ear.audio.samples, dtype="<i2")
        finally:
            for phone in phones:
                phone.close()
            box.stop()

    return receiver


def _in_the_room(box, number, phones):
    phone = Phone(box.sip, number)
    phones.append(phone)
    if phone.register() != 200:
        raise RuntimeError(f"{number} cannot register")
    call = phone.call(ROOM)
    if call.status != 200:
        raise RuntimeError(f"{number} cannot call {ROOM}: {call.status}")
    call.audio.playing = False
    return call
