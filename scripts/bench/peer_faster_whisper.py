"""Transcribes mono WAV files with faster-whisper on one thread; one JSON line a file on standard output.

In: folder of the CTranslate2 model, a JSON job file ([{id, wav, segments: [[start_s, end_s], ...]}]), mode, beam size.
Mode `own` lets faster-whisper find speech itself (its `vad_filter`) and fill its 30 s windows; mode `segments` hands it one
given segment at a time.
"""

import argparse
import json
import sys

from faster_whisper import WhisperModel
from faster_whisper.audio import decode_audio

PROMPT = "以下是普通话的句子。"
RATE = 16000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("jobs")
    parser.add_argument("--mode", choices=["own", "segments"], default="own")
    parser.add_argument("--beam", type=int, default=5)
    parser.add_argument("--prompt", default=PROMPT)
    options = parser.parse_args()
    model = WhisperModel(options.model, device="cpu", compute_type="int8", cpu_threads=1, num_workers=1)
    with open(options.jobs, encoding="utf-8") as file:
        jobs = json.load(file)
    settings = dict(language="zh", beam_size=options.beam, initial_prompt=options.prompt, condition_on_previous_text=False)
    for job in jobs:
        audio = decode_audio(job["wav"], sampling_rate=RATE)
        if options.mode == "own":
            pieces, _ = model.transcribe(audio, vad_filter=True, **settings)
            text = "".join(piece.text for piece in pieces)
        else:
            text = ""
            for start, end in job["segments"]:
                cut = audio[int(start * RATE) : int(end * RATE)]
                pieces, _ = model.transcribe(cut, **settings)
                text += "".join(piece.text for piece in pieces)
        print(json.dumps({"id": job["id"], "text": text}, ensure_ascii=False))
        sys.stdout.flush()


if __name__ == "__main__":
    main()
