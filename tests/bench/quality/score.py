"""PESQ of what was heard against what was said (ITU-T P.862, as MOS-LQO by P.862.1 or P.862.2)."""

import numpy as np
from pesq import NoUtterancesError, pesq

WINDOW = 0.004
MARGIN = 0.3


def _envelope(samples, rate):
    step = int(WINDOW * rate)
    count = len(samples) // step
    power = np.sqrt(np.mean(samples[: count * step].astype(float).reshape(count, step) ** 2, axis=1))
    return np.log1p(power) - np.log1p(power).mean()


def _shift(said, heard, rate):
    """By how many samples what was heard is later, to about 4 ms; PESQ finds the rest."""
    a, b = _envelope(said, rate), _envelope(heard, rate)
    size = 1 << (len(a) + len(b)).bit_length()
    cross = np.fft.irfft(np.fft.rfft(b, size) * np.conj(np.fft.rfft(a, size)), size)
    best = int(np.argmax(cross))
    return (best - size if best > size // 2 else best) * int(WINDOW * rate)


def scores(call, heard):
    """One score for each part of the call. What was not heard at all is the worst there is."""
    rate, margin = call.rate, int(MARGIN * call.rate)
    shift = _shift(call.samples, heard, rate)
    padded = np.concatenate([np.zeros(rate * 5, dtype="<i2"), heard, np.zeros(rate * 30, dtype="<i2")])
    found = []
    for begin, end in call.parts:
        said = call.samples[begin - margin : end + margin]
        start = max(0, begin - margin + shift + rate * 5)
        got = padded[start : start + len(said)]
        try:
            found.append(float(pesq(rate, said, got, "wb" if rate == 16000 else "nb")))
        except NoUtterancesError:
            found.append(1.0)
    return found
