//! How loud a party is (ACU-02).

use hotline_model::{Channel, ChannelAcoustics};

use super::Question;
use super::measures::conclude_unscaled;
use crate::condition::{EnergyTest, Loudness, Role};
use crate::context::Evaluated;
use crate::reason::Reason;

/// Below this a channel holds no voice at all, and its level says nothing.
const SILENT_DBFS: f32 = -100.0;

pub(super) fn run(test: &EnergyTest, question: &Question) -> Evaluated {
    let context = question.context;
    if context.mixed && (question.role != Role::All || test.of == Loudness::Difference) {
        return Evaluated::unknown(Reason::WhoSpokeUnknown);
    }
    let (measure, unit) = match test.of {
        Loudness::Level => ("level", "dBFS"),
        Loudness::Peak => ("peak", "dBFS"),
        Loudness::Clipped => ("clipped", "%"),
        Loudness::Difference => ("level_difference", "dB"),
    };
    let Some(value) = value(test.of, question) else { return Evaluated::unknown(Reason::TooLittle { measure }) };
    conclude_unscaled(measure, f64::from(value), unit, &test.limits, question)
}

fn value(of: Loudness, question: &Question) -> Option<f32> {
    let heard = |channel: Channel| {
        let measured = question.context.view.acoustics.channel(channel);
        measured.filter(|c| c.speech_dbfs > SILENT_DBFS && !c.voiced.is_empty())
    };
    let channels: Vec<&ChannelAcoustics> = match question.role {
        Role::Agent => heard(Channel::Agent).into_iter().collect(),
        Role::Customer => heard(Channel::Customer).into_iter().collect(),
        Role::All => Channel::ALL.iter().filter_map(|channel| heard(*channel)).collect(),
    };
    let loudest = |of: fn(&ChannelAcoustics) -> f32| channels.iter().map(|c| of(c)).reduce(f32::max);
    match of {
        Loudness::Level => loudest(|c| c.speech_dbfs),
        Loudness::Peak => loudest(|c| c.peak_dbfs),
        Loudness::Clipped => loudest(|c| c.clipped * 100.0),
        Loudness::Difference => {
            let (own, other) = match question.role {
                Role::Customer => (Channel::Customer, Channel::Agent),
                Role::Agent | Role::All => (Channel::Agent, Channel::Customer),
            };
            let difference = heard(own)?.speech_dbfs - heard(other)?.speech_dbfs;
            Some(if question.role == Role::All { difference.abs() } else { difference })
        }
    }
}
