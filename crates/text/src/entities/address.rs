//! Addresses: 东湖区新华街十二号二单元三零一, as written and as recognisers hear them (8动, 3-502).

use std::sync::LazyLock;

use hotline_model::Channel;
use regex::Regex;

use super::text::{Text, is_han};
use super::{EntityKind, Found, cue};

/// A number of a house, a building, a flat.
const NUMBER: &str = "(?:[0-9]{1,5}|[零〇一二三四五六七八九十百两幺]{1,6})";
/// A pause between two parts of an address.
const GAP: &str = "[,、 .。]?";

/// What makes an address: a road and a house number, or a housing estate or village and a building. Before it stands the name,
/// behind it [`TAIL`].
static CORE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let road = format!("(?:路|大街|街|大道|巷|弄|胡同){GAP}(?:{NUMBER}){GAP}(?:号院|号楼|号|弄|巷)");
    let estate =
        "小区|花园|家园|花苑|嘉苑|雅苑|公寓|新村|新城|广场|大厦|佳园|公馆|山庄|社区|苑|府|湾|庭|里|村|园|城|院";
    let building =
        format!("(?:{estate})(?:[一二三四五六七八九0-9]期)?{GAP}{NUMBER}(?:[栋幢座组]|号楼|单元|动(?:[^作]|$))");
    Regex::new(&format!("(?:{road}|{building})")).ok()
});

/// Building, entrance, floor, flat. 栋 comes out as 动 or 洞, 单元 as 单远.
static TAIL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let part = format!(
        "{GAP}(?:{NUMBER}|[a-z东西南北耳]|第{NUMBER})(?:号楼|[栋幢座层楼室户门组弄]|[动洞冻懂](?:[^作,]|[,]|$)?|单[元远员原圆园源]|号)"
    );
    let room =
        "(?:[,、 ]?(?:[0-9]{3,4}|[零一二三四五六七八九幺]{3,4})(?:室|号|房)?|[,、 ]?[0-9]{1,3}(?:-[0-9]{1,4}){1,2})";
    Regex::new(&format!("^(?:(?:-[0-9]{{1,4}})|(?:{part}))*(?:{room})?(?:-[0-9]{{1,4}})*")).ok()
});

/// Characters a place name seldom has, and that often stand before one.
const STOPS: &str =
    "是在住到去于的叫就从往来址家我你您他她们给送寄发那这个呃嗯啊哦诶有把和跟离说问对好行吗吧呢了着要想会能";

/// Words ending in 路 or 街 that are no road.
const NO_ROADS: [&str; 18] = [
    "线路", "电路", "道路", "马路", "网路", "回路", "一路", "出路", "思路", "铁路", "公路", "走路", "半路", "光路",
    "短路", "逛街", "通路", "套路",
];

/// Longest name of region and road, in characters.
const LONGEST_NAME: usize = 18;

/// Finds all addresses of persons.
pub(super) fn find(found: &mut Found<'_>) {
    let (Some(core), Some(tail)) = (CORE.as_ref(), TAIL.as_ref()) else { return };
    for line in 0..found.lines.len() {
        let Some(text) = found.texts.get(line) else { continue };
        let folded = text.slice(0, text.len());
        let own = Text::new(&folded);
        let mut from = 0;
        while let Some(hit) = core.find_at(&folded, from) {
            from = hit.end();
            let (at, end) = (own.index_of(hit.start()), end_index(&own, hit.end()));
            let Some(begin) = begin_of_name(&own, at) else { continue };
            let rest = folded.get(hit.end()..).unwrap_or_default();
            let more =
                tail.find(rest).map_or(0, |m| m.as_str().trim_end_matches([',', '、', ' ', '.', '。']).chars().count());
            let end = end + more;
            from = from.max(own.span(0, end).range().end);
            if is_public(&own, found.channel(line), begin, end) {
                continue;
            }
            let value = own.slice(begin, end);
            found.add(EntityKind::Address, line, begin, end, value, true);
        }
    }
    echo(found);
}

fn end_index(text: &Text, byte: usize) -> usize {
    if byte == 0 { 0 } else { text.index_of(byte - 1) + 1 }
}

/// Where the name that ends at the road or estate word at `at` begins; `None` if there is none or it is no place.
fn begin_of_name(text: &Text, at: usize) -> Option<usize> {
    let mut begin = at;
    while begin > 0 && at - begin < LONGEST_NAME {
        match text.before(begin) {
            Some(c) if is_han(c) && !STOPS.contains(c) => begin -= 1,
            Some(c) if c.is_ascii_alphanumeric() => begin -= 1,
            _ => break,
        }
    }
    let no_road = (at..=at + 1).any(|end| NO_ROADS.iter().any(|word| text.has_before(end, word)));
    (begin < at && !no_road).then_some(begin)
}

fn is_public(text: &Text, channel: Channel, begin: usize, end: usize) -> bool {
    cue::is_public(text, channel, begin) || cue::office_follows(text, end)
}

/// What the other speaker repeats of an address is one too, even without what makes one: 新华街十二号, 对吗.
fn echo(found: &mut Found<'_>) {
    let known: Vec<String> =
        found.entities.iter().filter(|e| e.kind == EntityKind::Address).map(|e| e.value.clone()).collect();
    for line in 0..found.lines.len() {
        let Some(text) = found.texts.get(line) else { continue };
        for value in &known {
            let n = value.chars().count();
            let places: Vec<usize> = (0..text.len()).filter(|&at| text.has(at, value)).collect();
            for at in places {
                found.add(EntityKind::Address, line, at, at + n, value.clone(), true);
            }
        }
    }
}
