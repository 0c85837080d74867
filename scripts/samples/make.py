#!/usr/bin/env python3
"""Makes the audio and the references of data-samples from the dialogues in data-samples/scripts.

  scripts/samples/make.py [--out DIR]        (default: data-samples; run it in the root of the repository)

Read: scripts/*.json (what is said when, voices, line, verdicts) and calls.csv (metadata). Written: one recording and one
reference a call, calls.csv with the lengths, and bad/s08_truncated.wav. The same input gives the same bytes.

Needs, in a virtual environment:
  pip:  numpy scipy soxr onnxruntime pypinyin jieba ordered-set, and misaki with --no-deps
  data: the speech model, see say.py
  and ffmpeg with libmp3lame, for the one MP3.
About 0.75 CPU-seconds a second of speech the first time; speech that was made before is kept under target/samples.
"""

import argparse
import csv
import json
import re
import struct
import subprocess
import tempfile
from pathlib import Path

import numpy as np

import call
import say

SAMPLES = Path("data-samples")
RATE = 8000
# Spoken characters: what speech rates count.
SILENT = re.compile(r"[^\u4e00-\u9fffA-Za-z0-9]")
# Characters a minute of voiced time beyond which speech is fast or slow (ACU-01).
FAST, SLOW = 280, 120


def voiced(pcm, turns):
    """Seconds with energy within the turns of one channel; pauses under 0.3 s count as voice."""
    step = RATE // 50
    total = 0.0
    for turn in turns:
        samples = pcm[int(turn["start"] * RATE) : int(turn["end"] * RATE)].astype(np.float64) / 32768
        frames = len(samples) // step
        if frames == 0:
            continue
        energy = np.sqrt((samples[: frames * step].reshape(frames, step) ** 2).mean(1))
        loud = np.flatnonzero(energy > max(0.01, 0.03 * energy.max()))
        run = sum((b - a) if (b - a) * 0.02 < 0.3 else 1 for a, b in zip(loud, loud[1:]))
        total += (run + 1) * 0.02 if len(loud) else 0
    return total


def measure(pcm, truth):
    """What the ACU clauses are about: speech rates, answer latencies, quiet stretches of 5 s and more."""
    speech = [turn for turn in truth["turns"] if turn["kind"] == "speech"]
    rate = {}
    for channel, column in call.CH.items():
        turns = [turn for turn in speech if turn["channel"] == channel]
        chars = sum(len(SILENT.sub("", turn["spoken"])) for turn in turns)
        seconds = sum(turn["end"] - turn["start"] for turn in turns)
        voice = voiced(pcm[:, column], turns)
        rate[channel] = dict(
            chars=chars,
            turn_seconds=round(seconds, 2),
            chars_per_min_turns=round(chars / seconds * 60),
            voiced_seconds=round(voice, 2),
            chars_per_min_voiced=round(chars / voice * 60),
        )
    latency = [
        dict(turn=a["index"], answer=b["index"], seconds=round(max(0.0, b["start"] - a["end"]), 2), question="？" in a["text"])
        for a, b in zip(speech, speech[1:])
        if a["channel"] == "customer" and b["channel"] == "agent"
    ]
    quiet, until = [], 0.0
    for start, end in sorted((turn["start"], turn["end"]) for turn in truth["turns"] if turn["kind"] != "music"):
        if start - until >= 5.0:
            quiet.append(dict(start=round(until, 2), end=round(start, 2), seconds=round(start - until, 2)))
        until = max(until, end)
    first = next(turn["start"] for turn in speech if turn["channel"] == "agent")
    return dict(rate=rate, first_agent_speech=first, answer_latency=latency, quiet=quiet)


def acoustic_verdicts(measured, speech):
    """Expectations that follow from the measurements."""

    def pace(channel):
        rate = measured["rate"][channel]["chars_per_min_voiced"]
        return "fast" if rate > FAST else "slow" if rate < SLOW else "ok"

    overlaps = [
        dict(
            by=turn["channel"],
            turn=turn["index"],
            seconds=round(min(turn["end"], other["end"]) - turn["start"], 3),
            backchannel="backchannel" in turn["tags"],
        )
        for turn in speech
        for other in speech
        if other["channel"] != turn["channel"] and other["start"] + 1.0 <= turn["start"] < other["end"]
    ]
    latency = measured["answer_latency"]
    return {
        "ACU-01 agent": pace("agent"),
        "ACU-01 customer": pace("customer"),
        "ACU-03 silence over 10 s": [quiet for quiet in measured["quiet"] if quiet["seconds"] > 10],
        "ACU-04 first answer over 3 s": bool(latency and latency[0]["seconds"] > 3),
        "ACU-04 slow answers": [answer for answer in latency if answer["seconds"] > 3],
        "ACU-05 overlaps after 1 s": overlaps,
    }


def write_mono_alaw(path, pcm):
    """Both parties on one channel, A-law in WAV."""
    mixed = pcm.astype(np.int32).sum(1) // 2
    codes = call.g711_encode(mixed.astype(np.int16).astype(np.int32), "alaw").tobytes()
    codes += b"\xd5" * (len(codes) % 2)
    head = struct.pack("<HHIIHHH", 6, 1, RATE, RATE, 1, 8, 0)
    body = b"WAVEfmt " + struct.pack("<I", len(head)) + head
    body += b"fact" + struct.pack("<II", 4, len(codes)) + b"data" + struct.pack("<I", len(codes)) + codes
    path.write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)


def write_recording(path, pcm, container, mono):
    whole = pcm.astype(np.float32) / 32767
    if mono:
        write_mono_alaw(path, pcm)
    elif container in ("alaw", "ulaw"):
        call.write_g711(path, pcm, RATE, container)
    elif container == "pcm":
        say.write_wav(path, whole, RATE)
    else:
        with tempfile.NamedTemporaryFile(suffix=".wav") as wav:
            say.write_wav(wav.name, whole, RATE)
            options = ["-c:a", "libmp3lame", "-b:a", "48k"]
            subprocess.run(["ffmpeg", "-v", "error", "-y", "-bitexact", "-i", wav.name, *options, str(path)], check=True)


def make(script, row, out):
    """One call: its recording and its reference. Returns its length in seconds."""
    container, mono = script["container"], row["channel_layout"] == "mono"
    codec = container if container in ("alaw", "ulaw") else "none"
    pcm, truth, _ = call.build(script, RATE, codec)
    write_recording(out / row["file"], pcm, container, mono)
    measured = measure(pcm, truth)
    speech = [turn for turn in truth["turns"] if turn["kind"] == "speech"]
    truth["expected"]["acu"] = acoustic_verdicts(measured, speech)
    layout, agent = row["channel_layout"], row["agent_id"]
    truth.update(file=row["file"], channel_layout=layout, container=container, agent_id=agent, measured=measured)
    (out / f"{script['id']}.json").write_text(json.dumps(truth, ensure_ascii=False, indent=1) + "\n")
    return truth["duration"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=SAMPLES)
    out = parser.parse_args().out
    (out / "bad").mkdir(parents=True, exist_ok=True)
    with open(SAMPLES / "calls.csv", newline="") as file:
        reader = csv.DictReader(file)
        columns, rows = reader.fieldnames, list(reader)
    for row in rows:
        script = json.loads((SAMPLES / "scripts" / f"{Path(row['file']).stem}.json").read_text())
        row["duration_s"] = f"{make(script, row, out):.2f}"
        print(row["file"], row["duration_s"], "s", flush=True)
    with open(out / "calls.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    # The bad file: a recorder that stopped after 4 s of the call its header promises (16,000 bytes a second).
    whole = (out / "s04_hotel_dead_air.wav").read_bytes()
    data = whole.index(b"data") + 8
    (out / "bad" / "s08_truncated.wav").write_bytes(whole[: data + 4 * 16_000])


if __name__ == "__main__":
    main()
