//! What goes into the exchange and what comes out.
//!
//! The contract: one input by `Exchange::handle`, then drain `Exchange::poll_output` to the end, then the next
//! input. Time never runs back.

use std::net::SocketAddr;
use std::sync::Arc;

use base::{CallRef, Duration, WallTime};
use bytes::Bytes;
use config::Config;
use media::control::{MediaCommand, MediaEvent};
use sip::message::Message;
use sip::{Flow, Transport};

use crate::device::Device;
use crate::live::Event;
use crate::record::Record;
use crate::voicemail::fact::MessageState;

/// One thing that happened to the exchange.
#[derive(Debug)]
pub enum Input {
    /// A SIP message arrived.
    Sip {
        /// From where.
        flow: Flow,
        /// The message.
        message: Box<Message>,
        /// The octets it was parsed from, for the ladder.
        raw: Bytes,
    },
    /// A stream connection ended, or a message could not be sent on `flow`.
    FlowFailed {
        /// Which.
        flow: Flow,
    },
    /// A connection that an [`Output::Transmit`] with connection 0 asked for is up.
    FlowOpened {
        /// As asked for (connection 0).
        asked: Flow,
        /// As it is.
        flow: Flow,
    },
    /// The audio plane has news.
    Media(MediaEvent),
    /// All records up to the `n`th that this exchange put out (the first is 1) are on disk.
    Durable {
        /// That number.
        upto: u64,
    },
    /// The journal could not write the records up to the `n`th; those after the last
    /// [`Input::Durable`] are not on disk.
    StoreFailed {
        /// That number.
        upto: u64,
    },
    /// A new configuration was applied.
    Config(Arc<Config>),
    /// The wall clock as read now; the shell sends it every minute and after a jump.
    Clock(WallTime),
    /// A command from a page or the API that nobody waits for.
    Command(Command),
    /// A command whose answer is awaited: an [`Output::Answer`] with the same ticket follows in the same turn.
    Ask {
        /// Chosen by the shell.
        ticket: u64,
        /// The command.
        command: Command,
    },
    /// What [`Output::Locate`] asked for was found, best first; none: it cannot be found now.
    Located {
        /// The question's number.
        question: u64,
        /// Addresses with their transports, at most 16.
        targets: Vec<Located>,
        /// For how long this holds.
        holds: Duration,
    },
    /// What became of an [`Output::Mail`].
    MailSent {
        /// [`Mail::id`].
        id: String,
        /// What.
        result: Sent,
    },
    /// Time has passed: the deadline of `Exchange::poll_timeout` has come.
    Timeout,
}

/// What a page or the API may ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// End this call.
    HangUp(CallRef),
    /// Forget all devices registered for this extension.
    Unregister(String),
    /// End all calls and take no new ones: the box is about to stop.
    Shutdown,
    /// Set or remove what is set at run time: a person's forwards, hours by hand, a blocked caller, a contact.
    PutFact {
        /// `person/101`.
        key: String,
        /// JSON of the kind's type; none: removes it.
        value: Option<String>,
        /// By whom.
        by: String,
    },
    /// Ring an extension's phones, then call the number for it (click to call).
    Dial {
        /// The extension.
        extension: String,
        /// As it would dial it.
        number: String,
        /// By whom.
        by: String,
    },
    /// Connect the other end of an extension's call elsewhere (operator panel).
    Transfer {
        /// The call.
        call: CallRef,
        /// The extension whose place in the call is given up.
        extension: String,
        /// Whereto, as it would dial it.
        to: String,
    },
    /// An extension takes a ringing call: its phones ring for it.
    Pickup {
        /// The call.
        call: CallRef,
        /// The extension.
        extension: String,
    },
    /// A test call over one trunk: the box calls, plays a tone, hangs up, and the call's page says what happened.
    TestTrunk {
        /// The trunk.
        trunk: String,
        /// Whom to call.
        number: String,
        /// By whom.
        by: String,
    },
    /// Change the state of a voice message.
    MarkMessage {
        /// The mailbox.
        mailbox: String,
        /// The message.
        id: u64,
        /// What it becomes.
        state: MessageState,
        /// What is written about it; none: stays as it is.
        note: Option<String>,
        /// By whom.
        by: String,
    },
    /// Delete a voice message for good.
    DeleteMessage {
        /// The mailbox.
        mailbox: String,
        /// The message.
        id: u64,
        /// By whom.
        by: String,
    },
    /// A phone that the box set up may sign in under this name, or no more.
    PutDevice {
        /// The user name of its digest: `101-74abcd`.
        name: String,
        /// What it signs in with; none: it may no more.
        device: Option<Device>,
        /// By whom.
        by: String,
    },
    /// Ask the phones of an extension to fetch their configuration anew.
    CheckSync {
        /// The extension.
        extension: String,
        /// And to start anew.
        reboot: bool,
    },
}

/// What came of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is done.
    Done,
    /// A call was begun.
    Call(CallRef),
}

/// Why a command was not carried out, in one sentence for whoever asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal(pub String);

/// Where SIP servers are looked for (RFC 3263).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Locate {
    /// A name or an address.
    pub host: String,
    /// A port, where one is given.
    pub port: Option<u16>,
    /// A transport, where one is wanted.
    pub transport: Option<Transport>,
}

/// An address of a SIP server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located {
    /// The address.
    pub addr: SocketAddr,
    /// How it is spoken to.
    pub transport: Transport,
    /// The name that its certificate must bear.
    pub name: String,
    /// Our address as that server sees it on our side, with the port on which we listen for this transport.
    pub local: SocketAddr,
}

/// A mail to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// What it is about, for retries and records: `message/17`.
    pub id: String,
    /// To whom.
    pub to: Vec<String>,
    /// Subject.
    pub subject: String,
    /// Text.
    pub text: String,
    /// A recording that goes with it: its file among the recordings, and the name it gets without its ending.
    pub recording: Option<(String, String)>,
    /// As WAV.
    pub wav: bool,
}

/// What became of a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sent {
    /// The mail server has taken it.
    Taken,
    /// Not now, and why; it is tried again.
    Later(String),
    /// It will never go, and why.
    Refused(String),
}

/// One thing the exchange wants done.
#[derive(Debug)]
pub enum Output {
    /// Send these octets on this flow. Connection 0 on a stream transport means: open one to
    /// `flow.peer` and report [`Input::FlowOpened`].
    Transmit {
        /// Where.
        flow: Flow,
        /// What.
        bytes: Bytes,
    },
    /// A command to the audio plane.
    Media(MediaCommand),
    /// Append this to the journal; numbered from 1 in the order in which they come.
    Record(Box<Record>),
    /// News for pages and the API.
    Event(Event),
    /// The answer to an [`Input::Ask`]. Every record put out before it must be on disk before anybody hears it.
    Answer {
        /// The question's ticket.
        ticket: u64,
        /// What came of it.
        result: Result<Answer, Refusal>,
    },
    /// Find a SIP server; [`Input::Located`] answers.
    Locate {
        /// This question's number.
        question: u64,
        /// What.
        what: Locate,
    },
    /// Send a mail; it is tried for two days. [`Input::MailSent`] tells what became of it.
    Mail(Box<Mail>),
    /// Remove a recording's file: nothing on disk names it any more. One that is gone already is as good.
    RemoveRecording {
        /// Below the recordings' folder.
        file: String,
    },
}
