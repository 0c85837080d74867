//! What every report begins and ends with: what was counted, what was not, and the calls themselves.

use std::collections::{BTreeMap, BTreeSet};

use hotline_model::{CallFacts, CallId, ChannelLayout, FailedCall, Grade, Satisfaction};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::figures::ratio;
use crate::frame::{Frames, WorstFirst, agent_key};
use crate::select::{Selection, text};
use crate::totals::Totals;
use crate::{Period, PeriodKind, ReportError, ReportInput};

/// Which period of which hotline, counted with what.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Head {
    /// Kind and version of this format: `hotline.weekly/1`, `hotline.monthly/1`.
    pub schema: String,
    /// Stable name of the period: `2026-W41`, `2026-10`.
    pub key: String,
    /// The period.
    pub period: PeriodKind,
    /// First day.
    pub first: Date,
    /// Last day.
    pub last: Date,
    /// First instant.
    pub start: Timestamp,
    /// First instant after.
    pub end: Timestamp,
    /// Time zone of the days, by IANA name or offset.
    pub zone: String,
    /// Name at the head of the page.
    pub organisation: Option<String>,
    /// The one hotline that was counted; `None` if all were.
    pub hotline: Option<String>,
    /// The one team that was counted; `None` if all were.
    pub team: Option<String>,
    /// Hotlines that appear in the period, sorted.
    pub hotlines: Vec<String>,
    /// Rule sets that judged the period's calls, sorted by version.
    pub rule_sets: Vec<RuleSetUse>,
    /// Figures over fewer calls than this are marked as small samples.
    pub small_sample: u32,
    /// When the report was made, in the zone, as the caller says.
    pub generated_at: Option<String>,
}

/// A rule set and how many of the period's calls it judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RuleSetUse {
    /// Version of the rule set.
    pub version: String,
    /// Calls.
    pub calls: u64,
}

/// What was counted and what was not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Coverage {
    /// Calls of the period.
    pub calls: u64,
    /// Calls of the period before.
    pub calls_before: u64,
    /// Calls with a score that says something.
    pub scored: u64,
    /// Calls with both parties on one channel.
    pub one_channel: u64,
    /// Copies of other recordings, left out.
    pub copies: u64,
    /// Calls without a start time: listed, not counted.
    pub undated: Vec<UndatedLine>,
    /// Recordings that could not be processed.
    pub failed: Vec<FailedLine>,
}

/// A call that nothing dates.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UndatedLine {
    /// Identity.
    pub id: CallId,
    /// File name of the recording.
    pub file: String,
}

/// A recording that could not be processed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FailedLine {
    /// Path as it was given.
    pub source: String,
    /// What went wrong.
    pub error: String,
    /// Times it was tried.
    pub attempts: u32,
}

/// One call of the period. The customer's number is left out on purpose: a report is passed on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CallLine {
    /// Number within this report, from 1 in order of start; tables refer to it.
    pub no: u32,
    /// Identity.
    pub id: CallId,
    /// File name of the recording.
    pub file: String,
    /// Start in the report's zone, with its offset.
    pub started_at: String,
    /// Staff number.
    pub agent_id: Option<String>,
    /// Name of the agent.
    pub agent_name: Option<String>,
    /// Team.
    pub team: Option<String>,
    /// Hotline.
    pub hotline: Option<String>,
    /// Kind of business.
    pub business: Option<String>,
    /// Length in milliseconds.
    pub duration_ms: u32,
    /// Score; `None` if no rule was met or violated.
    pub score: Option<f64>,
    /// Grade of the score.
    pub grade: Option<Grade>,
    /// Violated rules.
    pub violations: u64,
    /// Undecided rules.
    pub undecided: u64,
    /// The customer's rating.
    pub rating: Option<Satisfaction>,
}

/// What a reader has to know to read the figures rightly.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "note", rename_all = "snake_case")]
pub enum Note {
    /// The period has no calls.
    NoCalls,
    /// The period before has no calls, so there is no trend.
    NoPrevious,
    /// Calls without a start time are not counted.
    Undated {
        /// How many.
        calls: u64,
    },
    /// Copies of other recordings are not counted.
    Copies {
        /// How many.
        calls: u64,
    },
    /// Recordings that could not be processed are not counted.
    Failed {
        /// How many.
        recordings: u64,
    },
    /// Calls with both parties on one channel are left out of every figure about who spoke.
    OneChannel {
        /// How many.
        calls: u64,
    },
    /// Calls on which no rule was met or violated have no score.
    Unscored {
        /// How many.
        calls: u64,
    },
    /// Part of the verdicts is "cannot tell".
    Undecided {
        /// Share of verdicts on rules in play, 0…1.
        share: f64,
    },
    /// Rows over few calls are marked.
    SmallSamples {
        /// Rows that are marked.
        rows: u64,
        /// Below how many calls.
        below: u32,
    },
    /// Several rule sets judged the period: scores may not compare.
    RuleSets {
        /// How many.
        versions: u64,
    },
    /// Verdicts are the machine's, not yet confirmed by a person.
    Unreviewed,
}

/// Everything a report is worked out from.
pub(crate) struct Ground<'a> {
    pub input: &'a ReportInput<'a>,
    pub selection: Selection<'a>,
    /// The period's frames and sums.
    pub now: Frames,
    pub totals: Totals,
    /// Those of the period before, if it has any call.
    pub before: Option<(Frames, Totals)>,
}

impl<'a> Ground<'a> {
    pub fn new(input: &'a ReportInput<'a>, period: &Period, order: WorstFirst) -> Result<Self, ReportError> {
        let selection = Selection::new(input, period, &period.previous()?);
        let frames = |calls: &[&CallFacts]| {
            Frames::new(calls, input.findings, period.zone(), input.settings.low_confidence, order)
        };
        let now = frames(&selection.current)?;
        let totals = now.totals()?;
        let before = if selection.previous.is_empty() {
            None
        } else {
            let frames = frames(&selection.previous)?;
            let totals = frames.totals()?;
            Some((frames, totals))
        };
        Ok(Ground { input, selection, now, totals, before })
    }

    /// Sums of the period before by `key`; empty if it has no calls.
    pub fn before_by(&self, key: &str) -> Result<BTreeMap<Option<String>, Totals>, ReportError> {
        let Some((frames, _)) = &self.before else { return Ok(BTreeMap::new()) };
        Ok(frames.by(key)?.into_iter().map(|group| (group.key, group.totals)).collect())
    }

    /// Sums of a group in the period before, given those of all its groups: nothing if the whole period has no calls, zeros if
    /// only this group has none.
    pub fn before_of(&self, groups: &BTreeMap<Option<String>, Totals>, key: &Option<String>) -> Option<Totals> {
        self.before.as_ref().map(|_| groups.get(key).cloned().unwrap_or_default())
    }

    pub fn head(&self, schema: &str, period: &Period) -> Head {
        let (first, last) = period.first_and_last();
        let (start, end) = period.bounds();
        let settings = &self.input.settings;
        let current = &self.selection.current;
        let hotlines: BTreeSet<&str> = current.iter().filter_map(|f| text(&f.call.meta.hotline)).collect();
        let mut versions: BTreeMap<&str, u64> = BTreeMap::new();
        for facts in current.iter().filter(|f| !f.rule_set_version.is_empty()) {
            *versions.entry(&facts.rule_set_version).or_default() += 1;
        }
        Head {
            schema: schema.to_owned(),
            key: period.key(),
            period: period.kind(),
            first,
            last,
            start,
            end,
            zone: zone_name(period.zone(), start),
            organisation: settings.organisation.clone(),
            hotline: settings.hotline.clone(),
            team: settings.team.clone(),
            hotlines: hotlines.into_iter().map(str::to_owned).collect(),
            rule_sets: versions
                .into_iter()
                .map(|(version, calls)| RuleSetUse { version: version.to_owned(), calls })
                .collect(),
            small_sample: settings.small_sample,
            generated_at: settings.generated_at.map(|at| local_time(at, period.zone())),
        }
    }

    pub fn coverage(&self) -> Coverage {
        let current = &self.selection.current;
        let mut failed: Vec<FailedLine> = self.input.failed.iter().map(failed_line).collect();
        failed.sort_by(|a, b| (&a.source, &a.error, a.attempts).cmp(&(&b.source, &b.error, b.attempts)));
        Coverage {
            calls: current.len() as u64,
            calls_before: self.selection.previous.len() as u64,
            scored: self.totals.scored as u64,
            one_channel: current.iter().filter(|f| f.call.layout == ChannelLayout::Mono).count() as u64,
            copies: self.selection.copies,
            undated: self
                .selection
                .undated
                .iter()
                .map(|f| UndatedLine { id: f.call.id.clone(), file: f.call.file_name().to_owned() })
                .collect(),
            failed,
        }
    }

    pub fn calls(&self, zone: &TimeZone) -> Result<Vec<CallLine>, ReportError> {
        let outcomes = self.now.outcomes()?;
        let owned = |field: &Option<String>| text(field).map(str::to_owned);
        let lines = self.selection.current.iter().zip(outcomes).zip(1..).map(|((facts, outcome), no)| {
            let meta = &facts.call.meta;
            CallLine {
                no,
                id: facts.call.id.clone(),
                file: facts.call.file_name().to_owned(),
                started_at: meta.started_at.map(|at| local_time(at, zone)).unwrap_or_default(),
                agent_id: owned(&meta.agent_id),
                agent_name: owned(&meta.agent_name),
                team: owned(&meta.team),
                hotline: owned(&meta.hotline),
                business: owned(&meta.business_type),
                duration_ms: facts.call.duration_ms,
                score: outcome.score_milli.map(|milli| milli as f64 / 1000.0),
                grade: outcome.score_milli.map(|_| facts.grade),
                violations: outcome.violated as u64,
                undecided: outcome.undecided as u64,
                rating: meta.satisfaction,
            }
        });
        Ok(lines.collect())
    }

    pub fn notes(&self, head: &Head, coverage: &Coverage, small_rows: usize) -> Vec<Note> {
        let mut notes = Vec::new();
        let mut add = |wanted: bool, note: Note| {
            if wanted {
                notes.push(note);
            }
        };
        let unscored = coverage.calls - coverage.scored.min(coverage.calls);
        add(coverage.calls == 0, Note::NoCalls);
        add(coverage.calls > 0 && coverage.calls_before == 0, Note::NoPrevious);
        add(!coverage.undated.is_empty(), Note::Undated { calls: coverage.undated.len() as u64 });
        add(coverage.copies > 0, Note::Copies { calls: coverage.copies });
        add(!coverage.failed.is_empty(), Note::Failed { recordings: coverage.failed.len() as u64 });
        add(coverage.one_channel > 0, Note::OneChannel { calls: coverage.one_channel });
        add(unscored > 0, Note::Unscored { calls: unscored });
        if let Some(share) = ratio(self.totals.undecided, self.totals.applicable).filter(|share| *share > 0.0) {
            add(true, Note::Undecided { share });
        }
        add(small_rows > 0, Note::SmallSamples { rows: small_rows as u64, below: head.small_sample });
        add(head.rule_sets.len() > 1, Note::RuleSets { versions: head.rule_sets.len() as u64 });
        add(coverage.scored > 0, Note::Unreviewed);
        notes
    }

    /// Name and team of each agent, from the newest call that says it.
    pub fn agents(&self) -> BTreeMap<&'a str, AgentName<'a>> {
        let mut agents: BTreeMap<&str, AgentName> = BTreeMap::new();
        for facts in &self.selection.current {
            let Some(key) = agent_key(facts) else { continue };
            let meta = &facts.call.meta;
            let agent = agents.entry(key).or_default();
            agent.id = text(&meta.agent_id).or(agent.id);
            agent.name = text(&meta.agent_name).or(agent.name);
            agent.team = text(&meta.team).or(agent.team);
        }
        agents
    }
}

/// What is known of an agent.
#[derive(Clone, Copy, Default)]
pub(crate) struct AgentName<'a> {
    pub id: Option<&'a str>,
    pub name: Option<&'a str>,
    pub team: Option<&'a str>,
}

/// `2026-10-06T09:12:08+08:00`.
fn local_time(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

fn zone_name(zone: &TimeZone, at: Timestamp) -> String {
    zone.iana_name().map_or_else(|| at.to_zoned(zone.clone()).strftime("%:z").to_string(), str::to_owned)
}

fn failed_line(failed: &FailedCall) -> FailedLine {
    FailedLine { source: failed.source.clone(), error: failed.error.clone(), attempts: failed.attempts }
}
