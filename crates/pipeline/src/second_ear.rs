//! The second ear: words that only sound like a phrase are listened to again, the phrase and what was heard are both forced through the recogniser, and the
//! likelihoods compared. What comes of it is kept with the transcript, so that judging again gives the same.

use std::collections::BTreeMap;
use std::path::Path;

use hotline_asr::{Session, Wordings};
use hotline_audio::{AudioBlock, AudioError, AudioSource, FileSource, OpenOptions};
use hotline_model::{Channel, SAMPLES_PER_MS, SecondListen, TimeSpan, Transcript, Utterance};
use hotline_rules::Doubt;

use crate::batch::guarded;

/// So much sound is listened to before and after the words: enough for the recogniser to find its feet.
const BEFORE_MS: u32 = 2_500;
const AFTER_MS: u32 = 1_200;
/// An utterance that is little longer is taken whole.
const WHOLE_MS: u32 = 5_000;
/// Room around what was voiced.
const MARGIN_MS: u32 = 200;
/// So many characters behind the words count: a wrong wording makes them unlikely too.
const AFTER_CHARS: usize = 4;
/// More speech of a call than this share is not listened to again, but always this much.
const SHARE_MAX: f64 = 0.2;
const ALWAYS_MS: u32 = 8_000;
/// Most rounds: a phrase that is ruled out may bring up the next.
pub(crate) const ROUNDS: usize = 3;

/// What a call may still spend on second listens, in milliseconds of sound. It goes by length, not by the clock: the same recording always gives the same.
pub(crate) struct Allowance(u32);

impl Allowance {
    pub(crate) fn of(transcript: &Transcript) -> Allowance {
        let spoken: u64 = transcript.utterances.iter().map(|said| u64::from(said.span.len_ms())).sum();
        Allowance(((spoken as f64 * SHARE_MAX) as u32).max(ALWAYS_MS))
    }
}

/// A stretch to listen to and the question about it.
struct Question {
    doubt: Doubt,
    channel: Channel,
    time: TimeSpan,
    before: String,
    heard: String,
    after: String,
}

/// Listens to `doubts` as far as the allowance goes and gives what came of it. A recogniser that cannot compare gives nothing.
pub(crate) fn listen(
    doubts: Vec<Doubt>,
    transcript: &Transcript,
    (path, options): (&Path, &OpenOptions),
    allowance: &mut Allowance,
    session: &mut dyn Session,
) -> Result<Vec<SecondListen>, String> {
    let mut questions = Vec::new();
    for doubt in doubts {
        if transcript.second_listen(doubt.utterance, doubt.text, &doubt.meant).is_some() {
            continue;
        }
        let Some(question) = question(doubt, transcript) else { continue };
        let Some(left) = allowance.0.checked_sub(question.time.len_ms()) else { break };
        allowance.0 = left;
        questions.push(question);
    }
    if questions.is_empty() {
        return Ok(Vec::new());
    }
    let wanted: Vec<(Channel, TimeSpan)> = questions.iter().map(|question| (question.channel, question.time)).collect();
    let cuts = cut(path, options, &wanted).map_err(|error| error.to_string())?;
    let mut listens = Vec::new();
    for (question, samples) in questions.into_iter().zip(cuts) {
        let Question { doubt, before, heard, after, .. } = question;
        let options = [heard.as_str(), doubt.meant.as_str()];
        let wordings = Wordings { before: &before, options: &options, after: &after };
        let answer = guarded(|| session.compare(&samples, &wordings))?.map_err(|error| error.to_string())?;
        let Some([by_heard, by_meant]) = answer.as_deref() else { return Ok(listens) };
        let log_ratio = by_meant - by_heard;
        if log_ratio.is_finite() {
            let (utterance, text, meant) = (doubt.utterance, doubt.text, doubt.meant);
            tracing::debug!(heard, meant, log_ratio, "second listen");
            listens.push(SecondListen { utterance, text, heard, meant, log_ratio });
        }
    }
    Ok(listens)
}

fn question(doubt: Doubt, transcript: &Transcript) -> Option<Question> {
    let said = transcript.utterances.get(doubt.utterance as usize)?;
    let heard = doubt.text.slice(&said.text)?.to_owned();
    let all = TimeSpan::from_ms(said.span.start.ms.saturating_sub(MARGIN_MS), said.span.end.ms + MARGIN_MS);
    if all.len_ms() <= WHOLE_MS {
        let before = said.text.get(..doubt.text.range().start)?.to_owned();
        let after = said.text.get(doubt.text.range().end..)?.chars().take(AFTER_CHARS).collect();
        return Some(Question { doubt, channel: said.channel, time: all, before, heard, after });
    }
    let place = said.time_of(doubt.text);
    let from = first_after(said, place.start.ms.saturating_sub(BEFORE_MS));
    let start = from.map_or(all.start.ms, |(_, ms)| ms).max(all.start.ms).min(place.start.ms);
    let time = TimeSpan::from_ms(start, (place.end.ms + AFTER_MS).min(all.end.ms));
    let before_at = from.map_or(0, |(at, _)| at).min(doubt.text.range().start);
    let before = said.text.get(before_at..doubt.text.range().start)?.to_owned();
    let inside =
        said.tokens.iter().filter(|token| token.time.end.ms <= time.end.ms).map(|token| token.text.range().end);
    let until = inside.max().unwrap_or(doubt.text.range().end).max(doubt.text.range().end);
    let after = said.text.get(doubt.text.range().end..until)?.chars().take(AFTER_CHARS).collect();
    Some(Question { doubt, channel: said.channel, time, before, heard, after })
}

/// The first token that begins at or after `ms`: where it stands in the text, and when it begins. `None` if that is the first of all: then all is taken from
/// the beginning.
fn first_after(said: &Utterance, ms: u32) -> Option<(usize, u32)> {
    let (nth, token) = said.tokens.iter().enumerate().find(|(_, token)| token.time.start.ms >= ms)?;
    (nth > 0).then(|| (token.text.range().start, token.time.start.ms))
}

/// The samples of some stretches, in their order.
fn cut(path: &Path, options: &OpenOptions, wanted: &[(Channel, TimeSpan)]) -> Result<Vec<Vec<f32>>, AudioError> {
    let mut source = FileSource::open(path, options)?;
    let lanes: BTreeMap<Channel, usize> =
        source.info().channels.iter().enumerate().map(|(lane, channel)| (*channel, lane)).collect();
    let sample = |ms: u32| ms as usize * SAMPLES_PER_MS as usize;
    let mut cuts = vec![Vec::new(); wanted.len()];
    let last = wanted.iter().map(|(_, time)| sample(time.end.ms)).max().unwrap_or(0);
    let mut at = 0;
    let mut block = AudioBlock::default();
    while at < last && source.next_block(&mut block)? {
        for ((channel, time), cut) in wanted.iter().zip(&mut cuts) {
            let Some(samples) = lanes.get(channel).and_then(|lane| block.channels.get(*lane)) else { continue };
            let from = sample(time.start.ms).saturating_sub(at).min(samples.len());
            let to = sample(time.end.ms).saturating_sub(at).clamp(from, samples.len());
            cut.extend_from_slice(&samples[from..to]);
        }
        at += block.len();
    }
    Ok(cuts)
}
