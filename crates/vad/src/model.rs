//! What tells speech from the rest, frame by frame.

/// Guesses for one frame after another how likely it is speech. Implementations carry state from frame to frame, so one
/// instance serves one channel at a time.
pub trait SpeechModel: Send {
    /// Name for provenance (`silero-v6.2.0`, `energy`).
    fn name(&self) -> &str;

    /// Samples in a frame at 16 kHz.
    fn frame_len(&self) -> usize;

    /// By how much its probability rises later than speech begins, in milliseconds, as measured.
    fn onset_lag_ms(&self) -> u32;

    /// By how much its probability falls later than speech ends, in milliseconds, as measured.
    fn release_lag_ms(&self) -> u32;

    /// Forgets everything heard, for a new recording.
    fn reset(&mut self);

    /// Probability, 0…1, that the frame following the ones already given is speech. `frame` holds
    /// [`SpeechModel::frame_len`] samples in −1…1; what is missing counts as silence, what is more is not heard.
    fn probability(&mut self, frame: &[f32]) -> f32;
}
