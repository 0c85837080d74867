//! One call under judgement: what every condition may need, worked out once.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use hotline_model::{
    Acoustics, Call, CallTime, Channel, Evidence, Matched, Quote, TextSpan, TimeSpan, Transcript, Utterance,
};
use hotline_text::pinyin::{Syllable, syllables};

use crate::belief::Belief;
use crate::certainties::Certainties;
use crate::compile::{Compiled, NodeId};
use crate::entities::{FoundEntity, find_all};
use crate::listened::{Bounds, Listened};
use crate::matcher::PhraseHit;
use crate::meaning::{MeaningRun, Understood};
use crate::organisations::Organisations;
use crate::reason::Reason;
use crate::sound::Sound;
use crate::sounded::Sounded;
use crate::timing::{Silence, Turn, silences, turns};

/// A call as the judge is given it.
#[derive(Clone, Copy, Debug)]
pub struct CallView<'a> {
    /// The call and its metadata.
    pub call: &'a Call,
    /// What was said, as far as it is known.
    pub transcript: &'a Transcript,
    /// What was heard.
    pub acoustics: &'a Acoustics,
    /// For a call that is still going on: how far it has been heard. `None` once it has ended.
    pub heard_until: Option<CallTime>,
    /// What the organisations are called.
    pub organisations: &'a Organisations,
}

/// How a condition is used, which decides what counts as enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Use {
    /// That it holds speaks against the agent: only what was surely said counts, and what was not heard was not said.
    Charge,
    /// That it holds clears the agent: a likeness is enough, and what was not heard may have been lost.
    Clear,
    /// It decides whether the rule is in play: as heard.
    Setting,
}

impl Use {
    /// The use of what stands under a negation.
    pub(crate) fn negated(self) -> Use {
        match self {
            Use::Charge => Use::Clear,
            Use::Clear => Use::Charge,
            Use::Setting => Use::Setting,
        }
    }
}

/// How a condition or expression came out.
#[derive(Clone, Debug)]
pub(crate) struct Evaluated {
    pub(crate) belief: Belief,
    pub(crate) reason: Reason,
    pub(crate) evidence: Vec<Evidence>,
    /// What was found, in time order: places for conditions that refer to this one.
    pub(crate) hits: Vec<Hit>,
    /// How many times it holds, and how many times it fails to.
    pub(crate) times_true: u32,
    pub(crate) times_false: u32,
}

impl Evaluated {
    pub(crate) fn new(belief: Belief, reason: Reason) -> Self {
        Evaluated { belief, reason, evidence: Vec::new(), hits: Vec::new(), times_true: 1, times_false: 1 }
    }

    pub(crate) fn with(mut self, evidence: impl IntoIterator<Item = Evidence>) -> Self {
        self.evidence.extend(evidence);
        self
    }

    pub(crate) fn unknown(reason: Reason) -> Self {
        Evaluated::new(Belief::UNKNOWN, reason)
    }
}

/// One thing a condition found.
#[derive(Clone, Debug)]
pub(crate) struct Hit {
    pub(crate) time: TimeSpan,
    /// Which words, if it is words.
    pub(crate) at: Option<(u32, TextSpan)>,
    pub(crate) belief: Belief,
    pub(crate) evidence: Evidence,
}

/// The call and everything derived from it that several conditions share.
pub(crate) struct Context<'a> {
    pub(crate) view: CallView<'a>,
    pub(crate) compiled: &'a Compiled,
    /// Phrases heard, by utterance.
    pub(crate) heard: Vec<Vec<PhraseHit>>,
    /// Phrases that something heard sounds like, by utterance.
    pub(crate) sounded: Vec<Vec<PhraseHit>>,
    /// From the first to the last speech; up to now on a live call.
    pub(crate) conversation: TimeSpan,
    pub(crate) mixed: bool,
    turns: OnceCell<Vec<Turn>>,
    silences: OnceCell<Vec<Silence>>,
    by_sound: Vec<OnceCell<Sounded>>,
    certainties: Vec<OnceCell<Certainties>>,
    entities: OnceCell<Vec<FoundEntity>>,
    understood: &'a Understood<'a>,
    pub(crate) memo: RefCell<HashMap<(NodeId, Use), Rc<Evaluated>>>,
}

impl<'a> Context<'a> {
    /// `understood` is of the transcript of `view`.
    pub(crate) fn new(view: CallView<'a>, compiled: &'a Compiled, understood: &'a Understood<'a>) -> Self {
        let said = &view.transcript.utterances;
        let heard = said.iter().map(|u| compiled.book.find(&u.text)).collect();
        let sounded = said.iter().map(|u| compiled.sound_book.find(&u.text)).collect();
        let spans =
            view.transcript.utterances.iter().map(|u| u.span).chain(view.transcript.gaps.iter().map(|g| g.span));
        let mut conversation = spans.reduce(TimeSpan::hull).unwrap_or_default();
        if let Some(until) = view.heard_until {
            conversation = TimeSpan::new(conversation.start, conversation.end.max(until));
        }
        let voice_is_mixed = view.acoustics.channels.iter().any(|c| c.channel == Channel::Mixed);
        Context {
            mixed: view.transcript.has_mixed() || voice_is_mixed,
            view,
            compiled,
            heard,
            sounded,
            conversation,
            turns: OnceCell::new(),
            silences: OnceCell::new(),
            by_sound: said.iter().map(|_| OnceCell::new()).collect(),
            certainties: said.iter().map(|_| OnceCell::new()).collect(),
            entities: OnceCell::new(),
            understood,
            memo: RefCell::default(),
        }
    }

    pub(crate) fn utterance(&self, index: u32) -> Option<&'a Utterance> {
        self.view.transcript.utterances.get(index as usize)
    }

    pub(crate) fn live(&self) -> bool {
        self.view.heard_until.is_some()
    }

    pub(crate) fn turns(&self) -> &[Turn] {
        self.turns.get_or_init(|| turns(self.view.transcript))
    }

    /// All silences, however short.
    pub(crate) fn silences(&self) -> &[Silence] {
        self.silences.get_or_init(|| silences(self.view.call, self.view.transcript, self.view.acoustics, 200))
    }

    /// Personal data in the transcript.
    pub(crate) fn entities(&self) -> &[FoundEntity] {
        self.entities.get_or_init(|| find_all(self.view.transcript))
    }

    /// What the sentences of an utterance mean: for each sentence its runs of clauses.
    pub(crate) fn meanings(&self, utterance: u32) -> Rc<Vec<Vec<MeaningRun>>> {
        self.understood.sentences(utterance)
    }

    /// An utterance by its sounds; `None` if there is no such utterance.
    pub(crate) fn sounds(&self, utterance: u32) -> Option<&Sounded> {
        let said = self.utterance(utterance)?;
        let by_sound = self.by_sound.get(utterance as usize)?;
        Some(by_sound.get_or_init(|| {
            let sound = |syllable: Syllable| Sound { syllable, p: said.certainty_of(syllable.span) };
            Sounded::new(syllables(&said.text).into_iter().map(sound).collect(), &self.compiled.syllabary)
        }))
    }

    /// How sure the recogniser was of each character of an utterance; `None` if there is no such utterance.
    pub(crate) fn certainties(&self, utterance: u32) -> Option<&Certainties> {
        let said = self.utterance(utterance)?;
        Some(self.certainties.get(utterance as usize)?.get_or_init(|| Certainties::of(said)))
    }

    /// What listening to these words again gave.
    pub(crate) fn listened(&self, utterance: u32, span: TextSpan, meant: &str, bounds: Bounds) -> Listened {
        let listen = self.view.transcript.second_listen(utterance, span, meant);
        listen.map_or(Listened::Open, |log_ratio| bounds.weigh(log_ratio, meant))
    }

    /// The words at `span`, as evidence; `None` if there are none.
    pub(crate) fn quote(&self, utterance: u32, span: TextSpan, matched: Matched) -> Option<Quote> {
        let said = self.utterance(utterance)?;
        let words = span.slice(&said.text)?.to_owned();
        Some(Quote { utterance, text: span, time: said.time_of(span), channel: said.channel, words, matched })
    }
}
