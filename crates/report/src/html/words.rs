//! Sentences.

use hotline_model::Grade;

use super::number::{grouped, percent};
use crate::period::label;
use crate::{Coverage, Head, Language, MonthlyReport, Note, PeriodKind, Trend, WeeklyReport};

/// The period at the head of the page.
pub(super) fn period(head: &Head, l: Language) -> String {
    label(head.period, head.first, head.last, l)
}

/// What the report is called: by its period, whatever it was asked for.
pub(super) fn kind_word(head: &Head, l: Language) -> &'static str {
    match head.period {
        PeriodKind::Week { .. } => l.pick("周报", "weekly report"),
        PeriodKind::Month { .. } => l.pick("月报", "monthly report"),
        PeriodKind::Range { .. } => l.pick("报告", "report"),
    }
}

/// Which hotlines were counted.
pub(super) fn hotline(head: &Head, l: Language) -> String {
    match (&head.hotline, head.hotlines.as_slice()) {
        (Some(hotline), _) => hotline.clone(),
        (None, [one]) => one.clone(),
        (None, []) => l.pick("全部热线", "All hotlines").to_owned(),
        (None, many) if l == Language::Zh => format!("全部热线（{} 条）", many.len()),
        (None, many) => format!("All hotlines ({})", many.len()),
    }
}

/// What a reader has to know.
pub(super) fn note(note: &Note, l: Language) -> String {
    let zh = l == Language::Zh;
    match note {
        Note::NoCalls if zh => "本期没有通话。".into(),
        Note::NoCalls => "There are no calls in this period.".into(),
        Note::NoPrevious if zh => "上期没有通话，因此没有环比数据，以“—”表示。".into(),
        Note::NoPrevious => "The period before has no calls, so there is no trend; it is shown as “—”.".into(),
        Note::Undated { calls } if zh => format!("{calls} 通通话没有开始时间，未计入本期，列于文末。"),
        Note::Undated { calls } => format!("{calls} calls have no start time; they are listed at the end, not counted."),
        Note::Copies { calls } if zh => format!("{calls} 份录音是其他录音的副本，未计入。"),
        Note::Copies { calls } => format!("{calls} recordings are copies of others and are not counted."),
        Note::Failed { recordings } if zh => format!("{recordings} 份录音未能处理，未计入，列于文末。"),
        Note::Failed { recordings } => {
            format!("{recordings} recordings could not be processed; they are listed at the end, not counted.")
        }
        Note::OneChannel { calls } if zh => {
            format!("{calls} 通通话双方录在同一声道，无法区分说话人，不计入话语占比、重叠、打断、语速和响应时间。")
        }
        Note::OneChannel { calls } => format!(
            "{calls} calls have both parties on one channel; talk share, overlap, interruptions, speech rate and response time leave them out."
        ),
        Note::Unscored { calls } if zh => format!("{calls} 通通话没有一条规则得出符合或违规的结论，不计入得分。"),
        Note::Unscored { calls } => format!("{calls} calls have no rule met or violated, and so no score."),
        Note::Undecided { share } if zh => {
            format!("适用的判定中有 {} 为“无法判断”，违规率因此可能偏低；规则表另列上限。", percent(*share))
        }
        Note::Undecided { share } => format!(
            "{} of the verdicts on rules in play are “cannot tell”; true rates can be higher, up to the bound given for each rule.",
            percent(*share)
        ),
        Note::SmallSamples { rows, below } if zh => format!("{rows} 行的样本少于 {below} 通，以△标出，仅供参考。"),
        Note::SmallSamples { rows, below } => {
            format!("{rows} rows rest on fewer than {below} calls; they are marked △ and only indicative.")
        }
        Note::RuleSets { versions } if zh => format!("本期使用过 {versions} 个规则版本，得分之间未必可比。"),
        Note::RuleSets { versions } => {
            format!("{versions} versions of the rule set judged this period; scores may not compare.")
        }
        Note::Unreviewed if zh => "违规与得分由系统判定，未经人工复核；据此考核前请先抽听所列通话。".into(),
        Note::Unreviewed => {
            "Violations and scores are the machine's verdicts, not reviewed by a person; listen to the calls listed before acting on them.".into()
        }
    }
}

/// What stands out in a week.
pub(super) fn weekly_highlights(report: &WeeklyReport, l: Language) -> Vec<String> {
    let f = &report.figures;
    let zh = l == Language::Zh;
    let mut out = Vec::new();
    if report.coverage.calls == 0 {
        return out;
    }
    let (calls, minutes) = (grouped(report.coverage.calls as f64, 0), grouped(f.audio_minutes.now.unwrap_or(0.0), 0));
    let grown = growth(&f.calls, l);
    out.push(match zh {
        true => format!("共质检通话 {calls} 通，录音 {minutes} 分钟{grown}。"),
        false => format!("{calls} calls were inspected, {minutes} minutes of audio{grown}."),
    });
    if let (Some(score), Some(grade), Some(share)) = (f.mean_score.now, f.grade, f.violated_call_share.now) {
        let moved = score_change(&f.mean_score, l);
        out.push(match zh {
            true => format!("平均得分 {score:.1} 分（{grade} 级）{moved}；{} 的通话至少有一处违规。", percent(share)),
            false => format!(
                "The mean score is {score:.1} (grade {grade}){moved}; {} of calls have a violation.",
                percent(share)
            ),
        });
    }
    if let Some(worst) = report.pareto.first() {
        let few = report.pareto.iter().take_while(|row| row.cumulative - row.share < 0.8).count();
        out.push(match zh {
            true => format!(
                "最多的违规是“{}”（{}），{} 处，占全部违规的 {}；前 {few} 项合计占 {}。",
                worst.title,
                worst.clause,
                worst.violations,
                percent(worst.share),
                percent(report.pareto[few - 1].cumulative)
            ),
            false => format!(
                "The most frequent violation is “{}” ({}): {}, {} of all; the first {few} together make up {}.",
                worst.title,
                worst.clause,
                worst.violations,
                percent(worst.share),
                percent(report.pareto[few - 1].cumulative)
            ),
        });
    }
    let risen = report.rules.iter().filter(|row| !row.small_sample && row.rate.change.is_some_and(|c| c > 0.0));
    if let Some(row) = risen.max_by(|a, b| a.rate.change.unwrap_or(0.0).total_cmp(&b.rate.change.unwrap_or(0.0))) {
        let points = grouped(row.rate.change.unwrap_or(0.0) * 100.0, 1);
        out.push(match zh {
            true => format!("违规率上升最多的是“{}”（{}），上升 {points} 个百分点。", row.title, row.clause),
            false => {
                format!("The rate that rose most is that of “{}” ({}), by {points} points.", row.title, row.clause)
            }
        });
    }
    out
}

/// What stands out in a month.
pub(super) fn monthly_highlights(report: &MonthlyReport, l: Language) -> Vec<String> {
    let f = &report.figures;
    let zh = l == Language::Zh;
    let mut out = Vec::new();
    if let (Some(answered), Some(rated), Some(rate)) = (f.answered.now, f.rated.now, f.response_rate.now) {
        let (answered, rated, rate) = (grouped(answered, 0), grouped(rated, 0), percent(rate));
        out.push(match zh {
            true => format!("接通 {answered} 通，其中 {rated} 通有客户评价，参评率 {rate}。"),
            false => format!("{answered} calls were answered and {rated} of them rated, a response rate of {rate}."),
        });
    }
    if let (Some(share), Some(interval)) = (f.satisfied_share.now, f.satisfied_interval) {
        let (share, low, high) = (percent(share), percent(interval.low), percent(interval.high));
        let moved = f.satisfied_share.change.map_or(String::new(), |change| {
            let points = grouped(change.abs() * 100.0, 1);
            match (zh, change >= 0.0) {
                (true, true) => format!("，较上期上升 {points} 个百分点"),
                (true, false) => format!("，较上期下降 {points} 个百分点"),
                (false, true) => format!(", {points} points up"),
                (false, false) => format!(", {points} points down"),
            }
        });
        out.push(match zh {
            true => format!("满意率 {share}（95% 置信区间 {low} 至 {high}）{moved}。"),
            false => format!("{share} of rated calls are satisfied (95 % interval {low} to {high}){moved}."),
        });
    }
    let known = report.businesses.iter().filter(|row| !row.small_sample && row.key.is_some());
    let share = |row: &crate::SatisfactionRow| row.satisfied_share.now.unwrap_or(1.0);
    if let Some(row) = known.min_by(|a, b| share(a).total_cmp(&share(b))) {
        let (name, value) = (row.key.as_deref().unwrap_or_default(), percent(share(row)));
        out.push(match zh {
            true => format!("满意率最低的业务是“{name}”，{value}。"),
            false => format!("The business with the lowest satisfaction is “{name}”, {value}."),
        });
    }
    if !report.dissatisfied.is_empty() {
        let count = report.dissatisfied.len();
        out.push(match zh {
            true => format!("不满意通话 {count} 通，逐通列于“不满意通话”一节。"),
            false => format!("{count} calls were rated dissatisfied; the section “Dissatisfied calls” lists each."),
        });
    }
    out
}

/// Share of calls that the page's figures rest on, for the foot.
pub(super) fn basis(coverage: &Coverage, l: Language) -> String {
    let (calls, before) = (grouped(coverage.calls as f64, 0), grouped(coverage.calls_before as f64, 0));
    match l {
        Language::Zh => format!("本期 {calls} 通，上期 {before} 通"),
        Language::En => format!("{calls} calls in this period, {before} in the one before"),
    }
}

/// A grade in words (SCO-02).
pub(super) fn grade(grade: Option<Grade>, l: Language) -> String {
    grade.map_or(String::new(), |grade| match l {
        Language::Zh => format!("等级 {grade}"),
        Language::En => format!("grade {grade}"),
    })
}

fn growth(trend: &Trend, l: Language) -> String {
    let Some(relative) = trend.relative_change() else { return String::new() };
    let size = percent(relative.abs());
    match (l, relative >= 0.0) {
        (Language::Zh, true) => format!("，通话量较上期增加 {size}"),
        (Language::Zh, false) => format!("，通话量较上期减少 {size}"),
        (Language::En, true) => format!("; the number of calls is up by {size}"),
        (Language::En, false) => format!("; the number of calls is down by {size}"),
    }
}

fn score_change(trend: &Trend, l: Language) -> String {
    let Some(change) = trend.change else { return String::new() };
    let size = grouped(change.abs(), 1);
    match (l, change >= 0.0) {
        (Language::Zh, true) => format!("，较上期提高 {size} 分"),
        (Language::Zh, false) => format!("，较上期下降 {size} 分"),
        (Language::En, true) => format!(", up by {size}"),
        (Language::En, false) => format!(", down by {size}"),
    }
}
