//! Requests inside a dialog: what each method means for the leg.

use base::LegId;
use sip::message::{HeaderName, Method, Request, StatusCode};
use sip::transaction::ServerId;

use crate::{ALLOW, Exchange};

/// How long a key that came by INFO is held towards the other end.
const INFO_KEY: base::Duration = base::Duration::from_millis(160);

impl Exchange {
    /// RFC 3261 §12.2.2; the transaction is made, the sender is believed.
    pub(crate) fn handle_in_dialog(&mut self, leg: LegId, server: ServerId, request: Request) {
        let Some(l) = self.legs.get_mut(&leg) else { return };
        let in_order = l.dialog_mut(&request).map(|dialog| dialog.receive(&request));
        match in_order {
            Some(Ok(())) => {}
            Some(Err(_)) => return self.answer_in_dialog(server, &request, StatusCode(500)), // out of order: §12.2.2
            // The dialog is over on our side: only a crossing BYE is still polite to answer.
            None if request.method == Method::Bye => return self.answer_in_dialog(server, &request, StatusCode::OK),
            None => return self.answer_in_dialog(server, &request, StatusCode(481)),
        }
        match request.method {
            Method::Bye => {
                self.answer_in_dialog(server, &request, StatusCode::OK);
                self.handle_bye(leg);
            }
            Method::Invite | Method::Update => self.handle_modify(leg, server, request),
            Method::Prack => self.handle_prack(leg, server, &request),
            Method::Refer => self.handle_refer(leg, server, request),
            Method::Info => self.handle_info(leg, server, &request),
            Method::Options => {
                let mut response = Exchange::response(&request, StatusCode::OK);
                response.headers.push(HeaderName::Allow, ALLOW);
                self.respond(server, &response);
            }
            Method::Notify => self.answer_in_dialog(server, &request, StatusCode(481)), // we subscribe to nothing
            _ => {
                let mut response = Exchange::response(&request, StatusCode(405));
                response.headers.push(HeaderName::Allow, ALLOW);
                self.respond(server, &response);
            }
        }
    }

    pub(crate) fn answer_in_dialog(&mut self, server: ServerId, request: &Request, status: StatusCode) {
        let response = Exchange::response(request, status);
        self.respond(server, &response);
    }

    fn handle_bye(&mut self, leg: LegId) {
        let Some(l) = self.legs.get_mut(&leg) else { return };
        let call = l.call;
        if l.offered().is_some() {
            // RFC 3261 §15: a caller may end an early dialog by BYE as well.
            return self.end_call(call, crate::record::Cause::Cancelled, Some(leg));
        }
        if l.is_up() {
            self.leg_hung_up(leg);
        }
    }

    /// INFO with a key press (conventions: `application/dtmf-relay`), as old phones send it.
    fn handle_info(&mut self, leg: LegId, server: ServerId, request: &Request) {
        let kind = request.headers.get(&HeaderName::ContentType).map(|v| v.to_ascii_lowercase()).unwrap_or_default();
        let digit = if kind.starts_with(b"application/dtmf-relay") {
            relay_digit(&request.body)
        } else if kind.starts_with(b"application/dtmf") {
            request.body.trim_ascii().first().copied().and_then(as_digit)
        } else {
            None
        };
        self.answer_in_dialog(
            server,
            request,
            if digit.is_some() || request.body.is_empty() { StatusCode::OK } else { StatusCode(415) },
        );
        if let Some(digit) = digit {
            self.key_pressed(leg, digit);
            self.pass_key_on(leg, digit, INFO_KEY);
        }
    }
}

/// The `Signal=` line of `application/dtmf-relay`.
fn relay_digit(body: &[u8]) -> Option<char> {
    let line = body.split(|b| *b == b'\n').find_map(|l| {
        let l = l.trim_ascii();
        l.get(..7).filter(|p| p.eq_ignore_ascii_case(b"signal=")).map(|_| &l[7..])
    })?;
    line.trim_ascii().first().copied().and_then(as_digit)
}

fn as_digit(byte: u8) -> Option<char> {
    let c = char::from(byte.to_ascii_uppercase());
    matches!(c, '0'..='9' | '*' | '#' | 'A'..='D').then_some(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_press_is_read_from_info() {
        assert_eq!(relay_digit(b"Signal= 5\r\nDuration=160\r\n"), Some('5'));
        assert_eq!(relay_digit(b"Duration=160\r\nsignal=#"), Some('#'));
        assert_eq!(relay_digit(b"Signal=\r\n"), None);
        assert_eq!(relay_digit(b"Signal=x"), None);
        assert_eq!(as_digit(b'd'), Some('D'));
    }
}
