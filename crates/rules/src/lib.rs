//! Transcript and acoustics to findings to score card; pure
