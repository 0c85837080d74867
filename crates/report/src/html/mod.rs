//! Reports as pages: one file with its style and charts inside, for the screen and for A4.

mod charts;
mod markup;
mod monthly;
mod number;
mod page;
mod parts;
mod weekly;
mod words;

pub(crate) use monthly::monthly;
pub(crate) use weekly::weekly;
