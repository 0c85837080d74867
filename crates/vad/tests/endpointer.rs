//! What holds for the endpointer whatever the sound: the model here reads its probability from the samples themselves.

#![expect(clippy::unwrap_used, reason = "settings that are refused fail the test, as they should")]

use hotline_model::TimeSpan;
use hotline_vad::{Endpointer, EndpointerSettings, SpeechModel, SpeechSegment};
use proptest::prelude::*;

/// Samples in a frame: 8 ms, so that lengths in milliseconds do not fall on frames by themselves.
const FRAME: usize = 128;

/// The first sample of a frame is its probability.
struct Scripted {
    onset_lag_ms: u32,
    release_lag_ms: u32,
}

impl SpeechModel for Scripted {
    fn name(&self) -> &str {
        "scripted"
    }

    fn frame_len(&self) -> usize {
        FRAME
    }

    fn onset_lag_ms(&self) -> u32 {
        self.onset_lag_ms
    }

    fn release_lag_ms(&self) -> u32 {
        self.release_lag_ms
    }

    fn reset(&mut self) {}

    fn probability(&mut self, frame: &[f32]) -> f32 {
        frame[0]
    }
}

/// Samples of stretches of (milliseconds, probability).
fn sound(script: &[(u32, f32)]) -> Vec<f32> {
    script.iter().flat_map(|(ms, p)| std::iter::repeat_n(*p, *ms as usize * 16)).collect()
}

struct Heard {
    segments: Vec<SpeechSegment>,
    voiced: Vec<TimeSpan>,
    most_held: usize,
}

fn hear(samples: &[f32], pushes: &[usize], settings: EndpointerSettings, lags: (u32, u32)) -> Heard {
    let model = Scripted { onset_lag_ms: lags.0, release_lag_ms: lags.1 };
    let mut endpointer = Endpointer::new(Box::new(model), settings).unwrap();
    let (mut segments, mut most_held, mut rest, mut turn) = (Vec::new(), 0, samples, 0);
    let mut heard_until = endpointer.heard_until();
    let mut complete: Option<SpeechSegment> = None;
    while !rest.is_empty() {
        let n = pushes[turn % pushes.len()].clamp(1, rest.len());
        turn += 1;
        endpointer.push(&rest[..n]);
        rest = &rest[n..];
        let known = segments.len();
        segments.extend(std::iter::from_fn(|| endpointer.pop()));
        for segment in segments[known..].iter().filter(|segment| !segment.cut) {
            if let Some(complete) = complete.as_ref().filter(|complete| complete.span == segment.span) {
                assert_eq!((complete.padded, &complete.samples), (segment.padded, &segment.samples), "known before");
            }
        }
        let under_way = endpointer.so_far();
        if endpointer.pause_ms() >= settings.pad_ms {
            complete.clone_from(&under_way);
        }
        assert_eq!(under_way.as_ref().map(|segment| segment.span), endpointer.under_way());
        if let Some(segment) = &under_way {
            assert_eq!(
                segment.span.start,
                endpointer.heard_until(),
                "it begins where everything before it has come out"
            );
            assert_eq!(segment.samples.len() as u64, segment.padded.end.sample() - segment.padded.start.sample());
            let (from, to) = (segment.padded.start.sample() as usize, segment.padded.end.sample() as usize);
            assert_eq!(segment.samples, samples[from..to], "the sound itself");
        }
        // Held back between pushes; a push itself may be as long as it likes.
        most_held = most_held.max(endpointer.held_samples());
        assert!(endpointer.heard_until() >= heard_until, "what was heard cannot be unheard");
        heard_until = endpointer.heard_until();
        if let Some(last) = segments.last() {
            assert!(last.span.end <= heard_until || last.cut, "{last:?} {heard_until}");
        }
    }
    endpointer.flush();
    let late: Vec<SpeechSegment> = std::iter::from_fn(|| endpointer.pop()).collect();
    assert!(late.iter().all(|segment| segment.span.end >= heard_until), "came too late");
    segments.extend(late);
    Heard { segments, voiced: endpointer.voiced().to_vec(), most_held }
}

fn settings() -> EndpointerSettings {
    EndpointerSettings { min_speech_ms: 96, max_segment_ms: 3000, ..EndpointerSettings::default() }
}

/// The voiced extents in ms, and which ones were cut.
fn extents(heard: &Heard) -> Vec<(u32, u32, bool)> {
    heard.segments.iter().map(|s| (s.span.start.ms, s.span.end.ms, s.cut)).collect()
}

#[test]
fn pauses_divide_and_short_ones_do_not() {
    type Case<'a> = (&'a [(u32, f32)], &'a [(u32, u32, bool)]);
    let cases: [Case; 7] = [
        (&[(400, 0.0), (800, 0.9), (400, 0.0), (800, 0.9), (1000, 0.0)], &[(400, 2400, false)]),
        (&[(400, 0.0), (800, 0.9), (520, 0.0), (800, 0.9), (1000, 0.0)], &[(400, 1200, false), (1720, 2520, false)]),
        // A click neither makes a segment nor keeps one open.
        (&[(400, 0.0), (80, 0.9), (1000, 0.0)], &[]),
        (&[(800, 0.9), (400, 0.0), (80, 0.9), (400, 0.0), (800, 0.9)], &[(0, 800, false), (1680, 2480, false)]),
        // The recording ends in speech, and in the middle of a frame.
        (&[(100, 0.0), (501, 0.9)], &[(104, 601, false)]),
        // The rise before the threshold is speech too.
        (&[(400, 0.0), (80, 0.2), (400, 0.9), (600, 0.0)], &[(400, 880, false)]),
        (&[(2000, 0.0)], &[]),
    ];
    for (script, expected) in cases {
        let heard = hear(&sound(script), &[1600], settings(), (0, 0));
        assert_eq!(extents(&heard), expected, "{script:?}");
    }
}

#[test]
fn long_speech_is_cut_in_its_longest_pause() {
    let script = [(1700, 0.9), (64, 0.0), (300, 0.9), (200, 0.0), (300, 0.9), (64, 0.0), (2000, 0.9), (1000, 0.0)];
    let heard = hear(&sound(&script), &[1600], settings(), (0, 0));
    let [first, second] = heard.segments.as_slice() else { panic!("{:?}", extents(&heard)) };
    assert!(first.cut && !second.cut);
    assert_eq!((first.span.end.ms, second.span.start.ms), (2064, 2264));
    assert!((2100..2230).contains(&first.padded.end.ms) && first.padded.end == second.padded.start);
}

#[test]
fn speech_without_any_pause_is_cut_where_it_is_quietest() {
    // The level follows the probability here, so 0.6 is quieter than 0.9.
    let heard = hear(&sound(&[(2400, 0.9), (24, 0.6), (1500, 0.9), (800, 0.0)]), &[1600], settings(), (0, 0));
    assert_eq!(extents(&heard), [(0, 2412, true), (2412, 3928, false)]);
}

#[test]
fn a_push_after_the_end_begins_a_new_recording() {
    let speech = sound(&[(400, 0.9), (100, 0.0)]);
    let model = Scripted { onset_lag_ms: 0, release_lag_ms: 0 };
    let mut endpointer = Endpointer::new(Box::new(model), settings()).unwrap();
    let mut heard = Vec::new();
    for _ in 0..2 {
        endpointer.push(&speech);
        endpointer.flush();
        endpointer.flush();
        heard.push((endpointer.pop(), endpointer.pop(), endpointer.voiced().to_vec(), endpointer.heard_until()));
    }
    assert_eq!(heard[0], heard[1]);
    assert!(heard[0].0.is_some() && heard[0].1.is_none());
    assert_eq!(heard[0].3.ms, 500, "all is heard");
}

#[test]
fn bad_settings_are_refused() {
    let model = Scripted { onset_lag_ms: 0, release_lag_ms: 0 };
    let bad = EndpointerSettings { pad_ms: 900, ..settings() };
    assert_eq!(Endpointer::new(Box::new(model), bad).err().map(|e| e.field), Some("pad_ms"));
}

fn scripts() -> impl Strategy<Value = Vec<(u32, f32)>> {
    let probability = prop_oneof![Just(0.0f32), Just(0.95), 0.0f32..1.0];
    let length = prop_oneof![1u32..60, 1u32..700, 1u32..4000];
    proptest::collection::vec((length, probability), 0..25)
}

fn any_settings() -> impl Strategy<Value = EndpointerSettings> {
    (0u32..300, 0u32..200, 0u32..400, 0u32..250, 1000u32..3000).prop_map(|(speech, hangover, silence, pad, max)| {
        let min_silence_ms = hangover.max(32) + silence;
        EndpointerSettings {
            min_speech_ms: speech,
            hangover_ms: hangover,
            min_silence_ms,
            pad_ms: pad.min(min_silence_ms),
            max_segment_ms: max,
            ..EndpointerSettings::default()
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_the_sound(
        script in scripts(),
        pushes in proptest::collection::vec(1usize..5000, 1..6),
        settings in any_settings(),
        lags in (0u32..50, 0u32..120),
    ) {
        let samples = sound(&script);
        let whole = hear(&samples, &[samples.len().max(1)], settings, lags);
        let pieces = hear(&samples, &pushes, settings, lags);
        prop_assert_eq!(&whole.segments, &pieces.segments);
        prop_assert_eq!(&whole.voiced, &pieces.voiced);

        // Memory: one segment, the pause that is still open, the look back, and a frame or two.
        let bound = settings.max_segment_ms + settings.min_silence_ms + settings.min_speech_ms + settings.pad_ms + 400;
        prop_assert!(pieces.most_held <= bound as usize * 16 + 5000, "{} held", pieces.most_held);

        let total = samples.len() as u32 / 16;
        for pair in whole.voiced.windows(2) {
            prop_assert!(pair[0].end <= pair[1].start);
        }
        for segment in &whole.segments {
            let SpeechSegment { span, padded, samples: own, .. } = segment;
            prop_assert!(padded.start <= span.start && span.end <= padded.end && padded.end.ms <= total);
            prop_assert!(!span.is_empty());
            prop_assert!(padded.len_ms() <= settings.max_segment_ms);
            let range = padded.start.sample() as usize..padded.end.sample() as usize;
            prop_assert_eq!(own, &samples[range]);
        }
        for pair in whole.segments.windows(2) {
            prop_assert!(pair[0].padded.end <= pair[1].padded.start, "no sample twice");
            let pause = pair[1].span.start.ms - pair[0].span.end.ms;
            prop_assert!(pair[0].cut || pause >= settings.min_silence_ms, "pause of {pause} ms");
        }
        // Every voiced stretch is in the segments, and the segments are nothing else but voiced stretches and pauses.
        let spans: Vec<TimeSpan> = TimeSpan::merge(whole.segments.iter().map(|s| s.span).collect(), 0);
        for stretch in &whole.voiced {
            prop_assert!(stretch.minus(&spans).is_empty(), "{stretch} is in no segment");
        }
        for segment in &whole.segments {
            prop_assert!(whole.voiced.iter().any(|v| v.contains(segment.span.start)));
            prop_assert!(whole.voiced.iter().any(|v| v.start < segment.span.end && segment.span.end <= v.end));
        }
    }
}
