//! The edit list of an MPEG-4 file: where in the coded sound the recording begins.
//!
//! AAC needs a run-up of a thousand samples or more (128 ms at 8 kHz), which the edit list tells players to skip.
//! symphonia reads the list but does not act on it, and every time in the call would be late by as much.

use std::io::{self, Read, Seek, SeekFrom};

/// What to play of a track, in seconds of its own time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Edit {
    /// Coded sound to skip at the start.
    pub(crate) skip_s: f64,
    /// Length after that, if the list states one.
    pub(crate) length_s: Option<f64>,
}

/// What a look at the outermost boxes of a file shows.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Outline {
    /// The edit of the first sound track, if it has one. Oddities of any kind are no edit.
    pub(crate) edit: Option<Edit>,
    /// A box reaches beyond the end of the file, or the index is missing: recorders write it last.
    pub(crate) cut_off: bool,
}

/// Outermost boxes looked at: a streamed file has two for every second or so.
const MOST_BOXES: usize = 100_000;

/// Walks the outermost boxes of `file`.
pub(crate) fn outline(file: &mut (impl Read + Seek), file_len: u64) -> io::Result<Outline> {
    let mut outline = Outline::default();
    let (mut at, mut indexed) = (0, false);
    for _ in 0..MOST_BOXES {
        if at >= file_len {
            break;
        }
        file.seek(SeekFrom::Start(at))?;
        let mut head = Vec::with_capacity(16);
        file.take(16).read_to_end(&mut head)?;
        let Some((kind, header_len, len)) = box_header(&head, file_len - at) else {
            // A few stray bytes behind the last box do no harm.
            outline.cut_off = file_len - at >= 8;
            break;
        };
        indexed |= &kind == b"moov";
        // An index of a long call takes a few 100 kB; 64 MiB is no index.
        if &kind == b"moov" && len <= 64 << 20 {
            let mut moov = Vec::new();
            file.seek(SeekFrom::Start(at + header_len))?;
            file.take(len - header_len).read_to_end(&mut moov)?;
            outline.edit = edit_in(&moov);
        }
        at += len;
    }
    outline.cut_off |= !indexed;
    Ok(outline)
}

fn edit_in(moov: &[u8]) -> Option<Edit> {
    let movie_scale = time_scale(find(moov, b"mvhd")?)?;
    let track = boxes(moov).filter(|(kind, _)| kind == b"trak").map(|(_, body)| body).find(|trak| {
        let handler = find(trak, b"mdia").and_then(|mdia| find(mdia, b"hdlr"));
        handler.and_then(|hdlr| hdlr.get(8..12)) == Some(b"soun")
    })?;
    let track_scale = time_scale(find(find(track, b"mdia")?, b"mdhd")?)?;
    let list = find(find(track, b"edts")?, b"elst")?;
    // Version, flags, count, then entries of duration, media time and rate (ISO 14496-12, 8.6.6).
    let wide = *list.first()? == 1;
    let entries = list.get(8..)?.chunks_exact(if wide { 20 } else { 12 });
    let mut real = entries.filter_map(|entry| {
        let (length, start) = if wide {
            (u64::from_be_bytes(*entry.first_chunk()?), i64::from_be_bytes(*entry.get(8..)?.first_chunk()?))
        } else {
            (u64::from(be_u32(entry, 0)?), i64::from(be_u32(entry, 4)? as i32))
        };
        // An empty edit (−1) delays the track; recorders don't write it, and a call begins when it begins.
        (start >= 0).then_some((length, start))
    });
    let (length, start) = real.next()?;
    // A list that cuts and rearranges is a film's; then only its first start is taken.
    let single = real.next().is_none();
    let length_s = (single && length > 0).then_some(length as f64 / movie_scale);
    Some(Edit { skip_s: start as f64 / track_scale, length_s })
}

/// Units a second in a movie or media header.
fn time_scale(header: &[u8]) -> Option<f64> {
    let at = if *header.first()? == 1 { 20 } else { 12 };
    be_u32(header, at).filter(|&scale| scale > 0).map(f64::from)
}

fn be_u32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// The first box of a kind directly inside `body`.
fn find<'a>(body: &'a [u8], kind: &[u8; 4]) -> Option<&'a [u8]> {
    boxes(body).find(|(found, _)| found == kind).map(|(_, body)| body)
}

/// The boxes directly inside `body`.
fn boxes(body: &[u8]) -> impl Iterator<Item = ([u8; 4], &[u8])> {
    let mut rest = body;
    std::iter::from_fn(move || {
        let (kind, header_len, len) = box_header(rest, rest.len() as u64)?;
        let inner = rest.get(header_len as usize..len as usize)?;
        rest = &rest[len as usize..];
        Some((kind, inner))
    })
}

/// Kind, length of the header and whole length of the box at the front, which must fit into `room` bytes.
fn box_header(head: &[u8], room: u64) -> Option<([u8; 4], u64, u64)> {
    let kind = *head.get(4..)?.first_chunk()?;
    let (header_len, len) = match be_u32(head, 0)? {
        0 => (8, room), // up to the end
        1 => (16, u64::from_be_bytes(*head.get(8..)?.first_chunk()?)),
        len => (8, u64::from(len)),
    };
    (header_len <= len && len <= room).then_some((kind, header_len, len))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use proptest::prelude::*;

    use super::*;

    fn boxed(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
        let mut bytes = (body.len() as u32 + 8).to_be_bytes().to_vec();
        bytes.extend(kind);
        bytes.extend(body);
        bytes
    }

    fn file(media_time: i32) -> Vec<u8> {
        let header = |scale: u32| [&[0; 12], &scale.to_be_bytes()[..], &[0; 4]].concat();
        let handler = [&[0; 8], &b"soun"[..], &[0; 12]].concat();
        let list = [&[0, 0, 0, 0, 0, 0, 0, 1], &2_500u32.to_be_bytes()[..], &media_time.to_be_bytes(), &[0, 1, 0, 0]];
        let media = [boxed(b"mdhd", &header(8_000)), boxed(b"hdlr", &handler)].concat();
        let track = [boxed(b"edts", &boxed(b"elst", &list.concat())), boxed(b"mdia", &media)].concat();
        let movie = [boxed(b"mvhd", &header(1_000)), boxed(b"trak", &track)].concat();
        [boxed(b"ftyp", b"M4A "), boxed(b"mdat", &[1; 50]), boxed(b"moov", &movie)].concat()
    }

    fn look(bytes: &[u8]) -> Outline {
        outline(&mut Cursor::new(bytes), bytes.len() as u64).unwrap()
    }

    #[test]
    fn the_run_up_is_found() {
        let edit = Some(Edit { skip_s: 0.128, length_s: Some(2.5) });
        assert_eq!(look(&file(1_024)), Outline { edit, cut_off: false });
        assert_eq!(look(&file(-1)), Outline { edit: None, cut_off: false });
    }

    #[test]
    fn what_is_missing_shows() {
        let whole = file(1_024);
        for len in 1..whole.len() {
            assert!(look(&whole[..len]).cut_off, "{len} of {}", whole.len());
        }
    }

    proptest! {
        #[test]
        fn any_damage_ends_well(damage in proptest::collection::vec((0usize..300, any::<u8>()), 1..8)) {
            let mut bytes = file(1_024);
            for (at, byte) in damage {
                let at = at % bytes.len();
                bytes[at] = byte;
            }
            look(&bytes);
        }
    }
}
