//! Model files: which there are, where they come from, and whether a file is what it says it is.
//!
//! In: the manifest, packages or a CTranslate2 folder, any ggml file. Out: a verified ggml file in the models folder,
//! or an error that names the file and the cure. Deliberately unknown here: audio, recognition, how progress is drawn.
//!
//! - [`Manifest`] says what can be had; [`fetch`] gets one of its models.
//! - [`import`] turns a CTranslate2 whisper folder into ggml.
//! - [`inspect`] reads the head and the tensor table of a file; [`verify`] also computes and looks up its digest.

mod atomic;
mod convert;
mod ct2;
mod error;
mod fetch;
mod ggml;
mod image;
mod import;
mod inspect;
mod layout;
mod manifest;
mod mel;
mod packages;
mod verify;
mod vocabulary;

#[cfg(test)]
mod tests;

pub use error::ModelError;
pub use fetch::{FetchOptions, Fetched, fetch};
pub use ggml::{Dims, Precision};
pub(crate) use image::eight_bit;
pub use import::{Imported, import};
pub use inspect::{Contents, Inspection, TensorInfo, inspect};
pub use manifest::{Entry, JoinedFile, Manifest, Member, Package, Purpose, Source};
pub use mel::mel_filters;
pub use verify::{Installed, State, Verified, sha256_of, status, verify};

/// How far a fetch, an import or a check has come; given to a callback.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Progress<'a> {
    /// A package or file is being downloaded: the `nth` (from 1) of `of`.
    Downloading {
        /// Package or file name.
        name: &'a str,
        /// Which one, from 1.
        nth: usize,
        /// Out of how many.
        of: usize,
    },
    /// A file is being read to compute its digest; bytes.
    Checking {
        /// File name.
        name: &'a str,
        /// Bytes read.
        done: u64,
        /// Bytes in the file.
        total: u64,
    },
    /// A file is being put together from the parts in packages.
    Joining {
        /// Name of the joined file.
        name: &'a str,
    },
    /// Tensors are being converted; bytes of weights read.
    Converting {
        /// Tensor that was finished last.
        tensor: &'a str,
        /// Bytes read.
        done: u64,
        /// Bytes in all.
        total: u64,
    },
    /// A source did not work and the next one is being tried.
    SourceFailed {
        /// What was wrong with it.
        problem: &'a str,
    },
}

/// Where progress goes; `&mut |_| ()` ignores it.
pub type OnProgress<'a> = &'a mut dyn FnMut(Progress<'_>);
