//! Where `hotline listen` gets its sound from.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{Scope, ScopedJoinHandle};

use anyhow::bail;
use hotline_audio::OpenOptions;
use hotline_live::server::card::CardListener;
use hotline_live::server::rtp::{AgentAddress, RtpListener};
use hotline_live::server::{Listener, audiosocket, replay, rtp, websocket};
use hotline_live::{Columns, LiveError, Seat, Switchboard};

use crate::args_listen::ListenArgs;
use crate::commands::listen_output::Screen;
use crate::context::Context;
use crate::exit::Exit;

/// Sources that stay open until they are dropped.
pub struct Sources {
    listeners: Vec<Listener>,
    rtp: Vec<RtpListener>,
    cards: Option<CardListener>,
}

impl Sources {
    /// Opens what the arguments name.
    pub fn open(
        context: &Context,
        args: &ListenArgs,
        board: &Arc<Switchboard>,
        screen: &Screen,
    ) -> anyhow::Result<Sources> {
        // Two legs a call, and some room for those that are being refused.
        let connections = 2 * args.calls_max + 8;
        let mut listeners = Vec::new();
        let seats = args.audiosocket.iter().map(|address| (address, Seat::Mixed));
        let legs = [(&args.audiosocket_agent, Seat::Agent), (&args.audiosocket_customer, Seat::Customer)];
        let legs = legs.into_iter().filter_map(|(address, seat)| Some((address.as_ref()?, seat)));
        for (address, seat) in seats.chain(legs) {
            let listener = audiosocket::listen(board, address, seat, connections)?;
            screen.listening("AudioSocket", &listener.address().to_string());
            listeners.push(listener);
        }
        for address in &args.websocket {
            let listener = websocket::listen(board, address, connections)?;
            screen.listening("WebSocket", &listener.address().to_string());
            listeners.push(listener);
        }
        let mut mirrored = Vec::new();
        for pair in &args.rtp {
            let Some((agent, customer)) = pair.split_once(',') else {
                bail!(context.text("--rtp 要写两个地址：座席,客户", "--rtp takes two addresses: AGENT,CUSTOMER"));
            };
            let listener = rtp::listen(board, agent.trim(), customer.trim())?;
            let [agent, customer] = listener.addresses();
            screen.listening("RTP", &format!("{agent},{customer}"));
            mirrored.push(listener);
        }
        Ok(Sources { listeners, rtp: mirrored, cards: cards::open(context, args, board, screen)? })
    }

    /// Whether nothing is open.
    pub fn is_empty(&self) -> bool {
        self.listeners.is_empty() && self.rtp.is_empty() && self.cards.is_none()
    }
}

/// Refuses arguments that make no sense.
pub fn check(context: &Context, args: &ListenArgs) -> anyhow::Result<()> {
    let any = !args.audiosocket.is_empty()
        || args.audiosocket_agent.is_some()
        || !args.websocket.is_empty()
        || !args.rtp.is_empty()
        || !args.pcap.is_empty()
        || args.device.is_some()
        || args.device_agent.is_some()
        || !args.replay.is_empty();
    if !any {
        bail!(context.text(
            "没有声音来源：请给出 --audiosocket、--websocket、--rtp、--pcap、--device 或 --replay",
            "no source: give --audiosocket, --websocket, --rtp, --pcap, --device or --replay"
        ));
    }
    if !(args.partials.is_finite() && args.partials >= 0.0) {
        bail!(context.text("--partials 必须是 0 或以上的秒数", "--partials has to be 0 or more seconds"));
    }
    if !(args.speed.is_finite() && args.speed > 0.0) {
        bail!(context.text("--speed 必须大于 0", "--speed has to be more than 0"));
    }
    agents(args).map(|_| ()).map_err(anyhow::Error::from)
}

/// Plays recordings and captures, each in a thread of its own.
pub fn play<'scope, 'env: 'scope>(
    scope: &'scope Scope<'scope, 'env>,
    context: &Context,
    args: &'env ListenArgs,
    board: &'env Arc<Switchboard>,
    screen: &'env Screen,
    problems: &'env AtomicUsize,
) -> Vec<ScopedJoinHandle<'scope, ()>> {
    let layout = context.settings.audio.layout;
    let mut players = Vec::new();
    for (nth, path) in args.replay.iter().enumerate() {
        players.push(scope.spawn(move || {
            let options = OpenOptions { layout, ..OpenOptions::default() };
            let key = format!("{}-{}", stem(path), nth + 1);
            told(replay::play(board, path, &options, &key, args.speed, Columns::default()), screen, problems);
        }));
    }
    for path in &args.pcap {
        players.push(scope.spawn(move || {
            let played = agents(args).and_then(|agents| rtp::play(board, path, &agents, args.speed));
            told(played.map(|_| ()), screen, problems);
        }));
    }
    players
}

/// Prints the sound cards.
pub fn list_devices(context: &Context, args: &ListenArgs) -> anyhow::Result<Exit> {
    cards::list(context, args.json.json)?;
    Ok(Exit::Done)
}

fn told(outcome: Result<(), LiveError>, screen: &Screen, problems: &AtomicUsize) {
    if let Err(error) = outcome {
        problems.fetch_add(1, Ordering::SeqCst);
        screen.problem(&error.to_string());
    }
}

fn agents(args: &ListenArgs) -> Result<Vec<AgentAddress>, LiveError> {
    args.pcap_agent.iter().map(|agent| agent.parse()).collect()
}

fn stem(path: &Path) -> String {
    path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned())
}

/// Sound cards, in builds that know them.
#[cfg(feature = "capture")]
mod cards {
    use std::sync::Arc;

    use anyhow::Context as _;
    use hotline_audio::AudioError;
    use hotline_audio::capture::{CaptureSource, input_devices};
    use hotline_live::server::card::{self, Card, CardListener, OpenCard};
    use hotline_live::{Seat, Switchboard};
    use hotline_model::ChannelLayout;
    use serde_json::json;

    use crate::args_listen::ListenArgs;
    use crate::commands::listen_output::Screen;
    use crate::context::Context;

    /// Prints what there is.
    pub(super) fn list(context: &Context, json: bool) -> anyhow::Result<()> {
        let devices = input_devices()?;
        if json {
            let devices: Vec<_> = devices
                .iter()
                .map(|device| json!({"id": device.id, "name": device.name, "is_default": device.is_default}))
                .collect();
            println!("{}", json!({"devices": devices}));
            return Ok(());
        }
        if devices.is_empty() {
            context.note(context.text("没有可用的声卡", "there is no sound card"));
        }
        for device in devices {
            let default = if device.is_default { context.text("（默认）", " (default)") } else { "" };
            println!("{}\t{}{default}", device.id, device.name);
        }
        Ok(())
    }

    /// Opens the cards that were asked for. One that is not there at the start is a mistake; one that goes later is waited for.
    pub(super) fn open(
        context: &Context,
        args: &ListenArgs,
        board: &Arc<Switchboard>,
        screen: &Screen,
    ) -> anyhow::Result<Option<CardListener>> {
        let layout = context.settings.audio.layout;
        let wanted = match (&args.device, &args.device_agent, &args.device_customer) {
            (Some(both), ..) => vec![(both, None, layout)],
            (None, Some(agent), Some(customer)) => vec![
                (agent, Some(Seat::Agent), ChannelLayout::Mono),
                (customer, Some(Seat::Customer), ChannelLayout::Mono),
            ],
            _ => return Ok(None),
        };
        let mut cards = Vec::new();
        for (id, seat, layout) in wanted {
            let voices = open_device(id, layout).with_context(|| id.clone())?.source.info().channels.len();
            let seat = seat.unwrap_or(if voices == 2 { Seat::Both } else { Seat::Mixed });
            screen.listening("card", id);
            let (name, id) = (id.clone(), id.clone());
            cards.push(Card { seat, name, open: Box::new(move || open_device(&id, layout)) });
        }
        Ok(Some(card::listen(board, "card", cards)))
    }

    fn open_device(id: &str, layout: ChannelLayout) -> Result<OpenCard, AudioError> {
        let source = CaptureSource::open((id != "default").then_some(id), layout)?;
        let stopper = source.stopper();
        Ok(OpenCard { source: Box::new(source), stop: Box::new(move || stopper.stop()) })
    }
}

/// Builds without sound cards say how to get one with.
#[cfg(not(feature = "capture"))]
mod cards {
    use std::sync::Arc;

    use anyhow::bail;
    use hotline_live::Switchboard;
    use hotline_live::server::card::CardListener;

    use crate::args_listen::ListenArgs;
    use crate::commands::listen_output::Screen;
    use crate::context::Context;

    pub(super) fn list(context: &Context, _: bool) -> anyhow::Result<()> {
        bail!(context.text(
            "此程序构建时没有包含声卡支持；重新构建：cargo build --release --features capture（Linux 需要 libasound2-dev）",
            "this build does not know sound cards; build it with: cargo build --release --features capture (on Linux it needs libasound2-dev)"
        ))
    }

    pub(super) fn open(
        context: &Context,
        args: &ListenArgs,
        _: &Arc<Switchboard>,
        _: &Screen,
    ) -> anyhow::Result<Option<CardListener>> {
        if args.device.is_some() || args.device_agent.is_some() {
            list(context, false)?;
        }
        Ok(None)
    }
}
