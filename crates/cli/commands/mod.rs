//! One module a command.

pub mod audit;
pub mod calls;
pub mod complaints;
pub mod config;
pub mod doctor;
pub mod eval;
mod eval_search;
pub mod export;
pub mod filter;
mod hits_file;
pub mod index;
pub mod listen;
pub mod listen_output;
pub mod models;
pub mod process;
pub mod report;
pub mod review;
mod rule_lifecycle;
pub mod rules;
pub mod saved;
pub mod scores;
pub mod search;
mod search_output;
pub mod show;
pub mod topics;
pub mod watch;
