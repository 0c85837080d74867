#!/bin/sh
# Makes the files of this folder again (README.md says what each is for). Needs python3, ffmpeg and sox; run it in this folder.
set -eu
ff() { ffmpeg -v error -y -bitexact "$@"; }

# The pattern, one second: 40 ms bursts of 1 kHz under a Hann window, left centred at 250 and 750 ms, right at 500 ms.
python3 - <<'PY'
import math, struct, wave
for rate in (8000, 48000):
    frames = []
    for i in range(rate):
        t = i / rate
        def burst(centre):
            d = t - centre
            return 0.5 * math.sin(2 * math.pi * 1000 * d) * math.cos(math.pi * d / 0.04) ** 2 if abs(d) < 0.02 else 0.0
        frames.append(struct.pack("<hh", *(round(32767 * v) for v in (burst(0.25) + burst(0.75), burst(0.5)))))
    with wave.open(f"pattern{rate}.wav", "wb") as out:
        out.setnchannels(2); out.setsampwidth(2); out.setframerate(rate)
        out.writeframes(b"".join(frames))
PY
p=pattern8000.wav

# WAV, every coding that is read.
for codec in pcm_u8 pcm_s16le pcm_s24le pcm_alaw pcm_mulaw; do ff -i $p -c:a $codec wav_$codec.wav; done
for codec in pcm_s16le pcm_s32le pcm_f32le pcm_f64le pcm_alaw; do ff -i $p -af 'pan=mono|c0=c0+c1' -c:a $codec wav_mono_$codec.wav; done
sox -D $p -t wavpcm wav_plain_header.wav                  # sox writes 16-byte format chunks
ff -i $p -c:a pcm_u8 -f wav -rf64 always wav_rf64.wav
ff -i $p -c:a pcm_alaw -f wav - | cat > wav_streamed_ffffffff.wav   # into a pipe: sizes stay 0xffffffff
ff -i $p -metadata title="an odd title" -c:a pcm_s16le wav_tagged.wav

# Other containers.
ff -i $p -c:a libmp3lame -b:a 32k mp3_8k.mp3
ff -i $p -c:a libmp3lame -b:a 32k -write_xing 0 -id3v2_version 0 mp3_no_xing.mp3
ff -i $p -metadata title=x -id3v2_version 3 -c:a libmp3lame -b:a 32k mp3_id3.mp3
ff -i $p -ac 1 -ar 16000 -c:a libmp3lame -q:a 6 mp3_mono_16k_vbr.mp3
ff -i $p -c:a flac flac_8k.flac
for rate in 11025 16000 22050 44100 48000; do ff -i pattern48000.wav -ar $rate -c:a flac flac_$rate.flac; done
ff -i pattern48000.wav -ar 16000 -c:a libvorbis -q:a 2 -page_duration 100000 ogg_vorbis.ogg
ff -i pattern48000.wav -c:a libopus -b:a 24k -application audio ogg_opus.opus
ff -i pattern48000.wav -ar 16000 -c:a flac -f ogg ogg_flac.oga
ff -i pattern48000.wav -ar 16000 -c:a aac -b:a 48k m4a_aac.m4a
ff -i pattern48000.wav -ar 16000 -c:a aac -b:a 48k -movflags +faststart m4a_faststart.m4a
ff -i pattern48000.wav -ar 16000 -c:a aac -b:a 48k -f adts aac_adts.aac

# What must be refused, or read with a remark.
: > bad_empty.wav
printf 'file,agent\nc01.wav,A1001\nthis is a table, not a recording\n' > bad_text.wav
printf '<!DOCTYPE html><html><body>404</body></html>\n' > bad_page.mp3
ff -i $p -f avi -c:a pcm_s16le bad_riff_avi.wav
ff -i $p -c:a adpcm_ms bad_wav_adpcm.wav
ff -i $p -ac 1 -c:a gsm_ms bad_wav_gsm.wav 2>/dev/null || sox $p -c 1 -e gsm-full-rate bad_wav_gsm.wav
ff -i $p -af 'pan=2.1|c0=c0|c1=c1|c2=c0' -c:a pcm_alaw bad_three_channels.wav
ff -i $p -af 'pan=2.1|c0=c0|c1=c1|c2=c0' -c:a flac bad_three_channels.flac
ff -i pattern48000.wav -ar 96000 -c:a flac bad_rate_96000.flac
sox -D $p -r 4000 bad_rate_4000.wav
sox -D $p bad_zero_seconds.wav trim 0 0
ff -i pattern48000.wav -ar 16000 -c:a alac bad_alac.m4a
ff -i pattern48000.wav -ar 16000 -c:a speex bad_speex.ogg
head -c 9000 wav_pcm_s16le.wav > bad_truncated.wav
head -c 30 wav_pcm_s16le.wav > bad_header_only.wav
head -c 2500 mp3_8k.mp3 > bad_truncated.mp3
head -c 11000 flac_48000.flac > bad_truncated.flac
head -c $(($(wc -c < ogg_vorbis.ogg) * 95 / 100)) ogg_vorbis.ogg > bad_truncated.ogg
for f in ogg_opus.opus m4a_aac.m4a m4a_faststart.m4a; do
  head -c $(($(wc -c < $f) * 6 / 10)) $f > bad_truncated_$f
done
python3 - <<'PY'
import struct
whole = bytearray(open("wav_pcm_alaw.wav", "rb").read())
at = whole.index(b"data") + 4
whole[4:8] = whole[at:at + 4] = struct.pack("<I", 0)    # a recorder that died before it wrote the sizes
open("wav_streamed_0.wav", "wb").write(whole)
broken = bytearray(open("wav_pcm_s16le.wav", "rb").read())
broken[22:24] = b"\0\0"                                  # no channels
open("bad_no_channels.wav", "wb").write(broken)
PY
rm pattern8000.wav pattern48000.wav
