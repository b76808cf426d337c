//! A relay on this machine: enough of SMTP to take a message, and to be as unfriendly as a test wants.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// How the relay behaves.
#[derive(Clone, Default)]
pub struct Manner {
    /// TLS from the first octet.
    pub tls: bool,
    /// STARTTLS is offered.
    pub start_tls: bool,
    /// The answer to commands that begin so, instead of the usual one.
    pub refuse: Option<(&'static str, &'static str)>,
    /// No answer to commands that begin so.
    pub silent_at: Option<&'static str>,
    /// Put behind the answer to STARTTLS by somebody on the way.
    pub injected: Option<&'static str>,
}

/// What was taken.
#[derive(Clone, Debug, Default)]
pub struct Taken {
    pub from: String,
    pub to: Vec<String>,
    pub login: Option<String>,
    pub secured: bool,
    pub data: String,
}

impl Taken {
    /// Headers with their folding undone, in order.
    pub fn headers(&self) -> Vec<(String, String)> {
        let (head, _) = self.data.split_once("\r\n\r\n").unwrap();
        let unfolded = head.replace("\r\n ", " ").replace("\r\n\t", " ");
        unfolded.split("\r\n").map(|line| line.split_once(": ").unwrap()).map(|(n, v)| (n.into(), v.into())).collect()
    }

    pub fn header(&self, name: &str) -> String {
        self.headers().into_iter().find(|(n, _)| n == name).unwrap().1
    }
}

pub struct Relay {
    pub addr: SocketAddr,
    /// The certificate of the relay, DER.
    pub root: Bytes,
    state: Arc<State>,
}

struct State {
    manner: Mutex<Manner>,
    taken: Mutex<Vec<Taken>>,
    commands: Mutex<Vec<String>>,
    acceptor: TlsAcceptor,
}

impl Relay {
    /// `name` is what the certificate says.
    pub async fn start(name: &str, manner: Manner) -> Self {
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
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let state = Arc::new(State {
            manner: Mutex::new(manner),
            taken: Mutex::default(),
            commands: Mutex::default(),
            acceptor: TlsAcceptor::from(Arc::new(config)),
        });
        tokio::spawn(listen(listener, state.clone()));
        Relay { addr, root: Bytes::from(cert.to_vec()), state }
    }

    pub fn taken(&self) -> Vec<Taken> {
        self.state.taken.lock().unwrap().clone()
    }

    /// All commands heard, on all connections.
    pub fn commands(&self) -> Vec<String> {
        self.state.commands.lock().unwrap().clone()
    }

    pub fn set(&self, manner: Manner) {
        *self.state.manner.lock().unwrap() = manner;
    }
}

async fn listen(listener: TcpListener, state: Arc<State>) {
    while let Ok((stream, _)) = listener.accept().await {
        let state = state.clone();
        tokio::spawn(async move {
            let manner = state.manner.lock().unwrap().clone();
            if manner.tls {
                let Ok(stream) = state.acceptor.accept(stream).await else { return };
                let _ = talk(&mut BufReader::new(stream), &state, &manner, true).await;
            } else {
                plain(stream, &state, &manner).await;
            }
        });
    }
}

async fn plain(stream: TcpStream, state: &State, manner: &Manner) {
    let mut stream = BufReader::new(stream);
    if let Ok(true) = talk(&mut stream, state, manner, false).await {
        let Ok(stream) = state.acceptor.accept(stream.into_inner()).await else { return };
        let _ = talk(&mut BufReader::new(stream), state, manner, true).await;
    }
}

/// Speaks until the end; `true` when the client asked for TLS.
async fn talk<S>(stream: &mut BufReader<S>, state: &State, manner: &Manner, secured: bool) -> std::io::Result<bool>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut mail = Taken { secured, ..Taken::default() };
    if !secured || manner.tls {
        match (manner.silent_at, manner.refuse) {
            (Some("greeting"), _) => std::future::pending().await,
            (_, Some(("greeting", answer))) => say(stream, answer).await?,
            _ => say(stream, "220 relay.test").await?,
        }
    }
    let mut line = String::new();
    loop {
        line.clear();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(false);
        }
        let command = line.trim_end().to_owned();
        state.commands.lock().unwrap().push(command.clone());
        if manner.silent_at.is_some_and(|start| command.starts_with(start)) {
            std::future::pending::<()>().await;
        }
        if let Some((start, answer)) = manner.refuse
            && command.starts_with(start)
        {
            say(stream, answer).await?;
            continue;
        }
        let verb = command.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        match verb.as_str() {
            "EHLO" => {
                let offer = if manner.start_tls && !secured { "STARTTLS" } else { "AUTH PLAIN LOGIN" };
                say(stream, &format!("250-relay.test\r\n250-8BITMIME\r\n250 {offer}")).await?;
            }
            "STARTTLS" => {
                say(stream, &format!("220 go ahead{}", manner.injected.unwrap_or_default())).await?;
                return Ok(true);
            }
            "AUTH" => {
                mail.login = Some(command);
                say(stream, "235 welcome").await?;
            }
            "MAIL" => {
                mail.from = command;
                say(stream, "250 ok").await?;
            }
            "RCPT" => {
                mail.to.push(command);
                say(stream, "250 ok").await?;
            }
            "DATA" => {
                say(stream, "354 go ahead").await?;
                while !mail.data.ends_with("\r\n.\r\n") {
                    if stream.read_line(&mut mail.data).await? == 0 {
                        return Ok(false);
                    }
                }
                mail.data.truncate(mail.data.len() - 3);
                state.taken.lock().unwrap().push(mail.clone());
                say(stream, "250 taken").await?;
            }
            "QUIT" => {
                say(stream, "221 bye").await?;
                return Ok(false);
            }
            _ => say(stream, "500 what?").await?,
        }
    }
}

async fn say<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut BufReader<S>, text: &str) -> std::io::Result<()> {
    stream.get_mut().write_all(format!("{text}\r\n").as_bytes()).await?;
    stream.get_mut().flush().await
}
