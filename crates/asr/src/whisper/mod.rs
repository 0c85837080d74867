//! The whisper engine: one model in memory, any number of sessions on it.

mod align;
mod assemble;
mod bias;
mod compare;
mod decode;
mod log;
mod sampling;
mod session;
mod spectrogram;
mod track;
mod vocabulary;

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use whisper_rs::{FullParams, SamplingStrategy, WhisperContext, WhisperContextParameters};

use self::session::WhisperSession;
use self::vocabulary::Vocabulary;
use crate::guards::Guards;
use crate::model::{Contents, eight_bit, inspect, sha256_of};
use crate::{AsrError, EngineInfo, Session, Transcriber, WhisperSettings, kernels};

/// A loaded whisper model. Cloning is cheap: all clones and sessions share the weights.
#[derive(Clone)]
pub struct WhisperEngine {
    shared: Arc<Shared>,
}

/// What the sessions of an engine share.
struct Shared {
    context: WhisperContext,
    vocabulary: Vocabulary,
    settings: WhisperSettings,
    guards: Guards,
    /// Parameters of the beam search, if there is one. Made once: setting the language or the prompt leaks their text.
    beam: Option<FullParams<'static, 'static>>,
    /// Heads of the decoder that follow the sound.
    heads: Vec<kernels::Head>,
    path: PathBuf,
    sha256: OnceLock<String>,
}

impl WhisperEngine {
    /// Loads a ggml whisper file (about its size in memory) after checking that it is one.
    ///
    /// # Errors
    /// When a setting makes no sense, the file is missing, or it is no whole whisper model.
    pub fn load(path: &Path, settings: &WhisperSettings) -> Result<Self, AsrError> {
        settings.validate()?;
        log::to_tracing();
        if !path.is_file() {
            return Err(AsrError::NoModel(path.to_owned()));
        }
        let refuse = |problem: String| AsrError::Load { path: path.to_owned(), problem };
        // whisper.cpp aborts the process on some foreign files, so they never get that far.
        let inspection = inspect(path)?;
        if let Contents::Vad { .. } = inspection.contents {
            return Err(refuse("it is a speech detector (VAD), not a recogniser".into()));
        }
        // ggml's own fused attention is slower than its single steps.
        let flash_attn = kernels::attention_in_place();
        let parameters = WhisperContextParameters { use_gpu: false, flash_attn, ..Default::default() };
        let context = if settings.eight_bit {
            let image = eight_bit(&inspection)?;
            WhisperContext::new_from_buffer_with_params(&image, parameters)
        } else {
            WhisperContext::new_with_params(path, parameters)
        };
        let context = context.map_err(|error| refuse(error.to_string()))?;
        let vocabulary = Vocabulary::new(&context, settings)?;
        let [layers, heads, mels] = [context.model_n_text_layer(), context.model_n_text_head(), context.model_n_mels()]
            .map(|count| usize::try_from(count).unwrap_or(0));
        // From here on ggml may ask for products with these weights.
        kernels::forget();
        kernels::restrict_rows(vocabulary.len, Some(vocabulary.allowed.clone()));
        tracing::debug!("{} matrix products were computed by our own kernels so far", kernels::answered());
        Ok(WhisperEngine {
            shared: Arc::new(Shared {
                context,
                vocabulary,
                guards: Guards::new(&settings.guards, &settings.prompt),
                beam: (settings.beam_size > 1).then(|| beam_parameters(settings)),
                heads: track::heads(layers, heads, mels),
                settings: settings.clone(),
                path: path.to_owned(),
                sha256: OnceLock::new(),
            }),
        })
    }
}

impl Transcriber for WhisperEngine {
    fn session(&self) -> Result<Box<dyn Session>, AsrError> {
        Ok(Box::new(WhisperSession::new(Arc::clone(&self.shared))?))
    }

    fn provenance(&self) -> EngineInfo {
        let shared = &self.shared;
        let sha256 = shared.sha256.get_or_init(|| {
            sha256_of(&shared.path, &mut |_| ()).unwrap_or_else(|error| {
                tracing::warn!("the model's digest is unknown: {error}");
                String::new()
            })
        });
        EngineInfo {
            engine: format!(
                "whisper.cpp {}{}",
                whisper_rs::get_whisper_version(),
                if shared.settings.eight_bit { ", 8-bit weights" } else { "" }
            ),
            model: shared.path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            model_sha256: sha256.clone(),
        }
    }
}

fn beam_parameters(settings: &WhisperSettings) -> FullParams<'static, 'static> {
    let beam_size = i32::try_from(settings.beam_size).unwrap_or(5);
    let mut parameters = FullParams::new(SamplingStrategy::BeamSearch { beam_size, patience: -1.0 });
    quiet(&mut parameters);
    // whisper-rs copies the text, and never frees the copy: hence any lifetime will do.
    let language: &'static str =
        whisper_rs::get_lang_id(&settings.language).and_then(whisper_rs::get_lang_str).unwrap_or("zh");
    parameters.set_language(Some(language));
    if !settings.prompt.is_empty() {
        parameters.set_initial_prompt(&settings.prompt);
    }
    parameters.set_no_context(true);
    parameters.set_suppress_blank(true);
    // Second tries are this crate's own business, and whisper.cpp's own figure for no speech is that of another segment.
    parameters.set_temperature_inc(0.0);
    parameters.set_no_speech_thold(2.0);
    parameters
}

/// One thread, and nothing on the terminal.
fn quiet(parameters: &mut FullParams<'_, '_>) {
    parameters.set_n_threads(1);
    parameters.set_print_progress(false);
    parameters.set_print_realtime(false);
    parameters.set_print_timestamps(false);
    parameters.set_print_special(false);
}
