//! No bytes whatever may make the reader panic, hang or deliver something that is no signal.
#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

use std::path::Path;

use hotline_audio::{AudioBlock, AudioSource, FileSource, OpenOptions};
use proptest::prelude::*;

const WHOLE: [&str; 12] = [
    "wav_pcm_alaw.wav",
    "wav_pcm_s24le.wav",
    "wav_mono_pcm_f32le.wav",
    "wav_rf64.wav",
    "mp3_8k.mp3",
    "mp3_mono_16k_vbr.mp3",
    "flac_8k.flac",
    "ogg_vorbis.ogg",
    "ogg_opus.opus",
    "ogg_flac.oga",
    "m4a_aac.m4a",
    "aac_adts.aac",
];

const BEGINNINGS: [&[u8]; 9] = [
    b"RIFF\xff\xff\0\0WAVE",
    b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0",
    b"fLaC",
    b"OggS",
    b"ID3\x04\0\0",
    b"\xff\xfb\x90\x64",
    b"\xff\xf1\x50\x80",
    b"\0\0\0\x20ftypM4A ",
    b"",
];

fn asset(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/assets").join(name)).unwrap()
}

/// Reads to the end or to an error, and checks what comes.
fn read(bytes: &[u8], folder: &tempfile::TempDir) -> Result<(), TestCaseError> {
    let path = folder.path().join("damaged");
    std::fs::write(&path, bytes).unwrap();
    let options = OpenOptions { max_duration_ms: 60_000, allow_truncated: true, ..OpenOptions::default() };
    let Ok(mut source) = FileSource::open(&path, &options) else { return Ok(()) };
    let mut block = AudioBlock::default();
    let mut samples = 0;
    while let Ok(true) = source.next_block(&mut block) {
        prop_assert_eq!(block.channels.len(), source.info().channels.len());
        for signal in &block.channels {
            prop_assert_eq!(signal.len(), block.len());
            prop_assert!(signal.iter().all(|sample| (-1.0..=1.0).contains(sample)));
        }
        samples += block.len();
        prop_assert!(samples <= 16 * 61_000);
    }
    prop_assert!(block.is_empty());
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damaged_recordings(
        file in prop::sample::select(&WHOLE[..]),
        damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..12),
        header in proptest::collection::vec((0usize..200, any::<u8>()), 0..6),
        keep in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut bytes = asset(file);
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        for (at, byte) in header {
            bytes[at] = byte;
        }
        if let Some(keep) = keep {
            bytes.truncate(keep.index(bytes.len()));
        }
        read(&bytes, &tempfile::tempdir().unwrap())?;
    }

    #[test]
    fn random_bytes_behind_a_true_beginning(
        begin in prop::sample::select(&BEGINNINGS[..]),
        rest in proptest::collection::vec(any::<u8>(), 0..3000),
    ) {
        read(&[begin, &rest].concat(), &tempfile::tempdir().unwrap())?;
    }
}
