//! Makes up a hotline of any size, writes its reports and says how long that took.
//!
//! `cargo run --release -p hotline-report --example synthetic -- CALLS FOLDER [zh|en]`: that many calls spread over four weeks to
//! 2026-11-01, reports of week 44 and of October.

use std::time::Instant;

use hotline_model::{
    Call, CallFacts, CallId, CallMeta, ChannelLayout, Direction, FailedCall, FindingFacts, Grade, Outcome,
    Satisfaction, Severity, TalkMetrics,
};
use hotline_report::{Format, Language, Period, RenderOptions, Report, ReportInput, ReportSettings, monthly, weekly};
use jiff::{Timestamp, ToSpan};

type Error = Box<dyn std::error::Error>;

fn main() -> Result<(), Error> {
    let mut args = std::env::args().skip(1);
    let calls: u32 = args.next().map_or(Ok(1000), |text| text.parse())?;
    let folder = args.next().unwrap_or_else(|| ".".to_owned());
    let language: Language = args.next().map_or(Ok(Language::Zh), |text| text.parse())?;

    let (calls, findings) = hotline(calls)?;
    println!("{} calls, {} findings", calls.len(), findings.len());
    let failed = [FailedCall {
        source: "2026-10/坏录音.wav".into(),
        audio_sha256: None,
        error: "坏录音.wav: the header promises 3 channels: hotline takes 1 or 2".into(),
        failed_at: Timestamp::UNIX_EPOCH,
        attempts: 2,
    }];
    let zone = jiff::tz::TimeZone::get("Asia/Shanghai")?;
    let settings = ReportSettings {
        organisation: Some("云江市政务服务便民热线".into()),
        generated_at: Some("2026-11-02T09:00:00+08:00".parse()?),
        ..ReportSettings::default()
    };
    let input = ReportInput { calls: &calls, findings: &findings, failed: &failed, settings };
    let options = RenderOptions { language, ..RenderOptions::default() };

    let (week, month) = (Period::parse("2026-W44", zone.clone())?, Period::parse("2026-10", zone)?);
    let begun = Instant::now();
    let weekly = Report::from(weekly(&input, &week)?);
    println!("weekly: counted in {:?}", begun.elapsed());
    let begun = Instant::now();
    let monthly = Report::from(monthly(&input, &month)?);
    println!("monthly: counted in {:?}", begun.elapsed());
    for report in [weekly, monthly] {
        for format in [Format::Html, Format::Csv, Format::Json] {
            let begun = Instant::now();
            let files = report.render(format, &options)?;
            let bytes: usize = files.iter().map(|file| file.bytes.len()).sum();
            println!("{} {format}: {bytes} bytes in {:?}", report.name(), begun.elapsed());
            for file in files {
                std::fs::write(std::path::Path::new(&folder).join(file.name), file.bytes)?;
            }
        }
    }
    Ok(())
}

/// Id, clause, title, severity, points, how often in play and how often violated in percent.
type Rule = (&'static str, &'static str, &'static str, Severity, f32, u32, u32);

const RULES: [Rule; 16] = [
    ("greeting", "REQ-01", "开头语", Severity::Slight, 2.0, 100, 9),
    ("organisation-name", "REQ-02", "主动报公司名称", Severity::Slight, 2.0, 100, 17),
    ("offer-of-help", "REQ-03", "询问需求", Severity::Slight, 2.0, 96, 12),
    ("farewell", "REQ-04", "结束语", Severity::Slight, 2.0, 92, 14),
    ("hold-notice", "REQ-08", "等待前征询、等待后致谢", Severity::Slight, 3.0, 28, 26),
    ("anything-else", "REQ-12", "询问是否还有其他疑问", Severity::Slight, 2.0, 88, 31),
    ("closing-time", "FRB-01", "以临近下班为由拒绝", Severity::Serious, 20.0, 100, 1),
    ("shirking", "FRB-02", "推诿", Severity::Medium, 10.0, 100, 4),
    ("blaming", "FRB-03", "责备、埋怨客户", Severity::Medium, 10.0, 100, 3),
    ("curt", "FRB-04", "生硬用语", Severity::Medium, 10.0, 100, 3),
    ("insult", "FRB-06", "争吵、辱骂、训斥", Severity::Fatal, 20.0, 100, 1),
    ("interrupting", "FRB-10", "打断客户讲话", Severity::Slight, 3.0, 90, 11),
    ("speech-rate", "ACU-01", "语速过快或过慢", Severity::Slight, 1.0, 90, 13),
    ("silence", "ACU-03", "长时间静音", Severity::Slight, 2.0, 95, 8),
    ("response-time", "ACU-04", "应答迟缓", Severity::Slight, 2.0, 92, 7),
    ("overlap", "ACU-05", "抢话", Severity::Slight, 2.0, 90, 5),
];

const BUSINESSES: [&str; 9] = [
    "噪音扰民投诉",
    "居住证咨询",
    "公积金提取咨询",
    "社保转移咨询",
    "停电报修",
    "水费咨询",
    "电梯故障投诉",
    "物业纠纷投诉",
    "公交线路建议",
];

const NAMES: [&str; 16] = [
    "林晓燕",
    "周建军",
    "陈美玲",
    "吴向阳",
    "何依依",
    "郑子希",
    "孙少夏",
    "赵雨婷",
    "钱立群",
    "冯秋实",
    "褚明远",
    "卫国栋",
    "蒋心怡",
    "沈若兰",
    "韩冬梅",
    "杨一帆",
];

/// A generator whose numbers are the same on every run (Marsaglia's xorshift, JSS 8, 2003).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 33) as u32 % below.max(1)
    }
}

fn hotline(count: u32) -> Result<(Vec<CallFacts>, Vec<FindingFacts>), Error> {
    let first: Timestamp = "2026-10-05T08:00:00+08:00".parse()?;
    let mut dice = Dice(0x2545_f491_4f6c_dd1d);
    let (mut calls, mut findings) = (Vec::new(), Vec::new());
    for index in 0..count {
        let (facts, found) = call(index, first, &mut dice)?;
        calls.push(facts);
        findings.extend(found);
    }
    Ok((calls, findings))
}

fn call(index: u32, first: Timestamp, dice: &mut Dice) -> Result<(CallFacts, Vec<FindingFacts>), Error> {
    // Fewer calls at weekends, and a little more from week to week.
    let mut day = dice.roll(28).max(dice.roll(20));
    if day % 7 >= 5 && dice.roll(3) > 0 {
        day -= 2;
    }
    let at = first.checked_add((i64::from(day) * 86_400 + i64::from(dice.roll(10 * 3600))).seconds())?;
    let agent = dice.roll(NAMES.len() as u32) as usize;
    let duration_ms = 20_000 + dice.roll(120_000) + dice.roll(120_000);
    let mono = dice.roll(40) == 0;
    let id = CallId::derive(&index.to_le_bytes(), &CallMeta::default());
    let (mut violated, mut undecided, mut points) = (0, 0, 0.0);
    let mut found = Vec::new();
    for (rule, clause, title, severity, off, in_play, percent) in RULES {
        let habit = 40 + (agent as u32 * 37 + clause.len() as u32 * 11) % 120 + dice.roll(20);
        let outcome = if dice.roll(100) >= in_play {
            Outcome::NotApplicable
        } else if mono || dice.roll(100) < 6 {
            Outcome::Undecided
        } else if dice.roll(10_000) < percent * habit {
            Outcome::Violated
        } else {
            Outcome::Met
        };
        violated += u32::from(outcome == Outcome::Violated);
        undecided += u32::from(outcome == Outcome::Undecided);
        let taken = if outcome == Outcome::Violated { off } else { 0.0 };
        points += taken;
        found.push(FindingFacts {
            call_id: id.clone(),
            rule: rule.into(),
            clause: clause.into(),
            title: title.into(),
            severity,
            outcome,
            certainty: 0.6 + dice.roll(40) as f32 / 100.0,
            points: taken,
        });
    }
    let rated = dice.roll(100) < 38;
    let mood = dice.roll(100) + violated * 9;
    let satisfaction = rated.then_some(match mood {
        0..88 => Satisfaction::Satisfied,
        88..104 => Satisfaction::Neutral,
        _ => Satisfaction::Dissatisfied,
    });
    let score = (80.0 - points + if violated == 0 { 8.0 } else { 0.0 }).max(0.0);
    let share = |percent: u32| (u64::from(duration_ms) * u64::from(percent) / 100) as u32;
    let (agent_ms, customer_ms) = (share(38 + dice.roll(14)), share(24 + dice.roll(12)));
    let overlap_ms = share(dice.roll(4));
    let meta = CallMeta {
        agent_id: Some(format!("A{}", 1001 + agent)),
        agent_name: Some(NAMES[agent].into()),
        team: Some(["政务民生一组", "政务民生二组", "商务服务组"][agent % 3].into()),
        hotline: Some(["云江市12345便民热线", "云江公用水电气热线"][(agent / 3) % 2].into()),
        business_type: Some(BUSINESSES[dice.roll(9).min(dice.roll(9)) as usize].into()),
        started_at: (dice.roll(400) > 0).then_some(at),
        direction: Some(Direction::Inbound),
        answered_after_s: (dice.roll(50) > 0).then_some(6.0),
        satisfaction,
        ..CallMeta::default()
    };
    let facts = CallFacts {
        call: Call {
            id,
            source: format!("recordings/{}_{index:06}.wav", at.strftime("%Y%m%d")),
            audio_sha256: String::new(),
            format: "wav/alaw".into(),
            rate_hz: 8000,
            duration_ms,
            layout: if mono { ChannelLayout::Mono } else { ChannelLayout::AgentLeft },
            meta,
        },
        processed_at: Timestamp::UNIX_EPOCH,
        metrics: TalkMetrics {
            agent_ms,
            customer_ms: if mono { 0 } else { customer_ms },
            silence_ms: (duration_ms + overlap_ms).saturating_sub(agent_ms + customer_ms),
            longest_silence_ms: share(8),
            overlap_ms,
            interruptions_by_agent: dice.roll(4) / 2,
            agent_chars_per_min: Some(200.0 + dice.roll(90) as f32),
            customer_chars_per_min: Some(220.0),
            response_ms_median: Some(400 + dice.roll(1600)),
        },
        score,
        grade: Grade::of(f64::from(score)),
        rule_set_version: "通用服务规范 1.0+3fa9c2d1".into(),
        violations: violated,
        undecided,
        utterances: 12 + dice.roll(30),
        gap_ms: share(dice.roll(5)),
        confidence: Some(0.5 + dice.roll(45) as f32 / 100.0),
    };
    Ok((facts, found))
}
