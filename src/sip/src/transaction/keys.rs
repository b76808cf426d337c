//! How a message finds its transaction (RFC 3261 §17.1.3, §17.2.3, §8.2.2.2).
//!
//! What a server transaction is matched by is kept as a keyed 128-bit hash, not as copies of header fields: small, of
//! one size, and without the secret key nobody can make two that collide. Client transactions carry their number in
//! the branch, beside a secret that a stranger cannot guess.

// The only keyed, stable hash of the standard library; deprecated in favour of one whose key cannot be given.
#[allow(deprecated)]
use std::hash::{Hash, Hasher, SipHasher};

use base::Random;

use super::ClientId;
use crate::message::{Host, Method, Request, Via};

/// RFC 3261 §8.1.1.7: what a branch begins with if it is unique.
const COOKIE: &str = "z9hG4bK";

/// The secret of the hashes.
#[derive(Debug)]
pub(super) struct Secret([(u64, u64); 2]);

/// What a request is matched to a server transaction by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct ServerKey(u128);

/// What a merged request is known by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct MergeKey(u64);

/// By which rule a request is matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Matching {
    /// The branch is unique.
    Branch,
    /// A peer of RFC 2543: by its other header fields.
    Fields,
}

impl Secret {
    /// A new one.
    pub fn new(random: &mut Random) -> Self {
        let mut pair = || (random.next_u64(), random.next_u64());
        Secret([pair(), pair()])
    }

    #[allow(deprecated)]
    fn hash(&self, half: usize, value: &impl Hash) -> u64 {
        let (k0, k1) = self.0[half];
        let mut hasher = SipHasher::new_with_keys(k0, k1);
        value.hash(&mut hasher);
        hasher.finish()
    }

    fn hash128(&self, value: &impl Hash) -> u128 {
        u128::from(self.hash(0, value)) << 64 | u128::from(self.hash(1, value))
    }

    /// The key of a request; an ACK and a CANCEL get the key of the INVITE that they belong to.
    pub fn server_key(&self, request: &Request, via: Option<&Via>) -> (ServerKey, Matching) {
        let method = match &request.method {
            Method::Ack | Method::Cancel => &Method::Invite,
            other => other,
        };
        let sent_by = via.map(|via| (folded(&via.host), via.port.unwrap_or(5060)));
        if let Some(branch) = via.and_then(unique_branch) {
            return (ServerKey(self.hash128(&(branch, sent_by, method))), Matching::Branch);
        }
        // RFC 3261 §17.2.3, second half. The To tag is left out here: an ACK has it, its INVITE had none. The machine
        // compares it.
        let headers = &request.headers;
        let cseq = headers.cseq().map(|cseq| cseq.number).unwrap_or_default();
        let branch = via.and_then(|via| via.params.value("branch"));
        let fields = (request.uri.to_string(), headers.from_tag(), headers.call_id(), cseq, method, sent_by, branch);
        (ServerKey(self.hash128(&fields)), Matching::Fields)
    }

    /// RFC 3261 §8.2.2.2: what two copies of one request have in common that came by different ways. `None` for
    /// requests inside a dialog.
    pub fn merge_key(&self, request: &Request) -> Option<MergeKey> {
        let headers = &request.headers;
        if headers.to_tag().is_some() {
            return None;
        }
        let from_tag = headers.from_tag()?; // Without it (RFC 2543) unrelated requests could look alike.
        let cseq = headers.cseq().ok()?.number;
        Some(MergeKey(self.hash(0, &(from_tag, headers.call_id(), cseq, &request.method))))
    }

    /// A tag, never 0.
    pub fn tag(&self, tag: Option<&[u8]>) -> u64 {
        self.hash(0, &tag.unwrap_or_default()) | 1
    }
}

/// A host with its case folded.
fn folded(host: &Host) -> Host {
    match host {
        Host::Name(name) if name.iter().any(u8::is_ascii_uppercase) => Host::Name(name.to_ascii_lowercase().into()),
        other => other.clone(),
    }
}

/// The branch if it begins with the cookie and goes on after it.
fn unique_branch(via: &Via) -> Option<&[u8]> {
    let branch: &[u8] = via.params.value("branch")?;
    (branch.len() > COOKIE.len() && branch[..COOKIE.len()].eq_ignore_ascii_case(COOKIE.as_bytes())).then_some(branch)
}

/// The branch of a client transaction: cookie, secret, number.
pub(super) fn client_branch(id: ClientId, secret: u64) -> String {
    format!("{COOKIE}{secret:016x}{:x}", id.0)
}

/// The number and the secret in a branch of ours.
pub(super) fn read_client_branch(via: &Via) -> Option<(ClientId, u64)> {
    let branch = std::str::from_utf8(&unique_branch(via)?[COOKIE.len()..]).ok()?;
    let (secret, id) = branch.split_at_checked(16)?;
    if branch.contains('+') {
        return None; // from_str_radix would take a sign.
    }
    Some((ClientId(u64::from_str_radix(id, 16).ok()?), u64::from_str_radix(secret, 16).ok()?))
}
