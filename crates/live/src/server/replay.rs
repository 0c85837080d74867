//! A recording played as if it were a call: in time, or N times as fast. For trials, training and measuring.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hotline_audio::{AudioBlock, AudioSource, FileSource, OpenOptions};
use hotline_model::SAMPLE_RATE_HZ;

use crate::columns::Columns;
use crate::error::LiveError;
use crate::switchboard::{LineSpec, Seat, Switchboard};

/// Sound is pushed in pieces of so many frames: 20 ms, as telephone systems do.
const PIECE: usize = SAMPLE_RATE_HZ as usize / 50;

/// Plays `path` as a call named `key`, `speed` times as fast as it was (1 = in time), until it ends or the switchboard stops.
/// Sound is given at 16 kHz, whatever the file has.
///
/// # Errors
/// The file cannot be read, or the call is refused.
pub fn play(
    board: &Arc<Switchboard>,
    path: &Path,
    options: &OpenOptions,
    key: &str,
    speed: f64,
    columns: Columns,
) -> Result<(), LiveError> {
    let mut source = FileSource::open(path, options)?;
    let seat = if source.info().channels.len() == 2 { Seat::Both } else { Seat::Mixed };
    let spec = LineSpec {
        line: "replay".to_owned(),
        key: key.to_owned(),
        seat,
        rate_hz: SAMPLE_RATE_HZ,
        kind: "replay",
        columns,
    };
    let leg = board.connect(spec)?;
    let started = Instant::now();
    let speed = if speed.is_finite() { speed.max(0.01) } else { 1.0 };
    let mut block = AudioBlock::default();
    let mut frames = 0u64;
    while source.next_block(&mut block)? {
        for from in (0..block.len()).step_by(PIECE) {
            let to = (from + PIECE).min(block.len());
            let piece: Vec<i16> =
                (from..to).flat_map(|at| block.channels.iter().map(move |signal| sample(signal[at]))).collect();
            frames += (to - from) as u64;
            // A piece is complete when its last sample has been spoken.
            let due = started + Duration::from_secs_f64(frames as f64 / f64::from(SAMPLE_RATE_HZ) / speed);
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            leg.push(&piece);
        }
        if leg.is_over() {
            break;
        }
    }
    Ok(())
}

fn sample(value: f32) -> i16 {
    // −1…1 to the full range; the one value beyond it is clipped.
    (value * 32_768.0).round().clamp(-32_768.0, 32_767.0) as i16
}
