//! Calls for the tests.

#![allow(dead_code, reason = "not every test needs every helper")]

use std::path::Path;

use hotline_index::{CallDocument, Flag, Index, SearchOptions, SearchResults, Traits, parse};
use hotline_model::{
    Call, CallId, CallMeta, Channel, ChannelLayout, Outcome, Severity, TextSpan, TimeSpan, Token, Utterance,
};
use hotline_text::Lexicon;

/// An utterance spoken evenly, 200 ms a character, with a token for every character.
pub fn utterance(channel: Channel, start_ms: u32, text: &str) -> Utterance {
    let tokens: Vec<Token> = text
        .char_indices()
        .enumerate()
        .map(|(i, (at, c))| Token {
            text: TextSpan::new(at, at + c.len_utf8()),
            time: TimeSpan::from_ms(start_ms + i as u32 * 200, start_ms + i as u32 * 200 + 200),
            p: 0.9,
        })
        .collect();
    let span = TimeSpan::from_ms(start_ms, start_ms + tokens.len() as u32 * 200);
    Utterance { channel, span, text: text.to_owned(), raw_text: text.to_owned(), tokens, confidence: 0.9 }
}

pub fn document(call_no: u64, meta: CallMeta, utterances: Vec<Utterance>, violated: &[&str]) -> CallDocument {
    let call = Call {
        id: CallId::from_stored(format!("{call_no:032x}")),
        source: format!("/recordings/call-{call_no}.wav"),
        audio_sha256: String::new(),
        format: "wav/alaw".into(),
        rate_hz: 8000,
        duration_ms: utterances.iter().map(|u| u.span.end.ms).max().unwrap_or(0) + 500,
        layout: ChannelLayout::default(),
        meta,
    };
    let flag = |id: &&str| Flag {
        rule: (*id).to_owned(),
        clause: (*id).to_owned(),
        outcome: Outcome::Violated,
        severity: Severity::Serious,
    };
    let traits = Traits { flags: violated.iter().map(flag).collect(), ..Traits::default() };
    CallDocument { call_no, call, utterances, traits }
}

/// A call in which the agent says each text.
pub fn monologue(call_no: u64, texts: &[&str]) -> CallDocument {
    let utterances = texts.iter().enumerate().map(|(i, text)| utterance(Channel::Agent, i as u32 * 20_000, text));
    document(call_no, CallMeta::default(), utterances.collect(), &[])
}

pub fn open(folder: &Path) -> Index {
    Index::open(folder, Lexicon::built_in()).unwrap()
}

/// All results of a query.
pub fn search(index: &Index, query: &str) -> SearchResults {
    let options = SearchOptions { limit: usize::MAX, ..SearchOptions::default() };
    index.search(&parse(query).unwrap(), &options).unwrap()
}

/// The call numbers that answer a query, sorted.
pub fn calls(index: &Index, query: &str) -> Vec<u64> {
    let mut calls: Vec<u64> = search(index, query).calls.iter().map(|call| call.call_no).collect();
    calls.sort();
    calls
}
