//! What always holds of entities, whatever was said.

use hotline_model::Channel;
use hotline_text::entities::{self, Language, Line, Masking};
use proptest::prelude::*;

fn channel() -> impl Strategy<Value = Channel> {
    prop_oneof![Just(Channel::Agent), Just(Channel::Customer), Just(Channel::Mixed)]
}

/// Utterances made of what entities are made of, so that they come up often and cut into each other.
fn said() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[零一二三四五六七八九幺两个十百0-9]{1,8}",
        Just("我叫王丽".to_owned()),
        Just("姓刘，刘".to_owned()),
        Just("建设路五号3栋".to_owned()),
        Just("艾特".to_owned()),
        Just("点com".to_owned()),
        Just("身份证".to_owned()),
        Just("电话，".to_owned()),
        Just("艾克斯".to_owned()),
        Just("幺三八零零幺三八零零零".to_owned()),
        "\\PC{0,6}",
    ];
    proptest::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn parts_are_disjoint_stretches_of_their_lines(said in proptest::collection::vec((channel(), said()), 0..6)) {
        let lines: Vec<Line<'_>> = said.iter().map(|(channel, text)| Line { channel: *channel, text }).collect();
        let found = entities::find(&lines);
        let mut parts: Vec<_> = found.iter().flat_map(|entity| &entity.parts).collect();
        for part in &parts {
            prop_assert!(part.span.slice(lines[part.line].text).is_some_and(|words| !words.is_empty()));
        }
        parts.sort();
        for pair in parts.windows(2) {
            prop_assert!(pair[0].line != pair[1].line || !pair[0].span.overlaps(pair[1].span));
        }
        prop_assert_eq!(&entities::find(&lines), &found);
    }

    #[test]
    fn masking_leaves_no_number_and_the_rest_alone(before in "[您好请问呢]{0,6}", after in "[谢再见好的]{0,6}") {
        let text = format!("{before}，幺三八零零幺三八零零零，{after}");
        let masking = Masking::new(&[&text], &entities::find_in(&text), Language::Zh);
        prop_assert_eq!(masking.line(0, &text).text, format!("{before}，〔电话〕，{after}"));
    }
}
