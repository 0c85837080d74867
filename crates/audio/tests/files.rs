//! Every file of `tests/assets` against what `cases.tsv` says of it, and what else can happen to a recording on disk.
#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use hotline_audio::{AudioBlock, AudioSource, FileSource, OpenOptions, decode_all, is_audio_file};
use hotline_model::{Channel, ChannelLayout};

fn asset(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/assets").join(name)
}

fn cases() -> Vec<Vec<String>> {
    let table = fs::read_to_string(asset("cases.tsv")).unwrap();
    let rows = table.lines().filter(|line| !line.starts_with('#'));
    rows.map(|line| line.split('\t').map(str::to_owned).collect()).collect()
}

/// Where the energy around `at_ms` has its centre, in ms, and which share of the whole it is.
fn burst(signal: &[f32], at_ms: f64) -> (f64, f64) {
    let energy = |range: std::ops::Range<usize>| signal[range].iter().map(|s| f64::from(s * s)).sum::<f64>();
    let (from, to) = (((at_ms - 60.0) * 16.0) as usize, (((at_ms + 60.0) * 16.0) as usize).min(signal.len()));
    let moment: f64 = (from..to).map(|i| i as f64 / 16.0 * f64::from(signal[i] * signal[i])).sum();
    (moment / energy(from..to), energy(from..to) / energy(0..signal.len()))
}

#[test]
fn every_asset_is_what_the_table_says() {
    let mut failures = Vec::new();
    let mut check = |file: &str, what: &str, ok: bool, found: String| {
        if !ok {
            failures.push(format!("{file}: {what}: {found}"));
        }
    };
    for case in cases() {
        let file = case[0].as_str();
        let result = decode_all(&asset(file), &OpenOptions::default());
        if let [_, kind] = case.as_slice() {
            match result {
                Ok((info, _)) => check(file, "was read", false, info.format),
                Err(error) => {
                    check(file, "kind of error", error.kind() == kind, format!("{} ({error})", error.kind()));
                    check(file, "names the file", error.to_string().contains(file), error.to_string());
                }
            }
            continue;
        }
        let (info, signals) = match result {
            Ok(decoded) => decoded,
            Err(error) => {
                check(file, "refused", false, error.to_string());
                continue;
            }
        };
        let number = |column: usize| case[column].parse::<f64>().unwrap();
        let tolerance = number(5);
        check(file, "format", info.format == case[1], info.format.clone());
        check(file, "rate", f64::from(info.rate_hz) == number(3), info.rate_hz.to_string());
        let issues = info.issues.join("; ");
        let expected = if case[6] == "-" { issues.is_empty() } else { issues.contains(&case[6]) };
        check(file, "issues", expected, issues);
        let stereo = number(2) == 2.0;
        let voices = if stereo { vec![Channel::Agent, Channel::Customer] } else { vec![Channel::Mixed] };
        check(file, "voices", info.channels == voices && signals.len() == voices.len(), format!("{:?}", info.channels));
        let bursts: &[&[f64]] = if stereo { &[&[250.0, 750.0], &[500.0]] } else { &[&[250.0, 500.0, 750.0]] };
        for (signal, bursts) in signals.iter().zip(bursts) {
            let ms = signal.len() as f64 / 16.0;
            check(file, "length", (ms - number(4)).abs() <= tolerance, format!("{ms} ms"));
            if let Some(declared) = info.declared_ms {
                check(file, "declared", (f64::from(declared) - ms).abs() <= 2.0, format!("{declared} for {ms} ms"));
            }
            // Without a length header nobody knows the run-up of MP3 and AAC: the bursts come late by that much.
            let late = if tolerance > 10.0 { burst(signal, bursts[0] + 60.0).0 - bursts[0] } else { 0.0 };
            let mut shares = 0.0;
            for &at in *bursts {
                let (centre, share) = burst(signal, at + late);
                shares += share;
                let off = centre - at;
                check(file, "burst", off.abs() <= tolerance, format!("{at} ms off by {off:.2} ms"));
            }
            check(file, "sound elsewhere", shares > 0.98, format!("{shares}"));
        }
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

#[test]
fn the_table_knows_every_asset() {
    let known: BTreeSet<String> = cases().into_iter().map(|case| case[0].clone()).collect();
    let there: BTreeSet<String> =
        fs::read_dir(asset("")).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    let others: BTreeSet<String> = ["README.md", "cases.tsv", "make.sh"].map(str::to_owned).into();
    assert_eq!(there.difference(&others).cloned().collect::<BTreeSet<_>>(), known);
}

#[test]
fn layouts_decide_who_is_who() {
    let path = asset("wav_pcm_s16le.wav");
    let decode = |layout| decode_all(&path, &OpenOptions { layout, ..OpenOptions::default() }).unwrap();
    let (left, left_signals) = decode(ChannelLayout::AgentLeft);
    let (right, right_signals) = decode(ChannelLayout::AgentRight);
    let (mono, mono_signals) = decode(ChannelLayout::Mono);
    assert_eq!(
        (left.layout, right.layout, mono.layout),
        (ChannelLayout::AgentLeft, ChannelLayout::AgentRight, ChannelLayout::Mono)
    );
    assert_eq!(right.channels, [Channel::Agent, Channel::Customer]);
    assert_eq!(mono.channels, [Channel::Mixed]);
    assert_eq!(left_signals[0], right_signals[1]);
    assert_eq!(left_signals[1], right_signals[0]);
    for (i, &mixed) in mono_signals[0].iter().enumerate() {
        assert!((mixed - 0.5 * (left_signals[0][i] + left_signals[1][i])).abs() < 1e-5);
    }
    let (one, _) = decode_all(&asset("wav_mono_pcm_alaw.wav"), &OpenOptions::default()).unwrap();
    assert_eq!((one.layout, one.channels), (ChannelLayout::Mono, vec![Channel::Mixed]));
}

#[test]
fn blocks_are_a_quarter_of_a_second() {
    let mut source = FileSource::open(&asset("flac_44100.flac"), &OpenOptions::default()).unwrap();
    let (mut block, mut sizes) = (AudioBlock::default(), Vec::new());
    while source.next_block(&mut block).unwrap() {
        sizes.push((block.channels[0].len(), block.channels[1].len()));
    }
    assert_eq!(sizes, [(4000, 4000); 4]);
    assert!(block.is_empty() && !source.next_block(&mut block).unwrap());
}

#[test]
fn too_long_is_refused_at_the_door_or_on_the_way() {
    let options = OpenOptions { max_duration_ms: 500, ..OpenOptions::default() };
    for (file, at_open) in [("wav_pcm_alaw.wav", true), ("flac_8k.flac", true), ("mp3_no_xing.mp3", false)] {
        let opened = FileSource::open(&asset(file), &options);
        assert_eq!(opened.is_err(), at_open, "{file}");
        let error = decode_all(&asset(file), &options).unwrap_err();
        assert_eq!(error.kind(), "too_long", "{file}: {error}");
    }
    // 4 h of telephone sound, though nobody wrote it all: a sparse file.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("long.wav");
    let mut bytes = fs::read(asset("wav_mono_pcm_alaw.wav")).unwrap();
    let size = 4 * 3600 * 8000u32;
    let at = bytes.windows(4).position(|window| window == b"data").unwrap();
    bytes.truncate(at + 8);
    bytes[at + 4..].copy_from_slice(&size.to_le_bytes());
    fs::write(&path, &bytes).unwrap();
    fs::File::options().write(true).open(&path).unwrap().set_len(bytes.len() as u64 + u64::from(size)).unwrap();
    let error = FileSource::open(&path, &OpenOptions::default()).err().unwrap();
    assert_eq!(error.kind(), "too_long");
    assert!(error.to_string().contains("240 min"), "{error}");
}

#[test]
fn what_is_cut_off_can_be_allowed() {
    let options = OpenOptions { allow_truncated: true, ..OpenOptions::default() };
    for file in ["bad_truncated.wav", "bad_truncated.mp3", "bad_truncated.flac", "bad_truncated.ogg"] {
        let (info, signals) = decode_all(&asset(file), &options).unwrap_or_else(|error| panic!("{error}"));
        assert!(info.issues.iter().any(|issue| issue.contains("cut off")), "{file}: {:?}", info.issues);
        assert!((1_000..15_000).contains(&signals[0].len()), "{file}: {}", signals[0].len());
    }
}

#[test]
fn the_same_sound_on_both_channels_is_noted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dual.wav");
    let spec =
        hound::WavSpec { channels: 2, sample_rate: 8000, bits_per_sample: 16, sample_format: hound::SampleFormat::Int };
    let mut writer = hound::WavWriter::create(&path, spec).unwrap();
    for i in 0..8000i16 {
        writer.write_sample(i).unwrap();
        writer.write_sample(i).unwrap();
    }
    writer.finalize().unwrap();
    let (info, _) = decode_all(&path, &OpenOptions::default()).unwrap();
    assert!(info.issues.iter().any(|issue| issue.contains("same sound")), "{:?}", info.issues);
    let (info, _) = decode_all(&path, &OpenOptions { layout: ChannelLayout::Mono, ..OpenOptions::default() }).unwrap();
    assert_eq!(info.issues, [""; 0]);
}

#[test]
fn paths_that_are_no_recordings() {
    let folder = tempfile::tempdir().unwrap();
    let open = |path: &Path| FileSource::open(path, &OpenOptions::default()).err().unwrap().kind();
    assert_eq!(open(folder.path()), "directory");
    assert_eq!(open(&folder.path().join("no.wav")), "not_found");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let path = folder.path().join("secret.wav");
        fs::copy(asset("wav_pcm_alaw.wav"), &path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
        // Root reads everything.
        if fs::read(&path).is_err() {
            assert_eq!(open(&path), "unreadable");
        }
    }
}

#[test]
fn extensions_for_walks() {
    for (name, expected) in
        [("a.WAV", true), ("b.opus", true), ("通话.mp3", true), ("c.csv", false), ("wav", false), (".wav", false)]
    {
        assert_eq!(is_audio_file(Path::new(name)), expected, "{name}");
    }
}
