//! Searches that people keep.

use crate::arbitrary::plain;
use crate::{new_store, save_all};

#[test]
fn calls_are_new_until_somebody_looks() {
    let (_folder, store) = new_store();
    save_all(&store, (1..=4).map(plain));
    let number = |n| store.call_no(&plain(n).call.id).unwrap().unwrap();
    let search = store.save_search("退款", "退款 -谢谢", "{}", true, "qa").unwrap();
    assert_eq!(store.answer_search(search, &[number(1), number(2)]).unwrap(), [number(1), number(2)]);
    assert_eq!(store.answer_search(search, &[number(2), number(1)]).unwrap(), [0u64; 0], "announced once");
    let counts = |name: &str| store.saved_search(name).unwrap().map(|s| (s.calls, s.new, s.looked.is_some()));
    assert_eq!(counts("退款"), Some((2, 2, false)), "being asked is not being looked at");
    store.look_at_search(search).unwrap();
    assert_eq!(counts("退款"), Some((2, 0, true)));
    // One answers no more, one begins to.
    assert_eq!(store.answer_search(search, &[number(2), number(3)]).unwrap(), [number(3)]);
    assert_eq!(counts("退款"), Some((2, 1, true)));
    assert_eq!(store.unseen_calls(search).unwrap().into_iter().collect::<Vec<_>>(), [number(3)]);
    // A call that comes back is new again.
    assert_eq!(store.answer_search(search, &[number(1), number(2), number(3)]).unwrap(), [number(1)]);
    // A call that is gone answers nothing.
    store.delete(&plain(1).call.id).unwrap();
    assert_eq!(counts("退款"), Some((2, 1, true)));
    assert_eq!(store.answer_search(search, &[number(2), number(3), 999]).unwrap(), [0u64; 0]);
}

#[test]
fn names_are_unique_and_a_search_that_is_gone_takes_its_calls_along() {
    let (_folder, store) = new_store();
    save_all(&store, [plain(1)]);
    let call = store.call_no(&plain(1).call.id).unwrap().unwrap();
    let first = store.save_search("一", "投诉", "{\"team\":\"一组\"}", false, "qa").unwrap();
    store.answer_search(first, &[call]).unwrap();
    let second = store.save_search("一", "举报", "{}", true, "boss").unwrap();
    assert_ne!(first, second);
    let all = store.saved_searches().unwrap();
    assert_eq!(all.len(), 1);
    assert_eq!((all[0].query.as_str(), all[0].who.as_str(), all[0].calls, all[0].alerts), ("举报", "boss", 0, true));
    assert!(store.answer_search(first, &[call]).unwrap().is_empty(), "nobody asks for it any more");
    assert!(store.remove_search("一").unwrap());
    assert!(!store.remove_search("一").unwrap());
    assert_eq!(store.saved_search("一").unwrap(), None);
    assert_eq!(store.check().unwrap(), Vec::<String>::new());
}
