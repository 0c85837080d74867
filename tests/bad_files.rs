//! Recordings that cannot be processed: a clear error each, and the batch goes on.

use std::path::Path;

use crate::harness::{Hotline, root};

/// A PCM WAV file of `seconds` of silence at 8 kHz with `channels` channels.
fn silent_wav(path: &Path, channels: u16, seconds: f64) {
    let frames = (8_000.0 * seconds) as u32;
    let bytes = frames * u32::from(channels) * 2;
    let mut wav = Vec::new();
    wav.extend_from_slice(b"RIFF");
    wav.extend_from_slice(&(36 + bytes).to_le_bytes());
    wav.extend_from_slice(b"WAVEfmt ");
    wav.extend_from_slice(&16u32.to_le_bytes());
    wav.extend_from_slice(&1u16.to_le_bytes());
    wav.extend_from_slice(&channels.to_le_bytes());
    wav.extend_from_slice(&8_000u32.to_le_bytes());
    wav.extend_from_slice(&(16_000 * u32::from(channels)).to_le_bytes());
    wav.extend_from_slice(&(2 * channels).to_le_bytes());
    wav.extend_from_slice(&16u16.to_le_bytes());
    wav.extend_from_slice(b"data");
    wav.extend_from_slice(&bytes.to_le_bytes());
    wav.resize(wav.len() + bytes as usize, 0);
    std::fs::write(path, wav).unwrap();
}

#[test]
fn every_bad_file_is_named_and_the_others_go_on() {
    let hotline = Hotline::new();
    let folder = hotline.dir.path().join("recordings");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("empty.wav"), b"").unwrap();
    std::fs::write(folder.join("text.wav"), "这不是录音，只是改了名字的文本。").unwrap();
    std::fs::write(folder.join("random.mp3"), [0x5au8; 5_000]).unwrap();
    silent_wav(&folder.join("three.wav"), 3, 2.0);
    silent_wav(&folder.join("zero.wav"), 2, 0.0);
    silent_wav(&folder.join("long.wav"), 1, 130.0);
    silent_wav(&folder.join("good.wav"), 2, 3.0);
    silent_wav(&folder.join("whole.wav"), 2, 3.0);
    let whole = std::fs::read(folder.join("whole.wav")).unwrap();
    std::fs::write(folder.join("truncated.wav"), &whole[..whole.len() / 2]).unwrap();
    std::fs::remove_file(folder.join("whole.wav")).unwrap();

    // Two minutes at most, so that a recording can be too long without making hours of it.
    let args = ["--set", "audio.max_minutes=2", "process", folder.to_str().unwrap(), "no/such.wav", "--json"];
    let run = hotline.run(&args).expect(1);
    let summary = run.json();
    assert!(run.err.contains("no/such.wav"), "{}", run.err);
    assert_eq!(summary["processed"], 1, "{summary}");
    let failed: Vec<(&str, &str)> = summary["calls"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|call| call["outcome"] == "failed")
        .map(|call| (call["source"].as_str().unwrap(), call["error"].as_str().unwrap()))
        .collect();
    for name in ["empty.wav", "text.wav", "random.mp3", "three.wav", "zero.wav", "long.wav", "truncated.wav"] {
        let error = failed.iter().find(|(source, _)| source.ends_with(name)).map(|(_, error)| *error);
        let error = error.unwrap_or_else(|| panic!("{name} was taken: {summary}"));
        assert!(error.contains(name), "the error must name the file: {error}");
    }
    let remembered = hotline.run(&["calls", "--failed", "--json"]).expect(1).json();
    assert_eq!(remembered.as_array().unwrap().len(), failed.len());
}

#[test]
fn a_table_with_mistakes_loses_nothing_else() {
    let hotline = Hotline::new();
    let folder = hotline.dir.path().join("recordings");
    std::fs::create_dir_all(&folder).unwrap();
    silent_wav(&folder.join("a.wav"), 2, 2.0);
    std::fs::write(folder.join("calls.csv"), "file,agent_id,satisfaction_key\na.wav,A1,9\n").unwrap();
    let summary = hotline.run(&["process", folder.to_str().unwrap(), "--json"]).expect(0).json();
    let issues = summary["calls"][0]["issues"].to_string();
    assert!(issues.contains("satisfaction_key"), "{summary}");
    let record = hotline.run(&["show", "a.wav", "--json"]).expect(0).json();
    assert_eq!(record["call"]["meta"]["agent_id"], "A1");
}

#[test]
fn an_unreadable_model_is_an_error_that_names_the_cure() {
    let hotline = Hotline::new();
    let readme = root().join("README.md");
    let run = hotline.run(&["process", "data-samples", "--model", readme.to_str().unwrap()]).expect(2);
    assert!(run.err.contains("README.md"), "{}", run.err);
    let run = hotline.run(&["process", "data-samples", "--model", "gigantic"]).expect(2);
    assert!(run.err.contains("gigantic") && run.err.contains("base"), "{}", run.err);
}
