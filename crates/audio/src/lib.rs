//! Containers, codecs, channels, rates, levels
