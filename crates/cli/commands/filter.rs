//! Which calls: from flags to the store's filter.

use hotline_model::{CallId, Outcome};
use hotline_store::{CallFilter, Resolved, Store};
use jiff::tz::TimeZone;
use jiff::{Timestamp, civil};

use crate::args::FilterArgs;
use crate::context::Context;
use crate::settings::Language;

/// The store's filter for what was typed.
pub fn call_filter(context: &Context, args: &FilterArgs) -> anyhow::Result<CallFilter> {
    let time = |name: &str, text: &Option<String>| {
        text.as_deref()
            .map(|text| day_or_time(text, &context.zone).map_err(|error| no_time(context, name, text, &error)))
            .transpose()
    };
    Ok(CallFilter {
        from: time("from", &args.from)?,
        to: time("to", &args.to)?,
        agent: args.agent.clone(),
        team: args.team.clone(),
        hotline: args.hotline.clone(),
        business: args.business.clone(),
        clause: args.violates.as_ref().map(|clause| clause.to_uppercase()),
        outcome: args.violates.as_ref().map(|_| Outcome::Violated),
        include_variants: true,
        ..CallFilter::default()
    })
}

/// A time on the command line that is none.
pub fn no_time(context: &Context, flag: &str, text: &str, error: &str) -> anyhow::Error {
    match context.language {
        Language::Zh => anyhow::anyhow!("--{flag}: `{text}` 不是日期或时刻：请写 2026-10-06 或 2026-10-06 09:12:08"),
        Language::En => anyhow::anyhow!("--{flag}: {error}"),
    }
}

/// A day (its beginning in `zone`) or a time.
pub fn day_or_time(text: &str, zone: &TimeZone) -> Result<Timestamp, String> {
    match text.parse::<civil::Date>() {
        Ok(day) if text.len() <= 10 => {
            day.to_zoned(zone.clone()).map(|zoned| zoned.timestamp()).map_err(|error| error.to_string())
        }
        _ => hotline_pipeline::parse_time(text, zone),
    }
}

/// The call a person means by an id, its beginning, or a file name.
pub fn resolve(context: &Context, store: &Store, text: &str) -> anyhow::Result<CallId> {
    match store.resolve(text)? {
        Resolved::One(id) => Ok(id),
        Resolved::None => anyhow::bail!(
            "{text}: {}",
            context.text("没有这通电话；`hotline calls` 列出全部", "no such call; `hotline calls` lists all")
        ),
        Resolved::Many(ids) => {
            let ids: Vec<&str> = ids.iter().map(|id| id.as_str()).collect();
            anyhow::bail!(
                "{text}: {}: {}",
                context.text("不止一通，请写得更长", "more than one call, write more of the id"),
                ids.join(", ")
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_in_the_hotlines_zone() {
        let zone = TimeZone::get("Asia/Shanghai").unwrap();
        assert_eq!(day_or_time("2026-10-06", &zone).unwrap().to_string(), "2026-10-05T16:00:00Z");
        assert_eq!(day_or_time("2026-10-06 09:00", &zone).unwrap().to_string(), "2026-10-06T01:00:00Z");
        assert!(day_or_time("tomorrow", &zone).is_err());
    }
}
