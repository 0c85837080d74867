//! Character error rate of anybody's transcripts, counted as `hotline eval` counts it.
//!
//! Standard input: one JSON object a line, `{"text": what was said, as written, "spoken": the same as said (optional), "heard": hypothesis}`.
//! Standard output: one JSON object, `{"errors", "reference", "cer"}`, over all lines.

use std::io::{self, BufRead};

use hotline_eval::{Spoken, character_edits};
use serde::Deserialize;

#[derive(Deserialize)]
struct Pair {
    text: String,
    #[serde(default)]
    spoken: String,
    heard: String,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (mut errors, mut reference) = (0, 0);
    for line in io::stdin().lock().lines() {
        let pair: Pair = serde_json::from_str(&line?)?;
        let edits = character_edits(Spoken { written: &pair.text, spoken: &pair.spoken }, &pair.heard);
        errors += edits.errors();
        reference += edits.reference;
    }
    let cer = errors as f64 / reference.max(1) as f64;
    println!("{}", serde_json::json!({ "errors": errors, "reference": reference, "cer": cer }));
    Ok(())
}
