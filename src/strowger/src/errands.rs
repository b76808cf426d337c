//! What the exchange wants done elsewhere and waits for without stopping: SIP servers to be found, mails to be sent.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use exchange::io::{Input, Locate, Located, Mail};
use net::dns::{Locator, LocatorOptions, Loopback, Question};
use net::stream::{StreamHub, TlsServer};
use sip::Transport;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use web::{CurrentConfig, RecordingFiles};

use crate::exit::Failure;
use crate::host::random;
use crate::mail::Post;
use crate::signalling::Inbox;

/// Errands that may wait; those beyond are dropped, and the exchange asks again in its own time.
const ERRANDS_MAX: usize = 4_096;
/// After a failure the exchange is told so, and asks again after this long.
const FAILURE_HOLDS: Duration = Duration::from_secs(30);

/// The way to whoever does them.
#[derive(Debug)]
pub struct Errands(mpsc::Sender<Errand>);

#[derive(Debug)]
enum Errand {
    Locate { question: u64, what: Locate },
    Mail(Box<Mail>),
    Remove { file: String },
}

impl Errands {
    /// Starts whoever does them.
    pub fn start(
        handle: &Handle,
        inbox: Inbox,
        hub: StreamHub,
        config: Arc<CurrentConfig>,
        files: Box<dyn RecordingFiles>,
        ports: (u16, Option<u16>),
    ) -> Result<Errands, Failure> {
        let (sender, errands) = mpsc::channel(ERRANDS_MAX);
        // A trunk to a second box on the same machine is the owner's own wish.
        let options = LocatorOptions { loopback: Loopback::Allowed, ..LocatorOptions::system(random()?) };
        let (locator, files): (Locator, Arc<dyn RecordingFiles>) = (Locator::new(options), files.into());
        let post = Post::start(handle, inbox.clone(), Arc::clone(&config), Arc::clone(&files), locator.clone());
        let finder = Finder { locator, inbox, hub, config, files, post, ports };
        handle.spawn(run(errands, finder));
        Ok(Errands(sender))
    }

    /// A SIP server is to be found.
    pub fn locate(&self, question: u64, what: Locate) {
        self.send(Errand::Locate { question, what });
    }

    /// A recording's file is to go.
    pub fn remove_recording(&self, file: String) {
        self.send(Errand::Remove { file });
    }

    /// A mail is to be sent.
    pub fn mail(&self, mail: Mail) {
        self.send(Errand::Mail(Box::new(mail)));
    }

    fn send(&self, errand: Errand) {
        if self.0.try_send(errand).is_err() {
            tracing::warn!("so many errands wait that one was dropped");
        }
    }
}

#[derive(Clone)]
struct Finder {
    locator: Locator,
    inbox: Inbox,
    hub: StreamHub,
    config: Arc<CurrentConfig>,
    files: Arc<dyn RecordingFiles>,
    post: Arc<Post>,
    /// Where the box listens: SIP over UDP and TCP, SIP over TLS.
    ports: (u16, Option<u16>),
}

async fn run(mut errands: mpsc::Receiver<Errand>, finder: Finder) {
    while let Some(errand) = errands.recv().await {
        match errand {
            // Each on its own: a name server that keeps silent must not keep the others waiting.
            Errand::Locate { question, what } => drop(tokio::spawn(finder.clone().find(question, what))),
            Errand::Remove { file } => {
                let files = Arc::clone(&finder.files);
                drop(tokio::task::spawn_blocking(move || {
                    if let Err(error) = files.remove(&file) {
                        tracing::warn!(file, %error, "a recording's file stays");
                    }
                }));
            }
            Errand::Mail(mail) => drop(tokio::spawn(Arc::clone(&finder.post).send(*mail))),
        }
    }
}

impl Finder {
    async fn find(self, question: u64, what: Locate) {
        let secure = what.transport == Some(Transport::Tls);
        let asked = Question { host: what.host.clone(), port: what.port, transport: what.transport, secure };
        let (targets, holds) = match self.locator.locate(asked).await {
            Ok(found) => (found.targets, found.holds),
            Err(error) => {
                tracing::warn!(host = what.host, %error, "a SIP server cannot be found");
                (Vec::new(), FAILURE_HOLDS)
            }
        };
        let config = self.config.load().1;
        let verify = verifies(config.trunks.values(), &what);
        let mut located = Vec::with_capacity(targets.len());
        for target in targets {
            if target.transport == Transport::Tls {
                self.hub.server_is(target.addr, TlsServer { name: target.host.clone(), verify });
            }
            let port = if target.transport == Transport::Tls { self.ports.1.unwrap_or(0) } else { self.ports.0 };
            let Some(ip) = net::udp::local_address_for(target.addr) else { continue }; // no way there
            let local = SocketAddr::new(ip, port);
            located.push(Located { addr: target.addr, transport: target.transport, name: target.host, local });
        }
        let inbox = self.inbox.clone();
        let found = Input::Located { question, targets: located, holds };
        let _ = tokio::task::spawn_blocking(move || inbox.send_waiting(found)).await;
    }
}

/// Whether the certificate of a server that was asked for must be good: where one of its trunks says so, for they share
/// its connections, and where nobody says anything.
fn verifies<'a>(trunks: impl Iterator<Item = &'a config::Trunk>, what: &Locate) -> bool {
    let mut said = trunks.filter(|t| t.enabled).filter_map(|t| {
        let theirs = Locate::for_trunk(t);
        (theirs.host == what.host && theirs.port == what.port).then_some(t.verify)
    });
    said.next().is_none_or(|first| first || said.any(|verify| verify))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trunks(rows: &[(&str, &str)]) -> Vec<config::Trunk> {
        let row = |n: usize, more: &str| {
            format!(
                "[[trunk]]\nname = \"t{n}\"\nkind = \"address\"\ntransport = \"tls\"\nhost = \"sip.example.com\"\n{more}\n"
            )
        };
        let text: String =
            rows.iter().enumerate().map(|(n, (server, verify))| row(n, &format!("{server}\n{verify}"))).collect();
        config::Document::parse(&text).unwrap().config().trunks.values().cloned().collect()
    }

    #[test]
    fn a_certificate_goes_unchecked_only_where_all_trunks_of_a_server_say_so() {
        let (at_proxy, at_port) = ("proxy = \"edge.example.com\"", "port = 5071");
        let (off, on) = ("verify = false", "verify = true");
        for (rows, asked, checked) in [
            (vec![(at_port, off)], 0, false),
            (vec![(at_port, on)], 0, true),
            // What is asked for is the proxy.
            (vec![(at_port, on), (at_proxy, off)], 1, false),
            // Another server on the same host.
            (vec![("port = 5072", on), (at_port, off)], 1, false),
            (vec![(at_port, off), ("port = 5072", on)], 1, true),
            // The same server twice.
            (vec![(at_port, off), (at_port, on)], 0, true),
            (vec![(at_port, off), (at_port, "verify = true\nenabled = false")], 0, false),
        ] {
            let trunks = trunks(&rows);
            assert_eq!(verifies(trunks.iter(), &Locate::for_trunk(&trunks[asked])), checked, "{rows:?}");
        }
        let nobody = Locate { host: "gone.example.com".to_owned(), port: None, transport: None };
        assert!(verifies(trunks(&[(at_port, off)]).iter(), &nobody));
    }
}
