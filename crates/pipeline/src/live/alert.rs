//! What somebody should look at while the call still goes on.

use hotline_model::{Acoustics, CallTime, Channel, Severity, TimeSpan, Transcript};
use hotline_rules::timing;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::hold::promised_hold;

/// What an alert is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertKind {
    /// The agent said what must never be said.
    Forbidden,
    /// Nobody has spoken for too long, and no hold was announced.
    Silence,
    /// Both speak at once for long.
    Overlap,
    /// Both speak at once again and again, or louder and louder.
    Quarrel,
    /// A hold lasts longer than was promised.
    HoldExceeded,
    /// The customer complains, or complains more than before.
    Complaint,
}

impl AlertKind {
    /// All kinds.
    pub const ALL: [AlertKind; 6] = [
        AlertKind::Forbidden,
        AlertKind::Silence,
        AlertKind::Overlap,
        AlertKind::Quarrel,
        AlertKind::HoldExceeded,
        AlertKind::Complaint,
    ];

    /// The stable name used in output.
    pub const fn name(self) -> &'static str {
        match self {
            AlertKind::Forbidden => "forbidden",
            AlertKind::Silence => "silence",
            AlertKind::Overlap => "overlap",
            AlertKind::Quarrel => "quarrel",
            AlertKind::HoldExceeded => "hold_exceeded",
            AlertKind::Complaint => "complaint",
        }
    }

    /// The Chinese name shown to people.
    pub const fn name_zh(self) -> &'static str {
        match self {
            AlertKind::Forbidden => "禁语",
            AlertKind::Silence => "长时间静默",
            AlertKind::Overlap => "抢话",
            AlertKind::Quarrel => "疑似争吵",
            AlertKind::HoldExceeded => "等待超时",
            AlertKind::Complaint => "投诉升级",
        }
    }
}

/// How certain an alert is. One that was preliminary comes again under its number, confirmed or withdrawn, when the turn is over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertState {
    /// Raised while the turn still goes on.
    Preliminary,
    /// Raised on words that will not change any more, or on what needs no words.
    #[default]
    Final,
    /// It was preliminary, and the whole turn says so too.
    Confirmed,
    /// It was preliminary, and the whole turn does not say so.
    Withdrawn,
}

impl AlertState {
    /// The stable name used in output.
    pub const fn name(self) -> &'static str {
        match self {
            AlertState::Preliminary => "preliminary",
            AlertState::Final => "final",
            AlertState::Confirmed => "confirmed",
            AlertState::Withdrawn => "withdrawn",
        }
    }

    /// Whether it tells of something new: the others tell how it went on.
    pub const fn is_new(self) -> bool {
        matches!(self, AlertState::Preliminary | AlertState::Final)
    }
}

/// Something that somebody should look at now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    /// Number of the alert within its call, from 1: with `call` it names the alert.
    pub number: u32,
    /// How certain it is.
    #[serde(default)]
    pub state: AlertState,
    /// The line.
    pub line: String,
    /// File name of the call's recording.
    pub call: String,
    /// What it is about.
    pub kind: AlertKind,
    /// Id of the rule, for forbidden expressions.
    pub rule: Option<String>,
    /// Clause of the service standard, where it serves one.
    pub clause: Option<String>,
    /// For people: the rule's title.
    pub title: String,
    /// How bad.
    pub severity: Severity,
    /// When in the call.
    pub time: TimeSpan,
    /// Whose voice, if it is one.
    pub channel: Option<Channel>,
    /// What was said: the words of a forbidden expression, the announcement of a hold. Empty where nobody spoke.
    pub quote: String,
    /// How much, in seconds: of silence, of overlap, past the promised end of a hold. 0 for words.
    pub seconds: f64,
    /// When it was raised.
    pub raised_at: Timestamp,
    /// Milliseconds from the end of what it is about to the alert.
    pub delay_ms: u32,
    /// How much of it was spent waiting for what had to follow: some words are forbidden only if no help comes after them.
    #[serde(default)]
    pub waited_ms: u32,
}

/// When alerts are raised.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AlertSettings {
    /// Silence without an announced hold, in seconds (ACU-03).
    pub silence_s: f64,
    /// A hold whose length was not said is over its time after so many seconds.
    pub hold_s: f64,
    /// Both speaking at once without a break, in seconds.
    pub overlap_s: f64,
    /// Overlaps of at least this length count for a quarrel, in seconds.
    pub quarrel_overlap_s: f64,
    /// So many within [`AlertSettings::quarrel_within_s`] are a quarrel; one less is enough if somebody has grown louder.
    pub quarrel_overlaps: u32,
    /// See above, in seconds.
    pub quarrel_within_s: f64,
    /// Louder than before in the call by so many decibels.
    pub louder_db: f32,
    /// A customer who complains is reported again when so much more speaks for it, in weights of the complaint guide: an angry word
    /// is 0.4, a threat 0.6.
    pub complaint_rise: f32,
}

impl Default for AlertSettings {
    fn default() -> Self {
        AlertSettings {
            silence_s: 10.0,
            hold_s: 60.0,
            overlap_s: 2.5,
            quarrel_overlap_s: 0.8,
            quarrel_overlaps: 3,
            quarrel_within_s: 30.0,
            louder_db: 6.0,
            complaint_rise: 0.6,
        }
    }
}

/// What makes an alert the same when it is seen again.
pub(crate) type Key = (AlertKind, String, u32);

/// An alert in the making.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sighting {
    pub(crate) kind: AlertKind,
    /// Rule, clause, title, severity.
    pub(crate) finding: Option<(String, String, String, Severity)>,
    pub(crate) time: TimeSpan,
    pub(crate) channel: Option<Channel>,
    pub(crate) quote: String,
    pub(crate) seconds: f64,
    /// Where the words end that it had to wait for, if they are not its own.
    pub(crate) waited_until: Option<CallTime>,
    pub(crate) key: Key,
}

/// What can be heard without words: silence and holds, both speaking at once.
///
/// `acoustics` holds the speech that is under way too; `louder` says whether anybody has grown louder over a stretch.
pub(crate) fn heard(
    transcript: &Transcript,
    acoustics: &Acoustics,
    now: CallTime,
    settings: &AlertSettings,
    louder: impl Fn(TimeSpan) -> bool,
) -> Vec<Sighting> {
    let mut sightings = Vec::new();
    sightings.extend(silence(transcript, acoustics, now, settings));
    let ms = |seconds: f64| (seconds * 1000.0).round() as u32;
    let overlaps = timing::overlaps(transcript, acoustics, ms(settings.quarrel_overlap_s.min(settings.overlap_s)));
    let mut talked_over = Vec::new();
    for overlap in overlaps.iter().filter(|overlap| !overlap.backchannel) {
        if overlap.time.len_ms() >= ms(settings.overlap_s) {
            sightings.push(Sighting {
                kind: AlertKind::Overlap,
                finding: None,
                time: overlap.time,
                channel: Some(overlap.begun_by),
                quote: String::new(),
                seconds: overlap.time.secs(),
                waited_until: None,
                key: (AlertKind::Overlap, String::new(), overlap.time.start.ms),
            });
        }
        if overlap.time.len_ms() >= ms(settings.quarrel_overlap_s) {
            talked_over.push(overlap.time);
        }
    }
    sightings.extend(quarrel(&talked_over, settings, louder));
    sightings
}

fn silence(
    transcript: &Transcript,
    acoustics: &Acoustics,
    now: CallTime,
    settings: &AlertSettings,
) -> Option<Sighting> {
    let last = acoustics.channels.iter().flat_map(|channel| channel.voiced.last()).map(|span| span.end).max()?;
    let silence = TimeSpan::new(last, now);
    // The agent's last words before it, unless the customer has said much since.
    let agent = |channel: Channel| matches!(channel, Channel::Agent | Channel::Mixed);
    let announced = transcript
        .utterances
        .iter()
        .rev()
        .filter(|utterance| utterance.span.start < last && agent(utterance.channel))
        .take(1)
        .find_map(|utterance| Some((utterance, promised_hold(&utterance.text)?)));
    let (kind, limit_s, quote) = match announced {
        Some((utterance, hold)) => {
            let limit = hold.promised_s.map_or(settings.hold_s, f64::from);
            (AlertKind::HoldExceeded, limit.max(settings.silence_s), utterance.text.clone())
        }
        None => (AlertKind::Silence, settings.silence_s, String::new()),
    };
    let over_s = silence.secs() - limit_s;
    (over_s > 0.0).then(|| Sighting {
        kind,
        finding: None,
        // It is about the moment at which it became too long.
        time: TimeSpan::new(silence.start, CallTime::from_secs(silence.start.secs() + limit_s)),
        channel: None,
        quote,
        seconds: if kind == AlertKind::HoldExceeded { over_s } else { silence.secs() },
        waited_until: None,
        key: (kind, String::new(), silence.start.ms),
    })
}

/// The newest run of overlaps that is a quarrel. One quarrel is one alert, however long it goes on.
fn quarrel(talked_over: &[TimeSpan], settings: &AlertSettings, louder: impl Fn(TimeSpan) -> bool) -> Option<Sighting> {
    let newest = talked_over.last()?;
    let within = |span: &&TimeSpan| newest.end.secs() - span.start.secs() <= settings.quarrel_within_s;
    let run: Vec<TimeSpan> = talked_over.iter().filter(within).copied().collect();
    let time = run.iter().copied().reduce(TimeSpan::hull)?;
    let enough = settings.quarrel_overlaps.max(1) as usize;
    if run.len() < enough && !(run.len() + 1 >= enough && enough > 1 && louder(time)) {
        return None;
    }
    // Overlaps that follow each other within the window belong to the same quarrel.
    let gap = settings.quarrel_within_s;
    let chain = talked_over.windows(2).rposition(|pair| pair[1].start.secs() - pair[0].end.secs() > gap);
    let first = talked_over.get(chain.map_or(0, |at| at + 1))?;
    Some(Sighting {
        kind: AlertKind::Quarrel,
        finding: None,
        time,
        channel: None,
        quote: String::new(),
        seconds: run.iter().map(|span| span.secs()).sum(),
        waited_until: None,
        key: (AlertKind::Quarrel, String::new(), first.start.ms),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use hotline_model::{ChannelAcoustics, Utterance};

    use super::*;

    fn acoustics(agent: &[(u32, u32)], customer: &[(u32, u32)]) -> Acoustics {
        let channel = |channel, spans: &[(u32, u32)]| ChannelAcoustics {
            channel,
            voiced: spans.iter().map(|&(from, to)| TimeSpan::from_ms(from, to)).collect(),
            speech_dbfs: -20.0,
            peak_dbfs: -3.0,
            clipped: 0.0,
        };
        Acoustics { channels: vec![channel(Channel::Agent, agent), channel(Channel::Customer, customer)] }
    }

    fn said(text: &str, from: u32, to: u32) -> Transcript {
        let utterance = Utterance {
            channel: Channel::Agent,
            span: TimeSpan::from_ms(from, to),
            text: text.into(),
            raw_text: text.into(),
            tokens: Vec::new(),
            confidence: 0.9,
        };
        Transcript { utterances: vec![utterance], ..Transcript::default() }
    }

    fn kinds(transcript: &Transcript, acoustics: &Acoustics, now_ms: u32, louder: bool) -> Vec<AlertKind> {
        let now = CallTime::from_ms(now_ms);
        let found = heard(transcript, acoustics, now, &AlertSettings::default(), |_| louder);
        found.into_iter().map(|sighting| sighting.kind).collect()
    }

    #[test]
    fn silence_is_told_once_and_again_after_somebody_spoke() {
        let quiet = Transcript::default();
        let settings = AlertSettings::default();
        let mut seen = HashSet::new();
        let mut at = |agent: &[(u32, u32)], now_ms: u32| {
            let sightings = heard(&quiet, &acoustics(agent, &[]), CallTime::from_ms(now_ms), &settings, |_| false);
            sightings.into_iter().filter(|sighting| seen.insert(sighting.key.clone())).count()
        };
        assert_eq!(at(&[], 60_000), 0, "nobody has spoken yet: the line rings");
        assert_eq!(at(&[(0, 2_000)], 11_900), 0);
        assert_eq!(at(&[(0, 2_000)], 12_100), 1);
        assert_eq!(at(&[(0, 2_000)], 20_000), 0, "the same silence");
        assert_eq!(at(&[(0, 2_000), (21_000, 22_000)], 33_000), 1);
    }

    #[test]
    fn an_announced_hold_is_given_its_time() {
        let one_minute = said("请您稍等一分钟", 0, 2_000);
        let sound = acoustics(&[(0, 2_000)], &[(2_500, 3_000)]);
        assert_eq!(kinds(&one_minute, &sound, 62_000, false), []);
        assert_eq!(kinds(&one_minute, &sound, 64_000, false), [AlertKind::HoldExceeded]);
        let no_hold = said("好的", 0, 2_000);
        assert_eq!(kinds(&no_hold, &sound, 14_000, false), [AlertKind::Silence]);
    }

    #[test]
    fn talking_at_once_for_long_or_often_is_told() {
        let none = Transcript::default();
        let once = acoustics(&[(0, 10_000)], &[(5_000, 8_000)]);
        assert_eq!(kinds(&none, &once, 10_000, false), [AlertKind::Overlap]);
        let short = acoustics(&[(0, 10_000)], &[(5_000, 6_200)]);
        assert_eq!(kinds(&none, &short, 10_000, true), []);
        let twice = acoustics(&[(0, 10_000)], &[(2_000, 3_200), (5_000, 6_200)]);
        assert_eq!(kinds(&none, &twice, 10_000, false), []);
        assert_eq!(kinds(&none, &twice, 10_000, true), [AlertKind::Quarrel]);
        let often = acoustics(&[(0, 20_000)], &[(2_000, 3_200), (5_000, 6_200), (9_000, 10_500)]);
        assert_eq!(kinds(&none, &often, 20_000, false), [AlertKind::Quarrel]);
        let apart = acoustics(
            &[(0, 1_500), (40_000, 41_500), (80_000, 81_500)],
            &[(500, 2_000), (40_500, 42_000), (80_500, 82_000)],
        );
        assert_eq!(kinds(&none, &apart, 82_000, false), []);
    }

    #[test]
    fn one_quarrel_is_one_alert() {
        let settings = AlertSettings::default();
        let mut seen = HashSet::new();
        let mut customer = Vec::new();
        let mut told = 0;
        for start in (2_000..60_000).step_by(5_000) {
            customer.push((start, start + 1_200));
            let sound = acoustics(&[(0, 61_000)], &customer);
            let found = heard(&Transcript::default(), &sound, CallTime::from_ms(start + 1_300), &settings, |_| false);
            let quarrels = found.into_iter().filter(|sighting| sighting.kind == AlertKind::Quarrel);
            told += quarrels.filter(|sighting| seen.insert(sighting.key.clone())).count();
        }
        assert_eq!(told, 1);
    }
}
