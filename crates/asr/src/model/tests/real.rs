//! The real models, which `scripts/setup` has put into the models folder.

use std::path::{Path, PathBuf};

use crate::model::{Contents, Manifest, ModelError, Precision, State, import, inspect, status, verify};

fn models_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models")
}

#[test]
fn the_default_models_have_their_digests() {
    let manifest = Manifest::built_in().unwrap();
    for model in status(&manifest, &models_dir(), true, &mut |_| ()) {
        if model.default {
            assert_eq!(model.state, State::Verified, "{}: run `scripts/setup` first", model.name);
        }
    }
}

#[test]
fn they_are_recognised_for_what_they_are() {
    let manifest = Manifest::built_in().unwrap();
    let base = verify(&models_dir().join("ggml-base-f16.bin"), &manifest, &mut |_| ()).unwrap();
    assert_eq!(base.known_as.as_deref(), Some("base"));
    let Contents::Whisper { size, multilingual, precision, dims, tensors } = base.inspection.contents else { panic!() };
    assert_eq!((size, multilingual, precision, tensors), ("base", true, "f16", 245));
    assert_eq!((dims.n_audio_ctx, dims.n_text_ctx, dims.n_mels, dims.n_audio_head), (1500, 448, 80, 8));

    let vad = inspect(&models_dir().join("ggml-silero-v6.2.0.bin")).unwrap();
    assert_eq!(vad.contents, Contents::Vad { name: "silero-16k".into(), version: "6.2.0".into(), tensors: 15 });
}

#[test]
fn a_known_name_with_other_contents_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = Manifest::built_in().unwrap();
    let mut bytes = std::fs::read(models_dir().join("ggml-silero-v6.2.0.bin")).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    for (name, wrong) in [("ggml-silero-v6.2.0.bin", true), ("mine.bin", false)] {
        let path = folder.path().join(name);
        std::fs::write(&path, &bytes).unwrap();
        let result = verify(&path, &manifest, &mut |_| ());
        assert_eq!(matches!(result, Err(ModelError::Digest { .. })), wrong, "{name}");
        assert!(wrong || result.unwrap().known_as.is_none());
    }
}

#[test]
fn files_of_other_kinds_are_named() {
    let folder = tempfile::tempdir().unwrap();
    for (contents, reason) in [
        (&b""[..], "its first bytes"),
        (b"lm", "its first bytes"),
        (b"RIFF....WAVE", "its first bytes"),
        (b"GGUF\x03\0\0\0", "GGUF"),
        (b"lmgg\x04\0\0\0nope", "calls itself `nope`"),
        (b"lmgg", "cut short"),
    ] {
        let path = folder.path().join("file");
        std::fs::write(&path, contents).unwrap();
        let error = inspect(&path).unwrap_err().to_string();
        assert!(error.contains(reason), "{error}");
    }
    let error = inspect(folder.path()).unwrap_err().to_string();
    assert!(error.contains("it is a folder"), "{error}");
}

/// The conversion itself, of the real weights: `scripts/setup` runs it too, through a fetch.
#[test]
#[ignore = "needs base in CTranslate2's format: HOTLINE_CT2_BASE=FOLDER"]
fn base_converts_to_the_published_digest() {
    let source = PathBuf::from(std::env::var_os("HOTLINE_CT2_BASE").unwrap());
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("base.bin");
    let manifest = Manifest::built_in().unwrap();
    for (name, precision) in [("base", Precision::F16), ("base-q8_0", Precision::Q8_0)] {
        let made = import(&source, &output, precision, None, &mut |_| ()).unwrap();
        assert_eq!(made.sha256, manifest.find(name).unwrap().sha256, "{name}");
        inspect(&output).unwrap();
    }
}
