//! Names of persons, where something says that a name comes: 我叫…, 机主是…, 姓刘，刘志强, …本人.

use std::collections::HashSet;
use std::sync::LazyLock;

use hotline_model::Channel;

use super::text::{Text, is_han};
use super::{EntityKind, Found};
use crate::pinyin;
use crate::{Lexicon, WordTag};

const SURNAMES: &str = include_str!("../../assets/surnames.txt");

struct Surnames {
    single: HashSet<char>,
    double: Vec<String>,
    /// Toneless syllables of the single ones.
    sounds: HashSet<&'static str>,
}

static NAMES: LazyLock<Surnames> = LazyLock::new(|| {
    let mut lines = SURNAMES.lines().filter(|line| !line.starts_with('#'));
    let single: HashSet<char> = lines.next().unwrap_or_default().chars().collect();
    let double = lines.next().unwrap_or_default().split_whitespace().map(str::to_owned).collect();
    let sounds = single.iter().filter_map(|c| sound(*c)).collect();
    Surnames { single, double, sounds }
});

fn sound(c: char) -> Option<&'static str> {
    let mut buffer = [0; 4];
    Some(pinyin::syllables(c.encode_utf8(&mut buffer)).first()?.readings().first()?.name())
}

/// What a name follows, and how.
struct Cue {
    words: &'static str,
    /// The speaker's own name: an agent's is no secret.
    own: bool,
    /// A name must follow; otherwise other things may too, and the name has to look like one.
    strong: bool,
}

const fn cue(words: &'static str, own: bool, strong: bool) -> Cue {
    Cue { words, own, strong }
}

const CUES: [Cue; 48] = [
    cue("我叫", true, true),
    cue("名字叫", false, true),
    cue("名字是", false, true),
    cue("名字", false, false),
    cue("名叫", false, true),
    cue("我是", true, false),
    cue("本人叫", true, true),
    cue("姓名是", false, true),
    cue("姓名叫", false, true),
    cue("姓名", false, false),
    cue("全名是", false, true),
    cue("全名叫", false, true),
    cue("机主叫", false, true),
    cue("机主是", false, true),
    cue("机主", false, false),
    cue("户主叫", false, true),
    cue("户主是", false, true),
    cue("户主", false, false),
    cue("户名是", false, true),
    cue("户名", false, false),
    cue("业主叫", false, true),
    cue("业主是", false, true),
    cue("业主", false, false),
    cue("联系人是", false, true),
    cue("联系人叫", false, true),
    cue("联系人", false, false),
    cue("收件人是", false, true),
    cue("收件人", false, false),
    cue("收货人是", false, true),
    cue("收货人", false, false),
    cue("寄件人是", false, true),
    cue("寄件人", false, false),
    cue("持卡人是", false, true),
    cue("持卡人", false, false),
    cue("开户人", false, false),
    cue("申请人", false, false),
    cue("参保人", false, false),
    cue("法人是", false, true),
    cue("法人", false, false),
    cue("患者", false, false),
    cue("病人叫", false, true),
    cue("他叫", false, true),
    cue("她叫", false, true),
    cue("儿子叫", false, true),
    cue("女儿叫", false, true),
    cue("孩子叫", false, true),
    cue("爱人叫", false, true),
    cue("登记的是", false, false),
];

/// Kin whose name may follow 叫: 我老公叫刘志强.
const KIN: [&str; 14] =
    ["老公", "老婆", "先生", "太太", "丈夫", "妻子", "父亲", "母亲", "爸", "妈", "哥", "姐", "弟", "妹"];

/// Words that begin behind a name and never in one.
const AFTER: [&str; 58] = [
    "电话", "手机", "身份", "号码", "联系", "地址", "住在", "先生", "女士", "小姐", "同志", "师傅", "阿姨", "大爷",
    "本人", "今年", "然后", "因为", "就是", "想要", "想问", "想咨", "想办", "想查", "要办", "要查", "要投", "你们",
    "我们", "他们", "这个", "那个", "请问", "请帮", "帮我", "给我", "麻烦", "可以", "是不", "对吗", "对吧", "是吗",
    "是吧", "没错", "谢谢", "工号", "户号", "卡号", "邮箱", "也是", "就叫", "记得", "生于", "一九", "二零", "家住",
    "户口", "来电",
];

/// Characters no name has in its second or a later place.
const NEVER_IN: &str = "的我你您他她它是啊呀吧呢嘛吗了这那哪谁就在也都们哦嗯呃诶号姓叫";

/// Finds all names of persons.
pub(super) fn find(found: &mut Found<'_>) {
    for line in 0..found.lines.len() {
        after_cues(found, line);
        after_surname(found, line);
        before_title(found, line);
    }
    repeated(found);
}

fn after_cues(found: &mut Found<'_>, line: usize) {
    let Some(text) = found.texts.get(line) else { return };
    let mut at = 0;
    while at < text.len() {
        let longest = CUES.iter().filter(|cue| text.has(at, cue.words)).max_by_key(|cue| cue.words.len());
        let (len, own, strong) = match longest {
            Some(cue) => (cue.words.chars().count(), cue.own, cue.strong),
            None if text.get(at) == Some('叫') && KIN.iter().any(|kin| text.has_before(at, kin)) => (1, false, true),
            None => {
                at += 1;
                continue;
            }
        };
        at += len;
        if own && found.channel(line) == Channel::Agent {
            continue;
        }
        let begin = (at..at + 2).find(|&at| text.get(at).is_none_or(is_han)).unwrap_or(at);
        // 联系人写…, 户主填的是….
        let named = !own && text.get(begin).is_some_and(|c| matches!(c, '写' | '填' | '留' | '叫' | '是' | '为'));
        let (begin, strong) = if named && !strong { (begin + 1, true) } else { (begin, strong) };
        if let Some(end) = name_at(text, begin, strong) {
            let checked = begins_with_surname(text, begin).is_some();
            found.add(EntityKind::Name, line, begin, end, text.slice(begin, end), checked);
            at = end;
        }
    }
}

/// 我姓刘，刘志强; 免贵姓王，叫王丽.
fn after_surname(found: &mut Found<'_>, line: usize) {
    let Some(text) = found.texts.get(line) else { return };
    for at in 0..text.len() {
        let Some(surname) = text.get(at + 1).filter(|_| text.get(at) == Some('姓')) else { continue };
        let begin = (at + 2..at + 8).find(|&at| text.get(at) == Some(surname));
        let own = found.channel(line) == Channel::Agent && text.before(at) == Some('我');
        let Some(begin) = begin.filter(|_| !own) else { continue };
        let between = text.slice(at + 2, begin);
        let only_words = between.chars().all(|c| !c.is_alphanumeric() || "全名叫我是字呃嗯".contains(c));
        if let Some(end) = name_at(text, begin, true).filter(|_| only_words) {
            found.add(EntityKind::Name, line, begin, end, text.slice(begin, end), true);
        }
    }
}

/// 周婷婷女士, 是刘志强本人吗: the full name before a title.
fn before_title(found: &mut Found<'_>, line: usize) {
    const TITLES: [&str; 5] = ["先生", "女士", "小姐", "本人", "同志"];
    const BEFORE: &str = "是给找叫的请为和跟让问";
    let Some(text) = found.texts.get(line) else { return };
    for end in 0..text.len() {
        if !TITLES.iter().any(|title| text.has(end, title)) {
            continue;
        }
        for n in [3, 2] {
            let Some(begin) = end.checked_sub(n) else { continue };
            let free = text.before(begin).is_none_or(|c| !is_han(c) || BEFORE.contains(c));
            let given = text.chars.get(begin + 1..end).unwrap_or_default();
            let likely = given.iter().all(|c| is_han(*c) && !NEVER_IN.contains(*c) && !"贵两位一个".contains(*c));
            let surname = text.get(begin).is_some_and(|c| NAMES.single.contains(&c));
            if free && likely && surname && !is_common_word(text, begin, end) {
                found.add(EntityKind::Name, line, begin, end, text.slice(begin, end), true);
                break;
            }
        }
    }
}

/// A name that was found, said again anywhere in the call: as written, or (three syllables) as heard.
fn repeated(found: &mut Found<'_>) {
    let mut known: Vec<String> =
        found.entities.iter().filter(|e| e.kind == EntityKind::Name).map(|e| e.value.clone()).collect();
    known.sort();
    known.dedup();
    for line in 0..found.lines.len() {
        let Some(text) = found.texts.get(line) else { continue };
        for name in &known {
            let n = name.chars().count();
            let sounds: Vec<Option<&str>> = name.chars().map(sound).collect();
            for at in 0..text.len().saturating_sub(n - 1) {
                let window = text.chars.get(at..at + n).unwrap_or_default();
                let alike = n >= 3 && window.iter().copied().map(sound).eq(sounds.iter().copied());
                if text.has(at, name) || alike {
                    found.add(EntityKind::Name, line, at, at + n, text.slice(at, at + n), true);
                }
            }
        }
    }
}

fn begins_with_surname(text: &Text, at: usize) -> Option<usize> {
    if NAMES.double.iter().any(|name| text.has(at, name)) {
        return Some(2);
    }
    text.get(at).filter(|c| NAMES.single.contains(c)).map(|_| 1)
}

/// The end of the name that begins at `at`, if one does.
fn name_at(text: &Text, at: usize, strong: bool) -> Option<usize> {
    if AFTER.iter().any(|word| text.has(at, word)) {
        return None;
    }
    let surname = begins_with_surname(text, at);
    let most = surname.unwrap_or(1) + 2;
    let stop = stop_after(text, at, most + 1);
    let n = stop - at;
    let closed = n <= most;
    let Some(surname) = surname else {
        // 我叫螺方: misheard, but nothing else stands between the cue and the pause.
        let pause = text.get(stop).is_none_or(|c| !is_han(c));
        let heard = text.get(at).and_then(sound).is_some_and(|sound| NAMES.sounds.contains(sound));
        let fits = strong && closed && pause && heard && matches!(n, 2 | 3) && !is_common_word(text, at, stop);
        return fits.then_some(stop);
    };
    if n <= surname {
        return None;
    }
    let end = if closed { stop } else { at + cut(text, at, surname) };
    let plausible = !is_common_word(text, at, end) && (strong || closed || is_person(text, at, end));
    plausible.then_some(end)
}

/// Where a name that begins at `at` ends at the latest: at a pause or a word that cannot be in it.
fn stop_after(text: &Text, at: usize, most: usize) -> usize {
    (at + 1..at + most)
        .find(|&i| {
            text.get(i).is_none_or(|c| !is_han(c) || NEVER_IN.contains(c)) || AFTER.iter().any(|word| text.has(i, word))
        })
        .unwrap_or(at + most)
        .min(text.len())
}

/// Length of the name where text goes on right behind it: where the dictionary cuts.
fn cut(text: &Text, at: usize, surname: usize) -> usize {
    let rest = text.slice(at, at + 12);
    let ends: Vec<usize> = Lexicon::built_in()
        .words(&rest)
        .iter()
        .map(|word| rest.get(..word.span.range().end).unwrap_or_default().chars().count())
        .collect();
    [surname + 2, surname + 1].into_iter().find(|n| ends.contains(n)).unwrap_or(surname + 2)
}

fn whole_word(text: &Text, from: usize, to: usize) -> Option<WordTag> {
    let piece = text.slice(from, to);
    match Lexicon::built_in().words(&piece).as_slice() {
        [only] => Some(only.tag),
        _ => None,
    }
}

/// Whether the characters are a word of the language and no name: 高兴, 师傅, 马上.
fn is_common_word(text: &Text, from: usize, to: usize) -> bool {
    let common = |to| whole_word(text, from, to).is_some_and(|tag| tag != WordTag::Person && tag != WordTag::Other);
    common(to) || (to - from == 3 && common(from + 2) && !is_person(text, from, to))
}

fn is_person(text: &Text, from: usize, to: usize) -> bool {
    whole_word(text, from, to) == Some(WordTag::Person)
}
