"""Networks: for each packet of 20 ms when it arrives, or that it is lost. Seeded, the same for all receivers."""

import random

FRAME_US = 20_000
# Name: (loss in percent, packets in a burst of losses (1: independent), jitter)
TRACES = {
    "clean": (0, 1, None),
    "loss 1 %": (1, 1, None),
    "loss 5 %": (5, 1, None),
    "loss 10 %": (10, 1, None),
    "bursts 5 %": (5, 2.5, None),
    "bursts 10 %": (10, 2.5, None),
    "jitter": (0, 1, "uniform"),
    "jitter, loss 1 %": (1, 1, "uniform"),
    "jitter, loss 5 %": (5, 1, "uniform"),
    "jitter, loss 10 %": (10, 1, "uniform"),
    "queue": (0, 1, "queue"),
    "queue, loss 5 %": (5, 1, "queue"),
}


def trace(name, call, packets, seed):
    """Microseconds of arrival since the first packet was sent, or None, for each packet."""
    percent, burst, jitter = TRACES[name]
    # Loss and jitter have their own randomness, so that traces of equal loss lose the same packets.
    losses = random.Random(f"{seed} {call} loss {percent} {burst}")
    delays = random.Random(f"{seed} {call} jitter {jitter}")
    arrivals, lost, before = [], False, 0
    for n in range(packets):
        lost = _lost(losses, lost, percent / 100, burst) and n > 0
        at = n * FRAME_US
        if jitter == "uniform":
            # 40 ms ± 40 ms, each packet on its own: as `netem delay 40ms 40ms` does, with overtaking.
            at += int(delays.uniform(0, 80_000))
        elif jitter == "queue":
            # A path whose delay is 40 ms in the mean, with a tail (gamma, shape 2); packets stay in order.
            at += int(delays.gammavariate(2, 20_000))
            at = before = max(at, before)
        arrivals.append(None if lost else at)
    return arrivals


def _lost(source, before, mean, burst):
    """Gilbert: a chain of two states with the mean loss and mean burst asked for."""
    if burst <= 1:
        return source.random() < mean
    leave = 1 / burst
    enter = mean * leave / (1 - mean)
    return source.random() < (1 - leave if before else enter)
