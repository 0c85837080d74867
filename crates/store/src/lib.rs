//! The truth on disk
