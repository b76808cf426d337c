//! The listener: TLS, connection limits, time limits, and the router behind them.

mod limit;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;

use axum_server::Handle;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use base::{Duration, Instant};
use hyper_util::rt::TokioTimer;
use tokio::task::JoinHandle;

use crate::app::{App, Now};
use crate::backend::Backend;
use crate::routes;
use crate::tls::{self, Clients, Served, TlsError, TlsFiles};

/// A request's headers must have come after this long.
const HEADERS_WITHIN: Duration = Duration::from_secs(10);
/// The certificate is looked after this often.
const TLS_CHECK_EVERY: Duration = Duration::from_secs(12 * 60 * 60);
/// Requests at once on one HTTP/2 connection.
const STREAMS_MAX: u32 = 64;

/// Where and with what to serve.
#[derive(Clone, Debug)]
pub struct WebOptions {
    /// Where to listen; port 0 picks a free one.
    pub listen: SocketAddr,
    /// The data folder; certificate and key live in its `tls` folder.
    pub data: PathBuf,
    /// Further names and addresses for the self-made certificate.
    pub names: Vec<String>,
}

/// Why the pages cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address is taken or not ours.
    #[error("listening on {address} for pages: {source}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// There is no usable certificate.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// The running web server; it goes on when this is dropped.
#[derive(Debug)]
pub struct WebServer {
    /// Where it listens.
    pub address: SocketAddr,
    handle: Handle<SocketAddr>,
    files: TlsFiles,
    served: Arc<Served>,
    serving: JoinHandle<io::Result<()>>,
    keeper: JoinHandle<()>,
}

/// Binds, makes a certificate if there is none, and serves until [`WebServer::stop`]. Must be called inside a tokio
/// runtime; the listener is bound when this returns.
pub async fn serve(options: WebOptions, backend: Arc<Backend>) -> Result<WebServer, ServeError> {
    let listen_failed = |source| ServeError::Listen { address: options.listen, source };
    let listener = TcpListener::bind(options.listen).map_err(listen_failed)?;
    listener.set_nonblocking(true).map_err(listen_failed)?;
    let address = listener.local_addr().map_err(listen_failed)?;

    let files = TlsFiles::new(&options.data);
    let mut names = tls::own_names(address.ip());
    names.extend(options.names.iter().cloned());
    if files.ensure((backend.clock)(), &names)? {
        tracing::info!(folder = %options.data.join("tls").display(), "certificate made");
    }
    let served = Served::new(files.load()?);
    let config = served.server_config(&[b"h2", b"http/1.1"], &Clients::NONE).map_err(TlsError::from)?;

    let handle = Handle::new();
    let clock = backend.clock;
    let router = routes::router(App::new(backend, address, monotonic()));
    let acceptor = RustlsAcceptor::new(RustlsConfig::from_config(config)).acceptor(limit::Limit::default());
    let mut server = axum_server::from_tcp(listener).map_err(listen_failed)?.acceptor(acceptor).handle(handle.clone());
    let http = server.http_builder();
    http.http1().timer(TokioTimer::new()).header_read_timeout(HEADERS_WITHIN);
    http.http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(Duration::from_secs(30))
        .keep_alive_timeout(Duration::from_secs(20))
        .max_concurrent_streams(STREAMS_MAX);
    let serving = tokio::spawn(server.serve(router.into_make_service_with_connect_info::<SocketAddr>()));
    let keeper = tokio::spawn(keep_certificate(files.clone(), Arc::clone(&served), clock, names));
    Ok(WebServer { address, handle, files, served, serving, keeper })
}

impl WebServer {
    /// Takes no new connections, gives requests under way `grace` to end, then ends the rest.
    pub async fn stop(self, grace: Duration) {
        self.keeper.abort();
        self.handle.graceful_shutdown(Some(grace));
        match self.serving.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "web server ended with an error"),
            Err(error) => tracing::warn!(%error, "web server ended by force"),
        }
    }

    /// Reads certificate and key anew, for new connections. The old ones stay if the files are unusable.
    pub fn reload_certificate(&self) -> Result<(), ServeError> {
        self.served.replace(self.files.load()?);
        Ok(())
    }

    /// A configuration for SIP over TLS with the same certificate, which follows its renewals; phones show theirs as
    /// the document says.
    ///
    /// # Errors
    /// The authorities cannot be read, or there are none in the file.
    pub fn sip_tls(&self, listen: &config::Listen) -> Result<Arc<rustls::ServerConfig>, ServeError> {
        let clients = Clients::read(listen)?;
        Ok(self.served.server_config(&[], &clients).map_err(TlsError::from)?)
    }
}

/// Time since now.
fn monotonic() -> Now {
    let began = std::time::Instant::now();
    Box::new(move || Instant::from_nanos(u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX)))
}

/// Renews a self-made certificate in time, and takes up one that somebody put into the folder.
async fn keep_certificate(files: TlsFiles, served: Arc<Served>, clock: fn() -> base::WallTime, names: Vec<String>) {
    loop {
        tokio::time::sleep(TLS_CHECK_EVERY).await;
        match files.ensure(clock(), &names).and_then(|_| files.load()) {
            Ok(fresh) => served.replace(fresh),
            Err(error) => tracing::warn!(%error, "certificate not renewed; the one in use stays"),
        }
    }
}
