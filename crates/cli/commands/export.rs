//! `hotline export`.

use std::path::Path;

use anyhow::Context as _;
use hotline_export::{Format, Options};
use serde_json::json;

use super::filter::resolve;
use crate::args::ExportArgs;
use crate::context::Context;
use crate::exit::Exit;
use crate::output;
use crate::settings::Language;

/// Runs `hotline export`.
pub fn run(context: &Context, args: &ExportArgs) -> anyhow::Result<Exit> {
    let format: Format = args.format.parse()?;
    let language = match context.language {
        Language::Zh => hotline_export::Language::Zh,
        Language::En => hotline_export::Language::En,
    };
    let options = Options { time_zone: context.zone.clone(), ..Options::new(language) };
    if args.out.is_none() && args.calls.len() > 1 {
        anyhow::bail!("{}", context.text("多通导出需要 --out 目录", "several calls need a folder: --out DIR"));
    }
    let store = context.existing_store()?;
    let mut exit = Exit::Done;
    let mut written = Vec::new();
    for text in &args.calls {
        let export = || -> anyhow::Result<_> {
            let id = resolve(context, &store, text)?;
            let record = store.record(&id)?.with_context(|| format!("{id}: no such call"))?;
            // Copies that leave the program are on record, masked or not (PRV-01), before they leave.
            let place = args.out.as_ref().map_or("-".to_owned(), |dir| dir.display().to_string());
            let entry = context.audit_entry("export", Some(&id), args.unmask, format!("{format} {place}"));
            store.record_audit(&[entry])?;
            let record = if args.unmask { record } else { hotline_pipeline::masked(&record, context.mask_language()) };
            let bytes = hotline_export::export_with(&record, format, &options)?;
            Ok((record, bytes))
        };
        match (export(), &args.out) {
            (Ok((record, bytes)), Some(dir)) => {
                let stem = Path::new(record.call.file_name()).file_stem().map(|s| s.to_string_lossy().into_owned());
                // Ids keep two recordings of the same name apart.
                let name = format!("{}-{}.{}", stem.unwrap_or_default(), record.call.id.short(), format.extension());
                std::fs::create_dir_all(dir).with_context(|| format!("{}: cannot be created", dir.display()))?;
                let path = dir.join(name);
                std::fs::write(&path, bytes).with_context(|| format!("{}: cannot be written", path.display()))?;
                written.push(path);
            }
            (Ok((_, bytes)), None) => output::bytes(&bytes)?,
            (Err(error), _) => {
                eprintln!("✗ {error:#}");
                exit = Exit::Partly;
            }
        }
    }
    if args.json.json && args.out.is_some() {
        output::json(&json!({ "files": written }))?;
    } else {
        for path in written {
            output::line(&path.display().to_string())?;
        }
    }
    Ok(exit)
}
