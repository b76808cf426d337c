//! The one table from causes to what SIP, ISDN and the call record say.

use sip::message::StatusCode;

use crate::record::{Cause, Disposition};

impl Cause {
    /// The SIP status with which a caller is refused (RFC 3261 §21).
    pub fn status(self) -> StatusCode {
        StatusCode(match self {
            Cause::Cancelled => 487,
            Cause::Busy => 486,
            Cause::Declined => 603,
            Cause::NoAnswer | Cause::Unregistered | Cause::Unreachable | Cause::AdministratorEnded => 480,
            Cause::UnknownNumber => 404,
            Cause::Forbidden => 403,
            Cause::NoCommonCodec => 488,
            Cause::Overload | Cause::Interrupted => 503,
            Cause::Timeout => 408,
            Cause::PeerError => 502,
            Cause::NormalClearing | Cause::AnsweredElsewhere | Cause::Transferred | Cause::Internal => 500,
        })
    }

    /// The Q.850 cause value for a Reason header (RFC 3326 §2).
    pub fn q850(self) -> u8 {
        match self {
            Cause::NormalClearing | Cause::Cancelled | Cause::Transferred | Cause::AdministratorEnded => 16,
            Cause::AnsweredElsewhere => 26,
            Cause::Busy => 17,
            Cause::Declined => 21,
            Cause::NoAnswer => 19,
            Cause::Unregistered => 20,
            Cause::UnknownNumber => 1,
            Cause::Forbidden => 57,
            Cause::NoCommonCodec => 88,
            Cause::Unreachable => 18,
            Cause::Timeout => 102,
            Cause::Overload => 42,
            Cause::PeerError => 111,
            Cause::Internal | Cause::Interrupted => 41,
        }
    }

    /// One lower-case clause for pages, logs and the Reason header's text.
    pub fn describe(self) -> &'static str {
        match self {
            Cause::NormalClearing => "hung up",
            Cause::Cancelled => "the caller gave up",
            Cause::AnsweredElsewhere => "answered on another device",
            Cause::Busy => "busy",
            Cause::Declined => "declined",
            Cause::NoAnswer => "no answer",
            Cause::Unregistered => "no device registered",
            Cause::UnknownNumber => "no such number",
            Cause::Forbidden => "not allowed",
            Cause::NoCommonCodec => "no codec in common",
            Cause::Unreachable => "the device does not answer",
            Cause::Timeout => "timed out",
            Cause::Overload => "the box is at its limit",
            Cause::PeerError => "the other side refused",
            Cause::Internal => "internal fault",
            Cause::Interrupted => "interrupted by a restart",
            Cause::AdministratorEnded => "ended by an administrator",
            Cause::Transferred => "transferred",
        }
    }

    /// What a called phone's final answer means.
    pub fn from_status(status: StatusCode) -> Cause {
        match status.0 {
            486 | 600 => Cause::Busy,
            603 | 403 => Cause::Declined,
            480 | 408 => Cause::NoAnswer,
            404 | 410 | 604 => Cause::Unregistered,
            415 | 488 | 606 => Cause::NoCommonCodec,
            487 => Cause::Cancelled,
            503 => Cause::Overload,
            _ => Cause::PeerError,
        }
    }

    /// Of several devices' refusals the one to tell the caller: the most a person said comes first.
    pub fn weight(self) -> u8 {
        match self {
            Cause::Declined => 9,
            Cause::Busy => 8,
            Cause::NoAnswer => 7,
            Cause::NoCommonCodec => 6,
            Cause::Overload => 5,
            Cause::PeerError => 4,
            Cause::Unregistered => 3,
            Cause::Unreachable => 2,
            _ => 1,
        }
    }

    /// How the call record counts a call that was never answered and ended so.
    pub fn disposition_unanswered(self) -> Disposition {
        match self {
            Cause::Busy | Cause::Declined => Disposition::Busy,
            Cause::NoAnswer | Cause::Cancelled | Cause::Unregistered | Cause::AdministratorEnded => {
                Disposition::NoAnswer
            }
            _ => Disposition::Failed,
        }
    }
}
