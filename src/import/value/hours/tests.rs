use jiff::civil::datetime;
use proptest::prelude::*;

use super::*;
use crate::city::hours::{Reason, State};

fn said(text: &str, rules: bool) -> Said {
    hours(text, rules).unwrap()
}

#[test]
fn plain_words_become_rules() {
    for (text, rules) in [
        ("周一至周五 9:00-12:00，13:30-17:30", "Mo-Fr 09:00-12:00,13:30-17:30"),
        ("周一至周五：上午9:00-12:00，下午1:30-5:30", "Mo-Fr 09:00-12:00,13:30-17:30"),
        ("星期一到星期五 上午8时30分—11时30分 下午14:00～17:00", "Mo-Fr 08:30-11:30,14:00-17:00"),
        ("办公时间：工作日 9点至17点半", "Mo-Fr 09:00-17:30; PH off"),
        ("周一至周五9:00-17:00，周六9:00-12:00", "Mo-Fr 09:00-17:00; Sa 09:00-12:00"),
        ("周一至周五9:00-17:00（法定节假日除外）", "Mo-Fr 09:00-17:00; PH off"),
        ("周一至周五9:00-17:00；法定节假日休息。", "Mo-Fr 09:00-17:00; PH off"),
        ("周二至周日 9:00-17:00，周一闭馆", "Tu-Su 09:00-17:00; Mo off"),
        ("每天9:00-17:00 周一闭馆", "Mo-Su 09:00-17:00; Mo off"),
        ("周一、三、五 9:00-11:00", "Mo,We,Fr 09:00-11:00"),
        ("周一至周五、周日 9:00-11:00", "Mo-Fr,Su 09:00-11:00"),
        ("周一至周日 8:00-20:00", "Mo-Su 08:00-20:00"),
        ("全年无休 8:00-20:00", "Mo-Su,PH 08:00-20:00"),
        ("周末 10:00-16:00", "Sa,Su 10:00-16:00"),
        ("每日 22:00-6:00", "Mo-Su 22:00-06:00"),
        ("周一至周五全天", "Mo-Fr 00:00-24:00"),
        ("周一至周五 9:00-12:00；周一至周五 13:30-17:30", "Mo-Fr 09:00-12:00,13:30-17:30"),
        ("Mon-Fri 9:00-17:00", "Mo-Fr 09:00-17:00"),
        ("24小时", "24/7"),
        ("24小时服务", "24/7"),
    ] {
        assert_eq!(said(text, false), Said::Understood(rules.to_owned()), "{text}");
    }
}

#[test]
fn words_that_may_mean_more_than_one_thing_are_kept() {
    for text in [
        "9:00-17:00",
        "夏季 周一至周五 9:00-17:00",
        "周一至周五 9:00-17:00（提前半小时停止取号）",
        "周一至周五 9:00-5:00",
        "周一至周五 9:5-17:00",
        "周一闭馆",
        "工作日",
        "周一至周五 9:00-17:00 周五 9:00-12:00",
        "周五至周一 9:00-17:00",
        "以现场公告为准",
        "5月1日至9月30日 每天9:00-17:00",
        "周一至周五 9:00-12:00，11:00-17:00",
        "24小时 周一闭馆",
        "全年无休 8:00-20:00 法定节假日休息",
        "每月第一个周六 9:00-12:00",
    ] {
        assert_eq!(said(text, false), Said::Words(format!("unknown \"{text}\"")), "{text}");
    }
}

#[test]
fn kept_words_are_never_open_or_closed() {
    let kept = said("周一\n至周五  \"早\"九点", false).into_text();
    assert_eq!(kept, "unknown \"周一 至周五 '早'九点\"");
    let calendar = Calendar::default();
    let read = Hours::parse(&kept, &calendar).unwrap();
    let opening = read.opening(&calendar, datetime(2026, 11, 24, 10, 0, 0, 0));
    assert_eq!(opening.state, State::Unknown);
    assert!(matches!(opening.reason, Some(Reason::CalendarUnknown | Reason::Conditional)));
    // And they stay what they are when they come again.
    assert_eq!(said(&kept, false), Said::Words(kept.clone()));
    assert_eq!(said("\"by appointment\"", true).into_text(), "unknown \"by appointment\"");
}

#[test]
fn rules_are_taken_as_they_are_where_rules_are_expected() {
    assert_eq!(said("09:00-17:00", true), Said::Rules("09:00-17:00".to_owned()));
    assert!(matches!(said("周一至周五 9:00-17:00", true), Said::Understood(_)));
    assert!(matches!(said("whenever", true), Said::Words(_)));
}

proptest! {
    /// Whatever is kept can be read again, and is kept as it is then.
    #[test]
    fn what_is_kept_can_be_read(
        text in "([周一至五日、，: 上午下9:0-17点半休息\"节假除外工作]|9:00-12:00|周一|\\PC){1,12}",
    ) {
        let Some(kept) = hours(&text, false).map(Said::into_text) else {
            prop_assert!(text.chars().all(|c| c.is_whitespace() || c == '"'), "{}", text);
            return Ok(());
        };
        prop_assert!(Hours::parse(&kept, &Calendar::default()).is_ok(), "{}", kept);
        prop_assert_eq!(said(&kept, true).into_text(), kept);
    }
}
