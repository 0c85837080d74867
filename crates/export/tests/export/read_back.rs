//! Subtitles of any transcript, read back by a parser of our own: well-formed, with times that are valid, in order, and apart
//! for each speaker, and with every word of the call.

use hotline_export::{Format, LINE_WIDTH, Language, export};
use hotline_model::{Channel, Transcript};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::records::{mono, said};

#[derive(Debug)]
struct Cue {
    speaker: String,
    start_ms: u64,
    end_ms: u64,
    lines: Vec<String>,
}

/// Blocks of lines with empty lines between and at the end.
fn blocks(text: &str) -> Vec<Vec<&str>> {
    let mut blocks = vec![Vec::new()];
    for line in text.lines() {
        match (line.is_empty(), blocks.last_mut()) {
            (false, Some(block)) => block.push(line),
            _ => blocks.push(Vec::new()),
        }
    }
    assert!(blocks.pop().is_some_and(|last| last.is_empty()), "the file ends with an empty line");
    blocks
}

fn timing(line: &str, mark: char) -> (u64, u64) {
    let clock = |text: &str| {
        let (clock, ms) = text.rsplit_once(mark).unwrap();
        let parts: Vec<u64> = clock.split(':').map(|part| part.parse().unwrap()).collect();
        let &[hours, minutes, seconds] = parts.as_slice() else { panic!("{text}") };
        assert!(minutes < 60 && seconds < 60 && ms.len() == 3 && clock.len() >= 8, "{text}");
        ((hours * 60 + minutes) * 60 + seconds) * 1000 + ms.parse::<u64>().unwrap()
    };
    let (start, end) = line.split_once(" --> ").unwrap();
    (clock(start), clock(end))
}

fn srt(text: &str) -> Vec<Cue> {
    let cue = |(number, block): (usize, Vec<&str>)| {
        assert_eq!(block[0], number.to_string());
        let (start_ms, end_ms) = timing(block[1], ',');
        let (speaker, first) = match block[2].split_once('：') {
            Some((speaker @ ("座席" | "客户"), first)) => (speaker, first),
            _ => ("", block[2]),
        };
        let lines = std::iter::once(first).chain(block[3..].iter().copied()).map(str::to_owned).collect();
        Cue { speaker: speaker.to_owned(), start_ms, end_ms, lines }
    };
    (1..).zip(blocks(text)).map(cue).collect()
}

fn vtt(text: &str) -> Vec<Cue> {
    let mut blocks = blocks(text).into_iter();
    assert_eq!(blocks.next(), Some(vec!["WEBVTT"]));
    let cue = |block: Vec<&str>| {
        let (start_ms, end_ms) = timing(block[0], '.');
        let mut payload = block[1..].join("\n");
        assert!(!payload.contains("-->"));
        let mut speaker = String::new();
        if let Some(rest) = payload.strip_prefix("<v ") {
            let (name, words) = rest.split_once('>').unwrap();
            (speaker, payload) = (name.to_owned(), words.to_owned());
        }
        assert!(!payload.contains(['<', '>']));
        let plain = payload.replace("&lt;", "<").replace("&gt;", ">");
        assert_eq!(plain.matches('&').count(), plain.matches("&amp;").count());
        let plain = plain.replace("&amp;", "&");
        Cue { speaker, start_ms, end_ms, lines: plain.split('\n').map(str::to_owned).collect() }
    };
    blocks.map(cue).collect()
}

/// What of a text has to be readable: everything but white space and control characters.
fn readable(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect()
}

fn transcript() -> impl Strategy<Value = Transcript> {
    const PIECES: [&str; 16] = [
        "您好，",
        "请问有什么可以帮您？",
        "\n\n",
        "-->",
        "<v 客户>",
        "</i>",
        "&amp;",
        "宽带",
        "断网三天了。",
        " ",
        "13800138000",
        "broadband",
        "👨‍👩‍👧",
        "é",
        "\0",
        "，，，。",
    ];
    let text = vec(prop::sample::select(&PIECES[..]), 0..30).prop_map(|pieces| pieces.concat());
    let channel = prop::sample::select(&Channel::ALL[..]);
    let start = prop_oneof![4 => 0u32..60_000, 1 => u32::MAX - 10..=u32::MAX];
    let utterance =
        (channel, start, 0u32..15_000, text, any::<bool>()).prop_map(|(channel, start, len, text, timed)| {
            let mut utterance = said(channel, start, start.saturating_add(len), &text);
            if !timed {
                utterance.tokens.clear();
            }
            utterance
        });
    vec(utterance, 0..12).prop_map(|utterances| {
        let mut transcript = Transcript { utterances, ..Transcript::default() };
        transcript.sort();
        transcript
    })
}

fn check(cues: &[Cue], transcript: &Transcript, shown_as: impl Fn(&str) -> String) -> Result<(), TestCaseError> {
    prop_assert!(cues.is_sorted_by_key(|cue| cue.start_ms));
    for (channel, speaker) in [(Channel::Agent, "座席"), (Channel::Customer, "客户"), (Channel::Mixed, "")] {
        let own: Vec<&Cue> = cues.iter().filter(|cue| cue.speaker == speaker).collect();
        for pair in own.windows(2) {
            prop_assert!(pair[0].end_ms <= pair[1].start_ms, "{:?} overlaps {:?}", pair[0], pair[1]);
        }
        let shown: String = own.iter().flat_map(|cue| &cue.lines).map(|line| readable(line)).collect();
        let mut spoken: Vec<_> = transcript.utterances.iter().filter(|u| u.channel == channel).collect();
        spoken.sort_by_key(|u| u.span.start);
        let spoken: String = spoken.iter().map(|u| shown_as(&readable(&u.text))).collect();
        prop_assert_eq!(shown, spoken);
    }
    for cue in cues {
        prop_assert!(cue.start_ms < cue.end_ms, "{cue:?}");
        prop_assert!(matches!(cue.lines.len(), 1 | 2), "{cue:?}");
        for line in &cue.lines {
            prop_assert!(!line.trim().is_empty(), "{cue:?}");
            prop_assert!(line.chars().count() <= LINE_WIDTH, "{cue:?}");
        }
    }
    Ok(())
}

fn text(transcript: &Transcript, format: Format) -> String {
    let record = hotline_model::CallRecord { transcript: transcript.clone(), ..mono() };
    String::from_utf8(export(&record, format, Language::Zh).unwrap()).unwrap()
}

proptest! {
    #[test]
    fn srt_reads_back(transcript in transcript()) {
        let cues = srt(&text(&transcript, Format::Srt));
        check(&cues, &transcript, |text| text.replace('<', "＜").replace('>', "＞"))?;
    }

    #[test]
    fn vtt_reads_back(transcript in transcript()) {
        let cues = vtt(&text(&transcript, Format::Vtt));
        check(&cues, &transcript, str::to_owned)?;
    }

    #[test]
    fn a_transcript_for_people_has_every_word_on_a_line_of_its_turn(transcript in transcript()) {
        let shown = text(&transcript, Format::Txt);
        for utterance in &transcript.utterances {
            let words = readable(&utterance.text);
            let turn = shown.lines().find(|line| line.starts_with('[') && readable(line).ends_with(&words));
            prop_assert!(turn.is_some(), "{words:?} is missing");
        }
        prop_assert!(!shown.contains(|c: char| c.is_control() && c != '\n'));
        if transcript.utterances.is_empty() {
            prop_assert!(shown.contains("（没有可转写的内容）"));
        }
    }
}
