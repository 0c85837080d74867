//! What a file is by its first bytes; names lie.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

/// What the content is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Container {
    /// RIFF WAVE, RF64 or BW64.
    Wav,
    /// MPEG audio, layers 1 to 3.
    Mpeg,
    /// AAC in ADTS frames.
    Adts,
    /// FLAC.
    Flac,
    /// OGG.
    Ogg,
    /// MPEG-4 and QuickTime.
    Mp4,
}

/// The verdict on a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Sniffed {
    /// A container that is read here, and where it begins (after an ID3 tag).
    Known(Container, u64),
    /// A recording of a kind that is not read here.
    Unsupported(&'static str),
    /// No recording: what it looks like.
    Foreign(String),
}

/// ID3 tags in a row that are skipped: one is usual, careless editors leave several.
const MOST_TAGS: usize = 8;

/// Looks at the beginning of `file`, which is left at an unspecified position.
pub(crate) fn sniff(file: &mut File) -> io::Result<Sniffed> {
    let mut start = 0;
    let mut head = read_head(file, start)?;
    // An ID3v2 tag may stand before MPEG audio, ADTS and FLAC; pictures make it long.
    for _ in 0..MOST_TAGS {
        let Some(length) = id3v2_length(&head) else { break };
        start += length;
        head = read_head(file, start)?;
    }
    Ok(match classify(&head) {
        Sniffed::Known(container, offset) => Sniffed::Known(container, start + offset),
        Sniffed::Foreign(_) if start > 0 => Sniffed::Foreign("an ID3 tag without sound".to_owned()),
        other => other,
    })
}

fn read_head(file: &mut File, from: u64) -> io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(from))?;
    let mut head = Vec::with_capacity(4096);
    file.take(4096).read_to_end(&mut head)?;
    Ok(head)
}

/// Length of the ID3v2 tag that `head` begins with (ID3v2.4.0, section 3.1).
fn id3v2_length(head: &[u8]) -> Option<u64> {
    let tag = head.get(..10).filter(|tag| tag.starts_with(b"ID3"))?;
    let body = tag[6..10].iter().fold(0, |sum, &byte| sum << 7 | u64::from(byte & 0x7f));
    let footer = if tag[5] & 0x10 != 0 { 10 } else { 0 };
    Some(10 + body + footer)
}

fn classify(head: &[u8]) -> Sniffed {
    use Sniffed::*;
    match head {
        [b'R', b'I', b'F', b'F', _, _, _, _, kind @ ..] | [b'R', b'F' | b'W', b'6', b'4', _, _, _, _, kind @ ..] => {
            match kind.get(..4) {
                Some(b"WAVE") => Known(Container::Wav, 0),
                Some(other) => Foreign(format!("a RIFF file of type `{}`", String::from_utf8_lossy(other).trim())),
                // Cut off within the first line: the header reader will say so.
                None => Known(Container::Wav, 0),
            }
        }
        [b'B', b'W', b'6', b'4', ..] => Known(Container::Wav, 0),
        [b'f', b'L', b'a', b'C', ..] => Known(Container::Flac, 0),
        [b'O', b'g', b'g', b'S', ..] => Known(Container::Ogg, 0),
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => Known(Container::Mp4, 0),
        [b'R', b'I', b'F', b'X', ..] => Unsupported("big-endian WAV (RIFX)"),
        [b'#', b'!', b'A', b'M', b'R', ..] => Unsupported("AMR"),
        [b'F', b'O', b'R', b'M', ..] => Unsupported("AIFF"),
        [b'.', b's', b'n', b'd', ..] => Unsupported("Sun audio (AU)"),
        [0x30, 0x26, 0xb2, 0x75, ..] => Unsupported("Windows Media (WMA)"),
        [0x1a, 0x45, 0xdf, 0xa3, ..] => Unsupported("Matroska or WebM"),
        [b'c', b'a', b'f', b'f', ..] => Unsupported("Core Audio (CAF)"),
        [b'#', b'!', b'S', b'I', b'L', b'K', ..] | [0x02, b'#', b'!', b'S', b'I', b'L', b'K', ..] => {
            Unsupported("SILK")
        }
        [b'P', b'K', 3, 4, ..] => Foreign("a ZIP archive".to_owned()),
        [b'%', b'P', b'D', b'F', ..] => Foreign("a PDF document".to_owned()),
        _ => match mpeg_start(head) {
            Some((container, offset)) => Known(container, offset as u64),
            None => Foreign(describe(head).to_owned()),
        },
    }
}

/// Where frames of MPEG audio or ADTS begin: two headers at the right distance, since 11 set bits alone are found
/// anywhere. Recorders leave a few bytes of rubbish in front at times.
fn mpeg_start(head: &[u8]) -> Option<(Container, usize)> {
    (0..head.len().saturating_sub(3)).find_map(|at| {
        let (container, length) = frame(&head[at..])?;
        let next = head.get(at + length..)?;
        // At the very end of what was read, or of the file, one header has to do if it stands at the front.
        let agrees = if next.len() >= 6 { frame(next).is_some_and(|(other, _)| other == container) } else { at == 0 };
        agrees.then_some((container, at))
    })
}

/// Kind and length in bytes of the MPEG audio (ISO 11172-3, 2.4.1.3) or ADTS (ISO 13818-7, 6.2) frame at the front.
fn frame(bytes: &[u8]) -> Option<(Container, usize)> {
    let &[sync, second, third, fourth, ..] = bytes else { return None };
    if sync != 0xff || second & 0xe0 != 0xe0 {
        return None;
    }
    if second & 0xf6 == 0xf0 {
        let length =
            usize::from(fourth & 3) << 11 | usize::from(*bytes.get(4)?) << 3 | usize::from(*bytes.get(5)? >> 5);
        let rate_index = third >> 2 & 15;
        return (length >= 7 && rate_index < 13).then_some((Container::Adts, length));
    }
    // Layer 3 only: nothing else turns up as `.mp3`.
    let (version, layer) = (second >> 3 & 3, second >> 1 & 3);
    let (bitrate_index, rate_index) = (usize::from(third >> 4), usize::from(third >> 2 & 3));
    if version == 1 || layer != 1 || matches!(bitrate_index, 0 | 15) || rate_index == 3 {
        return None;
    }
    let mpeg1 = version == 3;
    let kbits = if mpeg1 { KBITS_MPEG1[bitrate_index] } else { KBITS_MPEG2[bitrate_index] };
    let rate = [44_100, 48_000, 32_000][rate_index] >> [2, 0, 1, 0][usize::from(version)];
    let padding = usize::from(third >> 1 & 1);
    Some((Container::Mpeg, if mpeg1 { 144 } else { 72 } * 1000 * kbits / rate + padding))
}

/// Bit rates of MPEG-1 layer 3 in kbit/s (ISO 11172-3, 2.4.2.3).
const KBITS_MPEG1: [usize; 15] = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
/// Bit rates of MPEG-2 and 2.5 layer 3 in kbit/s (ISO 13818-3, 2.4.2.3).
const KBITS_MPEG2: [usize; 15] = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];

/// What a file that is no recording looks like, for people.
fn describe(head: &[u8]) -> &'static str {
    // The last character may be cut in half.
    let text = match std::str::from_utf8(head) {
        Ok(text) => Some(text),
        Err(error) if error.error_len().is_none() => std::str::from_utf8(&head[..error.valid_up_to()]).ok(),
        Err(_) => None,
    };
    match text {
        Some(text) if text.chars().any(|c| c.is_control() && !c.is_whitespace()) => "an unknown file",
        Some(text) => {
            let text = text.trim_start().to_ascii_lowercase();
            if text.starts_with("<!doctype html") || text.starts_with("<html") { "an HTML page" } else { "text" }
        }
        // GBK and UTF-16 text is no UTF-8; without control characters it is still text.
        None if head.starts_with(&[0xff, 0xfe]) || head.starts_with(&[0xfe, 0xff]) => "text",
        None if head.iter().all(|&byte| byte >= 0x20 && byte != 0x7f || matches!(byte, b'\t' | b'\r' | b'\n')) => {
            "text"
        }
        None => "an unknown file",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_bytes_tell() {
        let foreign = |what: &str| Sniffed::Foreign(what.to_owned());
        let cases: [(&[u8], Sniffed); 10] = [
            (b"RIFF\0\0\0\0WAVEfmt ", Sniffed::Known(Container::Wav, 0)),
            (b"RF64\xff\xff\xff\xffWAVEds64", Sniffed::Known(Container::Wav, 0)),
            (b"RIFF\0\0\0\0WEBPVP8 ", foreign("a RIFF file of type `WEBP`")),
            (b"\0\0\0\x20ftypM4A ", Sniffed::Known(Container::Mp4, 0)),
            ("工号,姓名\n".as_bytes(), foreign("text")),
            (b"\xb9\xa4\xba\xc5,\xd0\xd5\xc3\xfb\r\n", foreign("text")), // the same in GBK
            (b"  <html><body>", foreign("an HTML page")),
            (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", foreign("an unknown file")),
            (b"#!AMR\n", Sniffed::Unsupported("AMR")),
            (b"", foreign("text")),
        ];
        for (bytes, expected) in cases {
            assert_eq!(classify(bytes), expected, "{bytes:?}");
        }
    }

    #[test]
    fn mpeg_frames_need_a_second_header() {
        // MPEG-2.5 layer 3, 32 kbit/s, 8 kHz: 72 × 32000 / 8000 = 288 bytes.
        let mut two = vec![0u8; 3 + 288 + 6];
        for at in [3, 291] {
            two[at..at + 4].copy_from_slice(&[0xff, 0xe3, 0x48, 0xc4]);
        }
        assert_eq!(mpeg_start(&two), Some((Container::Mpeg, 3)));
        two[291] = 0;
        assert_eq!(mpeg_start(&two), None);
    }

    #[test]
    fn an_id3_tag_is_measured() {
        assert_eq!(id3v2_length(b"ID3\x04\0\0\0\0\x02\x01"), Some(10 + 257));
        assert_eq!(id3v2_length(b"ID3"), None);
    }
}
