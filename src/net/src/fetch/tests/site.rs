//! A web server on this machine that answers with whatever octets a test wants.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// What the server does once it has read a request.
pub enum Say {
    /// These octets, then the end.
    Octets(Vec<u8>),
    /// The first, then the second again and again.
    Endless(Vec<u8>, Vec<u8>),
    /// These octets, then nothing.
    Silence(Vec<u8>),
}

pub struct Site {
    pub addr: SocketAddr,
    /// The certificate of the server, DER.
    pub root: Bytes,
    requests: Arc<Mutex<Vec<String>>>,
}

type Pages = dyn Fn(&str) -> Say + Send + Sync;

impl Site {
    /// In the clear at `ip`, any port.
    pub async fn start(ip: &str, pages: impl Fn(&str) -> Say + Send + Sync + 'static) -> Self {
        Site::listen(ip, None, Arc::new(pages)).await
    }

    /// With a certificate for `name`, at 127.0.0.1.
    pub async fn secured(name: &str, pages: impl Fn(&str) -> Say + Send + Sync + 'static) -> Self {
        Site::listen("127.0.0.1", Some(name), Arc::new(pages)).await
    }

    async fn listen(ip: &str, name: Option<&str>, pages: Arc<Pages>) -> Self {
        let listener = TcpListener::bind((ip, 0)).await.unwrap();
        let addr = listener.local_addr().unwrap();
        let (acceptor, root) = match name {
            Some(name) => {
                let (acceptor, root) = acceptor(name);
                (Some(acceptor), root)
            }
            None => (None, Bytes::new()),
        };
        let requests: Arc<Mutex<Vec<String>>> = Arc::default();
        let seen = requests.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (pages, seen, acceptor) = (pages.clone(), seen.clone(), acceptor.clone());
                tokio::spawn(async move {
                    match acceptor {
                        None => serve(stream, &*pages, &seen).await,
                        Some(acceptor) => match acceptor.accept(stream).await {
                            Ok(stream) => serve(stream, &*pages, &seen).await,
                            Err(_) => seen.lock().unwrap().push(String::from("broken handshake")),
                        },
                    }
                });
            }
        });
        Site { addr, root, requests }
    }

    /// The heads of all requests so far.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    pub fn url(&self, rest: &str) -> String {
        format!("http://{}{rest}", self.addr)
    }
}

async fn serve<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, pages: &Pages, seen: &Mutex<Vec<String>>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let Ok(octet) = stream.read_u8().await else { return };
        head.push(octet);
    }
    let head = String::from_utf8(head).unwrap();
    let path = head.split(' ').nth(1).unwrap().to_owned();
    seen.lock().unwrap().push(head);
    match pages(&path) {
        Say::Octets(octets) => {
            let _ = stream.write_all(&octets).await;
            let _ = stream.shutdown().await;
        }
        Say::Endless(first, again) => {
            let _ = stream.write_all(&first).await;
            while stream.write_all(&again).await.is_ok() {}
        }
        Say::Silence(octets) => {
            let _ = stream.write_all(&octets).await;
            std::future::pending().await
        }
    }
}

fn acceptor(name: &str) -> (TlsAcceptor, Bytes) {
    let made = rcgen::generate_simple_self_signed(vec![name.to_owned()]).unwrap();
    let cert = CertificateDer::from(made.cert.der().to_vec());
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.clone()], key)
        .unwrap();
    (TlsAcceptor::from(Arc::new(config)), Bytes::from(cert.to_vec()))
}
