//! Silero VAD v5/v6 in plain Rust.
//!
//! The network of the publisher's own ONNX file (snakers4/silero-vad): 64 samples of context and 512 new ones, mirrored at
//! the end; a short-time Fourier transform as magnitudes; four convolutions; an LSTM; one output. whisper.cpp mirrors the
//! start of each frame instead of remembering the context, and its probabilities differ from the publisher's by up to 0.9
//! on single frames; this implementation follows the publisher.

mod file;
mod kernel;
mod network;
mod spectrum;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::SpeechModel;
use network::{Network, State};

/// New samples in a frame.
const FRAME: usize = 512;
/// Samples remembered from the frame before.
const CONTEXT: usize = 64;

/// A Silero voice activity detector. A clone shares the weights (0.9 MB) and carries on from a copy of the state;
/// [`Silero::session`] shares the weights and starts afresh.
#[derive(Clone)]
pub struct Silero {
    network: Arc<Network>,
    name: Arc<str>,
    context: [f32; CONTEXT],
    state: State,
}

/// A model file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SileroError {
    /// The file cannot be read.
    #[error("cannot read the speech detection model {path}: run scripts/setup to fetch it")]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// The file is damaged or something else.
    #[error("{path} is no usable speech detection model: delete it and run scripts/setup to fetch it again")]
    Unusable {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: Box<SileroError>,
    },
    /// The bytes end in the middle.
    #[error("the model file ends too early")]
    Truncated,
    /// The bytes are no Silero v5 or v6 model in ggml layout.
    #[error("the model file {0}")]
    Foreign(String),
}

impl Silero {
    /// Reads a model file, `ggml-silero-v6.2.0.bin` or another of the same shape.
    ///
    /// # Errors
    /// [`SileroError::Read`] or [`SileroError::Unusable`], both naming the file.
    pub fn load(path: &Path) -> Result<Self, SileroError> {
        let bytes = std::fs::read(path).map_err(|source| SileroError::Read { path: path.to_owned(), source })?;
        Self::from_bytes(&bytes)
            .map_err(|source| SileroError::Unusable { path: path.to_owned(), source: Box::new(source) })
    }

    /// Reads a model from memory.
    ///
    /// # Errors
    /// [`SileroError::Truncated`] or [`SileroError::Foreign`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SileroError> {
        let mut file = file::parse(bytes)?;
        let name = format!("silero-v{}", file.version).into();
        let network = Arc::new(Network::new(&mut file)?);
        Ok(Silero { network, name, context: [0.0; CONTEXT], state: State::default() })
    }

    /// A detector for another channel with the same weights.
    pub fn session(&self) -> Self {
        Silero {
            network: Arc::clone(&self.network),
            name: Arc::clone(&self.name),
            context: [0.0; CONTEXT],
            state: State::default(),
        }
    }
}

impl SpeechModel for Silero {
    fn name(&self) -> &str {
        &self.name
    }

    fn frame_len(&self) -> usize {
        FRAME
    }

    // Medians over 306 turns of synthetic telephone calls with exact labels: 50 ms to the threshold of 0.5, less 20 ms that
    // going back to the onset threshold of 0.1 recovers; 100 ms to the release threshold of 0.35.
    fn onset_lag_ms(&self) -> u32 {
        32
    }

    fn release_lag_ms(&self) -> u32 {
        96
    }

    fn reset(&mut self) {
        self.context = [0.0; CONTEXT];
        self.state = State::default();
    }

    fn probability(&mut self, frame: &[f32]) -> f32 {
        let mut window = [0.0; network::WINDOW];
        window[..CONTEXT].copy_from_slice(&self.context);
        for (to, from) in window[CONTEXT..CONTEXT + FRAME].iter_mut().zip(frame) {
            // One broken sample must not poison the state for the rest of the call.
            *to = if from.is_finite() { *from } else { 0.0 };
        }
        self.context.copy_from_slice(&window[FRAME..FRAME + CONTEXT]);
        // Mirrored at the end, the last sample not repeated.
        let last = CONTEXT + FRAME - 1;
        for i in 1..=CONTEXT {
            window[last + i] = window[last - i];
        }
        self.network.probability(&window, &mut self.state)
    }
}

impl std::fmt::Debug for Silero {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Silero").field("name", &self.name).finish_non_exhaustive()
    }
}
