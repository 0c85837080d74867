//! How easily one syllable is heard for another.
//!
//! The numbers are our own grading, in four steps, of what phonology holds for confusable in accented Mandarin and of the
//! errors recognisers make over a telephone band (which cuts off the high noise that tells z from zh and f from h):
//! 0.1 mergers of whole regions (z/zh, in/ing), 0.15…0.25 common mergers (n/l, an/ang, f/h, l/r), 0.3…0.4 neighbours (aspiration,
//! one medial more or less), 0.5 distant relatives; 1 unrelated.

use std::sync::LazyLock;

use super::parts::{self, Parts};
use super::{Syllable, SyllableId};

static MATRIX: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let parts: Vec<Option<Parts>> =
        (0..SyllableId::count()).map(|i| parts::split(SyllableId::from_index(i).name())).collect();
    let mut matrix = Vec::with_capacity(parts.len() * parts.len());
    for (i, a) in parts.iter().enumerate() {
        for (j, b) in parts.iter().enumerate() {
            let cost = match (a, b) {
                _ if i == j => 0.0,
                (Some(a), Some(b)) => of_parts(a, b),
                _ => 1.0,
            };
            matrix.push((cost * 100.0_f32).round() as u8);
        }
    }
    matrix
});

/// The cost of hearing `a` for `b`, 0 (the same) to 1 (unrelated); symmetric.
pub fn cost(a: SyllableId, b: SyllableId) -> f32 {
    MATRIX.get(a.index() * SyllableId::count() + b.index()).map_or(1.0, |c| f32::from(*c) / 100.0)
}

/// All syllables that cost at most `limit` against `id`, itself included, the nearest first.
pub fn near(id: SyllableId, limit: f32) -> Vec<(SyllableId, f32)> {
    let mut near: Vec<(SyllableId, f32)> =
        SyllableId::all().map(|other| (other, cost(id, other))).filter(|(_, cost)| *cost <= limit).collect();
    near.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
    near
}

/// The lowest cost between any readings of the two.
pub fn syllable_cost(a: &Syllable, b: &Syllable) -> f32 {
    let pairs = a.readings().iter().flat_map(|x| b.readings().iter().map(move |y| cost(*x, *y)));
    pairs.fold(1.0, f32::min)
}

/// The mean cost of two stretches syllable by syllable; 1 if they differ in length or are empty.
pub fn mean_cost(heard: &[Syllable], meant: &[Syllable]) -> f32 {
    if heard.len() != meant.len() || heard.is_empty() {
        return 1.0;
    }
    heard.iter().zip(meant).map(|(a, b)| syllable_cost(a, b)).sum::<f32>() / heard.len() as f32
}

fn of_parts(a: &Parts, b: &Parts) -> f32 {
    let plain = initials(a.initial, b.initial) + finals(&a.rest, &b.rest);
    let over_f = match (a.initial, b.initial) {
        ("f", "h") => parts::after_hu(b).map(|rest| 0.25 + finals(&a.rest, rest)),
        ("h", "f") => parts::after_hu(a).map(|rest| 0.25 + finals(rest, &b.rest)),
        _ => None,
    };
    over_f.unwrap_or(plain).min(plain).min(1.0)
}

fn initials(a: &str, b: &str) -> f32 {
    if a == b {
        return 0.0;
    }
    let (a, b) = if a < b { (a, b) } else { (b, a) };
    match (a, b) {
        ("z", "zh") | ("c", "ch") | ("s", "sh") => 0.1,
        ("l", "n") => 0.15,
        ("l", "r") => 0.2,
        ("n", "r") | ("f", "h") => 0.3,
        ("b", "p") | ("d", "t") | ("g", "k") | ("j", "q") | ("c", "z") | ("ch", "zh") => 0.35,
        ("c", "zh")
        | ("ch", "z")
        | ("j", "zh")
        | ("ch", "q")
        | ("sh", "x")
        | ("ch", "sh")
        | ("c", "s")
        | ("q", "x") => 0.4,
        ("j", "z")
        | ("c", "q")
        | ("s", "x")
        | ("g", "h")
        | ("h", "k")
        | ("m", "n")
        | ("s", "z")
        | ("sh", "zh")
        | ("r", "sh")
        | ("j", "x") => 0.5,
        ("", "r" | "h" | "g" | "n" | "m") => 0.5,
        _ => 1.0,
    }
}

fn finals(a: &str, b: &str) -> f32 {
    if a == b {
        return 0.0;
    }
    let (a, b) = if a < b { (a, b) } else { (b, a) };
    match (a, b) {
        ("in", "ing") | ("en", "eng") | ("o", "uo") | ("e", "o") => 0.1,
        ("uen", "ueng") => 0.15,
        ("an", "ang") | ("ian", "iang") | ("uan", "uang") => 0.2,
        ("e", "uo")
        | ("eng", "ong")
        | ("ong", "uen")
        | ("ong", "ueng")
        | ("i", "v")
        | ("in", "vn")
        | ("ian", "van")
        | ("ie", "ve") => 0.3,
        ("ing", "vn")
        | ("iong", "vn")
        | ("ian", "in")
        | ("iang", "ing")
        | ("an", "en")
        | ("ang", "eng")
        | ("-", "e") => 0.4,
        ("-", "i")
        | ("ai", "ei")
        | ("ao", "ou")
        | ("ou", "uo")
        | ("ai", "an")
        | ("ei", "en")
        | ("ou", "u")
        | ("iao", "iou")
        | ("e", "ei")
        | ("a", "e")
        | ("a", "ai")
        | ("a", "an")
        | ("a", "ao")
        | ("i", "ie")
        | ("i", "in")
        | ("a", "ang")
        | ("e", "en")
        | ("ie", "ian")
        | ("ian", "ie")
        | ("u", "v")
        | ("iong", "ong")
        | ("uai", "uei")
        | ("ian", "iao") => 0.5,
        _ => medial(a, b),
    }
}

/// One has a medial vowel more: ia/a, uang/ang.
fn medial(a: &str, b: &str) -> f32 {
    let drops = |long: &str, short: &str| {
        long.len() > 1 && long.starts_with(['i', 'u', 'v']) && long.get(1..).is_some_and(|tail| tail == short)
    };
    if drops(a, b) || drops(b, a) { 0.35 } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::super::syllables;
    use super::*;

    fn of(a: &str, b: &str) -> f32 {
        cost(SyllableId::of(a).unwrap(), SyllableId::of(b).unwrap())
    }

    #[test]
    fn nearer_sounds_cost_less() {
        assert_eq!(of("zhong", "zhong"), 0.0);
        assert!(of("zhong", "zong") < of("zhong", "chong"));
        assert!(of("bin", "bing") < of("bin", "ben"));
        assert!(of("fa", "hua") < of("fa", "ha"));
        assert!(of("hong", "feng") <= 0.25);
        assert_eq!(of("ma", "ti"), 1.0);
    }

    #[test]
    fn cost_is_a_symmetric_share() {
        for i in 0..SyllableId::count() {
            for j in 0..SyllableId::count() {
                let (a, b) = (SyllableId::from_index(i), SyllableId::from_index(j));
                let c = cost(a, b);
                assert!((0.0..=1.0).contains(&c) && c == cost(b, a), "{} {}", a.name(), b.name());
                assert!((c == 0.0) == (a == b), "{} {} {c}", a.name(), b.name());
            }
        }
    }

    #[test]
    fn near_syllables_come_nearest_first() {
        let names =
            |limit| near(SyllableId::of("zhong").unwrap(), limit).iter().map(|n| n.0.name()).collect::<Vec<_>>();
        assert_eq!(names(0.0), ["zhong"]);
        assert_eq!(names(0.1), ["zhong", "zong"]);
        assert!(names(0.5).contains(&"chong"));
    }

    #[test]
    fn homophones_are_free_and_unlike_words_are_not() {
        let mean = |a: &str, b: &str| mean_cost(&syllables(a), &syllables(b));
        assert!(mean("冰海心区", "滨海新区") < 0.1);
        assert_eq!(mean("头诉", "投诉"), 0.0);
        assert!(mean("验正码", "验证码") < 0.05);
        assert!(mean("宽带", "退款") > 0.5);
        assert_eq!(mean("宽带", "宽"), 1.0);
    }
}
