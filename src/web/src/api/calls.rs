//! The call history as JSON.

use axum::Json;
use axum::extract::{Path, State};
use exchange::record::{CallEvent, CallRecord, Direction, LadderMessage, LegRole, LegSummary};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::CallFilter;
use utoipa::{IntoParams, ToSchema};

use super::{Query, bad_request, check_limit};
use crate::app::Shared;
use crate::error::{ApiError, Problem, Trouble};
use crate::live::PartyRow;
use crate::pages::calls::parse_ref;
use crate::words::{self, DISPOSITIONS};

/// Calls in one answer at most.
const LIMIT_MAX: usize = 500;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    /// Part of a number or name.
    #[serde(default)]
    q: Option<String>,
    /// `answered`, `no-answer`, `busy` or `failed`.
    #[serde(default)]
    result: Option<String>,
    /// Somebody with exactly this number was in it.
    #[serde(default)]
    extension: Option<String>,
    /// Begun at or after, RFC 3339.
    #[serde(default)]
    from: Option<String>,
    /// Begun before, RFC 3339.
    #[serde(default)]
    to: Option<String>,
    /// The `next` of the page before.
    #[serde(default)]
    after: Option<String>,
    /// At most this many, 1 to 500.
    #[serde(default = "default_limit")]
    #[param(default = 50, minimum = 1, maximum = 500)]
    limit: usize,
}

fn default_limit() -> usize {
    50
}

/// A page of finished calls, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CallList {
    /// The calls. A page may be short, or empty, and still have a next one.
    calls: Vec<CallView>,
    /// Give it as `after` for the next page; absent on the last.
    next: Option<String>,
}

/// A finished call.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CallView {
    /// Its reference, `c` and digits.
    call: String,
    /// Who called.
    from: PartyRow,
    /// The number as dialled.
    dialled: String,
    /// Who answered; if nobody did, who was called first.
    to: PartyRow,
    /// When it began, RFC 3339.
    started_at: String,
    /// When a device first rang.
    ringing_at: Option<String>,
    /// When it was answered.
    answered_at: Option<String>,
    /// When it ended.
    ended_at: String,
    /// `answered`, `no-answer`, `busy` or `failed`.
    result: &'static str,
    /// Why it ended, a clause.
    cause: &'static str,
    /// The routing decision, a sentence each.
    reasons: Vec<String>,
    /// Its legs, in the order in which they began.
    legs: Vec<LegView>,
}

/// One device's part in a call.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LegView {
    /// Whose.
    party: PartyRow,
    /// `caller` or `called`.
    role: &'static str,
    /// Contact address and User-Agent.
    device: String,
    /// SIP Call-ID.
    sip_call_id: String,
    /// When it was answered.
    answered_at: Option<String>,
    /// When it ended.
    ended_at: String,
    /// Why, a clause.
    cause: &'static str,
    /// The audio codec last in use.
    codec: Option<&'static str>,
    /// The audio figures.
    audio: Option<AudioView>,
}

/// Audio figures of a leg, both directions.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AudioView {
    /// RTP packets from the device.
    received: u64,
    /// Lost on the way from the device.
    lost: u64,
    /// Jitter of what came from the device, microseconds.
    jitter_us: u32,
    /// RTP packets to the device.
    sent: u64,
    /// Lost on the way to the device, by its reports.
    remote_lost: Option<u32>,
    /// Jitter at the device, by its reports, microseconds.
    remote_jitter_us: Option<u32>,
    /// Last round trip, microseconds.
    round_trip_us: Option<u32>,
}

/// All that is known of a call.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CallDetailView {
    /// The final record; absent while the call lasts.
    record: Option<CallView>,
    /// What happened, in order.
    events: Vec<EventView>,
    /// Its SIP messages, once it has ended; authorisation values are blanked.
    messages: Vec<MessageView>,
}

/// Something that happened in a call.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EventView {
    /// When, RFC 3339.
    at: String,
    /// What, with its details: `{"Held": {"leg": 3}}`.
    #[schema(value_type = Object)]
    what: serde_json::Value,
}

/// A SIP message of a call.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MessageView {
    /// When, RFC 3339.
    at: String,
    /// `in` (to the box) or `out`.
    direction: &'static str,
    /// The other side.
    peer: String,
    /// The text as on the wire.
    text: String,
}

/// Lists finished calls, newest first.
#[utoipa::path(get, path = "/api/v1/calls", tag = "calls", params(ListQuery), responses(
    (status = 200, body = CallList), (status = 400, body = Problem), (status = 401, body = Problem),
    (status = 503, body = Problem),
))]
pub(crate) async fn list(
    State(app): State<Shared>,
    Query(query): Query<ListQuery>,
) -> Result<Json<CallList>, ApiError> {
    check_limit(query.limit, LIMIT_MAX)?;
    let disposition = query.result.as_deref().map(|key| {
        let found = DISPOSITIONS.into_iter().find(|d| words::disposition_key(*d) == key);
        found.ok_or_else(|| bad_request("result must be answered, no-answer, busy or failed".to_owned()))
    });
    let after = query
        .after
        .as_deref()
        .map(|text| parse_ref(text).ok_or_else(|| bad_request("after must be a next of this API".to_owned())));
    let filter = CallFilter {
        text: query.q,
        disposition: disposition.transpose()?,
        from: time(query.from.as_deref())?,
        to: time(query.to.as_deref())?,
        extension: query.extension,
    };
    let (after, limit) = (after.transpose()?, query.limit);
    let page = app.ask(move |store| store.calls(&filter, limit, after)).await?;
    Ok(Json(CallList {
        calls: page.calls.iter().map(CallView::from).collect(),
        next: page.next.map(|next| next.to_string()),
    }))
}

/// One call, finished or not.
#[utoipa::path(get, path = "/api/v1/calls/{call}", tag = "calls",
    params(("call" = String, Path, description = "The call's reference, `c` and digits")),
    responses((status = 200, body = CallDetailView), (status = 401, body = Problem), (status = 404, body = Problem)),
)]
pub(crate) async fn get(State(app): State<Shared>, Path(call): Path<String>) -> Result<Json<CallDetailView>, ApiError> {
    let call = parse_ref(&call).ok_or(Trouble::NotFound)?;
    let detail = app.ask(move |store| store.call(call)).await?.ok_or(Trouble::NotFound)?;
    let messages = detail.ladder.map(|ladder| ladder.messages).unwrap_or_default();
    Ok(Json(CallDetailView {
        record: detail.record.as_ref().map(CallView::from),
        events: detail.events.iter().map(EventView::from).collect(),
        messages: messages.into_iter().map(MessageView::from).collect(),
    }))
}

pub(super) fn time(text: Option<&str>) -> Result<Option<base::WallTime>, ApiError> {
    let Some(text) = text else { return Ok(None) };
    let at: Timestamp = text.parse().map_err(|_| bad_request(format!("{text:?} is not an RFC 3339 time")))?;
    Ok(Some(base::WallTime::from_unix_ms(at.as_millisecond())))
}

impl From<&CallRecord> for CallView {
    fn from(record: &CallRecord) -> Self {
        CallView {
            call: record.call.to_string(),
            from: PartyRow::from(&record.from),
            dialled: record.dialled.clone(),
            to: PartyRow::from(&record.to),
            started_at: words::iso(record.started_at),
            ringing_at: record.ringing_at.map(words::iso),
            answered_at: record.answered_at.map(words::iso),
            ended_at: words::iso(record.ended_at),
            result: words::disposition_key(record.disposition),
            cause: words::cause(record.cause),
            reasons: record.reasons.clone(),
            legs: record.legs.iter().map(LegView::from).collect(),
        }
    }
}

impl From<&LegSummary> for LegView {
    fn from(leg: &LegSummary) -> Self {
        let audio = leg.audio.as_ref().map(|stats| AudioView {
            received: stats.received,
            lost: stats.lost,
            jitter_us: stats.jitter_us,
            sent: stats.sent,
            remote_lost: stats.remote_lost,
            remote_jitter_us: stats.remote_jitter_us,
            round_trip_us: stats.round_trip_us,
        });
        LegView {
            party: PartyRow::from(&leg.party),
            role: if leg.role == LegRole::Caller { "caller" } else { "called" },
            device: leg.device.clone(),
            sip_call_id: leg.sip_call_id.clone(),
            answered_at: leg.answered_at.map(words::iso),
            ended_at: words::iso(leg.ended_at),
            cause: words::cause(leg.cause),
            codec: leg.codec.map(crate::pages::calls::codec_name),
            audio,
        }
    }
}

impl From<&CallEvent> for EventView {
    fn from(event: &CallEvent) -> Self {
        EventView { at: words::iso(event.at), what: serde_json::to_value(&event.what).unwrap_or_default() }
    }
}

impl From<LadderMessage> for MessageView {
    fn from(message: LadderMessage) -> Self {
        MessageView {
            at: words::iso(message.at),
            direction: if message.direction == Direction::In { "in" } else { "out" },
            peer: message.peer.to_string(),
            text: message.text,
        }
    }
}
