//! One module a command.

pub mod calls;
pub mod config;
pub mod doctor;
pub mod eval;
pub mod export;
pub mod filter;
pub mod index;
pub mod listen;
pub mod listen_output;
pub mod models;
pub mod process;
pub mod report;
pub mod rules;
pub mod search;
pub mod show;
pub mod watch;
