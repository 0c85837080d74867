//! Settings: one TOML file, the environment, flags, in that order of strength; each value knows where it came from.

mod layers;

use std::path::{Path, PathBuf};

use hotline_audio::{Law, RecordingCoding};
use hotline_model::{ChannelLayout, DeadlinePolicy};
use serde::{Deserialize, Serialize};

pub use layers::{FlagSetting, Layered, OriginKind, load};

/// Language of what people are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// Simplified Chinese.
    #[default]
    Zh,
    /// English.
    En,
}

impl Language {
    /// Picks the text of this language.
    pub fn pick<'a>(self, zh: &'a str, en: &'a str) -> &'a str {
        match self {
            Language::Zh => zh,
            Language::En => en,
        }
    }
}

/// Everything that can be set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Where the store, the index and reports live; empty = the user's data folder.
    pub data_dir: PathBuf,
    /// Where model files are looked for; empty = `models` beside the working folder, then the data folder.
    pub models_dir: PathBuf,
    /// Language of what people are shown: `zh` or `en`.
    pub language: Language,
    /// The hotline's time zone: decides which day, week and month a call belongs to.
    pub time_zone: String,
    /// Recordings.
    pub audio: AudioSettings,
    /// Live lines.
    pub live: LiveSettings,
    /// Metadata.
    pub metadata: MetadataSettings,
    /// Where speech starts and ends.
    pub vad: VadSettings,
    /// Recognition.
    pub asr: AsrSettings,
    /// Words.
    pub text: TextSettings,
    /// Judgement.
    pub rules: RulesSettings,
    /// Reports.
    pub report: ReportSettings,
    /// Saved searches.
    pub search: SearchSettings,
    /// Complaints.
    pub complaints: ComplaintSettings,
    /// Score cards.
    pub scoring: ScoringSettings,
    /// The organisations behind the hotlines, for REQ-02.
    pub organisations: Vec<Organisation>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            data_dir: PathBuf::new(),
            models_dir: PathBuf::new(),
            language: Language::Zh,
            time_zone: "Asia/Shanghai".into(),
            audio: AudioSettings::default(),
            live: LiveSettings::default(),
            metadata: MetadataSettings::default(),
            vad: VadSettings::default(),
            asr: AsrSettings::default(),
            text: TextSettings::default(),
            rules: RulesSettings::default(),
            report: ReportSettings::default(),
            search: SearchSettings::default(),
            complaints: ComplaintSettings::default(),
            scoring: ScoringSettings::default(),
            organisations: Vec::new(),
        }
    }
}

/// Recordings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AudioSettings {
    /// `agent-left`, `agent-right` or `mono`; a sidecar table can say otherwise per recording.
    pub layout: ChannelLayout,
    /// Longest recording that is taken, in minutes.
    pub max_minutes: u32,
}

impl Default for AudioSettings {
    fn default() -> Self {
        AudioSettings { layout: ChannelLayout::AgentLeft, max_minutes: 180 }
    }
}

/// Live lines.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LiveSettings {
    /// How calls are recorded: `pcm`, or with half the bytes `alaw` or `ulaw`.
    pub recording: RecordingSetting,
}

/// How calls are recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordingSetting {
    /// PCM of 16 bits.
    #[default]
    Pcm,
    /// G.711 A-law.
    Alaw,
    /// G.711 µ-law.
    Ulaw,
}

impl RecordingSetting {
    /// The recorder's name for it.
    pub fn coding(self) -> RecordingCoding {
        match self {
            RecordingSetting::Pcm => RecordingCoding::Pcm,
            RecordingSetting::Alaw => RecordingCoding::G711(Law::A),
            RecordingSetting::Ulaw => RecordingCoding::G711(Law::Mu),
        }
    }
}

/// Metadata.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MetadataSettings {
    /// Regular expressions with named groups, tried on the file name without its ending: `^(?P<agent_id>A\d+)_(?P<started_at>\d{14})`.
    pub file_name_patterns: Vec<String>,
    /// Sidecar tables besides the `calls.csv` beside the recordings.
    pub tables: Vec<PathBuf>,
}

/// Where speech starts and ends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct VadSettings {
    /// `silero` or `energy`; `auto` = silero if its file is there.
    pub model: String,
}

impl Default for VadSettings {
    fn default() -> Self {
        VadSettings { model: "auto".into() }
    }
}

/// Recognition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AsrSettings {
    /// Name of a model of the manifest (`base`, `small` …) or path of any ggml file.
    pub model: String,
    /// Parallel recogniser sessions of one thread each; 0 = as many as cores.
    pub sessions: usize,
    /// 1 = greedy, larger = beam search: slower, slightly more accurate.
    pub beam_size: u32,
    /// Most seconds of speech recognised in one go, 4 to 28: more is more accurate (12 s: 13.4 % of characters wrong where 28 s have 12.2 %) and takes a
    /// little more time and memory.
    pub window_s: u32,
}

impl Default for AsrSettings {
    fn default() -> Self {
        AsrSettings { model: "base".into(), sessions: 0, beam_size: 1, window_s: 28 }
    }
}

/// Words.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TextSettings {
    /// User dictionaries: `word frequency tag` a line.
    pub user_dicts: Vec<PathBuf>,
}

/// Judgement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RulesSettings {
    /// Rule files or folders; empty = the built-in starter pack.
    pub paths: Vec<PathBuf>,
    /// Whether words that only sound like a phrase are listened to again where an outcome hangs on them.
    pub second_ear: bool,
}

impl Default for RulesSettings {
    fn default() -> Self {
        RulesSettings { paths: Vec::new(), second_ear: true }
    }
}

/// Reports.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReportSettings {
    /// Where reports are written; empty = `reports` in the data folder.
    pub dir: PathBuf,
}

/// Saved searches: where new calls of those saved with `--alert` are announced besides the screen.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SearchSettings {
    /// Command that gets the announcement as JSON on its standard input; run without a shell.
    pub alert_command: String,
    /// Address that gets it as JSON (http://HOST:PORT/PATH).
    pub alert_webhook: String,
    /// File with the secret that what goes there is signed with.
    pub alert_secret: PathBuf,
}

/// Complaints.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ComplaintSettings {
    /// File with signals, kinds and departments; empty = the built-in one.
    pub guide: PathBuf,
    /// Limits (DUE-01 to DUE-05) and the working calendar.
    pub deadlines: DeadlinePolicy,
}

/// Score cards.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ScoringSettings {
    /// Scheme files besides the built-in ones.
    pub schemes: Vec<PathBuf>,
}

/// An organisation behind a hotline.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Organisation {
    /// Name of the hotline, as in the metadata column `hotline`.
    #[serde(alias = "name")]
    pub hotline: String,
    /// Name of the organisation, as agents must say it.
    pub organisation: String,
    /// Other names that will do.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// Rule files or folders for the calls of this hotline; empty = those of all hotlines.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<PathBuf>,
}

impl Settings {
    /// Where the store, the index and reports live.
    pub fn data_dir(&self) -> PathBuf {
        if !self.data_dir.as_os_str().is_empty() {
            return self.data_dir.clone();
        }
        user_folder("XDG_DATA_HOME", ".local/share").join("hotline")
    }

    /// Folders where model files are looked for, the strongest first.
    pub fn model_dirs(&self) -> Vec<PathBuf> {
        if !self.models_dir.as_os_str().is_empty() {
            return vec![self.models_dir.clone()];
        }
        let mut dirs = Vec::new();
        // A checkout brings its own folder; it is told from any other `models` by its manifest.
        if Path::new("models/manifest.toml").is_file() {
            dirs.push(PathBuf::from("models"));
        }
        dirs.push(self.data_dir().join("models"));
        dirs
    }

    /// Where `models fetch` and `models import` write.
    pub fn models_write_dir(&self) -> PathBuf {
        self.model_dirs().into_iter().next().unwrap_or_else(|| PathBuf::from("models"))
    }

    /// Path of the store.
    pub fn store_path(&self) -> PathBuf {
        self.data_dir().join("hotline.db")
    }

    /// Folder of the index.
    pub fn index_dir(&self) -> PathBuf {
        self.data_dir().join("index")
    }

    /// Folder of reports.
    pub fn report_dir(&self) -> PathBuf {
        if self.report.dir.as_os_str().is_empty() { self.data_dir().join("reports") } else { self.report.dir.clone() }
    }
}

/// A folder of the user by the XDG base directory specification.
pub fn user_folder(variable: &str, below_home: &str) -> PathBuf {
    match std::env::var_os(variable) {
        Some(dir) if !dir.is_empty() => PathBuf::from(dir),
        _ => std::env::home_dir().unwrap_or_else(|| PathBuf::from(".")).join(below_home),
    }
}
