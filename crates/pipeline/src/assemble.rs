//! From the pieces of a call to its record.

use hotline_model::{Acoustics, Call, CallIssue, CallRecord, Finding, FollowUp, IssueKind, Transcript};
use hotline_rules::meaning::Understood;
use hotline_rules::{CallView, Judgement, timing};

use crate::front::FrontEnd;
use crate::piece::Piece;
use crate::recording::Opened;
use crate::rooms::Rooms;
use crate::stages::{Stage, StageClock};

/// Puts a call together and judges it.
pub(crate) fn assemble(
    opened: &Opened,
    end: FrontEnd,
    pieces: Vec<Piece>,
    rooms: &Rooms,
    clock: &StageClock,
) -> CallRecord {
    let mut issues = opened.recording.described.issues.clone();
    issues.extend(end.info.issues.iter().map(|message| CallIssue { kind: IssueKind::Audio, message: message.clone() }));
    let call = Call {
        id: opened.id.clone(),
        source: opened.recording.path.display().to_string(),
        audio_sha256: opened.audio_sha256.clone(),
        format: end.info.format.clone(),
        rate_hz: end.info.rate_hz,
        duration_ms: end.duration_ms,
        layout: end.info.layout,
        meta: opened.recording.described.meta.clone(),
    };
    let transcript = clock.time(Stage::Text, || transcript(pieces, rooms, &mut issues));
    clock.time(Stage::Rules, || {
        let metrics = timing::talk_metrics(&call, &transcript, &end.acoustics);
        let understood = Understood::of(&transcript);
        let complaint = rooms.guide.complaint_of(&understood);
        let Judgement { findings, score_card } = judged(&call, &understood, &transcript, &end.acoustics, rooms);
        let follow_up = follow_up(complaint.is_some(), &transcript, &findings, rooms);
        let acoustics = end.acoustics;
        CallRecord { call, transcript, acoustics, metrics, findings, score_card, complaint, follow_up, issues }
    })
}

/// Judges a record by what its transcript says by now.
pub(crate) fn judge(record: &mut CallRecord, rooms: &Rooms) {
    let understood = Understood::of(&record.transcript);
    let Judgement { findings, score_card } =
        judged(&record.call, &understood, &record.transcript, &record.acoustics, rooms);
    record.follow_up = follow_up(record.complaint.is_some(), &record.transcript, &findings, rooms);
    (record.findings, record.score_card) = (findings, score_card);
}

/// What the call leaves open; a complaint is followed up as one.
fn follow_up(is_complaint: bool, transcript: &Transcript, findings: &[Finding], rooms: &Rooms) -> Option<FollowUp> {
    (!is_complaint).then(|| rooms.guide.follow_up(transcript, findings)).flatten()
}

fn judged(
    call: &Call,
    understood: &Understood<'_>,
    transcript: &Transcript,
    acoustics: &Acoustics,
    rooms: &Rooms,
) -> Judgement {
    let organisations = &rooms.organisations;
    let view = CallView { call, transcript, acoustics, heard_until: None, organisations };
    rooms.judge.judge_understood(&view, understood)
}

fn transcript(pieces: Vec<Piece>, rooms: &Rooms, issues: &mut Vec<CallIssue>) -> Transcript {
    let mut transcript = Transcript { provenance: rooms.provenance(), ..Transcript::default() };
    for piece in pieces {
        match piece {
            Piece::Utterance(utterance) => transcript.utterances.push(utterance),
            Piece::Gap(gap) => transcript.gaps.push(gap),
            Piece::Failed(gap, error) => {
                let message = format!("speech at {} could not be recognised: {error}", gap.span);
                issues.push(CallIssue { kind: IssueKind::Transcription, message });
                transcript.gaps.push(gap);
            }
        }
    }
    transcript.sort();
    transcript
}
