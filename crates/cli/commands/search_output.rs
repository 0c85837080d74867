//! How search results look in a terminal.

use hotline_index::{CallHits, Count, Facets, How, LikeResults, SearchResults};

use super::calls::local_time;
use crate::context::Context;
use crate::output;
use crate::settings::Language;

/// Hits shown of one call; more are counted.
const HITS_A_CALL: usize = 5;

/// Prints a page of results.
pub fn results(context: &Context, results: &SearchResults) -> anyhow::Result<()> {
    // On standard output, with the results: whoever passes them on passes this on too.
    if results.partial {
        output::line(context.text(
            "没有一通电话说到全部的词，以下说到其中大部分：",
            "no call has all the words; these have most of them:",
        ))?;
    } else if results.alike {
        output::line(context.text(
            "没有与所写一致的内容，以下为其他说法（=）或读音相近（≈）：",
            "nothing was said as it is typed; these say it in other words (=) or sound alike (≈):",
        ))?;
    }
    for call in &results.calls {
        print_call(context, call)?;
    }
    if let Some(facets) = &results.facets {
        print_facets(context, facets)?;
    }
    context.note(&total(context, results));
    if let Some(next) = &results.next {
        context.note(&format!("{}: --after {next}", context.text("下一页", "next page")));
    }
    Ok(())
}

/// Prints calls that are like another.
pub fn like(context: &Context, results: &LikeResults) -> anyhow::Result<()> {
    for call in &results.calls {
        print_call(context, call)?;
    }
    if !results.words.is_empty() {
        context.note(&format!("{}: {}", context.text("所据词语", "compared by"), results.words.join(" ")));
    }
    let found = results.calls.len();
    context.note(&match (found, context.language) {
        (0, Language::Zh) => "没有相似的通话".to_owned(),
        (0, Language::En) => "no call is like it".to_owned(),
        (_, Language::Zh) => format!("{found} 通相似的电话"),
        (_, Language::En) => format!("{found} calls like it"),
    });
    Ok(())
}

fn print_call(context: &Context, call: &CallHits) -> anyhow::Result<()> {
    let who = [&call.agent_id, &call.team].into_iter().flatten().cloned().collect::<Vec<_>>().join(" ");
    let started = local_time(call.started_at, &context.zone);
    output::line(&format!("{}  {started}  {who}  {}", call.call_id.short(), call.file_name))?;
    for hit in call.hits.iter().take(HITS_A_CALL) {
        let channel = context.text(hit.channel.name_zh(), hit.channel.name());
        let how = match hit.how {
            How::Exact => "",
            How::Variant => "= ",
            How::Alike => "≈ ",
        };
        let text = marked(&hit.text, &hit.highlights);
        output::line(&format!("    {}  {channel}  {how}{text}", hit.time.start))?;
    }
    let shown = call.hits.len().min(HITS_A_CALL);
    if call.hit_count > shown && !call.hits.is_empty() && call.hits.len() >= HITS_A_CALL {
        output::line(&format!("    … {}", call.hit_count - shown))?;
    }
    Ok(())
}

fn total(context: &Context, results: &SearchResults) -> String {
    let mut text = match (results.total_calls, context.language) {
        (0, Language::Zh) => "没有找到".to_owned(),
        (0, Language::En) => "nothing found".to_owned(),
        (calls, Language::Zh) => format!("{calls} 通电话，{} 处", results.total_hits),
        (calls, Language::En) => format!("{calls} calls, {} hits", results.total_hits),
    };
    if results.exact_calls > 0 && results.variant_calls + results.alike_calls > 0 {
        let (exact, variant, alike) = (results.exact_calls, results.variant_calls, results.alike_calls);
        text += &match context.language {
            Language::Zh => format!("（与所写一致 {exact}，其他说法 {variant}，读音相近 {alike}）"),
            Language::En => format!(" ({exact} as typed, {variant} in other words, {alike} alike)"),
        };
    }
    text
}

fn print_facets(context: &Context, facets: &Facets) -> anyhow::Result<()> {
    let Facets { team, business, hotline, agent, flag, complaint, satisfaction, role } = facets;
    let rows: [(&str, &str, &[Count]); 8] = [
        ("班组", "team", team),
        ("业务", "business", business),
        ("热线", "hotline", hotline),
        ("工号", "agent", agent),
        ("违规", "flag", flag),
        ("投诉", "complaint", complaint),
        ("满意度", "satisfaction", satisfaction),
        ("说话方（处）", "role (hits)", role),
    ];
    for (zh, en, counts) in rows.into_iter().filter(|row| !row.2.is_empty()) {
        let list: Vec<String> =
            counts.iter().map(|count| format!("{} {}", value(context, &count.value), count.count)).collect();
        output::line(&format!("{}: {}", context.text(zh, en), list.join("  ")))?;
    }
    Ok(())
}

/// A value of a facet as people read it.
fn value<'a>(context: &Context, value: &'a str) -> &'a str {
    let chinese = match value {
        "true" => "是",
        "false" => "否",
        "satisfied" => "满意",
        "neutral" => "一般",
        "dissatisfied" => "不满意",
        "agent" => "座席",
        "customer" => "客户",
        "mixed" => "混合",
        _ => value,
    };
    context.text(chinese, value)
}

/// Text with the found stretches in brackets, which survive pipes and files.
pub fn marked(text: &str, highlights: &[hotline_model::TextSpan]) -> String {
    let mut out = String::new();
    let mut at = 0;
    for span in highlights {
        let (start, end) = (span.start as usize, span.end as usize);
        if start < at {
            continue;
        }
        let (Some(before), Some(found)) = (text.get(at..start), text.get(start..end)) else { continue };
        out.push_str(before);
        out.push('【');
        out.push_str(found);
        out.push('】');
        at = end;
    }
    out.push_str(text.get(at..).unwrap_or(""));
    out
}

#[cfg(test)]
mod tests {
    use hotline_model::TextSpan;

    use super::*;

    #[test]
    fn found_words_are_marked_in_place() {
        let spans = [TextSpan::new(6, 12), TextSpan::new(9, 12)];
        assert_eq!(marked("我要投诉你们", &spans), "我要【投诉】你们");
        assert_eq!(marked("投诉", &[]), "投诉");
    }
}
