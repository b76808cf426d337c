//! What goes into the exchange and what comes out.
//!
//! The contract: one input by `Exchange::handle`, then drain `Exchange::poll_output` to the end, then the next
//! input. Time never runs back.

use std::sync::Arc;

use base::{CallRef, WallTime};
use bytes::Bytes;
use config::Config;
use media::control::{MediaCommand, MediaEvent};
use sip::Flow;
use sip::message::Message;

use crate::live::Event;
use crate::record::Record;

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
    /// A command from a page or the API.
    Command(Command),
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
}
