//! Whether an OGG file ends as it should.

use std::io::{self, Read, Seek, SeekFrom};

/// How an OGG file ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OggEnd {
    /// The last page is complete and says that it is the last.
    Proper,
    /// The last page is complete, but more was to come: the recorder did not close the file.
    NotClosed,
    /// The file stops within a page.
    MidPage,
}

/// An OGG page is at most 27 + 255 + 255 × 255 bytes long (RFC 3533, section 6).
const LONGEST_PAGE: u64 = 65_307;

/// A page begins with four letters and version 0.
const PAGE_START: &[u8] = b"OggS\0";

/// Looks at the end of an OGG file of `file_len` bytes.
pub(crate) fn ogg_end(file: &mut (impl Read + Seek), file_len: u64) -> io::Result<OggEnd> {
    file.seek(SeekFrom::Start(file_len.saturating_sub(2 * LONGEST_PAGE)))?;
    let mut tail = Vec::new();
    file.take(2 * LONGEST_PAGE).read_to_end(&mut tail)?;
    // The four letters may turn up within a page too: follow page after page from the first place where that works.
    let mut end = OggEnd::MidPage;
    for start in find_all(&tail, PAGE_START) {
        let mut at = start;
        while let Some((length, last)) = tail.get(at..).and_then(page) {
            at += length;
            end = if last { OggEnd::Proper } else { OggEnd::NotClosed };
            if at == tail.len() {
                return Ok(end);
            }
        }
        if tail.get(at..).is_some_and(|rest| PAGE_START.starts_with(&rest[..rest.len().min(PAGE_START.len())])) {
            return Ok(OggEnd::MidPage);
        }
    }
    // Rubbish behind a proper end does no harm.
    Ok(if end == OggEnd::Proper { OggEnd::Proper } else { OggEnd::MidPage })
}

fn find_all<'a>(haystack: &'a [u8], needle: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
    haystack.windows(needle.len()).enumerate().filter(move |(_, window)| *window == needle).map(|(at, _)| at)
}

/// Length of the complete page that `bytes` begin with, and whether it is marked as the last.
fn page(bytes: &[u8]) -> Option<(usize, bool)> {
    if !bytes.starts_with(PAGE_START) {
        return None;
    }
    let segments = usize::from(*bytes.get(26)?);
    let body: usize = bytes.get(27..27 + segments)?.iter().map(|&length| usize::from(length)).sum();
    let length = 27 + segments + body;
    (length <= bytes.len()).then_some((length, bytes[5] & 4 != 0))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn ends_are_told_apart() {
        let page = |last: bool| {
            let mut bytes = b"OggS\0".to_vec();
            bytes.push(if last { 4 } else { 0 });
            bytes.extend([0; 20]);
            bytes.extend([1, 7]);
            bytes.extend(b"OggS--!"); // the letters within a page must not mislead
            bytes
        };
        let (open, last) = (page(false), page(true));
        let cases = [
            ([open.clone(), last.clone()].concat(), OggEnd::Proper),
            ([open.clone(), last.clone(), b"rubbish".to_vec()].concat(), OggEnd::Proper),
            ([open.clone(), open.clone()].concat(), OggEnd::NotClosed),
            ([open.clone(), last[..30].to_vec()].concat(), OggEnd::MidPage),
            ([open.clone(), last[..3].to_vec()].concat(), OggEnd::MidPage),
            (last[..20].to_vec(), OggEnd::MidPage),
            (Vec::new(), OggEnd::MidPage),
        ];
        for (bytes, expected) in cases {
            let found = ogg_end(&mut Cursor::new(&bytes), bytes.len() as u64).unwrap();
            assert_eq!(found, expected, "{} bytes", bytes.len());
        }
    }
}
