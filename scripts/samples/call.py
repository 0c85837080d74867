#!/usr/bin/env python3
"""A scripted two-party call -> stereo 8 kHz WAV (left agent, right customer) + ground truth JSON.

  call.py SCRIPT.json OUTDIR [--codec alaw|ulaw|none] [--container pcm|alaw|ulaw] [--rate 8000] [--seed N]

SCRIPT.json
  id, title            names; the files are OUTDIR/<id>.wav and OUTDIR/<id>.json
  voices               {"agent": "zf_xiaobei", "customer": "zm_yunxi"}      (say.py voices or blends)
  speeds               {"agent": 1.15, "customer": 1.0}   multiplied with a turn's own speed; optional
  line                 {"noise_db": -58, "hum_db": -70, "crosstalk_db": -46, "band": [300, 3400], "codec": "alaw"}   all optional
  lead                 seconds of line before the first turn (0.6), tail: after the last (0.8)
  turns                [{"ch": "agent"|"customer", "text": "...", "gap": 0.5, "speed": 1.0, "gain_db": 0, "voice": "...", "tags": [..]}]
     gap   seconds from the latest end so far to this start; negative = starts before it ends (overlap), large = silence
     kind  "speech" (default) | "dtmf" ("digits": "1") | "music" ("seconds": 8, hold music) | "ring" ("count": 2)
Ground truth: per turn start, end (seconds, voiced extent), channel, text, spoken (numbers read out), voice, speed, tags;
and for the call: duration, talk seconds per channel, overlaps, silences (>= 2 s on both channels), interruptions.
Needs: numpy, scipy, soxr and whatever say.py needs.
"""
import argparse
import hashlib
import json
import os
import sys
from pathlib import Path

import numpy as np
import soxr
from scipy.signal import butter, sosfilt

sys.path.insert(0, str(Path(__file__).resolve().parent))
import say

CH = {"agent": 0, "customer": 1}
# Speech once made is kept here: the network takes longer than everything else together.
CACHE = Path(os.environ.get("HOTLINE_SPEECH_CACHE", "target/samples/speech"))


# ------------------------------------------------------------------ G.711
def _ulaw_table():
    c = ~np.arange(256, dtype=np.int64) & 0xFF
    t = (((c & 0x0F) << 3) + 0x84) << ((c & 0x70) >> 4)
    return np.where(c & 0x80, 0x84 - t, t - 0x84).astype(np.int32)


def _alaw_table():
    c = np.arange(256, dtype=np.int64) ^ 0x55
    seg, t = (c & 0x70) >> 4, (c & 0x0F) << 4
    t = np.where(seg == 0, t + 8, np.where(seg == 1, t + 0x108, (t + 0x108) << np.maximum(seg - 1, 0)))
    return np.where(c & 0x80, t, -t).astype(np.int32)


TABLES = {"ulaw": _ulaw_table(), "alaw": _alaw_table()}


def g711_encode(pcm, law):
    """int16 samples -> nearest code words."""
    tab = TABLES[law]
    order = np.argsort(tab, kind="stable")
    s = tab[order]
    i = np.clip(np.searchsorted(s, pcm), 1, len(s) - 1)
    i = i - ((pcm - s[i - 1]) < (s[i] - pcm))
    return order[i].astype(np.uint8)


def g711_decode(codes, law):
    return TABLES[law][codes].astype(np.int16)


# ------------------------------------------------------------------ pieces of a line
def level(y, db=-21.0):
    """Scale so that the loud part (95th percentile of 20 ms frames) sits at db."""
    if not len(y):
        return y
    n = max(1, len(y) // 160)
    f = np.sqrt(np.mean(np.square(y[: n * 160].reshape(n, -1)), axis=1) + 1e-12) if n * 160 <= len(y) else np.array([np.sqrt(np.mean(y * y))])
    ref = np.percentile(f, 90)
    return y * (10 ** (db / 20) / max(ref, 1e-6))


def dtmf(digits, rate, on=0.16, off=0.1):
    rows, cols = (697, 770, 852, 941), (1209, 1336, 1477, 1633)
    keys = "123A456B789C*0#D"
    out = []
    t = np.arange(int(on * rate)) / rate
    for d in digits:
        k = keys.index(d)
        out += [0.12 * (np.sin(2 * np.pi * rows[k // 4] * t) + np.sin(2 * np.pi * cols[k % 4] * t)), np.zeros(int(off * rate))]
    return np.concatenate(out[:-1]).astype(np.float32)


def music(seconds, rate, rng):
    notes = [523.25, 659.25, 783.99, 659.25, 587.33, 698.46, 880.0, 698.46]
    out = []
    for i in range(int(np.ceil(seconds / 0.4))):
        t = np.arange(int(0.4 * rate)) / rate
        f = notes[i % len(notes)]
        out.append(0.06 * np.exp(-3 * t) * (np.sin(2 * np.pi * f * t) + 0.4 * np.sin(4 * np.pi * f * t)))
    return np.concatenate(out)[: int(seconds * rate)].astype(np.float32)


def ring(count, rate):
    t = np.arange(int(1.0 * rate)) / rate
    beep = 0.1 * np.sin(2 * np.pi * 450 * t)
    return np.concatenate([np.concatenate([beep, np.zeros(int((4.0 if i < count - 1 else 0.3) * rate))]) for i in range(count)]).astype(np.float32)


def line_noise(n, db, rng):
    w = rng.standard_normal(n)
    b = np.cumsum(w)                       # a little low-frequency colour on white noise
    b = (b - np.convolve(b, np.ones(64) / 64, "same")) / (np.std(b) + 1e-9)
    x = w + 0.3 * b
    return (x / np.std(x) * 10 ** (db / 20)).astype(np.float32)


# ------------------------------------------------------------------ the call
_tts = None


def synth(text, voice, speed):
    """24 kHz speech, cached on disk."""
    global _tts
    CACHE.mkdir(parents=True, exist_ok=True)
    f = CACHE / (hashlib.sha1(f"{voice}|{speed}|{say.spoken(text)}".encode()).hexdigest() + ".npy")
    if f.exists():
        return np.load(f).astype(np.float32)
    _tts = _tts or say.Kokoro()
    y, _ = _tts.say(text, voice, speed, rate=say.RATE)
    np.save(f, y.astype(np.float16))
    return y


def build(script, rate=8000, codec=None, seed=None):
    line = script.get("line", {})
    codec = codec or line.get("codec", "alaw")
    rng = np.random.default_rng(script.get("seed", 0) if seed is None else seed)
    band = line.get("band", [300, 3400])
    sos = butter(4, [band[0], min(band[1], rate / 2 * 0.98)], "bandpass", fs=rate, output="sos")
    placed, end = [], script.get("lead", 0.6)
    for i, t in enumerate(script["turns"]):
        kind = t.get("kind", "speech")
        gap = t.get("gap", 0.5)
        voice = t.get("voice") or script["voices"].get(t["ch"])
        if kind == "speech":
            speed = t["speed"] = round(t.get("speed", 1.0) * script.get("speeds", {}).get(t["ch"], 1.0), 3)
            y = soxr.resample(synth(t["text"], voice, speed), say.RATE, rate)
            y = level(y) * 10 ** (t.get("gain_db", 0) / 20)
        elif kind == "dtmf":
            y = dtmf(t["digits"], rate)
        elif kind == "music":
            y = music(t["seconds"], rate, rng)
        elif kind == "ring":
            y = ring(t.get("count", 1), rate)
        else:
            raise SystemExit(f"turn {i}: unknown kind {kind}")
        a = max(0.0, end + gap if placed else end + t.get("gap", 0.0))
        v = np.flatnonzero(np.abs(y) > 0.01)
        lo, hi = (int(v[0]), int(v[-1]) + 1) if len(v) else (0, len(y))
        placed.append(dict(y=y, at=a - lo / rate, start=a, end=a + (hi - lo) / rate, turn=t, kind=kind, voice=voice))
        end = max(end, placed[-1]["end"])
    n = int((end + script.get("tail", 0.8)) * rate)
    out = np.zeros((n, 2), np.float32)
    for p in placed:
        s = int(round(p["at"] * rate))
        y = p["y"][max(0, -s):]
        s = max(0, s)
        y = y[: n - s]
        out[s: s + len(y), CH[p["turn"]["ch"]]] += y
    x = 10 ** (line.get("crosstalk_db", -46) / 20)
    out = out + x * np.roll(out[:, ::-1], int(0.03 * rate), axis=0)
    for c in range(2):
        y = sosfilt(sos, out[:, c]) + line_noise(n, line.get("noise_db", -58), rng)
        hum = line.get("hum_db")
        if hum is not None:
            y = y + 10 ** (hum / 20) * np.sin(2 * np.pi * 50 * np.arange(n) / rate)
        out[:, c] = y
    out = np.tanh(out * 1.02) if np.abs(out).max() > 0.98 else out
    pcm = (np.clip(out, -1, 1) * 32767).astype(np.int16)
    if codec != "none":
        pcm = np.stack([g711_decode(g711_encode(pcm[:, c].astype(np.int32), codec), codec) for c in range(2)], axis=1)
    return pcm, truth(script, placed, n / rate, rate, codec), rate


def truth(script, placed, duration, rate, codec):
    turns = []
    for i, p in enumerate(placed):
        t = p["turn"]
        turns.append({k: v for k, v in dict(
            index=i, channel=t["ch"], kind=p["kind"], start=round(p["start"], 3), end=round(p["end"], 3), text=t.get("text", ""),
            spoken=say.spoken(t["text"]) if t.get("text") else "", voice=p["voice"] if p["kind"] == "speech" else None,
            speed=t.get("speed", 1.0) if p["kind"] == "speech" else None, gain_db=t.get("gain_db", 0), digits=t.get("digits"), tags=t.get("tags", [])).items() if v is not None})
    sp = [t for t in turns if t["kind"] == "speech"]
    iv = {c: sorted((t["start"], t["end"]) for t in sp if t["channel"] == c) for c in CH}
    over = [dict(start=round(max(a[0], b[0]), 3), end=round(min(a[1], b[1]), 3)) for a in iv["agent"] for b in iv["customer"] if min(a[1], b[1]) - max(a[0], b[0]) > 0.05]
    cuts = []
    for t in sp:
        for u in sp:
            if u["channel"] != t["channel"] and u["start"] < t["start"] < u["end"] - 0.15:
                cuts.append(dict(at=t["start"], by=t["channel"], turn=t["index"], into=u["index"], overlap=round(min(t["end"], u["end"]) - t["start"], 3), ends_inside=t["end"] <= u["end"]))
    busy, gaps, cur = sorted((t["start"], t["end"]) for t in turns if t["kind"] != "music"), [], 0.0
    for a, b in busy:
        if a - cur >= 2.0:
            gaps.append(dict(start=round(cur, 3), end=round(a, 3), seconds=round(a - cur, 3)))
        cur = max(cur, b)
    if duration - cur >= 2.0:
        gaps.append(dict(start=round(cur, 3), end=round(duration, 3), seconds=round(duration - cur, 3)))
    return dict(id=script["id"], title=script.get("title", ""), synthetic=True, tts="Kokoro-82M v1.0 int8 (Apache-2.0)", rate=rate, channels=["agent", "customer"], codec=codec,
                duration=round(duration, 3), talk_seconds={c: round(sum(b - a for a, b in iv[c]), 3) for c in CH},
                overlaps=sorted(over, key=lambda o: o["start"]), overlap_seconds=round(sum(o["end"] - o["start"] for o in over), 3), interruptions=cuts,
                silences=gaps, longest_silence=max((g["seconds"] for g in gaps), default=0.0), expected=script.get("expected", {}), turns=turns)


def write_g711(path, pcm, rate, law):
    """A WAV whose data are G.711 code words (format 6 or 7)."""
    import struct
    codes = np.stack([g711_encode(pcm[:, c].astype(np.int32), law) for c in range(2)], axis=1).tobytes()
    fmt = struct.pack("<HHIIHHH", 6 if law == "alaw" else 7, 2, rate, rate * 2, 2, 8, 0)
    fact = struct.pack("<I", len(codes) // 2)
    body = b"WAVE" + b"fmt " + struct.pack("<I", len(fmt)) + fmt + b"fact" + struct.pack("<I", 4) + fact + b"data" + struct.pack("<I", len(codes)) + codes
    Path(path).write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("script")
    ap.add_argument("outdir")
    ap.add_argument("--codec", choices=["alaw", "ulaw", "none"])
    ap.add_argument("--container", choices=["pcm", "alaw", "ulaw"], default="pcm")
    ap.add_argument("--rate", type=int, default=8000)
    ap.add_argument("--seed", type=int)
    a = ap.parse_args()
    script = json.loads(Path(a.script).read_text())
    pcm, gt, rate = build(script, a.rate, a.codec, a.seed)
    o = Path(a.outdir)
    o.mkdir(parents=True, exist_ok=True)
    if a.container == "pcm":
        say.write_wav(o / f"{script['id']}.wav", pcm.astype(np.float32) / 32767, rate)
    else:
        write_g711(o / f"{script['id']}.wav", pcm, rate, a.container)
    gt["file"] = f"{script['id']}.wav"
    (o / f"{script['id']}.json").write_text(json.dumps(gt, ensure_ascii=False, indent=1))
    print(f"{script['id']}: {gt['duration']} s, {len(gt['turns'])} turns, overlap {gt['overlap_seconds']} s, longest silence {gt['longest_silence']} s, talk {gt['talk_seconds']}")


if __name__ == "__main__":
    main()
