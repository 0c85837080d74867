//! Progress of a batch on a terminal; silent when nobody watches.

use std::collections::HashMap;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use hotline_pipeline::{CallDone, CallOutcome, Event};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::settings::Language;

/// A progress bar over recordings, weighted by their size, because lengths are known only once a recording is open.
pub struct Progress {
    bar: ProgressBar,
    language: Language,
    state: Mutex<State>,
    started: Instant,
}

struct State {
    bytes: HashMap<PathBuf, u64>,
    /// Bytes of each recording already counted as done.
    counted: HashMap<PathBuf, u64>,
    total_calls: usize,
    done_calls: usize,
    failed: usize,
    audio_ms: u64,
    partial_ms: HashMap<PathBuf, u32>,
}

impl Progress {
    /// A bar for `recordings`. Drawn on standard error if that is a terminal and `quiet` is off.
    pub fn new<'a>(recordings: impl Iterator<Item = &'a Path>, language: Language, quiet: bool) -> Self {
        let bytes: HashMap<PathBuf, u64> = recordings
            .map(|path| (path.to_owned(), std::fs::metadata(path).map(|meta| meta.len()).unwrap_or(0).max(1)))
            .collect();
        let bar = ProgressBar::new(bytes.values().sum());
        let visible = !quiet && std::io::stderr().is_terminal();
        bar.set_draw_target(if visible { ProgressDrawTarget::stderr_with_hz(5) } else { ProgressDrawTarget::hidden() });
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {percent:>3}%  {msg}") {
            bar.set_style(style.progress_chars("█▉▊▋▌▍▎▏ "));
        }
        let state = State {
            total_calls: bytes.len(),
            bytes,
            counted: HashMap::new(),
            done_calls: 0,
            failed: 0,
            audio_ms: 0,
            partial_ms: HashMap::new(),
        };
        Progress { bar, language, state: Mutex::new(state), started: Instant::now() }
    }

    /// Takes in an event; `line` prints what deserves a line of its own above the bar.
    pub fn observe(&self, event: &Event) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Started { .. } => {}
            Event::Read { source, ms, of_ms } => {
                state.partial_ms.insert(source.clone(), *ms);
                if let (Some(of_ms), Some(&bytes)) = (of_ms.filter(|&of| of > 0), state.bytes.get(source)) {
                    let part = (u64::from(*ms) * bytes / u64::from(of_ms)).min(bytes);
                    state.count(source, part);
                }
            }
            Event::Done(done) => {
                state.done_calls += 1;
                state.partial_ms.remove(&done.source);
                match &done.outcome {
                    CallOutcome::Processed { duration_ms, .. } => state.audio_ms += u64::from(*duration_ms),
                    CallOutcome::Failed { .. } => state.failed += 1,
                    _ => {}
                }
                let bytes = state.bytes.get(&done.source).copied().unwrap_or(0);
                state.count(&done.source, bytes);
            }
        }
        let counted = state.counted.values().sum();
        self.bar.set_position(counted);
        self.bar.set_message(self.message(&state, counted));
    }

    /// Prints a line above the bar, or plainly where no bar is drawn.
    pub fn line(&self, text: &str) {
        if self.bar.is_hidden() {
            eprintln!("{text}");
        } else {
            self.bar.println(text);
        }
    }

    /// Removes the bar.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }

    fn message(&self, state: &State, counted: u64) -> String {
        let elapsed = self.started.elapsed().as_secs_f64();
        let audio_ms = state.audio_ms + state.partial_ms.values().map(|&ms| u64::from(ms)).sum::<u64>();
        let minutes = audio_ms as f64 / 60_000.0;
        let speed = if elapsed > 0.0 { audio_ms as f64 / 1000.0 / elapsed } else { 0.0 };
        let total: u64 = state.bytes.values().sum();
        let left = if counted > 0 { elapsed * (total.saturating_sub(counted)) as f64 / counted as f64 } else { 0.0 };
        let (done, all) = (state.done_calls, state.total_calls);
        let failed = match (state.failed, self.language) {
            (0, _) => String::new(),
            (n, Language::Zh) => format!(" · 失败 {n}"),
            (n, Language::En) => format!(" · {n} failed"),
        };
        match self.language {
            Language::Zh => {
                format!("{done}/{all} 通 · 音频 {minutes:.1} 分钟 · {speed:.1}× 实时 · 剩余 {}{failed}", clock(left))
            }
            Language::En => {
                format!(
                    "{done}/{all} calls · {minutes:.1} min of audio · {speed:.1}× real time · {} left{failed}",
                    clock(left)
                )
            }
        }
    }
}

impl State {
    fn count(&mut self, source: &Path, bytes: u64) {
        let counted = self.counted.entry(source.to_owned()).or_insert(0);
        *counted = (*counted).max(bytes);
    }
}

fn clock(seconds: f64) -> String {
    let seconds = seconds.round().min(359_999.0) as u64;
    match seconds / 3600 {
        0 => format!("{}:{:02}", seconds / 60, seconds % 60),
        hours => format!("{hours}:{:02}:{:02}", seconds / 60 % 60, seconds % 60),
    }
}

/// The line that tells how one recording came out; `None` for what needs no line.
pub fn done_line(done: &CallDone, language: Language) -> Option<String> {
    let source = done.source.display();
    let zh = language == Language::Zh;
    match &done.outcome {
        CallOutcome::Failed { error } => {
            // Most errors name their recording themselves.
            let named = error.starts_with(&source.to_string());
            Some(match (named, zh) {
                (true, _) => format!("✗ {error}"),
                (false, true) => format!("✗ {source}：{error}"),
                (false, false) => format!("✗ {source}: {error}"),
            })
        }
        CallOutcome::Processed { id, duration_ms, violations, undecided, score, grade, .. } => {
            let seconds = f64::from(*duration_ms) / 1000.0;
            Some(if zh {
                format!(
                    "✓ {source}  [{}] {seconds:.0} 秒，{score:.0} 分（{grade}），违规 {violations}，无法判断 {undecided}",
                    id.short()
                )
            } else {
                format!(
                    "✓ {source}  [{}] {seconds:.0} s, score {score:.0} ({grade}), {violations} violated, {undecided} undecided",
                    id.short()
                )
            })
        }
        CallOutcome::Claimed { .. } => Some(if zh {
            format!("… {source}：同一录音正在处理中，跳过")
        } else {
            format!("… {source}: the same recording is being processed already, skipped")
        }),
        CallOutcome::Known { .. } | CallOutcome::Interrupted => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_grow_an_hour_field() {
        assert_eq!(clock(59.6), "1:00");
        assert_eq!(clock(3_725.0), "1:02:05");
    }
}
