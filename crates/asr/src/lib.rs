//! Speech segment to hypothesis: whisper, model import, guards

pub mod model;
