//! The directory's listener: TCP connections for [`provision::ldap`].

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use provision::ldap::{Access, Directory, MESSAGE_MAX, Session};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::timeout;

use crate::{NetError, canonical};

/// Connections at a time; phones hold theirs while somebody searches.
const CONNECTIONS_MAX: usize = 256;
/// Of one address.
const CONNECTIONS_EACH_MAX: usize = 16;
/// A connection on which nothing happens ends.
const QUIET_MAX: Duration = Duration::from_secs(120);
/// An answer that the other end does not take ends it.
const WRITE_MAX: Duration = Duration::from_secs(10);
/// Wrong passwords of one address before it must wait.
const WRONG_MAX: u32 = 10;
/// And so long.
const WRONG_HOLDS: Duration = Duration::from_secs(600);
/// Addresses remembered for it.
const WRONG_TABLE_MAX: usize = 1_024;

/// Who may search, and what: asked anew for each connection and each message.
pub trait Catalogue: Send + Sync + 'static {
    /// By what somebody at this address may search.
    fn access(&self, peer: IpAddr) -> Access;
    /// What there is now.
    fn directory(&self) -> Arc<Directory>;
}

/// The listener; it and its connections end when this is dropped.
#[derive(Debug)]
pub struct LdapPort {
    local: SocketAddr,
    task: JoinHandle<()>,
}

impl LdapPort {
    /// Listens at `addr`.
    pub fn start(handle: &Handle, addr: SocketAddr, catalogue: Arc<dyn Catalogue>) -> Result<Self, NetError> {
        let failed = |source| NetError::new(addr, "TCP", source);
        let listener = crate::stream::bind(addr)?;
        listener.set_nonblocking(true).map_err(failed)?;
        let local = listener.local_addr().map_err(failed)?;
        let _entered = handle.enter();
        let listener = TcpListener::from_std(listener).map_err(failed)?;
        Ok(LdapPort { local, task: handle.spawn(serve(listener, catalogue)) })
    }

    /// Where it listens.
    pub fn local_addr(&self) -> SocketAddr {
        self.local
    }
}

impl Drop for LdapPort {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Wrong passwords by address, and when the first was.
#[derive(Default)]
struct Wrong(Mutex<HashMap<IpAddr, (u32, std::time::Instant)>>);

impl Wrong {
    fn holds(&self, peer: IpAddr) -> bool {
        let table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        table.get(&peer).is_some_and(|(count, since)| *count >= WRONG_MAX && since.elapsed() < WRONG_HOLDS)
    }

    fn note(&self, peer: IpAddr, count: u8) {
        let mut table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        table.retain(|_, (_, since)| since.elapsed() < WRONG_HOLDS);
        // While the table is full, newcomers are not counted: it takes a thousand addresses to get there.
        if table.len() < WRONG_TABLE_MAX || table.contains_key(&peer) {
            table.entry(peer).or_insert((0, std::time::Instant::now())).0 += u32::from(count);
        }
    }
}

async fn serve(listener: TcpListener, catalogue: Arc<dyn Catalogue>) {
    let wrong = Arc::new(Wrong::default());
    // Dropped with this task, and with it every connection.
    let mut connections: JoinSet<IpAddr> = JoinSet::new();
    let mut each: HashMap<IpAddr, usize> = HashMap::new();
    let mut whose: HashMap<tokio::task::Id, IpAddr> = HashMap::new();
    loop {
        tokio::select! {
            Some(ended) = connections.join_next_with_id() => {
                let id = match ended {
                    Ok((id, _)) => id,
                    Err(error) => error.id(),
                };
                if let Some(peer) = whose.remove(&id)
                    && let Some(count) = each.get_mut(&peer)
                {
                    *count -= 1;
                    if *count == 0 {
                        each.remove(&peer);
                    }
                }
            }
            accepted = listener.accept() => {
                let Ok((stream, peer)) = accepted else {
                    tokio::time::sleep(Duration::from_millis(100)).await; // no descriptor left, or the peer has gone
                    continue;
                };
                let peer = canonical(peer).ip();
                let count = each.get(&peer).copied().unwrap_or(0);
                if connections.len() >= CONNECTIONS_MAX || count >= CONNECTIONS_EACH_MAX || wrong.holds(peer) {
                    continue; // closed by being dropped
                }
                each.insert(peer, count + 1);
                let task = connections.spawn(converse(stream, peer, Arc::clone(&catalogue), Arc::clone(&wrong)));
                whose.insert(task.id(), peer);
            }
        }
    }
}

async fn converse(mut stream: TcpStream, peer: IpAddr, catalogue: Arc<dyn Catalogue>, wrong: Arc<Wrong>) -> IpAddr {
    let mut session = Session::new(catalogue.access(peer));
    let mut octets = [0; MESSAGE_MAX];
    while !session.has_ended() {
        let Ok(Ok(length @ 1..)) = timeout(QUIET_MAX, stream.read(&mut octets)).await else { break };
        let before = session.wrong();
        let out = session.handle(&octets[..length], &catalogue.directory());
        if session.wrong() > before {
            wrong.note(peer, session.wrong() - before);
            tracing::warn!(%peer, "a wrong password at the directory");
        }
        if !matches!(timeout(WRITE_MAX, stream.write_all(&out)).await, Ok(Ok(()))) {
            break;
        }
    }
    peer
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Nobody;

    impl Catalogue for Nobody {
        fn access(&self, _: IpAddr) -> Access {
            Access { from_inside: true, password: None }
        }

        fn directory(&self) -> Arc<Directory> {
            Arc::default()
        }
    }

    #[tokio::test]
    async fn a_bind_is_answered_and_an_unbind_ends() {
        let at = "127.0.0.1:0".parse().unwrap();
        let port = LdapPort::start(&Handle::current(), at, Arc::new(Nobody)).unwrap();
        let mut stream = TcpStream::connect(port.local_addr()).await.unwrap();
        // Anonymous bind, number 1.
        stream.write_all(&[0x30, 12, 2, 1, 1, 0x60, 7, 2, 1, 3, 4, 0, 0x80, 0]).await.unwrap();
        let mut answer = [0; 14];
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(answer, [0x30, 12, 2, 1, 1, 0x61, 7, 10, 1, 0, 4, 0, 4, 0]);
        stream.write_all(&[0x30, 5, 2, 1, 2, 0x42, 0]).await.unwrap();
        assert_eq!(stream.read(&mut answer).await.unwrap(), 0);
    }

    #[tokio::test]
    async fn one_address_has_so_many_connections() {
        let at = "127.0.0.1:0".parse().unwrap();
        let port = LdapPort::start(&Handle::current(), at, Arc::new(Nobody)).unwrap();
        let mut streams = Vec::new();
        for _ in 0..=CONNECTIONS_EACH_MAX {
            streams.push(TcpStream::connect(port.local_addr()).await.unwrap());
        }
        let mut last = streams.pop().unwrap();
        assert!(matches!(last.read(&mut [0]).await, Ok(0) | Err(_)), "closed");
        assert!(streams.pop().unwrap().try_read(&mut [0]).is_err(), "open");
    }

    #[test]
    fn guesses_are_counted() {
        let wrong = Wrong::default();
        let peer = "192.0.2.1".parse().unwrap();
        (0..WRONG_MAX).for_each(|_| {
            assert!(!wrong.holds(peer));
            wrong.note(peer, 1);
        });
        assert!(wrong.holds(peer) && !wrong.holds("192.0.2.2".parse().unwrap()));
    }
}
