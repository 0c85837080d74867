//! Joins the drafts of all files to one rule set and checks what they say about each other.

use std::collections::HashSet;

use indexmap::IndexMap;
use sha2::{Digest, Sha256};

use crate::condition::Condition;
use crate::csv_list;
use crate::problem::{Problems, nearest};
use crate::read::{Draft, ListDraft, Located, Mentioned, draft};
use crate::rule_set::{Loaded, Rule, RuleSet};

/// One rule file on the way into the set.
struct File<'a> {
    text: &'a str,
    name: &'a str,
    problems: Problems<'a>,
    draft: Draft,
    /// 0 is what is extended, 1 what extends it: the second may replace what the first says.
    layer: u8,
}

impl<'a> File<'a> {
    fn read(&(name, text): &(&'a str, &'a str), layer: u8) -> Self {
        let mut problems = Problems::new(name, text);
        let draft = draft(text, &mut problems);
        File { text, name, problems, draft, layer }
    }
}

/// Reads and joins `sources`; `starter` is what `extends = "starter"` brings in.
pub(crate) fn link<'a>(sources: &[(&'a str, &'a str)], starter: &[(&'a str, &'a str)]) -> Loaded {
    let (csv, toml): (Vec<_>, Vec<_>) = sources.iter().copied().partition(|(name, _)| csv_list::is_list(name));
    let mut files: Vec<File<'_>> = toml.iter().map(|source| File::read(source, 1)).collect();
    if extends_starter(&mut files) {
        files.splice(0..0, starter.iter().map(|source| File::read(source, 0)));
    }
    let (name, version) = name_and_version(&mut files);
    let lists = join_lists(&mut files, &csv);
    let conditions = join_conditions(&mut files);
    let rules = join_rules(&mut files);
    for file in &mut files {
        check_mentions(file, &lists, &conditions);
    }
    check_list_cycles(&mut files, &lists);
    let set = RuleSet {
        name,
        version: format!("{version}+{}", hash(&files, &csv)),
        scoring: files.iter().filter_map(|file| file.draft.scoring).next_back().unwrap_or_default(),
        rules,
        phrase_lists: lists,
        conditions,
    };
    check_near_cycles(&mut files, &set);
    warn_of_unused(&mut files);
    let problems = files
        .into_iter()
        .flat_map(|file| {
            let mut list = file.problems.into_list();
            list.sort_by_key(|problem| (problem.line, problem.column));
            list
        })
        .collect();
    let mut loaded = Loaded { set: None, problems };
    if !loaded.failed() {
        loaded.set = Some(set);
    }
    loaded
}

fn extends_starter(files: &mut [File<'_>]) -> bool {
    let mut extends = false;
    for file in files {
        let Some(name) = file.draft.header.as_ref().and_then(|header| header.extends.clone()) else { continue };
        if name.value == RuleSet::STARTER {
            extends = true;
        } else {
            let hint = format!("only \"{}\" can be extended", RuleSet::STARTER);
            file.problems.error(name.at, format!("there is no rule set \"{}\" to extend", name.value), hint);
        }
    }
    extends
}

fn name_and_version(files: &mut [File<'_>]) -> (String, String) {
    let mut found: Option<(u8, String, String)> = None;
    for file in files.iter_mut() {
        let Some(header) = &file.draft.header else { continue };
        match &found {
            Some((layer, name, _)) if *layer == file.layer => {
                let hint = format!("the set is already named \"{name}\" in another file");
                file.problems.error(header.at, "only one file of a set can have [rule_set]", hint);
            }
            _ => found = Some((file.layer, header.name.clone(), header.version.clone())),
        }
    }
    match (found, files.first_mut()) {
        (Some((_, name, version)), _) => (name, version),
        (None, Some(file)) => {
            let hint = "begin one file with [rule_set], name = \"…\" and version = \"…\"".to_owned();
            file.problems.warning(0, "the rule set has no name", hint);
            ("unnamed".to_owned(), "0".to_owned())
        }
        (None, None) => ("empty".to_owned(), "0".to_owned()),
    }
}

/// The version must change whenever anything that was read changes.
fn hash(files: &[File<'_>], csv: &[(&str, &str)]) -> String {
    let mut hash = Sha256::new();
    for text in files.iter().map(|file| file.text).chain(csv.iter().map(|(_, text)| *text)) {
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text.as_bytes());
    }
    hash.finalize().iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}

fn join_lists(files: &mut [File<'_>], csv: &[(&str, &str)]) -> IndexMap<String, Vec<String>> {
    let mut lists: IndexMap<String, (u8, Vec<String>)> = IndexMap::new();
    // Lists that add come last, so that it doesn't matter in which file they stand.
    for adding in [false, true] {
        for file in files.iter_mut() {
            for (name, list) in std::mem::take(&mut file.draft.lists) {
                if list.adds == adding {
                    join_list(name, list, file.layer, file.name, &mut file.problems, csv, &mut lists);
                } else if !adding {
                    file.draft.lists.push((name, list));
                }
            }
        }
    }
    lists.into_iter().map(|(name, (_, wordings))| (name, wordings)).collect()
}

fn join_list(
    name: Located<String>,
    mut list: ListDraft,
    layer: u8,
    file: &str,
    problems: &mut Problems<'_>,
    csv: &[(&str, &str)],
    lists: &mut IndexMap<String, (u8, Vec<String>)>,
) {
    if let Some(source) = &list.csv {
        match csv.iter().find(|(path, _)| csv_list::is_beside(path, file, &source.value)) {
            Some((path, text)) => {
                list.wordings.extend(csv_list::read(path, text, list.column.as_ref(), source.at, problems));
            }
            None => {
                let hint = "put it beside the rule file".to_owned();
                problems.error(source.at, format!("there is no phrase list file \"{}\"", source.value), hint);
            }
        }
    }
    match lists.get_mut(&name.value) {
        Some((_, wordings)) if list.adds => wordings.extend(list.wordings),
        Some((there, _)) if *there == layer => {
            let hint = "rename one of them, or write `name = { add = [...] }` to add to it".to_owned();
            problems.error(name.at, format!("there are two phrase lists `{}`", name.value), hint);
        }
        _ => {
            if list.adds {
                let hint = "write `any` instead of `add` to begin a list".to_owned();
                problems.error(name.at, format!("there is no phrase list `{}` to add to", name.value), hint);
            }
            lists.insert(name.value, (layer, list.wordings));
        }
    }
}

fn join_conditions(files: &mut [File<'_>]) -> IndexMap<String, Condition> {
    let mut joined: IndexMap<String, (u8, Condition)> = IndexMap::new();
    for file in files.iter_mut() {
        for (name, condition) in std::mem::take(&mut file.draft.conditions) {
            if joined.get(&name.value).is_some_and(|(layer, _)| *layer == file.layer) {
                file.problems.error(name.at, format!("there are two shared conditions `{}`", name.value), None);
            }
            joined.insert(name.value, (file.layer, condition));
        }
    }
    joined.into_iter().map(|(name, (_, condition))| (name, condition)).collect()
}

fn join_rules(files: &mut [File<'_>]) -> Vec<Rule> {
    let mut joined: IndexMap<String, (u8, Rule)> = IndexMap::new();
    for file in files.iter_mut() {
        for rule in &file.draft.rules {
            let id = &rule.rule.id;
            if joined.get(id).is_some_and(|(layer, _)| *layer == file.layer) {
                file.problems.error(rule.at, format!("there are two rules `{id}`"), "rename one of them".to_owned());
            }
            joined.insert(id.clone(), (file.layer, rule.rule.clone()));
        }
    }
    for file in files.iter_mut() {
        for name in file.draft.header.iter().flat_map(|header| header.disabled.clone()) {
            if joined.shift_remove(&name.value).is_none() {
                let hint = nearest(&name.value, joined.keys().map(String::as_str));
                let hint = hint.map(|near| format!("did you mean \"{near}\"?"));
                file.problems.error(name.at, format!("there is no rule `{}` to disable", name.value), hint);
            }
        }
    }
    joined.into_values().map(|(_, rule)| rule).collect()
}

fn check_mentions(file: &mut File<'_>, lists: &IndexMap<String, Vec<String>>, shared: &IndexMap<String, Condition>) {
    for mention in &file.draft.mentions {
        let (kind, near) = match mention.what {
            Mentioned::List => {
                if lists.contains_key(&mention.name) {
                    continue;
                }
                ("phrase list", nearest(&mention.name, lists.keys().map(String::as_str)))
            }
            Mentioned::Condition { rule } => {
                let visible = || {
                    let own = file.draft.declared.iter().filter(|(owner, _)| owner.is_none() || *owner == rule);
                    own.map(|(_, name)| name.as_str()).chain(shared.keys().map(String::as_str))
                };
                if visible().any(|name| name == mention.name) {
                    continue;
                }
                ("condition", nearest(&mention.name, visible()))
            }
        };
        let hint = near.map(|near| format!("did you mean `{near}`?"));
        file.problems.error(mention.at, format!("there is no {kind} `{}`", mention.name), hint);
    }
}

fn check_list_cycles(files: &mut [File<'_>], lists: &IndexMap<String, Vec<String>>) {
    for name in lists.keys() {
        let mut seen = HashSet::new();
        let mut open = vec![name.as_str()];
        while let Some(list) = open.pop() {
            for inner in lists.get(list).into_iter().flatten().filter_map(|wording| wording.strip_prefix('@')) {
                if inner == name {
                    report(files, Mentioned::List, name, format!("phrase list `{name}` contains itself"));
                    open.clear();
                    break;
                }
                if seen.insert(inner) {
                    open.push(inner);
                }
            }
        }
    }
}

fn check_near_cycles(files: &mut [File<'_>], set: &RuleSet) {
    let scopes = std::iter::once(None).chain(set.rules.iter().map(Some));
    for rule in scopes {
        let own = rule.map_or_else(|| set.conditions.keys(), |rule| rule.conditions.keys());
        for name in own {
            let near = |at: &str| set.condition(rule, at).and_then(|condition| condition.range.near.as_ref());
            let next = |at: &str| near(at).map_or(&[][..], |near| near.conditions.as_slice());
            let mut seen: HashSet<&str> = HashSet::new();
            let mut open: Vec<&String> = next(name).iter().collect();
            while let Some(at) = open.pop() {
                if at == name {
                    let rule_name = rule.map_or(String::new(), |rule| format!(" of rule `{}`", rule.id));
                    let message = format!("condition `{name}`{rule_name} is defined by its own hits");
                    let number = rule.and_then(|rule| number_of(files, rule));
                    report(files, Mentioned::Condition { rule: number }, name, message);
                    break;
                }
                if seen.insert(at) {
                    open.extend(next(at));
                }
            }
        }
    }
}

fn number_of(files: &[File<'_>], rule: &Rule) -> Option<usize> {
    files.iter().flat_map(|file| &file.draft.rules).find(|draft| draft.rule == *rule).map(|draft| draft.number)
}

/// Reports at the place where `name` is mentioned.
fn report(files: &mut [File<'_>], what: Mentioned, name: &str, message: String) {
    for file in files.iter_mut() {
        let place = file.draft.mentions.iter().find(|m| m.what == what && m.name == name).map(|m| m.at);
        if let Some(at) = place {
            file.problems.error(at, message, "break the circle".to_owned());
            return;
        }
    }
    if let Some(file) = files.first_mut() {
        file.problems.error(0, message, "break the circle".to_owned());
    }
}

/// A condition of a rule that nothing names was forgotten in the expression.
fn warn_of_unused(files: &mut [File<'_>]) {
    for file in files.iter_mut() {
        for draft in &file.draft.rules {
            let used: HashSet<&str> = file
                .draft
                .mentions
                .iter()
                .filter(|m| m.what == Mentioned::Condition { rule: Some(draft.number) })
                .map(|m| m.name.as_str())
                .collect();
            for name in draft.rule.conditions.keys().filter(|name| !used.contains(name.as_str())) {
                let message = format!("condition `{name}` of rule `{}` is never used", draft.rule.id);
                file.problems.warning(draft.at, message, "name it in `require`, `forbid` or `applies`".to_owned());
            }
        }
    }
}
