//! Arguments of `listen`.

use std::path::PathBuf;

use clap::Args;

use crate::args::{JsonArg, MetaArgs, RunArgs};

/// Arguments of `listen`.
#[derive(Debug, Args)]
#[command(
    after_help = "Every call is recorded first, then transcribed and judged while people talk; at hang-up its recording is processed as
`hotline process` would, and stored. Ctrl-C hangs up and finishes what was recorded; a second Ctrl-C leaves that to the next start.
See docs/live.md for Asterisk and FreeSWITCH."
)]
pub struct ListenArgs {
    /// Form of the results: JSON lines
    #[command(flatten)]
    pub json: JsonArg,
    /// Asterisk AudioSocket, both voices in one connection, e.g. 127.0.0.1:9092
    #[arg(long, value_name = "ADDR", help_heading = "Sources")]
    pub audiosocket: Vec<String>,
    /// Asterisk AudioSocket, the agent's leg (the customer's has the same identifier)
    #[arg(long, value_name = "ADDR", help_heading = "Sources", requires = "audiosocket_customer")]
    pub audiosocket_agent: Option<String>,
    /// Asterisk AudioSocket, the customer's leg
    #[arg(long, value_name = "ADDR", help_heading = "Sources", requires = "audiosocket_agent")]
    pub audiosocket_customer: Option<String>,
    /// WebSocket with PCM, e.g. 127.0.0.1:9094; ws://ADDR/?call=NAME&rate=8000&channels=2
    #[arg(long, value_name = "ADDR", help_heading = "Sources")]
    pub websocket: Vec<String>,
    /// RTP with G.711 that is mirrored here, the agent's stream to one port, the customer's to another, e.g. 0.0.0.0:9100,0.0.0.0:9102
    #[arg(long, value_name = "ADDR,ADDR", help_heading = "Sources")]
    pub rtp: Vec<String>,
    /// Play the calls of a pcap file of RTP with G.711
    #[arg(long, value_name = "FILE", help_heading = "Sources", requires = "pcap_agent")]
    pub pcap: Vec<PathBuf>,
    /// Where in pcap files agents' telephones are: what comes from there is an agent's voice
    #[arg(long, value_name = "IP[:PORT]", help_heading = "Sources", requires = "pcap")]
    pub pcap_agent: Vec<String>,
    /// Sound card with both voices: two channels are agent and customer, one is both; `default` is the system's
    #[arg(long, value_name = "ID", help_heading = "Sources", conflicts_with = "device_agent")]
    pub device: Option<String>,
    /// Sound card with the agent's voice
    #[arg(long, value_name = "ID", help_heading = "Sources", requires = "device_customer")]
    pub device_agent: Option<String>,
    /// Sound card with the customer's voice
    #[arg(long, value_name = "ID", help_heading = "Sources", requires = "device_agent")]
    pub device_customer: Option<String>,
    /// List the sound cards there are, then stop
    #[arg(long, help_heading = "Sources")]
    pub devices: bool,
    /// Play recordings as if they were calls, all at once, then stop
    #[arg(long, value_name = "FILE", help_heading = "Sources")]
    pub replay: Vec<PathBuf>,
    /// How many times as fast as in life recordings are played
    #[arg(long, value_name = "N", default_value_t = 1.0, help_heading = "Sources")]
    pub speed: f64,
    /// Folder of the recordings [default: recordings in the data folder]
    #[arg(long, value_name = "DIR")]
    pub recordings: Option<PathBuf>,
    /// Calls at once; further ones are refused
    #[arg(long, value_name = "N", default_value_t = 64)]
    pub calls_max: usize,
    /// Health, readiness, metrics and events over HTTP, e.g. 127.0.0.1:9095
    #[arg(long, value_name = "ADDR")]
    pub health: Option<String>,
    /// While somebody goes on talking, hear the turn again after so many seconds of speech and at every pause, for early alerts; 0 = only when it is over
    #[arg(long, value_name = "S", default_value_t = 1.25)]
    pub partials: f64,
    /// Show neither words nor quotes: for a service whose output is logged
    #[arg(long)]
    pub no_text: bool,
    /// Send alerts to this address (http://HOST:PORT/PATH)
    #[arg(long, value_name = "URL", help_heading = "Alerts")]
    pub webhook: Option<String>,
    /// File with the secret that webhooks are signed with
    #[arg(long, value_name = "FILE", help_heading = "Alerts", requires = "webhook")]
    pub webhook_secret: Option<PathBuf>,
    /// Run this for each alert, which it gets as JSON on its standard input
    #[arg(long, value_name = "COMMAND", help_heading = "Alerts")]
    pub alert_command: Option<String>,
    /// Append alerts to this file as JSON lines
    #[arg(long, value_name = "FILE", help_heading = "Alerts")]
    pub alert_log: Option<PathBuf>,
    /// Silence that raises an alert, in seconds
    #[arg(long, value_name = "S", default_value_t = 10.0, help_heading = "Alerts")]
    pub silence: f64,
    /// Time of a hold whose length was not said, in seconds
    #[arg(long, value_name = "S", default_value_t = 60.0, help_heading = "Alerts")]
    pub hold: f64,
    /// How to process.
    #[command(flatten)]
    pub run: RunArgs,
    /// Metadata.
    #[command(flatten)]
    pub meta: MetaArgs,
}
