//! Reads operators.

use hotline_text::entities::EntityKind;
use hotline_text::fold;
use regex::Regex;

use super::Reader;
use super::section::{Located, Section, Value, unknown_word};
use crate::condition::{
    CountTest, EnergyTest, EntityTest, FieldTest, Hangup, Ignore, LanguageTest, Limits, Loudness, Matching,
    MeaningTest, MetadataTest, Operator, OverlapTest, PhraseRateTest, PhraseShareTest, PhraseTest, Quantity, RatioTest,
    RegexTest, RepeatTest, ResponseTest, Role, ShareOf, ShareTest, SilenceTest, SimilarTest,
};
use crate::meaning;
use crate::wording::spell;

/// A rate or share may be refused as absurd; silence and the like only have a lower bound.
const BOUNDS_HINT: &str = "give `above`, `below` or both";

/// Reads the operator under `key`; `None` after a problem.
pub(super) fn operator(key: &str, value: &Value<'_>, owner: &str, reader: &mut Reader) -> Option<Operator> {
    if key == "organisation" {
        return organisation(value, owner, reader);
    }
    let mut s = Section::of(format!("`{key}` of {owner}"), value, reader.problems)?;
    let operator = match key {
        "phrase" => phrase(&mut s, reader).map(Operator::Phrase),
        "regex" => pattern(&mut s, reader).map(Operator::Regex),
        "silence" => silence(&mut s, reader).map(Operator::Silence),
        "response_time" => response(&mut s, reader).map(Operator::ResponseTime),
        "speech_rate" => limits(&mut s, reader).map(Operator::SpeechRate),
        "interruption" => overlap(&mut s, 1.0, 0.5, reader).map(Operator::Interruption),
        "overlap" => overlap(&mut s, 0.0, 1.0, reader).map(Operator::Overlap),
        "hangup" => hangup(&mut s, reader).map(Operator::Hangup),
        "metadata" => metadata(&mut s, reader).map(Operator::Metadata),
        "duration" => limits(&mut s, reader).map(Operator::Duration),
        "utterance_count" => count(&mut s, reader).map(Operator::UtteranceCount),
        "talk_share" => share(&mut s, reader).map(Operator::TalkShare),
        "pronoun_ratio" => ratio(&mut s, reader).map(Operator::PronounRatio),
        "similar" => similar(&mut s, reader).map(Operator::Similar),
        "meaning" => meaning(&mut s, reader).map(Operator::Meaning),
        "repeat" => repeat(&mut s, reader).map(Operator::Repeat),
        "entity" => entity(&mut s, reader).map(Operator::Entity),
        "energy" => energy(&mut s, reader).map(Operator::Energy),
        "language" => Some(Operator::Language(language(&mut s, reader))),
        "phrase_share" => phrase_share(&mut s, reader).map(Operator::PhraseShare),
        "phrase_rate" => phrase_rate(&mut s, reader).map(Operator::PhraseRate),
        _ => return None,
    };
    s.finish(reader.problems);
    operator
}

fn organisation(value: &Value<'_>, owner: &str, reader: &mut Reader) -> Option<Operator> {
    if value.get_ref().as_bool() == Some(true) {
        return Some(Operator::Organisation);
    }
    let hint = "the names themselves stand in the settings, under each hotline".to_owned();
    reader.problems.error(value.span().start, format!("`organisation` of {owner} can only be true"), hint);
    None
}

fn phrase(s: &mut Section<'_, '_>, reader: &mut Reader) -> Option<PhraseTest> {
    let mut chosen: Vec<(Quantity, Vec<String>)> = Vec::new();
    for (key, quantity) in [("any", Quantity::Any), ("all", Quantity::All), ("none", Quantity::None)] {
        if let Some(texts) = s.texts(key, reader.problems) {
            chosen.push((quantity, wordings(texts, reader)));
        }
    }
    let at_least = s.count("at_least", reader.problems);
    let of = s.texts("of", reader.problems);
    match (at_least, of) {
        (Some(n), Some(texts)) => {
            if n as usize > texts.len() {
                let message = format!("{} asks for {n} of only {} entries", s.what, texts.len());
                reader.problems.error(s.at, message, "a list counts as one entry".to_owned());
            }
            chosen.push((Quantity::AtLeast(n), wordings(texts, reader)));
        }
        (None, None) => {}
        _ => reader.problems.error(
            s.at,
            format!("{} needs `at_least` and `of` together", s.what),
            "for example { at_least = 2, of = [\"您好\", \"谢谢\", \"再见\"] }".to_owned(),
        ),
    }
    let not_in = s.texts("not_in", reader.problems).map(|texts| wordings(texts, reader)).unwrap_or_default();
    let ignore = ignores(s, reader);
    let matching = s.word("match", Matching::WORDS, Matching::from_word, reader.problems).unwrap_or(Matching::Variant);
    let times = s.count("times", reader.problems).unwrap_or(1);
    let meant = s.texts("means", reader.problems).and_then(|texts| known_labels(texts, "means", s, reader).pop());
    if chosen.len() != 1 {
        let hint = "give exactly one of `any`, `all`, `none`, or `at_least` with `of`".to_owned();
        reader.problems.error(s.at, format!("{} must say how many of which phrases", s.what), hint);
        return None;
    }
    let (quantity, wordings) = chosen.pop()?;
    if wordings.is_empty() {
        reader.problems.error(s.at, format!("{} has no phrases", s.what), None);
        return None;
    }
    Some(PhraseTest { quantity, wordings, not_in, ignore, matching, times, meant })
}

/// Checks wordings and notes the lists they mention.
pub(super) fn wordings(texts: Vec<Located<String>>, reader: &mut Reader) -> Vec<String> {
    wordings_of(texts, false, reader)
}

fn wordings_of(texts: Vec<Located<String>>, single_is_meant: bool, reader: &mut Reader) -> Vec<String> {
    let mut good = Vec::new();
    for text in texts {
        if let Some(list) = text.value.strip_prefix('@') {
            reader.mentions_list(list, text.at);
            good.push(text.value);
            continue;
        }
        match spell(&text.value) {
            Ok(wording) => {
                if wording.chars_min() == 1 && !single_is_meant {
                    reader.problems.warning(
                        text.at,
                        format!("\"{}\" can be a single character, which is heard inside many words", text.value),
                        "write a longer phrase, or list longer words in `not_in`".to_owned(),
                    );
                }
                good.push(text.value);
            }
            Err(error) => reader.problems.error(text.at, format!("phrase \"{}\": {error}", text.value), None),
        }
    }
    good
}

/// What takes the force from a hit: as the rule says, or all there is.
fn ignores(s: &mut Section<'_, '_>, reader: &mut Reader) -> Vec<Ignore> {
    let Some(texts) = s.texts("ignore", reader.problems) else {
        return vec![Ignore::Negated, Ignore::Quoted, Ignore::Asked];
    };
    let mut ignores = Vec::new();
    for text in texts {
        match Ignore::from_word(&text.value) {
            Some(ignore) => ignores.push(ignore),
            None => unknown_word(&text, &s.name_of("ignore"), Ignore::WORDS, reader.problems),
        }
    }
    ignores
}

fn pattern(s: &mut Section<'_, '_>, reader: &mut Reader) -> Option<RegexTest> {
    let any = s.texts("any", reader.problems);
    let not = s.text("not", reader.problems);
    let Some(any) = any.filter(|any| !any.is_empty()) else {
        s.missing("any", "one or more patterns, for example any = [\"退.{0,4}款\"]", reader.problems);
        return None;
    };
    let mut compile = |text: &Located<String>| match Regex::new(&fold(&text.value).text) {
        Ok(regex) => Some(regex),
        Err(error) => {
            let message = error.to_string().lines().last().unwrap_or_default().trim().to_owned();
            let message = message.trim_start_matches("error: ").to_owned();
            reader.problems.error(text.at, format!("pattern \"{}\": {message}", text.value), None);
            None
        }
    };
    let any: Vec<Regex> = any.iter().filter_map(&mut compile).collect();
    let not = not.as_ref().and_then(&mut compile);
    (!any.is_empty()).then_some(RegexTest { any, not })
}

fn silence(s: &mut Section<'_, '_>, reader: &mut Reader) -> Option<SilenceTest> {
    let longer_than_s = required_number(s, "longer_than_s", reader);
    let owed_by = s.word("owed_by", Role::WORDS, Role::from_word, reader.problems).unwrap_or(Role::All);
    let at_least = s.count("at_least", reader.problems).unwrap_or(1);
    Some(SilenceTest { longer_than_s: longer_than_s?, owed_by, at_least })
}

fn response(s: &mut Section<'_, '_>, reader: &mut Reader) -> Option<ResponseTest> {
    let longer_than_s = required_number(s, "longer_than_s", reader);
    let first_only = s.flag("first_only", reader.problems).unwrap_or(false);
    let questions_only = s.flag("questions_only", reader.problems).unwrap_or(false);
    let or_never = s.flag("or_never", reader.problems).unwrap_or(false);
    let at_least = s.count("at_least", reader.problems).unwrap_or(1);
    Some(ResponseTest { longer_than_s: longer_than_s?, first_only, questions_only, or_never, at_least })
}

fn overlap(s: &mut Section<'_, '_>, into_s: f64, longer_s: f64, reader: &mut Reader) -> Option<OverlapTest> {
    Some(OverlapTest {
        into_s: s.number("into_s", reader.problems).unwrap_or(into_s),
        longer_than_s: s.number("longer_than_s", reader.problems).unwrap_or(longer_s),
        other_yields: s.flag("other_yields", reader.problems).unwrap_or(false),
        at_least: s.count("at_least", reader.problems).unwrap_or(1),
    })
}

fn hangup(s: &mut Section<'_, '_>, reader: &mut Reader) -> Option<Hangup> {
    if !s.has("by") {
        s.missing("by", "agent, customer or system", reader.problems);
    }
    s.word("by", Hangup::WORDS, Hangup::from_word, reader.problems)
}

fn metadata(s: &mut Section<'_, '_>, reader: &mut Reader) -> Option<MetadataTest> {
    let field = s.text("field", reader.problems);
    let mut tests = Vec::new();
    let values = |texts: Vec<Located<String>>| texts.into_iter().map(|text| text.value).collect::<Vec<_>>();
    if let Some(texts) = s.texts("equals", reader.problems) {
        tests.push(FieldTest::OneOf(values(texts)));
    }
    if let Some(texts) = s.texts("contains", reader.problems) {
        tests.push(FieldTest::Contains(values(texts)));
    }
    let above = s.number("above", reader.problems);
    let below = s.number("below", reader.problems);
    if above.is_some() || below.is_some() {
        tests.push(FieldTest::Number(Limits { above, below }));
    }
    if s.flag("present", reader.problems) == Some(true) {
        tests.push(FieldTest::Present);
    }
    let missing = s.flag("missing", reader.problems);
    if field.is_none() {
        s.missing("field", "a column of the call list, for example \"direction\"", reader.problems);
    }
    if tests.len() != 1 {
        let hint = "give one of `equals`, `contains`, `above`/`below`, `present = true`".to_owned();
        reader.problems.error(s.at, format!("{} must say what to test", s.what), hint);
        return None;
    }
    Some(MetadataTest { field: field?.value, test: tests.pop()?, missing })
}

fn count(s: &mut Section<'_, '_>, reader: &mut Reader) -> Option<CountTest> {
    let at_least = s.count("at_least", reader.problems);
    let at_most = s.number("at_most", reader.problems).map(|n| n as u32);
    if at_least.is_none() && at_most.is_none() {
        reader.problems.error(s.at, format!("{} has no bound", s.what), "give `at_least` or `at_most`".to_owned());
        return None;
    }
    Some(CountTest { at_least, at_most })
}

fn share(s: &mut Section<'_, '_>, reader: &mut Reader) -> Option<ShareTest> {
    if !s.has("of") {
        s.missing("of", "agent, customer or silence", reader.problems);
    }
    let of = s.word("of", ShareOf::WORDS, ShareOf::from_word, reader.problems);
    let limits = limits(s, reader);
    Some(ShareTest { of: of?, limits: limits? })
}

fn ratio(s: &mut Section<'_, '_>, reader: &mut Reader) -> Option<RatioTest> {
    let at_least = s.count("at_least", reader.problems).unwrap_or(1);
    let sure = s.flag("sure", reader.problems).unwrap_or(false);
    Some(RatioTest { limits: limits(s, reader)?, at_least, sure })
}

fn limits(s: &mut Section<'_, '_>, reader: &mut Reader) -> Option<Limits> {
    let above = s.number("above", reader.problems);
    let below = s.number("below", reader.problems);
    if above.is_none() && below.is_none() {
        reader.problems.error(s.at, format!("{} has no bound", s.what), BOUNDS_HINT.to_owned());
        return None;
    }
    Some(Limits { above, below })
}

fn required_number(s: &mut Section<'_, '_>, key: &'static str, reader: &mut Reader) -> Option<f64> {
    let number = s.number(key, reader.problems);
    if number.is_none() && !s.has(key) {
        s.missing(key, "a number of seconds", reader.problems);
    }
    number
}

/// Likeness from which on a sentence is like an example, unless the rule says another.
const SIMILAR_THRESHOLD: f64 = 0.7;
/// Certainty from which on a sentence counts, where a rule does not say.
const MEANING_AT_LEAST: f64 = 0.75;

fn similar(s: &mut Section<'_, '_>, reader: &mut Reader) -> Option<SimilarTest> {
    let examples = s.texts("examples", reader.problems);
    let threshold = share_of_one(s, "threshold", reader).unwrap_or(SIMILAR_THRESHOLD) as f32;
    let ignore = ignores(s, reader);
    let Some(examples) = examples.filter(|examples| !examples.is_empty()) else {
        s.missing("examples", "sentences, for example examples = [\"这个我们处理不了\"]", reader.problems);
        return None;
    };
    for example in &examples {
        if hotline_text::spoken_chars(&example.value) < 4 {
            let hint = "a likeness needs at least four characters; use `phrase` for shorter ones".to_owned();
            reader.problems.error(example.at, format!("example \"{}\" is too short", example.value), hint);
        }
    }
    let examples = examples.into_iter().map(|example| example.value).collect();
    Some(SimilarTest { examples, threshold, ignore })
}

fn meaning(s: &mut Section<'_, '_>, reader: &mut Reader) -> Option<MeaningTest> {
    let any = s.texts("any", reader.problems);
    let at_least = share_of_one(s, "at_least", reader).unwrap_or(MEANING_AT_LEAST) as f32;
    let ignore = ignores(s, reader);
    let Some(any) = any.filter(|any| !any.is_empty()) else {
        s.missing("any", "one or more labels, for example any = [\"shirking\"]", reader.problems);
        return None;
    };
    let times = s.count("times", reader.problems).unwrap_or(1).max(1);
    Some(MeaningTest { any: known_labels(any, "any", s, reader), at_least, times, ignore })
}

/// Those of the labels that there are; the others become problems.
fn known_labels(labels: Vec<Located<String>>, key: &str, s: &Section<'_, '_>, reader: &mut Reader) -> Vec<String> {
    let words: Vec<&str> = meaning::labels().iter().map(String::as_str).collect();
    let mut found = Vec::new();
    for label in labels {
        if words.contains(&label.value.as_str()) {
            found.push(label.value);
        } else {
            unknown_word(&label, &s.name_of(key), &words, reader.problems);
        }
    }
    found
}

fn share_of_one(s: &mut Section<'_, '_>, key: &'static str, reader: &mut Reader) -> Option<f64> {
    let number = s.number(key, reader.problems)?;
    if number > 1.0 {
        let message = format!("{} must be a number from 0 to 1", s.name_of(key));
        reader.problems.error(s.at, message, None);
        return None;
    }
    Some(number)
}

fn repeat(s: &mut Section<'_, '_>, reader: &mut Reader) -> Option<RepeatTest> {
    if !s.has("of") {
        s.missing("of", "agent, customer or all: whose words are repeated", reader.problems);
    }
    let of = s.word("of", Role::WORDS, Role::from_word, reader.problems);
    let chars = s.count("chars", reader.problems).unwrap_or(6);
    let within_utterances = s.count("within_utterances", reader.problems).unwrap_or(3);
    let at_least = s.count("at_least", reader.problems).unwrap_or(1);
    Some(RepeatTest { of: of?, chars, within_utterances, at_least })
}

fn entity(s: &mut Section<'_, '_>, reader: &mut Reader) -> Option<EntityTest> {
    let kinds = s.texts("kinds", reader.problems);
    let unless_said_by = s.word("unless_said_by", Role::WORDS, Role::from_word, reader.problems);
    let at_least = s.count("at_least", reader.problems).unwrap_or(1);
    let Some(kinds) = kinds.filter(|kinds| !kinds.is_empty()) else {
        s.missing("kinds", "one or more kinds, for example kinds = [\"phone\", \"id_card\"]", reader.problems);
        return None;
    };
    let mut found = Vec::new();
    for kind in &kinds {
        match EntityKind::of(&kind.value) {
            Some(kind) => found.push(kind),
            None => unknown_word(kind, &s.name_of("kinds"), &EntityKind::ALL.map(EntityKind::name), reader.problems),
        }
    }
    (!found.is_empty()).then_some(EntityTest { kinds: found, unless_said_by, at_least })
}

fn energy(s: &mut Section<'_, '_>, reader: &mut Reader) -> Option<EnergyTest> {
    if !s.has("of") {
        s.missing("of", "level, peak, clipped or difference", reader.problems);
    }
    let of = s.word("of", Loudness::WORDS, Loudness::from_word, reader.problems);
    // Levels lie below full scale: these bounds are the only ones that may be negative.
    let above = s.signed_number("above", reader.problems);
    let below = s.signed_number("below", reader.problems);
    if above.is_none() && below.is_none() {
        reader.problems.error(s.at, format!("{} has no bound", s.what), BOUNDS_HINT.to_owned());
        return None;
    }
    Some(EnergyTest { of: of?, limits: Limits { above, below } })
}

fn language(s: &mut Section<'_, '_>, reader: &mut Reader) -> LanguageTest {
    let except = s.texts("except", reader.problems).unwrap_or_default();
    for name in except.iter().filter(|name| !crate::dialect::NAMES.contains(&name.value.as_str())) {
        unknown_word(name, &s.name_of("except"), &crate::dialect::NAMES, reader.problems);
    }
    let at_least = s.count("at_least", reader.problems).unwrap_or(3);
    LanguageTest { except: except.into_iter().map(|name| name.value).collect(), at_least }
}

fn phrase_share(s: &mut Section<'_, '_>, reader: &mut Reader) -> Option<PhraseShareTest> {
    let of = listed(s, "of", reader);
    let among = listed(s, "among", reader);
    let not_in = s.texts("not_in", reader.problems).map(|texts| wordings(texts, reader)).unwrap_or_default();
    let among_meaning = s.texts("among_meaning", reader.problems).unwrap_or_default();
    let among_meaning = known_labels(among_meaning, "among_meaning", s, reader);
    let at_least = s.count("at_least", reader.problems).unwrap_or(1);
    let limits = limits(s, reader);
    Some(PhraseShareTest { of: of?, among: among?, among_meaning, not_in, limits: limits?, at_least })
}

fn phrase_rate(s: &mut Section<'_, '_>, reader: &mut Reader) -> Option<PhraseRateTest> {
    let any = listed(s, "any", reader);
    let not_in = s.texts("not_in", reader.problems).map(|texts| wordings_of(texts, true, reader)).unwrap_or_default();
    let limits = limits(s, reader);
    Some(PhraseRateTest { any: any?, not_in, limits: limits? })
}

/// A list of wordings that must be there, in which single characters are meant.
fn listed(s: &mut Section<'_, '_>, key: &'static str, reader: &mut Reader) -> Option<Vec<String>> {
    let Some(texts) = s.texts(key, reader.problems) else {
        if !s.has(key) {
            s.missing(key, "wordings or lists, for example [\"@fillers\"]", reader.problems);
        }
        return None;
    };
    let wordings = wordings_of(texts, true, reader);
    (!wordings.is_empty()).then_some(wordings)
}
