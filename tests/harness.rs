//! Runs the program in a data folder of its own.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The program with a fresh data folder.
pub struct Hotline {
    /// Its data folder; removed at the end.
    pub dir: tempfile::TempDir,
}

impl Hotline {
    /// A fresh start.
    pub fn new() -> Hotline {
        Hotline { dir: tempfile::tempdir().unwrap() }
    }

    /// A command with the data folder set and the user's own settings out of sight.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("hotline"));
        command
            .args(args)
            .current_dir(root())
            .env_remove("HOTLINE_CONFIG")
            .env("XDG_CONFIG_HOME", self.dir.path().join("config"))
            .env("LOGNAME", "qa")
            .env("HOTLINE_DATA_DIR", self.data())
            .env("HOTLINE_MODELS_DIR", root().join("models"));
        command
    }

    /// The data folder.
    pub fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// Runs and returns what came of it.
    pub fn run(&self, args: &[&str]) -> Run {
        Run::of(self.command(args).output().unwrap())
    }
}

/// What came of a command.
pub struct Run {
    /// Exit code.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Run {
    /// From a finished process.
    pub fn of(output: Output) -> Run {
        Run {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Fails unless the exit code is `code`.
    #[track_caller]
    pub fn expect(self, code: i32) -> Run {
        assert_eq!(self.code, code, "\n--- stdout\n{}\n--- stderr\n{}", self.out, self.err);
        self
    }

    /// Standard output as JSON.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}\n{}\n{}", self.out, self.err))
    }
}

/// The repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
