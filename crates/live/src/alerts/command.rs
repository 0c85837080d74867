//! Alerts to a program of the user's: the alert as JSON on its standard input.

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use hotline_pipeline::live::Alert;

use super::Way;
use crate::server::LOOK_EVERY;

/// A program that takes longer is ended.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A command as a [`Way`]. It is run without a shell: the first word is the program, the others its arguments, and nothing of an
/// alert stands among them, so that nothing that was said on the telephone is ever run.
pub struct CommandWay {
    program: String,
    arguments: Vec<String>,
}

impl CommandWay {
    /// Reads a command line, words separated by spaces; `None` if it is empty.
    pub fn parse(line: &str) -> Option<CommandWay> {
        let mut words = line.split_whitespace().map(str::to_owned);
        Some(CommandWay { program: words.next()?, arguments: words.collect() })
    }

    /// Runs it with a body of JSON and a newline on its standard input; whether it succeeded.
    pub fn send(&self, body: &[u8]) -> bool {
        let mut line = body.to_vec();
        line.push(b'\n');
        match self.run(&line) {
            Ok(true) => true,
            Ok(false) => {
                tracing::error!(way = self.name(), "the command for alerts failed");
                false
            }
            Err(error) => {
                tracing::error!(way = self.name(), %error, "the command for alerts cannot be run");
                false
            }
        }
    }

    fn run(&self, body: &[u8]) -> std::io::Result<bool> {
        let mut child = Command::new(&self.program)
            .args(&self.arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::inherit())
            .spawn()?;
        if let Some(mut input) = child.stdin.take() {
            // A program that does not read its input is no failure of ours.
            let _ = input.write_all(body);
        }
        let started = Instant::now();
        loop {
            if let Some(status) = child.try_wait()? {
                return Ok(status.success());
            }
            if started.elapsed() > TIMEOUT {
                child.kill()?;
                child.wait()?;
                return Ok(false);
            }
            std::thread::sleep(LOOK_EVERY);
        }
    }
}

impl Way for CommandWay {
    fn name(&self) -> String {
        format!("command {}", self.program)
    }

    fn deliver(&mut self, alert: &Alert, _: &dyn Fn() -> bool) -> bool {
        serde_json::to_vec(alert).is_ok_and(|body| self.send(&body))
    }
}
