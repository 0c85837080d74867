"""Makes what all peers are given: mono WAV files of the calls' channels, and where speech lies in them.

In: a folder of calls (calls.csv and a truth file a call), an output folder. Out: `jobs.json` there, with one entry a channel:
id, wav (at the call's own rate), wav16 (at 16 kHz, for programs that cannot resample), segments in seconds, reference text in
both readings of its numbers. Segments come from Silero VAD as faster-whisper carries it, at most 12 s long, padded by 0.2 s.
"""

import csv
import json
import sys
import wave
from pathlib import Path

import av
import numpy as np
from faster_whisper.vad import VadOptions, get_speech_timestamps

RATE = 16000
VAD = VadOptions(
    threshold=0.5, min_silence_duration_ms=400, min_speech_duration_ms=150, max_speech_duration_s=12, speech_pad_ms=200
)


def main() -> None:
    calls, out = Path(sys.argv[1]), Path(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)
    jobs = []
    with open(calls / "calls.csv", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if not row["variant_of"]]
    for row in rows:
        path = calls / row["file"]
        truth = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        rate, channels = read(path, None)
        _, channels16 = read(path, RATE)
        for name, samples, samples16 in zip(names(row["channel_layout"], len(channels)), channels, channels16):
            job = {"id": f"{path.stem}-{name}", "role": name}
            job["wav"] = write(out / f"{job['id']}.wav", samples, rate)
            job["wav16"] = write(out / f"{job['id']}-16k.wav", samples16, RATE)
            spans = get_speech_timestamps(samples16.astype(np.float32) / 32768, VAD)
            job["segments"] = [[round(span["start"] / RATE, 3), round(span["end"] / RATE, 3)] for span in spans]
            turns = [t for t in truth["turns"] if t["kind"] == "speech" and name in (t["channel"], "mixed")]
            job["text"] = "".join(turn["text"] for turn in turns)
            job["spoken"] = "".join(turn.get("spoken", turn["text"]) for turn in turns)
            jobs.append(job)
    (out / "jobs.json").write_text(json.dumps(jobs, ensure_ascii=False, indent=1), encoding="utf-8")


def names(layout: str, channels: int) -> list[str]:
    if channels == 1:
        return ["mixed"]
    return ["agent", "customer"] if "left agent" in layout else ["customer", "agent"]


def read(path: Path, rate: int | None) -> tuple[int, list[np.ndarray]]:
    """The channels of a file as 16-bit samples, at `rate` or its own."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        rate = rate or stream.rate
        resampler = av.AudioResampler(format="s16p", layout=stream.layout.name, rate=rate)
        frames = [f for frame in container.decode(stream) for f in resampler.resample(frame)]
        frames += resampler.resample(None)
    return rate, list(np.concatenate([frame.to_ndarray() for frame in frames], axis=1))


def write(path: Path, samples: np.ndarray, rate: int) -> str:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.astype("<i2").tobytes())
    return str(path)


if __name__ == "__main__":
    main()
