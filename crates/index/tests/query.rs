//! The query language: cases from a file, and any text at all.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use hotline_index::{Filter, Query, QueryError, TextTerm, parse};
use hotline_model::Channel;
use proptest::prelude::*;

fn show(query: &Query) -> String {
    let list = |parts: &[Query]| parts.iter().map(show).collect::<Vec<_>>().join(" ");
    match query {
        Query::All => "all".into(),
        Query::Text(term) => show_term(term),
        Query::And(parts) => format!("and({})", list(parts)),
        Query::Or(parts) => format!("or({})", list(parts)),
        Query::Not(part) => format!("not({})", show(part)),
        Query::Filter(Filter::Is(field, value)) => format!("{field:?}={value}"),
        Query::Filter(Filter::Direction(direction)) => format!("direction {direction}"),
        Query::Filter(Filter::Satisfaction(satisfaction)) => format!("satisfaction {satisfaction}"),
        Query::Filter(Filter::Days(days)) => {
            let day = |day: Option<jiff::civil::Date>| day.map_or(String::new(), |day| day.to_string());
            format!("days {}..{}", day(days.from), day(days.to))
        }
        Query::Near(near) => format!("near{}({} | {})", near.chars, terms(&near.left), terms(&near.right)),
        Query::NotIn(not_in) => format!("notin({} | {})", terms(&not_in.wanted), terms(&not_in.longer)),
        Query::Filter(Filter::Flag(id, outcome)) => format!("flag {id}={}", outcome.name()),
        Query::Filter(Filter::Complaint(is)) => format!("complaint {is}"),
        Query::Filter(Filter::Reviewed(is)) => format!("reviewed {is}"),
        Query::Filter(Filter::TimeOfDay { from_s, to_s }) => format!("time {from_s}..{to_s}"),
        Query::Filter(Filter::Between(measure, bounds)) => {
            let end = |end: Option<u64>| end.map_or(String::new(), |end| end.to_string());
            format!("{measure:?} {}..{}", end(bounds.least), end(bounds.most))
        }
        other => format!("{other:?}"),
    }
}

fn terms(terms: &[TextTerm]) -> String {
    terms.iter().map(show_term).collect::<Vec<_>>().join(" ")
}

fn show_term(term: &TextTerm) -> String {
    let mut text = String::new();
    if let Some(ms) = term.within.first_ms {
        text += &format!("[first {ms}]");
    }
    if let Some(ms) = term.within.last_ms {
        text += &format!("[last {ms}]");
    }
    match term.channel {
        Some(Channel::Agent) => text += "agent:",
        Some(Channel::Customer) => text += "cust:",
        _ => {}
    }
    if term.sound {
        text.push('~');
    }
    text + &term.text
}

fn show_error(error: &QueryError) -> String {
    let kind = format!("{:?}", error.kind);
    let name: String = kind.chars().take_while(|c| c.is_alphabetic()).collect();
    format!("error {name} @{}", error.position)
}

#[test]
fn cases() {
    let mut wrong = Vec::new();
    for line in include_str!("cases/queries.tsv").lines().filter(|line| !line.starts_with('#')) {
        let (query, expected) = line.split_once('\t').unwrap();
        let found = match parse(query) {
            Ok(query) => show(&query),
            Err(error) => show_error(&error),
        };
        if found != expected {
            wrong.push(format!("{query}\n   expected {expected}\n   found    {found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn errors_say_where_and_what_to_do() {
    let error = parse("宽带 \"断网").unwrap_err();
    assert_eq!(error.to_string(), "query, byte 7: a quotation mark is not closed; close the quotation mark");
    assert_eq!(error.column("宽带 \"断网"), 4);
    assert!(parse(&"宽带 ".repeat(65)).is_err());
    assert!(parse(&"(".repeat(1000)).is_err());
    assert!(parse(&"-".repeat(1000)).is_err());
    assert!(parse(&"长".repeat(2001)).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn any_text_is_a_query_or_an_error_inside_it(query in "\\PC{0,40}|[ 宽带断网()（）\"“”「」|:：~～－a-zA-Z0-9-]{0,40}|((AND|OR|NOT|NEAR|NEAR/3|NOTIN|和|或|非|不含|不在|邻近/2|cust:|agent:|role:|first:3s|team:|on:2026|date:|silence:>|score:|flag:|time:|-|~|[(]|[)]|\"| |宽带|断网|foo:)){0,14}") {
        if let Err(error) = parse(&query) {
            prop_assert!(error.position <= query.len() && query.is_char_boundary(error.position));
        }
    }
}
