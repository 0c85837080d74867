//! Runs `tests/cases/*.json`.

use std::path::Path;

use hotline_report::{Period, monthly, weekly};
use serde_json::Value;

use crate::facts::{Case, Expected, input};

#[test]
fn figures_are_those_worked_out_by_hand() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let (mut checked, mut wrong) = (0, Vec::new());
    for path in paths {
        let case = Case::read(&std::fs::read_to_string(&path).unwrap());
        let (calls, findings) = (case.calls(), case.findings());
        let input = input(&calls, &findings, case.settings());
        let period = |expected: &Expected| Period::parse(&expected.period, case.zone()).unwrap();
        let mut check = |report: Value, expected: &Expected| {
            for (pointer, wanted) in &expected.expect {
                checked += 1;
                let found = report.pointer(pointer).unwrap_or(&Value::Null);
                if !agrees(found, wanted) {
                    let (name, period) = (path.file_name().unwrap().display(), &expected.period);
                    wrong.push(format!("{name} {period} {pointer}: {found}, not {wanted} ({})", case.about));
                }
            }
        };
        if let Some(expected) = &case.weekly {
            check(serde_json::to_value(weekly(&input, &period(expected)).unwrap()).unwrap(), expected);
        }
        if let Some(expected) = &case.monthly {
            check(serde_json::to_value(monthly(&input, &period(expected)).unwrap()).unwrap(), expected);
        }
    }
    assert!(wrong.is_empty(), "{} of {checked} figures are wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(checked > 150, "only {checked} figures were checked");
}

/// Whether a figure is the wanted one. Numbers may be written as fractions (`"2/3"`) or with a `~` for six decimals.
pub fn agrees(found: &Value, wanted: &Value) -> bool {
    match (found, wanted) {
        (Value::Object(found), Value::Object(wanted)) => {
            found.len() == wanted.len()
                && wanted.iter().all(|(key, wanted)| found.get(key).is_some_and(|found| agrees(found, wanted)))
        }
        (Value::Array(found), Value::Array(wanted)) => {
            found.len() == wanted.len() && found.iter().zip(wanted).all(|(found, wanted)| agrees(found, wanted))
        }
        (Value::Number(found), Value::Number(wanted)) => near(found.as_f64(), wanted.as_f64(), 1e-8),
        (Value::Number(found), Value::String(wanted)) => match wanted.strip_prefix('~') {
            Some(wanted) => near(found.as_f64(), wanted.parse().ok(), 1e-6),
            None => near(found.as_f64(), fraction(wanted), 1e-8),
        },
        _ => found == wanted,
    }
}

fn fraction(text: &str) -> Option<f64> {
    let (part, whole) = text.split_once('/')?;
    Some(part.parse::<f64>().ok()? / whole.parse::<f64>().ok()?)
}

fn near(found: Option<f64>, wanted: Option<f64>, by: f64) -> bool {
    found.zip(wanted).is_some_and(|(found, wanted)| (found - wanted).abs() <= by)
}

#[test]
fn the_comparison_can_fail() {
    use serde_json::json;
    assert!(agrees(&json!({"a": [0.6666666667, null]}), &json!({"a": ["2/3", null]})));
    for (found, wanted) in [
        (json!(0.5), json!("2/3")),
        (json!(0.5), json!(0.5001)),
        (json!(null), json!(0)),
        (json!(0), json!(null)),
        (json!([1]), json!([1, 2])),
        (json!({"a": 1, "b": 2}), json!({"a": 1})),
        (json!("2/3"), json!("1/3")),
    ] {
        assert!(!agrees(&found, &wanted), "{found} {wanted}");
    }
}
