//! What libraries report, in Chinese: their own messages are English. Each sentence says what is wrong and what to do.

use hotline_audio::AudioError;
use hotline_index::{QueryError, QueryErrorKind};
use hotline_model::{ComplaintError, FollowUpError};
use hotline_pipeline::CallError;
use hotline_pipeline::intake::IntakeError;
use hotline_report::PeriodError;

use crate::settings::Language;

/// How a run puts into words why a recording could not be processed.
pub fn explain(language: Language) -> fn(&CallError) -> String {
    match language {
        Language::Zh => call_zh,
        Language::En => |error| error.to_string(),
    }
}

/// What is said before giving up: an error and its causes, in Chinese as far as it is one of the common mistakes.
pub fn fatal(error: &anyhow::Error, language: Language) -> String {
    if language == Language::Zh
        && let Some(period) = error.downcast_ref::<PeriodError>()
    {
        return period_zh(period);
    }
    if language == Language::Zh {
        if let Some(refused) = error.downcast_ref::<FollowUpError>() {
            return follow_up_zh(refused);
        }
        if let Some(refused) = error.downcast_ref::<ComplaintError>() {
            return complaint_zh(refused);
        }
    }
    chain(error)
}

fn follow_up_zh(error: &FollowUpError) -> String {
    match error {
        FollowUpError::State { state, .. } => {
            let why =
                if state.is_open() { "尚未办结，不用重新办理" } else { "请先用 --reopen 重新办理" };
            format!("现在是“{}”：{why}", state.name_zh())
        }
        FollowUpError::TooEarly { needed, made } => not_reached_zh(*needed, *made),
        FollowUpError::Field(field) => format!("没有 `{field}` 这个字段：可以更正 matter、department、person、contact"),
    }
}

fn complaint_zh(error: &ComplaintError) -> String {
    match error {
        ComplaintError::State { state, .. } => {
            let why =
                if state.is_open() { "尚未回访，不用重新办理" } else { "请先用 --reopen 重新办理" };
            format!("现在是“{}”：{why}", state.name_zh())
        }
        ComplaintError::NotReached { needed, made } => not_reached_zh(*needed, *made),
        ComplaintError::NotSatisfied => "客户不满意：请用 --reopen 重新办理，不能办结".to_owned(),
        ComplaintError::Field(field) => {
            let fields = "matter、demand、department、promised_time、person、contact、kind、happened";
            format!("没有 `{field}` 这个字段：可以更正 {fields}")
        }
    }
}

fn not_reached_zh(needed: u32, made: u32) -> String {
    format!("没有联系上客户：至少联系 {needed} 次（已联系 {made} 次）并写明原因，才能结束")
}

fn period_zh(error: &PeriodError) -> String {
    match error {
        PeriodError::Syntax(text) => {
            format!(
                "`{text}` 不是统计期：请写周（2026-W41）、月（2026-10）、日（2026-10-06）或区间（2026-10-01..2026-10-15）"
            )
        }
        PeriodError::NoSuchDate(text) => {
            // `week 2026-W60`, `month 2026-13: months run from 1 to 12`
            let date = text.split([':', ' ']).find(|part| part.starts_with(|c: char| c.is_ascii_digit()));
            format!("日历上没有 {}", date.unwrap_or(text))
        }
        PeriodError::Backwards { first, last } => format!("区间 {first}..{last} 的终点早于起点：请对调"),
        PeriodError::TooLong { first, last, days } => {
            format!("区间 {first}..{last} 有 {days} 天，一份报表容不下：请缩短")
        }
    }
}

/// An error and its causes in one line. Messages that tell their cause themselves are not followed by it once more.
pub fn chain(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if text.is_empty() {
            text = cause;
        } else if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}

/// A path that leads to no recording.
pub fn intake(error: &IntakeError, language: Language) -> String {
    match (language, error) {
        (Language::En, error) => error.to_string(),
        (Language::Zh, IntakeError::Missing { path }) => {
            format!("{path}：没有这个文件或目录，也没有通配符能匹配到的文件")
        }
        (Language::Zh, IntakeError::Pattern { pattern, message }) => format!("{pattern}：通配符写法有误（{message}）"),
        (Language::Zh, IntakeError::Unreadable { path, source }) => format!("{path}：无法读取（{source}）"),
    }
}

/// What is wrong with the query `text`, with the column.
pub fn query(error: &QueryError, text: &str, language: Language) -> String {
    let column = error.column(text);
    if language == Language::En {
        // The library counts bytes; people count characters.
        let own = error.to_string();
        return own.split_once(": ").map_or(own.clone(), |(_, what)| format!("query, character {column}: {what}"));
    }
    let (wrong, cure) = match &error.kind {
        QueryErrorKind::UnclosedQuote => ("引号没有结束".to_owned(), "请补上右引号"),
        QueryErrorKind::UnclosedParenthesis => ("括号没有结束".to_owned(), "请补上右括号"),
        QueryErrorKind::UnopenedParenthesis => ("多了一个右括号".to_owned(), "请去掉，或把文字放进引号"),
        QueryErrorKind::MissingWords => ("缺少要找的词".to_owned(), "请在那里写上要找的词"),
        QueryErrorKind::NotWords => ("邻近 和 不在 的两边须是词".to_owned(), "两边请写词、“短语”或（甲 或 乙）"),
        QueryErrorKind::UnknownField(name) => (
            format!("没有名为“{name}”的条件"),
            "可用：座席: 客户: 角色: 开头: 结尾: 通话: 工号: 班组: 业务: 热线: 日期: 时段: 时长: 静音: 标记: 条款: 得分: 投诉单: 满意度: 复核: 方向: 起: 止:\
             （或英文名）；带冒号的文字请放进引号",
        ),
        QueryErrorKind::BadValue { field, expected } => {
            let cure = match *expected {
                text if text.contains("a day, week") => "请写日、周、月或年：2026-10-01、2026-W41、2026-10、2026",
                text if text.contains("a length") => "请写时长，如 30s、30秒、2m、1:30",
                text if text.contains("inbound") => "请写 呼入 或 呼出",
                text if text.contains("true or false") => "请写 是 或 否",
                text if text.contains("agent or customer") => "请写 座席 或 客户",
                text if text.contains("undecided") => "请写 符合、违规、无法判断 或 不适用",
                text if text.contains("a limit") => "请写界限或范围，如 >10s、<80、1m..3m；静音还可写 >20%",
                text if text.contains("time of day") => "请写时段，如 9:00..12:00、>18:00、上午",
                text if text.contains("满意") => "请写 1（满意）、2（一般）或 3（不满意）",
                text if text.contains("number of characters") => "请写 1000 以内的字数，如 邻近/5",
                other => other,
            };
            (format!("“{field}”的值不对"), cure)
        }
        QueryErrorKind::NothingSpoken => ("没有可检索的内容".to_owned(), "请写文字，标点不参与检索"),
        QueryErrorKind::TooLong => ("检索式太长".to_owned(), "请一次少找几个词"),
        // Kinds of a later version of the library.
        _ => return error.to_string(),
    };
    format!("检索式第 {column} 个字：{wrong}；{cure}")
}

fn call_zh(error: &CallError) -> String {
    match error {
        CallError::Audio(error) => audio_zh(error),
        CallError::Settings(error) => format!("语音检测的设置有误：{error}"),
        CallError::Internal { message } => format!("程序内部错误，请反馈：{message}"),
        _ => error.to_string(),
    }
}

fn audio_zh(error: &AudioError) -> String {
    let (path, what) = match error {
        AudioError::NotFound { path } => (path, "没有这个文件：请检查路径".to_owned()),
        AudioError::Directory { path } => (path, "是目录：请指定录音文件，或处理整个目录".to_owned()),
        AudioError::Unreadable { path, source } => (path, format!("无法读取（{source}）：请检查权限和磁盘")),
        AudioError::Empty { path } => (path, "是空文件（0 字节）：请重新导出录音".to_owned()),
        AudioError::NotAudio { path, looks_like } => {
            (path, format!("不是录音，而是{}：请移走，或重新导出录音", content_zh(looks_like)))
        }
        AudioError::Unsupported { path, codec } => {
            (path, format!("不支持的格式（{codec}）：请先转换，例如 `ffmpeg -i IN OUT.flac`"))
        }
        AudioError::BadHeader { path, detail } => (path, format!("文件头损坏（{detail}）：请重新导出录音")),
        AudioError::Truncated { path, found_ms, declared_ms } => {
            (path, format!("录音不完整：{}：请重新复制或导出", extent_zh(*found_ms, *declared_ms)))
        }
        AudioError::TooManyChannels { path, channels } => (
            path,
            format!(
                "有 {channels} 个声道：只支持单声道和双声道，请选出两个，例如 `ffmpeg -i IN -af 'pan=stereo|c0=c0|c1=c1' OUT.flac`"
            ),
        ),
        AudioError::NoAudio { path } => (path, "时长为 0 秒：没有录到声音，请移走或重新导出".to_owned()),
        AudioError::TooLong { path, at_least_ms, max_ms } => (
            path,
            format!(
                "时长 {} 分钟或更长，最多 {} 分钟：请拆分，或调高设置 `audio.max_minutes`",
                at_least_ms / 60_000,
                max_ms / 60_000
            ),
        ),
        AudioError::RateOutOfRange { path, rate_hz } => (
            path,
            format!(
                "采样率为 {rate_hz} Hz，支持 {} 至 {} Hz：请先转换，例如 `ffmpeg -i IN -ar 16000 OUT.flac`",
                hotline_audio::MIN_RATE_HZ,
                hotline_audio::MAX_RATE_HZ
            ),
        ),
        AudioError::Damaged { path, at_ms, detail } => {
            (path, format!("在 {} 秒之后损坏（{detail}）：请重新复制或导出", seconds(*at_ms)))
        }
        other => return other.to_string(),
    };
    format!("{}：{what}", path.display())
}

/// What a file that is no recording looks like; the audio room says it in English.
fn content_zh(looks_like: &str) -> String {
    match looks_like {
        "text" => "文本".to_owned(),
        "an HTML page" => "网页".to_owned(),
        "a ZIP archive" => "ZIP 压缩包".to_owned(),
        "a PDF document" => "PDF 文档".to_owned(),
        "an ID3 tag without sound" => "只有 ID3 标签、没有声音的文件".to_owned(),
        "an unknown file" => "未知类型的文件".to_owned(),
        other => format!("其他文件（{other}）"),
    }
}

fn extent_zh(found_ms: Option<u32>, declared_ms: Option<u32>) -> String {
    match (found_ms, declared_ms) {
        (Some(found), Some(declared)) => format!("应有 {} 秒，实有 {} 秒", seconds(declared), seconds(found)),
        (Some(found), None) => format!("在 {} 秒处中断", seconds(found)),
        (None, Some(declared)) => format!("不足应有的 {} 秒", seconds(declared)),
        (None, None) => "缺少结尾".to_owned(),
    }
}

/// Milliseconds as seconds with one decimal.
fn seconds(ms: u32) -> String {
    format!("{:.1}", f64::from(ms) / 1000.0)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn errors() -> Vec<AudioError> {
        let path = || PathBuf::from("录音/a.wav");
        vec![
            AudioError::NotFound { path: path() },
            AudioError::Directory { path: path() },
            AudioError::Unreadable { path: path(), source: std::io::ErrorKind::PermissionDenied.into() },
            AudioError::Empty { path: path() },
            AudioError::NotAudio { path: path(), looks_like: "an HTML page".into() },
            AudioError::Unsupported { path: path(), codec: "AMR".into() },
            AudioError::BadHeader { path: path(), detail: "no channels".into() },
            AudioError::Truncated { path: path(), found_ms: Some(4_000), declared_ms: Some(73_260) },
            AudioError::TooManyChannels { path: path(), channels: 3 },
            AudioError::NoAudio { path: path() },
            AudioError::TooLong { path: path(), at_least_ms: 240 * 60_000, max_ms: 120 * 60_000 },
            AudioError::RateOutOfRange { path: path(), rate_hz: 6_000 },
            AudioError::Damaged { path: path(), at_ms: 1_500, detail: "no packet can be decoded".into() },
        ]
    }

    #[test]
    fn every_bad_recording_is_explained_in_chinese_with_its_file_and_a_cure() {
        for error in errors() {
            let english = error.to_string();
            let text = explain(Language::Zh)(&error.into());
            assert!(text.starts_with("录音/a.wav："), "{text}");
            assert_ne!(text, english);
            assert!(text.matches('：').count() >= 2 || text.contains('，'), "no cure: {text}");
        }
        let cut = explain(Language::Zh)(&errors().remove(7).into());
        assert_eq!(cut, "录音/a.wav：录音不完整：应有 73.3 秒，实有 4.0 秒：请重新复制或导出");
    }

    #[test]
    fn english_is_the_libraries_own() {
        for error in errors() {
            let own = error.to_string();
            assert_eq!(explain(Language::En)(&error.into()), own);
        }
    }

    #[test]
    fn periods_that_are_none_are_told_in_chinese() {
        let zone = jiff::tz::TimeZone::UTC;
        for (text, told) in [
            ("October", "`October` 不是统计期"),
            ("2026-W60", "日历上没有 2026-W60"),
            ("2026-13", "日历上没有 2026-13"),
            ("2026-10-05..2026-10-01", "区间 2026-10-05..2026-10-01 的终点早于起点"),
            ("2024-01-01..2026-01-01", "区间 2024-01-01..2026-01-01 有 732 天"),
        ] {
            let error = anyhow::Error::from(hotline_report::Period::parse(text, zone.clone()).unwrap_err());
            assert!(fatal(&error, Language::Zh).starts_with(told), "{}", fatal(&error, Language::Zh));
            assert_eq!(fatal(&error, Language::En), error.to_string());
        }
    }

    #[test]
    fn a_cause_is_told_once() {
        let cause = || std::io::Error::other("disk full");
        let twice = anyhow::Error::from(cause()).context("a.txt: cannot be written: disk full");
        assert_eq!(chain(&twice), "a.txt: cannot be written: disk full");
        assert_eq!(chain(&anyhow::Error::from(cause()).context("a.txt")), "a.txt: disk full");
    }

    #[test]
    fn a_mistaken_query_is_told_with_its_column() {
        let wrong = |text: &str| query(&hotline_index::parse(text).unwrap_err(), text, Language::Zh);
        assert_eq!(wrong("宽带 \"断网"), "检索式第 4 个字：引号没有结束；请补上右引号");
        assert!(wrong("color:红").starts_with("检索式第 1 个字：没有名为“color”的条件"));
        // Every value that can be wrong has a Chinese cure.
        for text in [
            "日期:昨天",
            "开头:三 您好",
            "方向:上",
            "满意度:9",
            "投诉单:也许",
            "角色:经理",
            "标记:FRB-02=坏",
            "得分:高",
            "时段:25点",
        ] {
            let told = wrong(text);
            assert!(told.contains("的值不对；请写"), "{told}");
        }
    }
}
