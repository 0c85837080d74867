#!/usr/bin/env python3
"""Makes the clips of this folder again (README.md says what each is): 8 kHz, G.711 A-law, standard library only."""
import math
import random
import struct

RATE = 8000
rng = random.Random(450)


def seconds(length, f):
    return [f(i / RATE) for i in range(int(length * RATE))]


def tone(*hz, amplitude=0.1):
    return lambda t: amplitude * sum(math.sin(2 * math.pi * f * t) for f in hz)


def cadence(length, on, off, f):
    return seconds(length, lambda t: f(t) if t % (on + off) < on else 0.0)


def white(length, dbfs):
    sigma = 10 ** (dbfs / 20)
    return [rng.gauss(0, sigma) for _ in range(int(length * RATE))]


def pink(length, dbfs):
    """White noise through a cascade of one-pole filters an octave apart: falls by 3 dB an octave."""
    state, out = [0.0] * 9, []
    for _ in range(int(length * RATE)):
        for k in range(9):
            pole = math.exp(-2 * math.pi * 15.6 * 2 ** k / RATE)
            state[k] = pole * state[k] + (1 - pole) * rng.gauss(0, 1) * 2 ** (-k / 2) * 2 ** k ** 0.5
        out.append(sum(state))
    rms = math.sqrt(sum(x * x for x in out) / len(out))
    return [x * 10 ** (dbfs / 20) / rms for x in out]


def add(*signals):
    return [sum(values) for values in zip(*signals)]


# A melody of our own, in D: degrees of the scale and lengths in beats.
MELODY = [(1, 1), (3, 1), (5, 1), (6, 1), (5, 2), (3, 2), (4, 1), (6, 1), (8, 1), (6, 1), (5, 4),
          (3, 1), (2, 1), (4, 1), (3, 1), (6, 2), (5, 2), (2, 1), (4, 1), (3, 1), (2, 1), (1, 4)]
STEPS = [0, 2, 4, 5, 7, 9, 11, 12]


def melody(length, beat=0.36):
    """Plucked notes over a soft bass, round and round."""
    out = [0.0] * int(length * RATE)
    at, k = 0.0, 0
    while at < length:
        degree, beats = MELODY[k % len(MELODY)]
        f = 293.66 * 2 ** (STEPS[degree - 1] / 12)
        start = int(at * RATE)
        for i in range(start, min(len(out), start + int((beats * beat + 0.5) * RATE))):
            t = (i - start) / RATE
            note = sum(math.sin(2 * math.pi * f * h * t) / h ** 1.5 for h in (1, 2, 3, 4, 5) if f * h < 3800)
            bass = math.sin(2 * math.pi * 146.83 * 2 ** (STEPS[(k // 4 * 3) % 5] / 12) * t)
            out[i] += 0.13 * math.exp(-3.2 * t) * note + 0.06 * math.exp(-1.5 * t) * bass
        at += beats * beat
        k += 1
    return out


def biquad(x, b0, b1, b2, a1, a2):
    x1 = x2 = y1 = y2 = 0.0
    out = []
    for v in x:
        y = b0 * v + b1 * x1 + b2 * x2 - a1 * y1 - a2 * y2
        x2, x1, y2, y1 = x1, v, y1, y
        out.append(y)
    return out


def telephone(x):
    """300 to 3400 Hz, fourth order at each end (bilinear Butterworth sections)."""
    for kind, f in (("high", 300.0), ("low", 3400.0)):
        for q in (0.5412, 1.3066):
            w = math.tan(math.pi * f / RATE)
            n = 1 / (1 + w / q + w * w)
            a1, a2 = 2 * (w * w - 1) * n, (1 - w / q + w * w) * n
            b = (w * w * n, 2 * w * w * n, w * w * n) if kind == "low" else (n, -2 * n, n)
            x = biquad(x, *b, a1, a2)
    return x


def a_law(sample):
    """G.711 A-law of a sample in -1..1."""
    v = max(-32768, min(32767, round(sample * 32767)))
    sign = 0x80 if v >= 0 else 0
    v = min(v if v >= 0 else -v - 1, 32767) >> 3
    if v < 32:
        code = v >> 1
    else:
        exponent = v.bit_length() - 5
        code = exponent << 4 | (v >> exponent) & 15
    return (code | sign) ^ 0x55


def write(name, *channels):
    frames = bytes(a_law(v) for frame in zip(*channels) for v in frame)
    n = len(channels)
    fmt = struct.pack("<HHIIHHH", 6, n, RATE, RATE * n, n, 8, 0)
    fact = struct.pack("<I", len(frames) // n)
    body = b"WAVE"
    for tag, data in ((b"fmt ", fmt), (b"fact", fact), (b"data", frames)):
        body += tag + struct.pack("<I", len(data)) + data
    with open(name, "wb") as out:
        out.write(b"RIFF" + struct.pack("<I", len(body)) + body)


def dtmf(length, digits="135792468*0#"):
    rows, cols, keys = (697, 770, 852, 941), (1209, 1336, 1477), "123456789*0#"

    def at(t):
        k, inside = divmod(t, 0.4)
        key = keys.index(digits[int(k) % len(digits)])
        return tone(rows[key // 3], cols[key % 3], amplitude=0.12)(t) if inside < 0.16 else 0.0

    return seconds(length, at)


line = telephone(white(16, -52))
hum = seconds(16, tone(50, amplitude=0.004))
write("silence.wav", [0.0] * 10 * RATE)
write("line_noise.wav", line[:12 * RATE])
write("line_noise_hum_stereo.wav", add(line, hum)[:10 * RATE], telephone(white(10, -60)))
write("ringback.wav", add(cadence(16, 1.0, 4.0, tone(450)), white(16, -60)))
write("busy.wav", add(cadence(10, 0.35, 0.35, tone(450)), white(10, -60)))
write("hold_music.wav", melody(16))
write("hold_music_telephone.wav", add(telephone(melody(16)), white(16, -58)))
write("hold_music_one_side.wav", telephone(melody(12)), telephone(white(12, -58)))
write("dtmf.wav", add(dtmf(10), white(10, -60)))
write("white_noise.wav", white(10, -26))
write("pink_noise.wav", pink(10, -26))
write("clicks.wav", add(seconds(12, lambda t: 0.5 * math.exp(-(t % 1.7) * 400) if t % 1.7 < 0.05 else 0.0), white(12, -55)))
