//! Why a rule came out as it did, as data; and the sentence that says so.

use hotline_model::{CallTime, Channel, TimeSpan};

use crate::condition::Ignore;
use crate::rule_set::Language;

/// Why a condition came out as it did.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Reason {
    /// The words were heard.
    Heard { channel: Channel, at: CallTime, words: String },
    /// They were heard, but the recogniser was unsure of them.
    HeardFaintly { words: String, percent: u32 },
    /// Something that sounds like them was heard.
    SoundsLike { heard: String, meant: String, listened: bool },
    /// They were not heard where they were looked for.
    NotHeard { wanted: String, searched: TimeSpan },
    /// They were heard, but denied, told of somebody else, or asked.
    Cancelled { words: String, by: Ignore },
    /// They were heard after a verb of speaking, and nobody knows whose words they are.
    PerhapsTold { words: String },
    /// There may still come what is looked for.
    NotYet,
    /// Both voices are on one channel.
    WhoSpokeUnknown,
    /// Speech that could not be transcribed.
    SpeechLost { ms: u32 },
    /// The recogniser was unsure of most of what was said.
    Unsure { percent: u32 },
    /// The hotline's organisation is not known.
    OrganisationUnknown { hotline: Option<String> },
    /// A measure beyond its bound.
    Measured { measure: &'static str, value: f64, unit: &'static str },
    /// A measure within its bound.
    Within { measure: &'static str, value: Option<f64>, unit: &'static str },
    /// Too little speech to measure.
    TooLittle { measure: &'static str },
    /// A metadata field.
    Field { field: String, value: String },
    /// A metadata field that is not there.
    FieldMissing { field: String },
    /// A sentence like an example.
    Like { words: String, percent: u32 },
    /// The words were said, but the sentence seems to mean something else.
    MeansOtherwise { words: String },
    /// A sentence means what is looked for.
    Means { words: String, percent: u32 },
    /// Nothing of a kind was found.
    NothingFound { what: &'static str },
    /// Nobody is there to find personal data.
    /// Nothing to say.
    Plain,
}

/// The sentence for a finding that came out so.
pub(crate) fn sentence(reason: &Reason, language: Language) -> String {
    match language {
        Language::Zh => zh(reason),
        Language::En => en(reason),
    }
}

/// Why a rule is not in play.
pub(crate) fn not_in_play(reason: &Reason, language: Language) -> String {
    match (language, reason) {
        (Language::Zh, Reason::Plain) => "本通电话不适用".to_owned(),
        (Language::Zh, _) => format!("本通电话不适用：{}", zh(reason)),
        (Language::En, Reason::Plain) => "not in play on this call".to_owned(),
        (Language::En, _) => format!("not in play on this call: {}", en(reason)),
    }
}

/// The name of a measure for people.
fn measure_zh(measure: &str) -> &str {
    match measure {
        "silence" => "静默",
        "response_time" => "应答等待",
        "speech_rate" => "语速",
        "interruption" => "抢话",
        "overlap" => "重叠",
        "duration" => "通话时长",
        "utterance_count" => "发言次数",
        "talk_share" => "时间占比",
        "pronoun_ratio" => "“您”的占比",
        "phrase_share" => "所占比例",
        "phrase_rate" => "每百字出现次数",
        "level" => "音量",
        "peak" => "峰值",
        "clipped" => "削波",
        "level_difference" => "双方音量差",
        "dialect_words" => "非普通话用词",
        other => other,
    }
}

fn unit_zh(unit: &str) -> &str {
    match unit {
        "s" => "秒",
        "chars/min" => "字/分钟",
        "count" => "次",
        "/100" => "次/百字",
        other => other,
    }
}

fn zh(reason: &Reason) -> String {
    match reason {
        Reason::Heard { channel, at, words } => {
            let who = if *channel == Channel::Mixed { "" } else { channel.name_zh() };
            format!("{who}在 {} 说了“{words}”", short(*at))
        }
        Reason::HeardFaintly { words, percent } => format!("像是说了“{words}”，但识别把握只有 {percent}%"),
        Reason::SoundsLike { heard, meant, listened } => {
            let again = if *listened { "，复听录音也吻合" } else { "" };
            format!("听到“{heard}”，读音接近“{meant}”{again}")
        }
        Reason::NotHeard { wanted, searched } => {
            format!("在 {}–{} 没有听到“{wanted}”一类的话", short(searched.start), short(searched.end))
        }
        Reason::Cancelled { words, by } => {
            let why = match by {
                Ignore::Negated => "是否定的说法",
                Ignore::Quoted => "是转述别人的话",
                Ignore::Asked => "是在询问",
            };
            format!("“{words}”{why}，不算")
        }
        Reason::PerhapsTold { words } => format!("“{words}”前面有“说”，可能是转述或否定，需要人听"),
        Reason::NotYet => "通话还没有进行到能判断的地方".to_owned(),
        Reason::WhoSpokeUnknown => "双方在同一声道，分不清是谁说的".to_owned(),
        Reason::SpeechLost { ms } => format!("其中有 {} 秒语音没有识别出文字", secs(*ms)),
        Reason::Unsure { percent } => format!("这一段识别把握太低（{percent}%）"),
        Reason::OrganisationUnknown { hotline: Some(hotline) } => {
            format!("设置里没有热线“{hotline}”的单位名称（hotlines.\"{hotline}\".organisation）")
        }
        Reason::OrganisationUnknown { hotline: None } => {
            "通话没有写明热线，不知道单位名称（元数据 hotline，设置 hotlines）".to_owned()
        }
        Reason::Measured { measure, value, unit } => {
            format!("{} {}{}", measure_zh(measure), number(*value), spaced(unit_zh(unit)))
        }
        Reason::Within { measure, value: Some(value), unit } => {
            format!("{} {}{}，在范围内", measure_zh(measure), number(*value), spaced(unit_zh(unit)))
        }
        Reason::Within { measure, value: None, .. } => format!("没有超限的{}", measure_zh(measure)),
        Reason::TooLittle { measure } => format!("说话太少，量不出{}", measure_zh(measure)),
        Reason::Field { field, value } => format!("{field} 是“{value}”"),
        Reason::FieldMissing { field } => format!("元数据里没有 {field}"),
        Reason::Like { words, percent } => format!("“{words}”与例句相似 {percent}%"),
        Reason::MeansOtherwise { words } => format!("听到“{words}”，但整句话像是别的意思"),
        Reason::Means { words, percent } => format!("“{words}”有 {percent}% 的把握是这个意思"),
        Reason::NothingFound { what: "repeat" } => "没有听到重复的话".to_owned(),
        Reason::NothingFound { .. } => "没有听到这类个人信息".to_owned(),
        Reason::Plain => "通话里没有可判断的内容".to_owned(),
    }
}

fn en(reason: &Reason) -> String {
    match reason {
        Reason::Heard { channel, at, words } => {
            let who = if *channel == Channel::Mixed { "somebody" } else { channel.name() };
            format!("{who} said “{words}” at {}", short(*at))
        }
        Reason::HeardFaintly { words, percent } => {
            format!("“{words}” may have been said, but the recogniser is only {percent} % sure")
        }
        Reason::SoundsLike { heard, meant, listened } => {
            let again = if *listened { ", and fits the sound on a second listen" } else { "" };
            format!("“{heard}” was heard, which sounds like “{meant}”{again}")
        }
        Reason::NotHeard { wanted, searched } => {
            format!("nothing like “{wanted}” was heard in {}–{}", short(searched.start), short(searched.end))
        }
        Reason::Cancelled { words, by } => {
            let why = match by {
                Ignore::Negated => "denied",
                Ignore::Quoted => "told of somebody else",
                Ignore::Asked => "asked",
            };
            format!("“{words}” does not count: it is {why}")
        }
        Reason::PerhapsTold { words } => {
            format!("“{words}” follows a verb of speaking and may be told or denied: somebody has to listen")
        }
        Reason::NotYet => "the call has not gone far enough to tell".to_owned(),
        Reason::WhoSpokeUnknown => "both voices are on one channel, so who spoke is unknown".to_owned(),
        Reason::SpeechLost { ms } => format!("{} s of speech could not be transcribed there", secs(*ms)),
        Reason::Unsure { percent } => format!("the recogniser is too unsure of this stretch ({percent} %)"),
        Reason::OrganisationUnknown { hotline: Some(hotline) } => {
            format!(
                "the settings have no organisation for the hotline “{hotline}” (hotlines.\"{hotline}\".organisation)"
            )
        }
        Reason::OrganisationUnknown { hotline: None } => {
            "the call names no hotline, so its organisation is unknown (metadata hotline, settings hotlines)".to_owned()
        }
        Reason::Measured { measure, value, unit } => format!("{} {} {unit}", measure.replace('_', " "), number(*value)),
        Reason::Within { measure, value: Some(value), unit } => {
            format!("{} {} {unit}, within bounds", measure.replace('_', " "), number(*value))
        }
        Reason::Within { measure, value: None, .. } => format!("no {} beyond its bounds", measure.replace('_', " ")),
        Reason::TooLittle { measure } => format!("too little was said to measure the {}", measure.replace('_', " ")),
        Reason::Field { field, value } => format!("{field} is “{value}”"),
        Reason::FieldMissing { field } => format!("the metadata has no {field}"),
        Reason::Like { words, percent } => format!("“{words}” is {percent} % like an example"),
        Reason::MeansOtherwise { words } => {
            format!("“{words}” was heard, but the sentence seems to mean something else")
        }
        Reason::Means { words, percent } => format!("“{words}” means it with a certainty of {percent} %"),
        Reason::NothingFound { what: "repeat" } => "nothing was heard that had been said before".to_owned(),
        Reason::NothingFound { .. } => "no such personal data was heard".to_owned(),
        Reason::Plain => "the call has nothing to judge by".to_owned(),
    }
}

/// `mm:ss`, or `h:mm:ss`: to the second is enough to find the place.
fn short(at: CallTime) -> String {
    let seconds = at.ms / 1000;
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{:02}", seconds % 60)
    } else {
        format!("{minutes:02}:{:02}", seconds % 60)
    }
}

fn secs(ms: u32) -> String {
    number(f64::from(ms) / 1000.0)
}

/// At most one decimal place.
fn number(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}

fn spaced(unit: &str) -> String {
    format!(" {unit}")
}
