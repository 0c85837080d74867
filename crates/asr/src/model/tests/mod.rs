//! Whole conversions and fetches, on small models made up here and on the real base model.

mod fetching;
mod importing;
mod real;
mod sample;
