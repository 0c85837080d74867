//! End to end: the house's order, the program as people run it, real audio, real models.

/// Which crate may depend on which.
mod floors;
/// Running the program.
mod harness;
