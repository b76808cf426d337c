//! What we prove to know, and to whom (RFC 3261 §22, RFC 8760): the password of a trunk answers challenges for the
//! trunk's realm, in answers of the trunk's own servers, a bounded number of times.

use bytes::Bytes;
use config::Trunk;
use sip::digest::{self, Challenge};
use sip::message::{HeaderName, Request, Response, StatusCode};

/// What a trunk's servers have asked for.
#[derive(Debug, Default)]
pub(super) struct Credentials {
    /// The realm that our password is for, where the document names none: the first one that was asked for.
    learnt_realm: Option<String>,
    /// The last challenge that may be answered, also by requests that have not been asked themselves.
    last: Option<Last>,
    /// The nonce before that one.
    nonce_before: Option<Bytes>,
}

#[derive(Debug)]
struct Last {
    row: Bytes,
    nonce: Bytes,
    /// By a proxy (407), or by the server itself (401).
    proxy: bool,
    /// Requests that answered it.
    count: u32,
}

/// What is to be known of a challenge before it is answered.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) nonce: Bytes,
    pub(super) stale: bool,
}

/// Why a challenge is not answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unanswerable {
    /// The trunk has no password.
    NoPassword,
    /// None of the challenges is one that we understand.
    NotUnderstood,
    /// It is for another realm: the password is for one alone.
    OtherRealm(String),
}

impl std::fmt::Display for Unanswerable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Unanswerable::NoPassword => f.write_str("it asks for a password, and the trunk has none"),
            Unanswerable::NotUnderstood => f.write_str("it asks for proof in a way that the box does not know"),
            Unanswerable::OtherRealm(realm) => {
                write!(f, "it asks for the password of “{realm}”, which is not this trunk's realm: it is not told")
            }
        }
    }
}

impl Credentials {
    /// Reads the challenge of a 401 or 407 of one of the trunk's servers: of several the first that can be answered,
    /// for they come best first (RFC 8760 §2.4).
    pub(super) fn read(&mut self, trunk: &Trunk, response: &Response) -> Result<Asked, Unanswerable> {
        if trunk.password.is_none() {
            return Err(Unanswerable::NoPassword);
        }
        let proxy = response.status == StatusCode(407);
        let name = if proxy { HeaderName::ProxyAuthenticate } else { HeaderName::WwwAuthenticate };
        let mut other = None;
        for row in response.headers.all(&name) {
            let Ok(challenge) = Challenge::read(row) else { continue };
            let realm = String::from_utf8_lossy(challenge.realm()).into_owned();
            let ours = trunk.realm.as_ref().or(self.learnt_realm.as_ref());
            if ours.is_some_and(|ours| *ours != realm) {
                other = Some(realm.chars().take(REALM_SHOWN).collect());
                continue;
            }
            if trunk.realm.is_none() {
                self.learnt_realm = Some(realm);
            }
            let nonce = Bytes::copy_from_slice(challenge.nonce());
            let row = Bytes::copy_from_slice(row);
            self.nonce_before = self.last.take().map(|last| last.nonce);
            self.last = Some(Last { row, nonce: nonce.clone(), proxy, count: 0 });
            return Ok(Asked { nonce, stale: challenge.is_stale() });
        }
        Err(other.map_or(Unanswerable::NotUnderstood, Unanswerable::OtherRealm))
    }

    /// Puts the answer to the last challenge into a request, in place of an earlier one; nothing where there was none.
    pub(super) fn answer(&mut self, trunk: &Trunk, request: &mut Request, cnonce: &str) {
        let (Some(last), Some(password)) = (&mut self.last, &trunk.password) else { return };
        let user = trunk.auth_user.as_ref().or(trunk.user.as_ref()).map_or("", String::as_str);
        last.count += 1;
        let value = digest::answer(&last.row, &request.method, &request.uri, user, &password.0, cnonce, last.count);
        let name = if last.proxy { HeaderName::ProxyAuthorization } else { HeaderName::Authorization };
        if let Ok(value) = value {
            request.headers.set(name, value);
        }
    }

    /// Whether a challenge is another one than that before: the same nonce again means that the answer was wrong
    /// (RFC 3261 §22.1).
    pub(super) fn is_new(&self, asked: &Asked) -> bool {
        asked.stale || self.nonce_before.as_ref() != Some(&asked.nonce)
    }

    /// The provider no longer takes answers to the last challenge.
    pub(super) fn forget(&mut self) {
        self.last = None;
    }
}

/// Of a realm that a provider sent, in a note.
const REALM_SHOWN: usize = 60;

#[cfg(test)]
mod tests {
    use super::*;
    use sip::message::{Method, Uri};

    fn response(status: u16, rows: &[&str]) -> Response {
        let mut response = Response::new(StatusCode(status));
        let name = if status == 407 { HeaderName::ProxyAuthenticate } else { HeaderName::WwwAuthenticate };
        for row in rows {
            response.headers.push(name.clone(), (*row).to_owned());
        }
        response
    }

    fn trunk(realm: Option<&str>) -> Trunk {
        let mut trunk = crate::trunk::tests::trunk("a");
        trunk.realm = realm.map(str::to_owned);
        trunk
    }

    #[test]
    fn the_password_is_for_one_realm() {
        let ours = response(401, &[r#"Digest realm="provider", nonce="n1", qop="auth""#]);
        let theirs = response(407, &[r#"Digest realm="attacker", nonce="n2""#]);
        let mut configured = Credentials::default();
        assert!(configured.read(&trunk(Some("provider")), &ours).is_ok());
        let refused = configured.read(&trunk(Some("provider")), &theirs);
        assert_eq!(refused.unwrap_err(), Unanswerable::OtherRealm("attacker".to_owned()));
        // Without a realm in the document the first one that the provider names is the only one.
        let mut learnt = Credentials::default();
        assert!(learnt.read(&trunk(None), &ours).is_ok());
        assert!(learnt.read(&trunk(None), &theirs).is_err());
        let mut none = trunk(None);
        none.password = None;
        assert_eq!(Credentials::default().read(&none, &ours).unwrap_err(), Unanswerable::NoPassword);
    }

    #[test]
    fn the_first_challenge_that_we_understand_is_answered() {
        let rows = [
            r#"Digest realm="p", nonce="n0", algorithm=SHA-1024"#,
            r#"Digest realm="p", nonce="n1", algorithm=SHA-256, qop="auth", stale=TRUE"#,
            r#"Digest realm="p", nonce="n2""#,
        ];
        let mut credentials = Credentials::default();
        let asked = credentials.read(&trunk(None), &response(401, &rows)).unwrap();
        assert_eq!((&asked.nonce[..], asked.stale), (&b"n1"[..], true));
        let mut request = Request::new(Method::Register, Uri::parse(b"sip:p").unwrap());
        credentials.answer(&trunk(None), &mut request, "c");
        credentials.answer(&trunk(None), &mut request, "c");
        let value = request.headers.get(&HeaderName::Authorization).unwrap();
        let value = String::from_utf8_lossy(value);
        assert!(value.contains(r#"username="account""#) && value.contains("nc=00000002"), "{value}");
        assert_eq!(request.headers.all(&HeaderName::Authorization).count(), 1);
    }
}
