//! `hotline doctor`: what is active on this machine and what is missing.

use anyhow::Context as _;
use hotline_asr::model::{Manifest, verify};
use serde::Serialize;

use crate::context::{Context, find_model};
use crate::exit::Exit;
use crate::{output, setup};

/// One thing that was looked at.
#[derive(Serialize)]
struct Check {
    name: &'static str,
    #[serde(skip)]
    title: &'static str,
    ok: bool,
    found: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    cure: Option<String>,
}

/// Runs `hotline doctor`.
pub fn run(context: &Context, as_json: bool) -> anyhow::Result<Exit> {
    let checks = [
        cpu(context),
        model(context, "model", context.text("识别模型", "recogniser"), &context.settings.asr.model),
        model(context, "vad", context.text("语音检测", "speech detector"), "silero-vad"),
        result("lexicon", context.text("词典", "lexicon"), setup::lexicon(context).map(|l| l.fingerprint().to_owned())),
        result(
            "rules",
            context.text("规则", "rules"),
            setup::rule_set(context).map(|set| format!("{} {} ({})", set.name, set.version, set.rules.len())),
        ),
        store(context),
        index(context),
        disk(context),
        config(context),
    ];
    let fine = checks.iter().all(|check| check.ok);
    if as_json {
        output::json(&serde_json::json!({ "version": env!("CARGO_PKG_VERSION"), "ok": fine, "checks": checks }))?;
    } else {
        for check in &checks {
            output::line(&format!("{} {}: {}", if check.ok { '✓' } else { '✗' }, check.title, check.found))?;
            if let Some(cure) = &check.cure {
                output::line(&format!("    → {cure}"))?;
            }
        }
    }
    Ok(if fine { Exit::Done } else { Exit::Partly })
}

fn result(name: &'static str, title: &'static str, found: anyhow::Result<String>) -> Check {
    match found {
        Ok(found) => Check { name, title, ok: true, found, cure: None },
        Err(error) => Check { name, title, ok: false, found: format!("{error:#}"), cure: None },
    }
}

fn cpu(context: &Context) -> Check {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let sessions = setup::sessions(context.settings.asr.sessions);
    let found = format!(
        "{} · {cores} {} · {} · {sessions} {}",
        std::env::consts::ARCH,
        context.text("核", "cores"),
        features().join(" "),
        context.text("个识别会话", "recogniser sessions")
    );
    Check { name: "cpu", title: context.text("处理器", "processor"), ok: true, found, cure: None }
}

/// The instruction sets that decide the speed of recognition.
fn features() -> Vec<&'static str> {
    #[cfg(target_arch = "x86_64")]
    {
        let known = [
            ("AVX2", std::arch::is_x86_feature_detected!("avx2")),
            ("FMA", std::arch::is_x86_feature_detected!("fma")),
            ("F16C", std::arch::is_x86_feature_detected!("f16c")),
            ("AVX-512", std::arch::is_x86_feature_detected!("avx512f")),
        ];
        known.into_iter().filter(|(_, there)| *there).map(|(name, _)| name).collect()
    }
    #[cfg(target_arch = "aarch64")]
    {
        let known = [
            ("NEON", std::arch::is_aarch64_feature_detected!("neon")),
            ("FP16", std::arch::is_aarch64_feature_detected!("fp16")),
            ("DOTPROD", std::arch::is_aarch64_feature_detected!("dotprod")),
        ];
        known.into_iter().filter(|(_, there)| *there).map(|(name, _)| name).collect()
    }
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    {
        Vec::new()
    }
}

fn model(context: &Context, name: &'static str, title: &'static str, wanted: &str) -> Check {
    let look = || -> anyhow::Result<String> {
        let manifest = Manifest::built_in()?;
        let path = find_model(&context.settings, &manifest, wanted)?;
        let verified = verify(&path, &manifest, &mut |_| ())?;
        if verified.known_as.is_none()
            && let Ok(entry) = manifest.find(wanted)
        {
            anyhow::bail!("{}: sha256 {} is not that of {}", path.display(), verified.sha256, entry.name);
        }
        let known = verified.known_as.unwrap_or_else(|| context.text("自备文件", "a file of your own").to_owned());
        Ok(format!("{known} · {}", path.display()))
    };
    let mut check = result(name, title, look());
    if !check.ok {
        check.cure = Some("hotline models fetch".into());
    }
    check
}

fn store(context: &Context) -> Check {
    let path = context.settings.store_path();
    let title = context.text("数据库", "store");
    if !path.is_file() {
        let found = format!("{} {}", context.text("还没有", "none yet:"), path.display());
        return Check { name: "store", title, ok: true, found, cure: Some("hotline process …".into()) };
    }
    let look = || -> anyhow::Result<String> {
        let store = context.store()?;
        let stats = store.stats()?;
        let problems = store.check()?;
        anyhow::ensure!(problems.is_empty(), "{}: {}", path.display(), problems.join("; "));
        let hours = stats.audio_ms as f64 / 3_600_000.0;
        Ok(format!(
            "{} {} · {hours:.1} h · {:.1} MB · {} {} · v{} · {}",
            stats.calls,
            context.text("通", "calls"),
            stats.db_bytes as f64 / 1e6,
            stats.failures,
            context.text("个失败", "failed"),
            stats.schema_version,
            path.display()
        ))
    };
    result("store", title, look())
}

fn index(context: &Context) -> Check {
    let title = context.text("索引", "index");
    let path = context.settings.index_dir();
    if !context.settings.store_path().is_file() {
        return Check {
            name: "index", title, ok: true, found: context.text("还没有", "none yet").into(), cure: None
        };
    }
    let look = || -> anyhow::Result<String> {
        let archive = setup::archive(context)?;
        if let Some(trouble) = archive.index_trouble() {
            anyhow::bail!(trouble);
        }
        let behind = archive.behind()?;
        Ok(format!("{behind} {} · {}", context.text("个变更待索引", "changes to index"), path.display()))
    };
    let mut check = result("index", title, look());
    if !check.ok {
        check.cure = Some("hotline index rebuild".into());
    }
    check
}

fn disk(context: &Context) -> Check {
    let title = context.text("磁盘", "disk");
    let dir = context.settings.data_dir();
    // The folder may not exist yet; its nearest ancestor is on the same disk.
    let there = dir.ancestors().find(|path| path.is_dir()).map(std::path::Path::to_owned);
    let look = || -> anyhow::Result<u64> {
        let there = there.context("no such folder")?;
        Ok(fs4::available_space(&there)?)
    };
    match look() {
        Ok(free) => Check {
            name: "disk",
            title,
            // A thousand calls take about 100 MB; a full disk stops everything.
            ok: free > 500_000_000,
            found: format!("{:.1} GB {} · {}", free as f64 / 1e9, context.text("可用", "free"), dir.display()),
            cure: (free <= 500_000_000).then(|| "--data-dir".into()),
        },
        Err(error) => {
            Check { name: "disk", title, ok: false, found: format!("{}: {error}", dir.display()), cure: None }
        }
    }
}

fn config(context: &Context) -> Check {
    let found = match &context.layered.file {
        Some(file) => file.display().to_string(),
        None => context.text("没有设置文件，用默认值", "no settings file, defaults in use").to_owned(),
    };
    Check { name: "config", title: context.text("设置", "settings"), ok: true, found, cure: None }
}
