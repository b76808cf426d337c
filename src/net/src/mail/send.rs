//! One message to the relay.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, CertificateStore, TlsParameters, TlsVersion};
use lettre::transport::smtp::extension::ClientId;
use tokio::net::TcpStream;

use super::compose::compose;
use super::wire::LineStream;
use super::{MailError, MailSettings, Message, Security};
use crate::dns::Locator;

/// Longest wait for a connection to one address of the relay.
const CONNECT_MAX: Duration = Duration::from_secs(15);
/// Addresses of the relay that are tried for one message.
const ADDRESSES_MAX: usize = 4;

/// Sends messages to one relay, one connection each. Cheap to clone.
#[derive(Clone)]
pub struct Mailer {
    inner: Arc<Inner>,
}

struct Inner {
    settings: MailSettings,
    locator: Locator,
    hello: ClientId,
    /// `None` only for [`Security::None`].
    tls: Option<TlsParameters>,
    login: Option<Credentials>,
}

impl Mailer {
    /// Checks the settings. Refused: a password on a way without TLS, a user without a password or the reverse, a
    /// certificate that is none, a name to greet with that is none.
    pub fn new(settings: MailSettings, locator: Locator) -> Result<Self, MailError> {
        let login = match (&settings.user, &settings.password) {
            (Some(_), Some(_)) if settings.security == Security::None => {
                return Err(MailError::relay("a password is not sent without TLS"));
            }
            (Some(user), Some(password)) => Some(Credentials::new(user.clone(), password.0.clone())),
            (None, None) => None,
            _ => return Err(MailError::relay("user name and password belong together")),
        };
        let hello = settings.hello.as_deref().unwrap_or(settings.from.domain());
        if hello.is_empty() || !hello.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._[]:".contains(&b)) {
            return Err(MailError::relay("the name to greet the relay with is not a host name"));
        }
        let hello = ClientId::Domain(hello.to_owned());
        let tls = match settings.security {
            Security::None => None,
            Security::Tls | Security::StartTls => Some(tls(&settings)?),
        };
        Ok(Mailer { inner: Arc::new(Inner { settings, locator, hello, tls, login }) })
    }

    /// Hands `message` to the relay. `Ok` means that the relay took it and is now responsible (RFC 5321 §4.2.5).
    pub async fn send(&self, message: &Message) -> Result<(), MailError> {
        match tokio::time::timeout(self.inner.settings.timeout, self.inner.send(message)).await {
            Ok(result) => result,
            Err(_) => {
                let took = self.inner.settings.timeout.as_secs();
                Err(MailError::relay(format_args!("the relay did not take the message within {took} s")))
            }
        }
    }
}

impl Inner {
    async fn send(&self, message: &Message) -> Result<(), MailError> {
        let (envelope, octets) = compose(&self.settings.from, message)?;
        let mut connection = self.open().await?;
        let sent = connection.send(&envelope, &octets).await;
        match sent {
            Ok(_) => {
                // It has gone; whether the relay says goodbye matters to nobody.
                let _ = connection.quit().await;
                Ok(())
            }
            Err(error) => Err(refusal(&error)),
        }
    }

    /// A connection that may send: greeted, protected, logged in.
    async fn open(&self) -> Result<AsyncSmtpConnection, MailError> {
        let (addresses, _) = self.locator.addresses(&self.settings.host).await.map_err(MailError::relay)?;
        let mut last = MailError::relay("the relay has no address");
        for ip in addresses.into_iter().take(ADDRESSES_MAX) {
            match tokio::time::timeout(CONNECT_MAX, self.greet(ip)).await {
                Ok(Ok(mut connection)) => {
                    if let Some(login) = &self.login {
                        let offered = [Mechanism::Plain, Mechanism::Login];
                        connection.auth(&offered, login).await.map_err(|e| MailError::relay(words(&e)))?;
                    }
                    return Ok(connection);
                }
                Ok(Err(error)) => last = error,
                Err(_) => last = MailError::relay(format_args!("the relay at {ip} does not answer")),
            }
        }
        Err(last)
    }

    async fn greet(&self, ip: IpAddr) -> Result<AsyncSmtpConnection, MailError> {
        let addr = SocketAddr::new(ip, self.settings.port);
        let failed = |error: lettre::transport::smtp::Error| MailError::relay(words(&error));
        match (self.settings.security, &self.tls) {
            (Security::StartTls, Some(tls)) => {
                let mut connection = self.plain(addr).await?;
                if !connection.can_starttls() {
                    // Never go on in the clear: somebody on the way may have taken the offer out.
                    return Err(MailError::relay("the relay does not offer STARTTLS"));
                }
                connection.starttls(tls.clone(), &self.hello).await.map_err(failed)?;
                Ok(connection)
            }
            (Security::Tls, Some(tls)) => {
                AsyncSmtpConnection::connect_tokio1(addr, Some(CONNECT_MAX), &self.hello, Some(tls.clone()), None)
                    .await
                    .map_err(failed)
            }
            (Security::None, _) => self.plain(addr).await,
            // `new` makes parameters for both protected ways.
            (Security::Tls | Security::StartTls, None) => Err(MailError::relay("no TLS parameters")),
        }
    }

    async fn plain(&self, addr: SocketAddr) -> Result<AsyncSmtpConnection, MailError> {
        let stream = TcpStream::connect(addr)
            .await
            .map_err(|error| MailError::relay(format_args!("cannot connect to the relay at {addr}: {error}")))?;
        AsyncSmtpConnection::connect_with_transport(Box::new(LineStream::new(stream)), &self.hello)
            .await
            .map_err(|error| MailError::relay(words(&error)))
    }
}

impl std::fmt::Debug for Mailer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mailer").field("host", &self.inner.settings.host).finish_non_exhaustive()
    }
}

/// TLS 1.2 or newer, the name checked, against the public authorities and those of the settings.
fn tls(settings: &MailSettings) -> Result<TlsParameters, MailError> {
    let mut builder = TlsParameters::builder(settings.host.clone())
        .certificate_store(CertificateStore::WebpkiRoots)
        .set_min_tls_version(TlsVersion::Tlsv12);
    for root in &settings.extra_roots {
        let root = Certificate::from_der(root.to_vec());
        builder = builder.add_root_certificate(root.map_err(|e| MailError::relay(words(&e)))?);
    }
    builder.build_rustls().map_err(|e| MailError::relay(words(&e)))
}

/// A failure while the message was handed over.
fn refusal(error: &lettre::transport::smtp::Error) -> MailError {
    let code = error.status().map(u16::from);
    let text = words(error);
    match code {
        // RFC 4954 §6: these ask for a login, or a better one; the message is not to blame.
        Some(530 | 534 | 535 | 538) => MailError::relay(text),
        // RFC 5321 §3.8: the service is closing.
        Some(421) => MailError::relay(text),
        Some(_) => MailError::message(error.is_transient(), text),
        // The library itself refuses, for instance an addressee that the relay's character set cannot name.
        None if error.is_client() => MailError::message(false, text),
        None => MailError::relay(text),
    }
}

/// The error and what caused it, in one line.
fn words(error: &lettre::transport::smtp::Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        let more = inner.to_string();
        if !text.contains(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        source = inner.source();
    }
    text
}
