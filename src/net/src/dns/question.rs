//! What is asked of a [`Locator`](super::Locator) and what it answers.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use base::Random;
use sip::Transport;

use super::{HOLDS_MAX, HOLDS_MIN};

/// How a locator asks.
#[derive(Clone, Debug)]
pub struct LocatorOptions {
    /// Name servers to ask; empty means those of `/etc/resolv.conf`, read again when that file changes.
    pub servers: Vec<SocketAddr>,
    /// Longest wait for one record set, retries included; see [`super::TOTAL_MAX`] for the whole.
    pub timeout: Duration,
    /// Which addresses are wanted.
    pub family: Family,
    /// Whether a name may lead to this machine.
    pub loopback: Loopback,
    /// Decides among SRV records of equal priority (RFC 2782).
    pub random: Random,
}

impl LocatorOptions {
    /// The system's name servers, 3 s a record set, both families, no way to ourselves.
    pub fn system(random: Random) -> Self {
        LocatorOptions {
            servers: Vec::new(),
            timeout: Duration::from_secs(3),
            family: Family::Any,
            loopback: Loopback::Refused,
            random,
        }
    }
}

/// Which addresses are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Family {
    /// Both; IPv4 is tried first, for most providers of telephony still test that road only.
    #[default]
    Any,
    /// A records only.
    V4,
    /// AAAA records only.
    V6,
}

/// Whether a name may lead to 127.0.0.0/8 or ::1. The name `localhost` and literal addresses always may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Loopback {
    /// Such addresses are left out of answers: a foreign name server cannot make us call ourselves.
    #[default]
    Refused,
    /// For a box that serves its own machine only, as in tests.
    Allowed,
}

/// A request's next hop: what a SIP URI says about where to go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Name or address; IPv6 with or without brackets.
    pub host: String,
    /// The port, when one is given: then neither NAPTR nor SRV is asked (RFC 3263 §4.2).
    pub port: Option<u16>,
    /// The transport, when one is given: then NAPTR is not asked (RFC 3263 §4.1).
    pub transport: Option<Transport>,
    /// A `sips` URI: only TLS will do.
    pub secure: bool,
}

/// Somewhere to send a request to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Address and port.
    pub addr: SocketAddr,
    /// How to go there.
    pub transport: Transport,
    /// SRV priority, lower first; 0 where no SRV record was used.
    pub priority: u16,
    /// SRV weight; 0 where no SRV record was used.
    pub weight: u16,
    /// The name a TLS certificate must bear: the one asked for, not one that DNS led to (RFC 5922 §4).
    pub host: String,
}

/// Targets in the order to try them, never empty, and how long they may be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located {
    /// At most [`super::TARGETS_MAX`].
    pub targets: Vec<Target>,
    /// Between [`HOLDS_MIN`] and [`HOLDS_MAX`].
    pub holds: Duration,
}

/// Why there is nowhere to go.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LocateError {
    /// Not a host name nor an address.
    #[error("{host:?} is not a host name or an address")]
    BadName {
        /// As given.
        host: String,
    },
    /// A `sips` URI that names UDP.
    #[error("a sips address cannot be reached over {transport:?}")]
    Insecure {
        /// As given.
        transport: Transport,
    },
    /// DNS knows no address for it.
    #[error("no address is known for {host}")]
    NoAddress {
        /// As asked.
        host: String,
    },
    /// The domain says that it offers no such service (RFC 2782: an SRV target of `.`).
    #[error("{host} says that it offers no such service")]
    NotOffered {
        /// As asked.
        host: String,
    },
    /// Every address found is one that nothing may be sent to.
    #[error("{host} leads only to addresses that are not allowed")]
    Refused {
        /// As asked.
        host: String,
    },
    /// More than [`super::ALIASES_MAX`] aliases in a row.
    #[error("{host} is an alias of an alias without end")]
    Aliases {
        /// As asked.
        host: String,
    },
    /// No name server answered in time.
    #[error("no name server answered for {host} in time")]
    TimedOut {
        /// As asked.
        host: String,
    },
    /// A name server answered with an error or with nonsense.
    #[error("the name servers failed for {host}: {text}")]
    Failed {
        /// As asked.
        host: String,
        /// What was wrong.
        text: String,
    },
    /// No name server is known.
    #[error("no name server is known")]
    NoServers,
}

impl LocateError {
    /// Whether asking again later may help.
    pub fn is_temporary(&self) -> bool {
        matches!(self, LocateError::TimedOut { .. } | LocateError::Failed { .. } | LocateError::NoServers)
    }
}

/// What a host turned out to be.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Host {
    /// An address, and the name a certificate for it must bear.
    Address(IpAddr, String),
    /// In lower case, without the final dot, checked.
    Name(String),
}

impl Host {
    pub(super) fn parse(text: &str) -> Result<Host, LocateError> {
        let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        let address = match bare {
            Some(inner) => inner.parse::<Ipv6Addr>().ok().map(IpAddr::V6),
            None => text.parse::<IpAddr>().ok(),
        };
        if let Some(ip) = address.map(|ip| ip.to_canonical()) {
            return Ok(Host::Address(ip, ip.to_string()));
        }
        match host_name(text) {
            // RFC 6761 §6.3: name servers are not asked for it.
            Some(name) if name == "localhost" => Ok(Host::Address(Ipv4Addr::LOCALHOST.into(), name)),
            Some(name) => Ok(Host::Name(name)),
            // The offender is shown cut short: it may be 64 KiB of someone's fuzz.
            None => Err(LocateError::BadName { host: text.chars().take(64).collect() }),
        }
    }
}

/// A host name in lower case without its final dot, or `None`: labels of 1–63 letters, digits, hyphens (RFC 1123
/// §2.1) or underscores, 253 in all, the last one not a number (RFC 1123 §2.1, RFC 3696 §2).
pub(super) fn host_name(text: &str) -> Option<String> {
    let text = text.strip_suffix('.').unwrap_or(text);
    if text.is_empty() || text.len() > 253 {
        return None;
    }
    let label =
        |l: &str| (1..=63).contains(&l.len()) && l.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    let numeric = |l: &str| l.bytes().all(|b| b.is_ascii_digit());
    let good = text.split('.').all(label) && !text.rsplit('.').next().is_some_and(numeric);
    good.then(|| text.to_ascii_lowercase())
}

/// How long an answer is said to hold; one without a TTL of its own (part of it failed) holds shortest.
pub(super) fn clamp_holds(ttl: Option<Duration>) -> Duration {
    ttl.unwrap_or(HOLDS_MIN).clamp(HOLDS_MIN, HOLDS_MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_text_is_an_address_or_a_name_or_refused(text in "(\\PC*|[a-z0-9.:_\\[\\]-]{0,40})") {
            match Host::parse(&text) {
                Ok(Host::Name(name)) => {
                    prop_assert!(name.len() <= 253 && name.is_ascii());
                    prop_assert_eq!(Host::parse(&name), Ok(Host::Name(name.clone())), "a name stays itself");
                }
                Ok(Host::Address(ip, _)) => prop_assert_eq!(ip, ip.to_canonical()),
                Err(error) => prop_assert!(!error.is_temporary()),
            }
        }
    }
}
