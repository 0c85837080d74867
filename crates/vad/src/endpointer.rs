//! The endpointer: the one place that decides where speech starts and ends.

use std::collections::VecDeque;

use hotline_model::{CallTime, SAMPLES_PER_MS, TimeSpan};

use crate::cut::{self, Frame};
use crate::levels::level_dbfs;
use crate::stretches::{Lengths, Stretch, Stretches, Thresholds};
use crate::{EndpointerSettings, SettingsError, SpeechModel};

/// How far back speech may have begun before it was certain.
const MAX_ONSET_MS: u32 = 256;

/// A piece of speech for the recogniser.
#[derive(Clone, Debug, PartialEq)]
pub struct SpeechSegment {
    /// Voiced extent, padding excluded.
    pub span: TimeSpan,
    /// What `samples` cover: the voiced extent with padding, never overlapping another segment's.
    pub padded: TimeSpan,
    /// The sound, 16 kHz mono.
    pub samples: Vec<f32>,
    /// Whether it ended because of its length rather than at a pause; the speaker goes on.
    pub cut: bool,
}

/// Turns the samples of one channel into voiced stretches and speech segments.
///
/// Push samples as they come and pop segments after each push: what is held back is at most one segment with its padding,
/// so memory stays flat however long the recording. How the samples are divided into pushes changes nothing in the result.
pub struct Endpointer {
    model: Box<dyn SpeechModel>,
    settings: EndpointerSettings,
    frame_len: usize,
    stretches: Stretches,
    /// Kept stretches that have ended.
    voiced: Vec<TimeSpan>,
    /// Samples still needed, the first of them number `first_sample`; whole frames, except at the end.
    samples: Vec<f32>,
    first_sample: u64,
    /// One per frame in `samples`.
    frames: VecDeque<Frame>,
    /// Samples that went through the model.
    judged: u64,
    current: Option<Segment>,
    /// Samples before this one belong to segments already given out.
    given_out: u64,
    ready: VecDeque<SpeechSegment>,
    ended: bool,
}

/// The segment being collected, in samples.
#[derive(Clone, Copy, Debug)]
struct Segment {
    padded_start: u64,
    start: u64,
    end: u64,
}

impl Endpointer {
    /// An endpointer for one channel, at the start of a recording.
    ///
    /// # Errors
    /// Names a setting that makes no sense.
    pub fn new(mut model: Box<dyn SpeechModel>, settings: EndpointerSettings) -> Result<Self, SettingsError> {
        settings.validate()?;
        model.reset();
        let stretches = Stretches::new(
            Thresholds {
                onset: settings.onset_threshold,
                speech: settings.threshold,
                release: settings.release_threshold,
            },
            Lengths {
                hangover: samples(settings.hangover_ms),
                min_speech: samples(settings.min_speech_ms),
                max_onset: samples(MAX_ONSET_MS),
                onset_lag: samples(model.onset_lag_ms()),
                release_lag: samples(model.release_lag_ms()),
            },
        );
        Ok(Endpointer {
            frame_len: model.frame_len().max(1),
            model,
            settings,
            stretches,
            voiced: Vec::new(),
            samples: Vec::new(),
            first_sample: 0,
            frames: VecDeque::new(),
            judged: 0,
            current: None,
            given_out: 0,
            ready: VecDeque::new(),
            ended: false,
        })
    }

    /// Name of the speech model, for provenance.
    pub fn model_name(&self) -> &str {
        self.model.name()
    }

    /// Takes the next samples, 16 kHz mono in −1…1. After [`Endpointer::flush`] they begin a new recording at time zero.
    pub fn push(&mut self, mut samples: &[f32]) {
        if self.ended {
            self.reset();
        }
        while !samples.is_empty() {
            let have = (self.first_sample + self.samples.len() as u64 - self.judged) as usize;
            let (now, later) = samples.split_at(samples.len().min(self.frame_len - have));
            self.samples.extend_from_slice(now);
            samples = later;
            if have + now.len() == self.frame_len {
                self.judge(self.frame_len);
            }
        }
    }

    /// The next finished segment, in time order.
    pub fn pop(&mut self) -> Option<SpeechSegment> {
        self.ready.pop_front()
    }

    /// Ends the recording: what was under way is finished and can be popped.
    pub fn flush(&mut self) {
        if self.ended {
            return;
        }
        let rest = (self.first_sample + self.samples.len() as u64 - self.judged) as usize;
        if rest > 0 {
            self.judge(rest);
        }
        if let Some(last) = self.stretches.close() {
            self.voiced.push(span(last.start, last.end));
            self.extend_segment(last);
        }
        self.cut_to_length();
        self.close_segment();
        self.ended = true;
    }

    /// Forgets everything, for a new recording. Segments not yet popped are lost.
    pub fn reset(&mut self) {
        self.model.reset();
        self.stretches.reset();
        self.voiced.clear();
        self.samples.clear();
        self.first_sample = 0;
        self.frames.clear();
        self.judged = 0;
        self.current = None;
        self.given_out = 0;
        self.ready.clear();
        self.ended = false;
    }

    /// Fine-grained voiced stretches so far, without padding, sorted and disjoint. The one under way is not among them
    /// until it ends; see [`Endpointer::speaking_since`].
    pub fn voiced(&self) -> &[TimeSpan] {
        &self.voiced
    }

    /// Since when somebody has been speaking, if somebody is.
    pub fn speaking_since(&self) -> Option<CallTime> {
        self.stretches.confirmed().map(|open| CallTime::from_sample(open.start))
    }

    /// Up to where the recording has been heard in full: all speech before this instant has come out as segments, or will
    /// never. While a segment is being collected this is its start.
    pub fn heard_until(&self) -> CallTime {
        CallTime::from_sample(self.current.map_or_else(|| self.stretches.next_start(), |segment| segment.start))
    }

    /// Extent of the segment under way, as far as it was heard; `None` while there is none. Its start stays.
    pub fn under_way(&self) -> Option<TimeSpan> {
        self.current.map(|segment| span(segment.start, segment.end))
    }

    /// The segment under way with its sound so far: what would be given out if it ended now.
    pub fn so_far(&self) -> Option<SpeechSegment> {
        let segment = self.current?;
        let (from, to) = (segment.padded_start, self.padded_end(segment));
        let sample = |at: u64| (at.saturating_sub(self.first_sample)) as usize;
        let samples = self.samples.get(sample(from)..sample(to))?.to_vec();
        Some(SpeechSegment { span: span(segment.start, segment.end), padded: span(from, to), samples, cut: false })
    }

    /// For how long the speaker of the segment under way has paused, in milliseconds; 0 while there is none. From the padding
    /// ([`EndpointerSettings::pad_ms`]) on its sound is complete: if nobody goes on, it will be given out as [`Endpointer::so_far`] has it
    /// now, sample for sample.
    pub fn pause_ms(&self) -> u32 {
        let pause = self.current.map_or(0, |segment| self.judged.saturating_sub(segment.end));
        (pause / u64::from(SAMPLES_PER_MS)) as u32
    }

    /// Samples held at the moment, segments not yet popped excluded.
    pub fn held_samples(&self) -> usize {
        self.samples.len()
    }

    /// Puts the last `len` samples through the model as a frame (a short one ends the recording, and the model takes what is
    /// missing for silence) and decides what follows from it.
    fn judge(&mut self, len: usize) {
        let frame = &self.samples[self.samples.len() - len..];
        let probability = self.model.probability(frame);
        self.frames.push_back(Frame { probability, level: level_dbfs(frame) });
        let start = self.judged;
        self.judged += len as u64;

        let ended = self.stretches.frame(start, self.judged, probability);
        // The pause is long enough when no speech can begin within it any more.
        let next_start = ended.map_or_else(|| self.stretches.next_start(), |ended| ended.start);
        if self.current.is_some_and(|s| next_start.saturating_sub(s.end) >= samples(self.settings.min_silence_ms)) {
            self.close_segment();
        }
        if let Some(ended) = ended {
            self.voiced.push(span(ended.start, ended.end));
            self.extend_segment(ended);
        } else if let Some(open) = self.stretches.confirmed() {
            self.extend_segment(open);
        }
        self.cut_to_length();
        self.forget();
    }

    /// Adds a kept stretch to the segment, or starts one with it.
    fn extend_segment(&mut self, stretch: Stretch) {
        match &mut self.current {
            Some(segment) => segment.end = stretch.end,
            None => {
                let start = stretch.start.max(self.given_out);
                let padded_start = start.saturating_sub(samples(self.settings.pad_ms)).max(self.given_out);
                self.current = Some(Segment { padded_start, start, end: stretch.end });
            }
        }
    }

    /// Where the segment's samples would end if it ended now.
    fn padded_end(&self, segment: Segment) -> u64 {
        (segment.end + samples(self.settings.pad_ms)).min(self.judged)
    }

    /// Ends the segment at its pause.
    fn close_segment(&mut self) {
        if let Some(segment) = self.current.take() {
            let padded_end = self.padded_end(segment);
            self.give_out(segment.padded_start, padded_end, segment.start, segment.end, false);
        }
    }

    /// Cuts the segment until what is left is not too long.
    fn cut_to_length(&mut self) {
        while let Some(segment) = self.current
            && self.padded_end(segment) - segment.padded_start > samples(self.settings.max_segment_ms)
        {
            self.cut(segment);
        }
    }

    /// Ends the segment at the best place before its greatest length.
    fn cut(&mut self, segment: Segment) {
        let open = self.stretches.confirmed().map(|stretch| (stretch.start, stretch.end));
        let limit = segment.padded_start + samples(self.settings.max_segment_ms);
        if open.is_none() && segment.end <= limit {
            // The speaker has paused already; all that is too long is the padding.
            let padded_end = limit.min(self.stretches.next_start()).max(segment.end);
            self.current = None;
            self.give_out(segment.padded_start, padded_end, segment.start, segment.end, true);
            return;
        }
        // In the second half, so that no scrap is left over.
        let frame_len = self.frame_len as u64;
        let frame = |sample: u64| (sample - self.first_sample) / frame_len;
        let first = frame(segment.padded_start + samples(self.settings.max_segment_ms / 2)) as usize + 1;
        let last = frame(limit.min(segment.end)) as usize;
        let candidates: Vec<Frame> = self.frames.iter().copied().take(last).skip(first).collect();
        let at = match cut::best(&candidates, self.settings.release_threshold) {
            Some(frame) => self.first_sample + (first + frame) as u64 * frame_len + frame_len / 2,
            None => limit.min(segment.end),
        };
        let mut end = segment.start;
        let mut rest: Option<Segment> = None;
        // From the newest backwards, so that only stretches of this segment are looked at.
        let newest_first = self.voiced.iter().rev().map(|s| (s.start.sample(), s.end.sample()));
        for (from, to) in open.into_iter().chain(newest_first) {
            if to > at {
                let start = from.max(at);
                let padded_start = start.saturating_sub(samples(self.settings.pad_ms)).max(at);
                rest = Some(Segment { padded_start, start, end: segment.end });
            }
            if from < at {
                end = to.min(at);
                break;
            }
        }
        self.current = rest;
        self.give_out(segment.padded_start, at, segment.start, end, true);
    }

    fn give_out(&mut self, padded_start: u64, padded_end: u64, start: u64, end: u64, cut: bool) {
        let from = (padded_start - self.first_sample) as usize;
        let to = (padded_end - self.first_sample) as usize;
        self.ready.push_back(SpeechSegment {
            span: span(start, end),
            padded: span(padded_start, padded_end),
            samples: self.samples[from..to].to_vec(),
            cut,
        });
        self.given_out = padded_end;
    }

    /// Drops the frames that nothing can need any more.
    fn forget(&mut self) {
        let pad = samples(self.settings.pad_ms);
        let needed = self
            .current
            .map_or_else(|| self.stretches.next_start().saturating_sub(pad), |segment| segment.padded_start);
        let frames = (needed.saturating_sub(self.first_sample) / self.frame_len as u64) as usize;
        let frames = frames.min(self.frames.len());
        self.frames.drain(..frames);
        self.samples.drain(..frames * self.frame_len);
        self.first_sample += (frames * self.frame_len) as u64;
    }
}

fn samples(ms: u32) -> u64 {
    u64::from(ms) * u64::from(SAMPLES_PER_MS)
}

fn span(start: u64, end: u64) -> TimeSpan {
    TimeSpan::new(CallTime::from_sample(start), CallTime::from_sample(end))
}
