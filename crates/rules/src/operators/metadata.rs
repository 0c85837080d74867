//! What the call's metadata say.

use hotline_model::{Evidence, HangupBy};

use crate::belief::Belief;
use crate::condition::{FieldTest, Hangup, MetadataTest};
use crate::context::{Context, Evaluated};
use crate::reason::Reason;

const HANGUP_FIELD: &str = "hangup_by";

pub(super) fn hangup(by: Hangup, context: &Context) -> Evaluated {
    let wanted = match by {
        Hangup::Agent => HangupBy::Agent,
        Hangup::Customer => HangupBy::Customer,
        Hangup::System => HangupBy::System,
    };
    match context.view.call.meta.hangup_by {
        Some(found) => known(HANGUP_FIELD, found.name(), found == wanted),
        None if context.live() => Evaluated::unknown(Reason::NotYet),
        None => Evaluated::unknown(Reason::FieldMissing { field: HANGUP_FIELD.to_owned() }),
    }
}

pub(super) fn field(test: &MetadataTest, context: &Context) -> Evaluated {
    let value = context.view.call.meta.field(&test.field).filter(|value| !value.trim().is_empty());
    let value = match (value, &test.test, test.missing) {
        (Some(value), ..) => value,
        (None, FieldTest::Present, _) => return known(&test.field, "", false),
        (None, _, Some(missing)) => return known(&test.field, "", missing),
        (None, ..) => return Evaluated::unknown(Reason::FieldMissing { field: test.field.clone() }),
    };
    let text = value.trim().to_lowercase();
    let holds = match &test.test {
        FieldTest::Present => true,
        FieldTest::OneOf(values) => values.iter().any(|wanted| wanted.trim().to_lowercase() == text),
        FieldTest::Contains(values) => values.iter().any(|wanted| text.contains(&wanted.trim().to_lowercase())),
        FieldTest::Number(limits) => match text.parse::<f64>() {
            Ok(number) => {
                limits.above.is_some_and(|bound| number > bound) || limits.below.is_some_and(|bound| number < bound)
            }
            Err(_) => return Evaluated::unknown(Reason::Field { field: test.field.clone(), value }),
        },
    };
    known(&test.field, &value, holds)
}

fn known(field: &str, value: &str, holds: bool) -> Evaluated {
    let belief = if holds { Belief::new(0.98) } else { Belief::new(0.02) };
    if value.is_empty() {
        return Evaluated::new(belief, Reason::FieldMissing { field: field.to_owned() });
    }
    let evidence = Evidence::Metadata { field: field.to_owned(), value: value.to_owned() };
    Evaluated::new(belief, Reason::Field { field: field.to_owned(), value: value.to_owned() }).with([evidence])
}
