//! Where in a text something that sounds like a query was said: alignment by syllables, with what recognisers confuse,
//! leave out and put in counted by how likely it is.

use hotline_model::TextSpan;
use hotline_text::pinyin::{self, Syllable, syllable_cost};
use hotline_text::{Lexicon, Word, WordTag, number, skeleton};

use super::lookup::Numbers;
use crate::tokens::sounds;

/// Most syllables of a query that are compared; what is longer is compared by its beginning.
pub(super) const MOST_SYLLABLES: usize = 32;

/// What a recogniser drops and adds most easily.
const WEAK: &str = "的了啊呢吧嘛吗呀哦嗯呃额那这个就是一我您你他给在";
/// From so many digits on a number is read digit by digit.
const LONG_NUMBER: usize = 5;
const NUMERALS: &str = "零一二三四五六七八九十百千万幺两0123456789";

/// One syllable and how it is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unit {
    pub(super) syllable: Syllable,
    written: char,
    /// In the text it comes from.
    span: TextSpan,
}

/// A stretch of a text that sounds like the query.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Match {
    pub(super) span: TextSpan,
    /// Mean difference a syllable of the query; 0 is the same sound.
    pub(super) cost: f32,
    /// It may well only happen to sound so.
    pub(super) chance: bool,
}

/// How far what is heard may be from what was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ear {
    /// Nobody asked for sound-alikes, and there are utterances that say what was typed: only what is likely the same, misheard.
    Strict,
    /// Nobody did, but no utterance says it as it was typed.
    Alone,
    /// Nobody did, but nothing else was found: the nearest there is.
    Loose,
    /// Sound-alikes were asked for: also across words.
    Asked,
}

/// A text that is listened for.
pub(super) struct Query<'a> {
    pub(super) text: &'a str,
    pub(super) units: Vec<Unit>,
    pub(super) ear: Ear,
    /// It is a long number, of which single digits may be wrong.
    is_number: bool,
    /// Digits are said one by one.
    by_digits: bool,
}

/// From so many digits on a number among words may be said digit by digit: 尾号786.
const DIGITS_SAID: usize = 3;

/// So few digits tell a number from others that none may be wrong.
const FEW_DIGITS: usize = 6;

impl<'a> Query<'a> {
    pub(super) fn new(text: &'a str, ear: Ear) -> Query<'a> {
        let digits = match Numbers::in_query(text) {
            Numbers::Whole(number) if is_digits(&number.value) => Some(number.value),
            _ => None,
        };
        let is_number = digits.is_some();
        // The sign of per cent is spoken, but no part of a skeleton.
        let spoken = text.contains(['%', '％']).then(|| number::readings(text).characters.text);
        let spoken = spoken.as_deref().unwrap_or(text);
        let mut units = digits.map_or_else(|| units(spoken), |digits| digit_units(&digits));
        units.truncate(MOST_SYLLABLES);
        Query { text, units, ear, is_number, by_digits: is_number }
    }

    /// The ways that `text` may be said: as [`Query::new`] has it, and with the numbers in it digit by digit.
    pub(super) fn readings(text: &'a str, ear: Ear) -> Vec<Query<'a>> {
        let mut readings = vec![Query::new(text, ear)];
        let folded = skeleton(text).text;
        let runs = folded.split(|c: char| !c.is_ascii_digit());
        let has_digits = runs.map(str::len).any(|digits| digits >= DIGITS_SAID);
        if has_digits && matches!(Numbers::in_query(text), Numbers::Among(_)) {
            let mut units = digit_units(text);
            units.truncate(MOST_SYLLABLES);
            readings.push(Query { text, units, ear, is_number: false, by_digits: true });
        }
        readings
    }

    /// Whether it is a number whose every digit counts.
    pub(super) fn is_short_number(&self) -> bool {
        !self.is_number && matches!(Numbers::in_query(self.text), Numbers::Whole(_))
    }

    /// The most that a match may cost a syllable. Short words sound like too many others: only what is practically the same
    /// counts; in long ones a syllable may be wrong.
    pub(super) fn limit(&self) -> f32 {
        if self.is_number {
            // Where nothing says it as it was typed, a digit may be wrong and two repeats miscounted.
            let most = if self.ear == Ear::Strict || self.units.len() <= FEW_DIGITS { 0.0 } else { 1.65 };
            return (most / self.units.len() as f32).clamp(0.13, 0.2);
        }
        let strict = match self.units.len() {
            0 | 1 => 0.02,
            2 => 0.13,
            3 => 0.18,
            4 => 0.21,
            5 | 6 => 0.22,
            _ => 0.25,
        };
        match (self.ear, self.units.len()) {
            (Ear::Alone, 4..) if !self.by_digits => 0.27,
            (Ear::Strict | Ear::Alone | Ear::Asked, _) | (Ear::Loose, 0 | 1) => strict,
            (Ear::Loose, 2) => 0.27,
            (Ear::Loose, 3) => 0.27,
            (Ear::Loose, _) => 0.30,
        }
    }

    /// Where in `text` it was heard, the best first.
    pub(super) fn heard_in(&self, text: &str, lexicon: &Lexicon) -> Vec<Match> {
        let mut found = self.matches(&if self.by_digits { digit_units(text) } else { units(text) });
        if !found.is_empty() && self.units.len() <= 3 && self.ear != Ear::Asked {
            let words = lexicon.words(text);
            for found in &mut found {
                found.chance = !self.is_same_but_one(found, text) && self.is_chance(found.span, text, &words);
            }
            if self.ear == Ear::Strict {
                found.retain(|found| !found.chance);
            }
        }
        found
    }

    /// Whether three syllables sound the very same and two of them are written so too: wherever words are cut, that is no chance.
    fn is_same_but_one(&self, found: &Match, text: &str) -> bool {
        let written = |text: &str| skeleton(text).text;
        let (heard, wanted) = (written(found.span.slice(text).unwrap_or_default()), written(self.text));
        let alike = heard.chars().zip(wanted.chars()).filter(|(heard, wanted)| heard == wanted).count();
        let is_paused = found.span.slice(text).unwrap_or_default() != heard;
        self.units.len() == 3 && found.cost < 0.01 && alike >= 2 && !is_paused
    }

    /// Whether a short stretch only happens to sound like it: it goes over a pause, cuts through a word, or is made of the
    /// little words that stand everywhere.
    fn is_chance(&self, span: TextSpan, text: &str, words: &[Word]) -> bool {
        let heard = span.slice(text).unwrap_or_default();
        let has_pause = heard.chars().any(|c| !c.is_alphanumeric() && !c.is_whitespace());
        let cuts = |at: u32| words.iter().any(|word| word.span.start < at && at < word.span.end);
        let little =
            words.iter().filter(|word| span.start <= word.span.start && word.span.end <= span.end).any(|word| {
                let said = word.span.slice(text).unwrap_or_default();
                word.tag == WordTag::Function && !self.text.contains(said)
            });
        has_pause || cuts(span.start) || cuts(span.end) || little
    }

    fn substitution(&self, query: Unit, text: Unit) -> f32 {
        if query.written == text.written {
            return 0.0;
        }
        let cost = syllable_cost(&query.syllable, &text.syllable);
        // Another number is another matter, however alike the rest is.
        if cost > 0.3 && is_numeral(query.written) && is_numeral(text.written) {
            return if self.is_number || self.ear == Ear::Loose { 1.0 } else { 3.0 };
        }
        (cost + 0.01).min(1.0)
    }

    fn left_out(&self, at: usize) -> f32 {
        let Some(unit) = self.units.get(at) else { return 1.0 };
        let repeats =
            at.checked_sub(1).and_then(|before| self.units.get(before)).is_some_and(|b| b.written == unit.written);
        if is_numeral(unit.written) {
            return self.numeral(repeats);
        }
        // What lacks its beginning or its end is something else, not the same misheard.
        let is_edge = at == 0 || at + 1 == self.units.len();
        match WEAK.contains(unit.written) {
            _ if is_edge && self.units.len() <= 7 => 2.0,
            true => 0.4,
            false => 0.8,
        }
    }

    fn put_in(&self, text: &[Unit], at: usize) -> f32 {
        let Some(unit) = text.get(at) else { return 1.0 };
        let repeats = at.checked_sub(1).and_then(|before| text.get(before)).is_some_and(|b| b.written == unit.written);
        if is_numeral(unit.written) {
            self.numeral(repeats)
        } else if WEAK.contains(unit.written) {
            0.3
        } else {
            0.6
        }
    }

    /// A digit more or less: how often one was repeated is heard wrong more easily.
    fn numeral(&self, repeats: bool) -> f32 {
        match (self.is_number, repeats) {
            (true, true) => 0.3,
            (true, false) => 1.0,
            (false, _) => 3.0,
        }
    }

    /// Whether digits that are said one by one go on before or behind a stretch that begins or ends with some.
    fn is_in_number(&self, text: &[Unit], start: usize, end: usize) -> bool {
        let says_number = |unit: Option<&Unit>| unit.is_some_and(|unit| is_numeral(unit.written));
        let before = start.checked_sub(1).and_then(|before| text.get(before));
        self.by_digits
            && (says_number(self.units.first()) && says_number(before)
                || says_number(self.units.last()) && says_number(text.get(end + 1)))
    }

    /// All stretches of `text` that match, the best first; none overlaps a better one.
    fn matches(&self, text: &[Unit]) -> Vec<Match> {
        if self.units.is_empty() || text.is_empty() {
            return Vec::new();
        }
        // Sellers' algorithm, column by column: a match may begin anywhere. Each cell knows where its match began.
        let budget = self.limit() * self.units.len() as f32 + 1e-4;
        let mut column: Vec<(f32, usize)> = Vec::with_capacity(self.units.len() + 1);
        column.push((0.0, 0));
        for at in 0..self.units.len() {
            let above = column.last().map_or(0.0, |cell| cell.0);
            column.push((above + self.left_out(at), 0));
        }
        let mut found: Vec<(f32, usize, usize)> = Vec::new();
        for (j, heard) in text.iter().enumerate() {
            let put_in = self.put_in(text, j);
            let mut diagonal = column.first().copied().unwrap_or((0.0, 0));
            let mut above = (0.0, j + 1);
            if let Some(first) = column.first_mut() {
                *first = above;
            }
            for (at, (unit, cell)) in self.units.iter().zip(column.iter_mut().skip(1)).enumerate() {
                let aligned = (diagonal.0 + self.substitution(*unit, *heard), diagonal.1);
                let added = (cell.0 + put_in, cell.1);
                let skipped = (above.0 + self.left_out(at), above.1);
                diagonal = *cell;
                *cell = [aligned, added, skipped].into_iter().min_by(|a, b| a.0.total_cmp(&b.0)).unwrap_or(aligned);
                above = *cell;
            }
            if let Some(&(cost, start)) = column.last()
                && cost <= budget
                && start <= j
                && (self.is_number || !(cuts_number(text, start, j) || self.is_in_number(text, start, j)))
            {
                found.push((cost, start, j));
            }
        }
        // Of equals the one that is as long as the query.
        let unlike = |found: &(f32, usize, usize)| (found.2 + 1 - found.1).abs_diff(self.units.len());
        found.sort_by(|a, b| a.0.total_cmp(&b.0).then(unlike(a).cmp(&unlike(b))));
        let mut kept: Vec<(f32, usize, usize)> = Vec::new();
        for (cost, start, end) in found {
            if kept.iter().all(|other| end < other.1 || start > other.2) {
                kept.push((cost, start, end));
            }
        }
        let span = |start: usize, end: usize| Some(text.get(start)?.span.hull(text.get(end)?.span));
        let mean = |cost: f32| cost / self.units.len() as f32;
        kept.into_iter()
            .filter_map(|(cost, start, end)| Some(Match { span: span(start, end)?, cost: mean(cost), chance: false }))
            .collect()
    }
}

/// Where in `text` something was heard, in whichever way it was said; the best way's matches, the best first.
pub(super) fn heard(wanted: &str, ear: Ear, text: &str, lexicon: &Lexicon) -> Vec<Match> {
    let ways = Query::readings(wanted, ear).into_iter().map(|query| query.heard_in(text, lexicon));
    let found = ways.filter(|found| !found.is_empty());
    let cost = |found: &[Match]| found.first().map_or(f32::MAX, |best| best.cost);
    found.min_by(|a, b| cost(a).total_cmp(&cost(b))).unwrap_or_default()
}

/// The syllables of a text.
pub(super) fn units(text: &str) -> Vec<Unit> {
    let folded = skeleton(text);
    let mut units: Vec<Unit> = sounds(&folded.text)
        .into_iter()
        .map(|(syllable, span)| {
            let original = folded.to_original(span);
            // A number that was written in digits is one piece of text with many syllables; what is said of each is its own.
            let written = span.slice(&folded.text).unwrap_or_default();
            let mut chars = written.chars();
            let written = match (chars.next(), chars.next()) {
                (Some(only), None) => only,
                _ => syllable_numeral(&syllable),
            };
            Unit { syllable, written, span: original }
        })
        .collect();
    // Said one by one, 1 is yao.
    let numerals: Vec<bool> = units.iter().map(|unit| is_numeral(unit.written)).collect();
    for (at, unit) in units.iter_mut().enumerate() {
        let beside = [at.checked_sub(1), Some(at + 1)].into_iter().flatten();
        let among = beside.filter_map(|at| numerals.get(at)).any(|is| *is);
        if let Some(one) = one()
            && (unit.written == '幺' || (matches!(unit.written, '一' | '1') && among))
        {
            unit.syllable = one;
            unit.written = '幺';
        }
    }
    units
}

/// The syllables of a text in which every digit is said by itself, as in telephone numbers.
fn digit_units(text: &str) -> Vec<Unit> {
    let folded = skeleton(text);
    pinyin::syllables(&folded.text)
        .into_iter()
        .map(|syllable| {
            let written = syllable.span.slice(&folded.text).and_then(|c| c.chars().next()).unwrap_or(' ');
            let (syllable, written, span) = match written {
                '一' | '幺' | '1' => (one().unwrap_or(syllable), '幺', syllable.span),
                '0'..='9' => (syllable, syllable_numeral(&syllable), syllable.span),
                _ => (syllable, written, syllable.span),
            };
            Unit { syllable, written, span: folded.to_original(span) }
        })
        .collect()
}

/// Whether a number is known by its digits and not by its size.
fn is_digits(value: &str) -> bool {
    value.len() >= LONG_NUMBER && value.bytes().all(|b| b.is_ascii_digit())
}

/// 1 as it is said among digits: yi or yao.
fn one() -> Option<Syllable> {
    pinyin::syllables("1").first().copied()
}

/// What a syllable of a number says.
fn syllable_numeral(syllable: &Syllable) -> char {
    match syllable.readings().first().map(|id| id.name()) {
        Some("ling") => '零',
        Some("yi" | "yao") => '一',
        Some("er") => '二',
        Some("liang") => '两',
        Some("san") => '三',
        Some("si") => '四',
        Some("wu") => '五',
        Some("liu") => '六',
        Some("qi") => '七',
        Some("ba") => '八',
        Some("jiu") => '九',
        Some("shi") => '十',
        Some("bai") => '百',
        Some("qian") => '千',
        Some("wan") => '万',
        _ => ' ',
    }
}

fn is_numeral(c: char) -> bool {
    NUMERALS.contains(c)
}

/// Whether a number goes on over the beginning or the end of a stretch: what is heard of it is another number.
fn cuts_number(text: &[Unit], start: usize, end: usize) -> bool {
    let both = |one: usize, other: usize| match (text.get(one), text.get(other)) {
        (Some(one), Some(other)) => one.span == other.span,
        _ => false,
    };
    start.checked_sub(1).is_some_and(|before| both(before, start)) || both(end, end + 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn best(query: &str, text: &str) -> Option<(String, f32)> {
        let found = heard(query, Ear::Strict, text, &Lexicon::built_in());
        found.first().map(|m| (m.span.slice(text).unwrap().to_owned(), m.cost))
    }

    #[test]
    fn finds_what_was_misheard() {
        let cases = [
            ("滨海新区", "喂，冰海心区政务大厅吗", "冰海心区"),
            ("宽代", "我家宽带断了", "宽带"),
            ("工单", "好的公单我马上转给", "公单"),
            ("咨询", "还有其他需要资讯的吗", "资讯"),
            ("夜间施工扰民", "二七公币夜间施工绕名。您的要求", "夜间施工绕名"),
            ("区城管局", "马上转给区成馆集，三个", "区成馆集"),
            ("办居住证", "外地护口半居住正要怎么弄", "半居住正"),
            ("退款的进度", "查一下退款进度", "退款进度"),
            ("19900000356", "电话要久久零零零零三五六", "要久久零零零零三五六"),
            ("19900000672", "19900000622,", "19900000622"),
            ("19900000218", "号，199000000000218。", "199000000000218"),
            ("12345", "您好,要二三四五热线", "要二三四五"),
            ("19900000441", "要求900044要。", "要求900044要"),
            ("尾号786", "您为号七八六的卡", "为号七八六"),
            ("100%全赔", "说,百分之百前陪。", "百分之百前陪"),
            ("身份证", "身份正带着", "身份正"),
        ];
        for (query, text, expected) in cases {
            assert_eq!(best(query, text).map(|b| b.0).as_deref(), Some(expected), "{query} in {text}");
        }
    }

    #[test]
    fn what_is_something_else_is_not_found() {
        for (query, text) in [
            ("宽带", "我要退款"),
            ("四百九十九", "扣了四百三十九"),
            ("投诉", "我要读书"),
            ("服务态度", "服务中心"),
            ("三个工作日", "五个工作日"),
            ("信用卡", "银行卡"),
            ("19900000218", "电话19900000814"),
            ("十月二十号", "11月20号"),
            ("五个工作日", "一共是三个工作日"),
            ("怎么办呢", "租房提取怎么办，要带什么"),
            ("合约", "这个月话费"),
            ("马上", "这个号码上"),
            ("钥匙", "要是来不及"),
            ("尾号786", "您为号七八九的卡"),
            ("8655012", "电话8655013"),
        ] {
            assert_eq!(best(query, text), None, "{query} in {text}");
        }
    }

    #[test]
    fn digits_are_not_looked_for_inside_longer_numbers() {
        let lexicon = Lexicon::built_in();
        for (query, text, is_there) in [
            ("500兆", "电话是八六五零零零,网上也可以办", false),
            ("尾号786", "卡号是尾号七八六五的", false),
            ("尾号786", "卡号是为号七八六的", true),
        ] {
            assert_eq!(!heard(query, Ear::Alone, text, &lexicon).is_empty(), is_there, "{query} in {text}");
        }
    }

    proptest! {
        #[test]
        fn a_part_of_a_text_is_found_for_nothing(text in "[\u{4e00}-\u{5fff}，]{2,30}", from in 0usize..20, n in 1usize..12) {
            let part: String = text.chars().skip(from).take(n).collect();
            let query = Query::new(&part, Ear::Asked);
            prop_assume!(!query.units.is_empty() && units(&text).iter().all(|unit| !is_numeral(unit.written)));
            let found = query.heard_in(&text, &Lexicon::built_in());
            prop_assert!(found.first().is_some_and(|m| m.cost == 0.0), "{part} in {text}");
            for found in found {
                prop_assert!(found.span.slice(&text).is_some());
            }
        }

        #[test]
        fn any_texts_can_be_compared(query in "\\PC{0,12}", text in "\\PC{0,40}|[一二三0-9幺点，]{0,20}") {
            for ear in [Ear::Strict, Ear::Alone, Ear::Loose, Ear::Asked] {
                for found in Query::new(&query, ear).heard_in(&text, &Lexicon::built_in()) {
                    prop_assert!(found.span.slice(&text).is_some() && !found.span.is_empty());
                }
            }
        }
    }
}
