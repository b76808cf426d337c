//! A document from a web address that a person typed in: a calendar of holidays, as a rule.
//!
//! Owns the request, its limits, and where it may go. Refuses to know what the document means, and everything of HTTP
//! that a feed does not need: cookies, passwords, compression, ranges, connections kept open.
//!
//! **Invariant:** a connection is made only to an address that [`guard`] has judged, the very one that was judged: a
//! name that answers differently the second time gains nothing. Each redirect is judged like the first address. No
//! answer makes a buffer grow beyond the limits given.

mod guard;
mod request;
#[cfg(test)]
mod tests;

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};
use url::{Host, Url};

pub use guard::{Network, NetworkError};

use crate::dns::{LocateError, Locator};
use request::Reply;

/// What a fetch may cost and where it may go.
#[derive(Clone, Debug)]
pub struct FetchLimits {
    /// Longest document in bytes.
    pub size_max: usize,
    /// Longest time in all, redirects included.
    pub time_max: Duration,
    /// Redirects followed.
    pub redirects_max: usize,
    /// Private networks that may be asked all the same; empty means none.
    pub allow_private: Vec<Network>,
}

impl Default for FetchLimits {
    /// 1 MiB, 20 s, 3 redirects, public addresses only.
    fn default() -> Self {
        FetchLimits {
            size_max: 1 << 20,
            time_max: Duration::from_secs(20),
            redirects_max: 3,
            allow_private: Vec::new(),
        }
    }
}

/// What is remembered of the last fetch, so that an unchanged document is not sent again (RFC 9110 §13.1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// The ETag header as it came.
    pub etag: Option<String>,
    /// The Last-Modified header as it came.
    pub last_modified: Option<String>,
}

/// What came.
#[derive(Clone, PartialEq, Eq)]
pub enum Fetched {
    /// The document.
    Document {
        /// Its bytes.
        body: Bytes,
        /// To be given with the next fetch.
        known: Known,
    },
    /// The document is still the one that is known.
    Unchanged,
}

impl fmt::Debug for Fetched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fetched::Document { body, known } => write!(f, "Document({} bytes, {known:?})", body.len()),
            Fetched::Unchanged => f.write_str("Unchanged"),
        }
    }
}

/// Why nothing came. Shown to an administrator: it says nothing of what a refused address would have answered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// Not an address of the web.
    #[error("not a web address: {text}")]
    BadUrl {
        /// What is wrong with it.
        text: String,
    },
    /// A scheme that is not fetched.
    #[error("only http and https addresses are fetched, not {scheme}")]
    Scheme {
        /// As given.
        scheme: String,
    },
    /// An address in a network that is not to be asked.
    #[error("{host} is at a private or reserved address, which is not fetched unless its network is allowed")]
    Private {
        /// The name or address.
        host: String,
    },
    /// A port of another service.
    #[error("port {port} is not a port of the web")]
    Port {
        /// As given.
        port: u16,
    },
    /// The name leads nowhere.
    #[error("the address cannot be found")]
    Name(#[source] LocateError),
    /// No connection, no TLS or no HTTP.
    #[error("no answer from {host}: {text}")]
    Failed {
        /// The name or address.
        host: String,
        /// What went wrong.
        text: String,
    },
    /// Another status than 200 or 304.
    #[error("the server answered with status {status}")]
    Status {
        /// As received.
        status: u16,
    },
    /// The document is longer than allowed.
    #[error("the document is longer than {size_max} bytes")]
    TooLarge {
        /// The limit.
        size_max: usize,
    },
    /// More redirects than allowed.
    #[error("more than {redirects_max} redirects")]
    Redirects {
        /// The limit.
        redirects_max: usize,
    },
    /// It took too long.
    #[error("it took longer than {seconds} s")]
    TimedOut {
        /// The limit.
        seconds: u64,
    },
}

/// Fetches documents. Cheap to clone.
#[derive(Clone)]
pub struct Fetcher {
    locator: Locator,
    tls: Arc<ClientConfig>,
}

impl Fetcher {
    /// Trusts the public authorities and those given (DER). A certificate that is none is refused.
    pub fn new(locator: Locator, extra_roots: &[Bytes]) -> Result<Self, rustls::Error> {
        let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        for root in extra_roots {
            roots.add(CertificateDer::from(root.to_vec()))?;
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Fetcher { locator, tls: Arc::new(tls) })
    }

    /// Gets the document at `url`, or learns that it has not changed since `known`.
    pub async fn get(&self, url: &str, known: &Known, limits: &FetchLimits) -> Result<Fetched, FetchError> {
        match tokio::time::timeout(limits.time_max, self.follow(url, known, limits)).await {
            Ok(result) => result,
            Err(_) => Err(FetchError::TimedOut { seconds: limits.time_max.as_secs() }),
        }
    }

    async fn follow(&self, url: &str, known: &Known, limits: &FetchLimits) -> Result<Fetched, FetchError> {
        let mut url = parse(url)?;
        for _ in 0..=limits.redirects_max {
            let to = self.check(&url, limits).await?;
            match request::get(&url, &to, &self.tls, known, limits.size_max).await? {
                Reply::Document(body, known) => return Ok(Fetched::Document { body, known }),
                Reply::Unchanged => return Ok(Fetched::Unchanged),
                Reply::Elsewhere(location) => url = redirected(&url, &location)?,
            }
        }
        Err(FetchError::Redirects { redirects_max: limits.redirects_max })
    }

    /// The addresses of `url` that may be connected to; an error if none is.
    async fn check(&self, url: &Url, limits: &FetchLimits) -> Result<Vec<SocketAddr>, FetchError> {
        let port = url.port_or_known_default().unwrap_or(0);
        // The ports of other services stay out of reach: a mail relay takes a web request for a strange mail.
        if port < 1024 && port != 80 && port != 443 {
            return Err(FetchError::Port { port });
        }
        let addresses: Vec<IpAddr> = match url.host() {
            Some(Host::Ipv4(ip)) => vec![ip.into()],
            Some(Host::Ipv6(ip)) => vec![ip.into()],
            Some(Host::Domain(name)) => self.locator.addresses(name).await.map_err(FetchError::Name)?.0,
            None => return Err(FetchError::BadUrl { text: String::from("it has no host") }),
        };
        let allowed: Vec<SocketAddr> = addresses
            .into_iter()
            .filter(|&ip| guard::may_ask(ip, &limits.allow_private))
            .map(|ip| SocketAddr::new(ip, port))
            .collect();
        match allowed.is_empty() {
            true => Err(FetchError::Private { host: host(url) }),
            false => Ok(allowed),
        }
    }
}

impl fmt::Debug for Fetcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fetcher(..)")
    }
}

/// A web address that may be fetched as far as its text goes. `webcal` is how calendar programs write `https`.
fn parse(text: &str) -> Result<Url, FetchError> {
    let text = text.trim();
    let https = text.get(..9).filter(|start| start.eq_ignore_ascii_case("webcal://")).map(|_| {
        let rest = text.get(9..).unwrap_or_default();
        format!("https://{rest}")
    });
    let url =
        Url::parse(https.as_deref().unwrap_or(text)).map_err(|error| FetchError::BadUrl { text: error.to_string() })?;
    judge(url)
}

fn judge(url: Url) -> Result<Url, FetchError> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err(FetchError::Scheme { scheme: url.scheme().to_owned() });
    }
    if !url.username().is_empty() || url.password().is_some() {
        // It would stand in the configuration, its history and the logs of others.
        return Err(FetchError::BadUrl { text: String::from("it contains a user name or password") });
    }
    Ok(url)
}

/// Where a redirect leads (RFC 9110 §10.2.2: relative to where it came from).
fn redirected(from: &Url, location: &str) -> Result<Url, FetchError> {
    let to = from.join(location).map_err(|error| FetchError::BadUrl { text: error.to_string() })?;
    if from.scheme() == "https" && to.scheme() == "http" {
        return Err(FetchError::BadUrl { text: String::from("a redirect leads from https to http") });
    }
    judge(to)
}

fn host(url: &Url) -> String {
    url.host_str().unwrap_or_default().to_owned()
}
