//! Personal data found against personal data that was said, in the references and in the transcripts.

use std::collections::BTreeMap;

use hotline_model::{CallRecord, Channel, TextSpan, TimeSpan};
use hotline_text::entities::{self, EntityKind, Line};
use serde::Serialize;

use crate::report::MatchScore;
use crate::timing::Matches;
use crate::truth::LabelledCall;

/// How far a recogniser's times and the true ones of a turn may lie apart, in milliseconds.
const SLACK_MS: u32 = 500;

/// Finding personal data. A piece of data counts once for every turn in which it is said; what a recogniser made of its digits
/// does not matter in transcripts, only that it is found where it was said and under its kind.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct PiiScore {
    /// In what was transcribed: all kinds together.
    #[serde(flatten)]
    pub all: MatchScore,
    /// In what was transcribed, by kind.
    pub by_kind: BTreeMap<String, MatchScore>,
    /// In the references, which shows what is lost to recognition: all kinds together.
    pub references: MatchScore,
    /// In the references, by kind.
    pub references_by_kind: BTreeMap<String, MatchScore>,
}

/// Counts by the stable name of the kind.
type Counts = BTreeMap<String, Matches>;

/// A stretch of an utterance or turn that was found or labelled.
struct Piece {
    kind: String,
    line: usize,
    span: TextSpan,
}

/// Scores all calls; `None` without labels.
pub(crate) fn score(calls: &[(&LabelledCall, Option<&CallRecord>)]) -> Option<PiiScore> {
    let kinds: Vec<&str> =
        calls.iter().flat_map(|(truth, _)| &truth.expected.pii).map(|pii| pii.kind.as_str()).collect();
    if kinds.is_empty() {
        return None;
    }
    // Amounts and dates are no personal data: they count where somebody labelled them.
    let counted = |kind: EntityKind| kind.is_personal() || kinds.contains(&kind.name());
    let (mut references, mut transcripts) = (Counts::new(), Counts::new());
    for (truth, record) in calls {
        in_references(truth, &counted, &mut references);
        in_transcript(truth, *record, &counted, &mut transcripts);
    }
    let scores = |counts: &Counts| counts.iter().map(|(kind, m)| (kind.clone(), m.score())).collect();
    let sum = |counts: &Counts| {
        let mut sum = Matches::default();
        counts.values().for_each(|matches| sum.add(*matches));
        sum.score()
    };
    Some(PiiScore {
        all: sum(&transcripts),
        by_kind: scores(&transcripts),
        references: sum(&references),
        references_by_kind: scores(&references),
    })
}

fn pieces(lines: &[Line<'_>], counted: &impl Fn(EntityKind) -> bool) -> Vec<Piece> {
    let found = entities::find(lines);
    let found = found.iter().filter(|entity| counted(entity.kind));
    let piece = |kind: EntityKind, part: &entities::Part| Piece {
        kind: kind.name().to_owned(),
        line: part.line,
        span: part.span,
    };
    found.flat_map(|entity| entity.parts.iter().map(move |part| piece(entity.kind, part))).collect()
}

/// Pairs each label with one find at most, then counts both sides.
fn count<L>(labels: &[(String, L)], found: &[Piece], same: impl Fn(&L, &Piece) -> bool, counts: &mut Counts) {
    let mut taken = vec![false; found.len()];
    for (kind, label) in labels {
        let hit = found
            .iter()
            .enumerate()
            .position(|(i, piece)| !taken.get(i).copied().unwrap_or(true) && piece.kind == *kind && same(label, piece));
        let matches = counts.entry(kind.clone()).or_default();
        matches.truth += 1;
        matches.truth_matched += u64::from(hit.is_some());
        if let Some(slot) = hit.and_then(|i| taken.get_mut(i)) {
            *slot = true;
        }
    }
    for (piece, taken) in found.iter().zip(taken) {
        let matches = counts.entry(piece.kind.clone()).or_default();
        matches.found += 1;
        matches.found_matched += u64::from(taken);
    }
}

fn in_references(truth: &LabelledCall, counted: &impl Fn(EntityKind) -> bool, counts: &mut Counts) {
    let turns: Vec<_> = truth.turns.iter().filter_map(|turn| Some((turn, turn.speaker()?))).collect();
    let lines: Vec<Line<'_>> =
        turns.iter().map(|(turn, channel)| Line { channel: *channel, text: &turn.text }).collect();
    let found = pieces(&lines, counted);
    let labels: Vec<(String, (usize, String))> =
        truth.expected.pii.iter().map(|pii| (pii.kind.clone(), (pii.turn, pii.spoken.clone()))).collect();
    let same = |(turn, spoken): &(usize, String), piece: &Piece| {
        let Some((found_in, _)) = turns.get(piece.line).filter(|(found_in, _)| found_in.index == *turn) else {
            return false;
        };
        found_in
            .text
            .match_indices(spoken.as_str())
            .any(|(at, words)| covers(piece.span, TextSpan::new(at, at + words.len())))
    };
    count(&labels, &found, same, counts);
}

/// Whether `found` is `label`, give or take a little at the ends: at least half of what either covers is common to both, and four
/// fifths of the label.
fn covers(found: TextSpan, label: TextSpan) -> bool {
    let common = found.end.min(label.end).saturating_sub(found.start.max(label.start)) as usize;
    let union = found.len() + label.len() - common;
    common * 5 >= label.len() * 4 && common * 2 >= union
}

fn in_transcript(
    truth: &LabelledCall,
    record: Option<&CallRecord>,
    counted: &impl Fn(EntityKind) -> bool,
    counts: &mut Counts,
) {
    let utterances = record.map_or(&[][..], |record| record.transcript.utterances.as_slice());
    let lines: Vec<Line<'_>> = utterances.iter().map(|u| Line { channel: u.channel, text: &u.text }).collect();
    let found = pieces(&lines, counted);
    let label = |pii: &crate::truth::TruePii| {
        let turn = truth.turns.iter().find(|turn| turn.index == pii.turn);
        let place = turn.and_then(|turn| Some((turn.speaker()?, turn.span())));
        (pii.kind.clone(), place)
    };
    let labels: Vec<(String, Option<(Channel, TimeSpan)>)> = truth.expected.pii.iter().map(label).collect();
    let same = |place: &Option<(Channel, TimeSpan)>, piece: &Piece| {
        let (Some((channel, turn)), Some(utterance)) = (place, utterances.get(piece.line)) else { return false };
        let heard = utterance.time_of(piece.span);
        let wide = TimeSpan::from_ms(turn.start.ms.saturating_sub(SLACK_MS), turn.end.ms + SLACK_MS);
        (utterance.channel == *channel || utterance.channel == Channel::Mixed) && heard.intersection(wide).is_some()
    };
    count(&labels, &found, same, counts);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::truth::{Expected, TruePii, TrueTurn};

    fn call(turns: &[(&str, &str)], labels: &[(usize, &str, &str)]) -> LabelledCall {
        let turn = |(index, (channel, text)): (usize, &(&str, &str))| TrueTurn {
            index,
            channel: (*channel).into(),
            kind: "speech".into(),
            start: index as f64,
            end: index as f64 + 0.9,
            text: (*text).into(),
            spoken: String::new(),
        };
        let label =
            |&(turn, kind, spoken): &(usize, &str, &str)| TruePii { turn, kind: kind.into(), spoken: spoken.into() };
        let expected = Expected { pii: labels.iter().map(label).collect(), ..Expected::default() };
        LabelledCall { turns: turns.iter().enumerate().map(turn).collect(), expected, ..LabelledCall::default() }
    }

    #[test]
    fn labels_and_finds_are_counted_by_kind() {
        let turns = [
            ("agent", "请留个电话"),
            ("customer", "幺三八零零幺三八零零零，我叫王丽"),
            ("agent", "王丽女士，尾号八零零零"),
        ];
        let labels = [(1, "phone", "幺三八零零幺三八零零零"), (1, "name", "王丽"), (2, "plate", "八零零零")];
        let score = score(&[(&call(&turns, &labels), None)]).unwrap();
        let (names, phones) = (&score.references_by_kind["name"], &score.references_by_kind["phone"]);
        assert_eq!((phones.true_events, phones.found, phones.recall), (1, 1, Some(1.0)));
        // The agent's 王丽 was not labelled.
        assert_eq!((names.true_events, names.found, names.precision), (1, 2, Some(0.5)));
        assert_eq!(score.references_by_kind["plate"].recall, Some(0.0));
        assert_eq!(score.references.recall, Some(2.0 / 3.0));
        // A call that failed: nothing was found.
        assert_eq!((score.all.true_events, score.all.found, score.all.recall), (3, 0, Some(0.0)));
        assert!(super::score(&[(&call(&turns, &[]), None)]).is_none());
    }

    #[test]
    fn a_find_must_cover_its_label_and_little_else() {
        let label = TextSpan::new(10, 20);
        assert!(covers(TextSpan::new(10, 20), label));
        assert!(covers(TextSpan::new(8, 22), label));
        assert!(!covers(TextSpan::new(10, 17), label));
        assert!(!covers(TextSpan::new(0, 40), label));
        assert!(!covers(TextSpan::new(30, 40), label));
    }
}
