//! `hotline index`.

use serde_json::json;

use crate::args::IndexCommand;
use crate::context::Context;
use crate::exit::Exit;
use crate::{output, setup};

/// Runs `hotline index`.
pub fn run(context: &Context, command: &IndexCommand) -> anyhow::Result<Exit> {
    context.existing_store()?;
    let as_json = match command {
        IndexCommand::Rebuild(form) => {
            hotline_pipeline::remove_index(&context.settings.index_dir())?;
            form.json
        }
        IndexCommand::Update(form) => form.json,
    };
    let caught_up = setup::archive(context)?.catch_up()?;
    let folder = context.settings.index_dir();
    if as_json {
        output::json(&json!({ "calls": caught_up.calls, "deleted": caught_up.deleted, "index": folder }))?;
    } else {
        output::line(&match context.language {
            crate::settings::Language::Zh => {
                format!("已索引 {} 通，移除 {} 通：{}", caught_up.calls, caught_up.deleted, folder.display())
            }
            crate::settings::Language::En => {
                format!("{} calls indexed, {} removed: {}", caught_up.calls, caught_up.deleted, folder.display())
            }
        })?;
    }
    Ok(Exit::Done)
}
