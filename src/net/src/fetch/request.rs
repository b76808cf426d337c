//! One request and its answer over one connection.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use url::Url;

use super::{FetchError, Known, host};

/// Longest wait for one of several addresses.
const CONNECT_MAX: Duration = Duration::from_secs(5);
/// Addresses tried.
const ADDRESSES_MAX: usize = 4;
/// Octets of one answer's header section, and headers in it.
const HEAD_MAX: usize = 16 << 10;
const HEADERS_MAX: usize = 64;
/// Longest ETag or Last-Modified that is remembered.
const KNOWN_MAX: usize = 256;

/// What a server said.
pub(super) enum Reply {
    Document(Bytes, Known),
    Unchanged,
    Elsewhere(String),
}

/// Asks for `url` at one of `to`, which have been judged.
pub(super) async fn get(
    url: &Url,
    to: &[SocketAddr],
    tls: &Arc<ClientConfig>,
    known: &Known,
    size_max: usize,
) -> Result<Reply, FetchError> {
    let failed = |text: String| FetchError::Failed { host: host(url), text };
    let stream = connect(to).await.map_err(failed)?;
    let request = request(url, known).ok_or(FetchError::BadUrl { text: String::from("it cannot be sent") })?;
    if url.scheme() != "https" {
        return exchange(stream, request, url, known, size_max).await;
    }
    let name = url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    let name = ServerName::try_from(name.to_owned()).map_err(|error| failed(error.to_string()))?;
    let connector = TlsConnector::from(tls.clone());
    let stream = connector.connect(name, stream).await.map_err(|error| failed(error.to_string()))?;
    exchange(stream, request, url, known, size_max).await
}

async fn connect(to: &[SocketAddr]) -> Result<TcpStream, String> {
    let mut last = String::from("no address");
    for &addr in to.iter().take(ADDRESSES_MAX) {
        match tokio::time::timeout(CONNECT_MAX, TcpStream::connect(addr)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => last = error.to_string(),
            Err(_) => last = String::from("no connection in time"),
        }
    }
    Err(last)
}

/// The request; `None` when a part of it cannot stand in HTTP.
fn request(url: &Url, known: &Known) -> Option<Request<Empty<Bytes>>> {
    let mut target = url.path().to_owned();
    if let Some(query) = url.query() {
        target.push('?');
        target.push_str(query);
    }
    let host = match url.port() {
        Some(port) => format!("{}:{port}", url.host_str()?),
        None => url.host_str()?.to_owned(),
    };
    let mut request = Request::get(target)
        .header(header::HOST, host)
        .header(header::USER_AGENT, concat!("Strowger/", env!("CARGO_PKG_VERSION")))
        .header(header::ACCEPT, "text/calendar, */*;q=0.5")
        // Nothing is unpacked here, so that nothing small can become large.
        .header(header::ACCEPT_ENCODING, "identity")
        .header(header::CONNECTION, "close");
    if let Some(value) = known.etag.as_deref().and_then(|v| HeaderValue::from_str(v).ok()) {
        request = request.header(header::IF_NONE_MATCH, value);
    }
    if let Some(value) = known.last_modified.as_deref().and_then(|v| HeaderValue::from_str(v).ok()) {
        request = request.header(header::IF_MODIFIED_SINCE, value);
    }
    request.body(Empty::new()).ok()
}

async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    request: Request<Empty<Bytes>>,
    url: &Url,
    known: &Known,
    size_max: usize,
) -> Result<Reply, FetchError> {
    let failed = |error: hyper::Error| FetchError::Failed { host: host(url), text: error.to_string() };
    let (mut sender, connection) = hyper::client::conn::http1::Builder::new()
        .max_buf_size(HEAD_MAX)
        .max_headers(HEADERS_MAX)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(failed)?;
    let answer = async move {
        let response = sender.send_request(request).await.map_err(failed)?;
        read(response, known, size_max, failed).await
    };
    tokio::pin!(connection, answer);
    let mut open = true;
    // Both halves run here: when the caller gives up, nothing is left behind.
    loop {
        tokio::select! {
            reply = &mut answer => return reply,
            // How it ended shows in the answer.
            _ = &mut connection, if open => open = false,
        }
    }
}

async fn read(
    response: Response<Incoming>,
    known: &Known,
    size_max: usize,
    failed: impl Fn(hyper::Error) -> FetchError,
) -> Result<Reply, FetchError> {
    let status = response.status();
    let asked = known.etag.is_some() || known.last_modified.is_some();
    match status {
        StatusCode::OK => {}
        // RFC 9110 §15.4.5: only an answer to a conditional request.
        StatusCode::NOT_MODIFIED if asked => return Ok(Reply::Unchanged),
        StatusCode::MOVED_PERMANENTLY
        | StatusCode::FOUND
        | StatusCode::SEE_OTHER
        | StatusCode::TEMPORARY_REDIRECT
        | StatusCode::PERMANENT_REDIRECT => {
            return match text(response.headers(), header::LOCATION, 2048) {
                Some(location) => Ok(Reply::Elsewhere(location)),
                None => Err(FetchError::Status { status: status.as_u16() }),
            };
        }
        other => return Err(FetchError::Status { status: other.as_u16() }),
    }
    let encoded = text(response.headers(), header::CONTENT_ENCODING, 64);
    if encoded.is_some_and(|how| !how.eq_ignore_ascii_case("identity")) {
        return Err(FetchError::BadUrl { text: String::from("the document comes compressed, unasked") });
    }
    let known = Known {
        etag: text(response.headers(), header::ETAG, KNOWN_MAX),
        last_modified: text(response.headers(), header::LAST_MODIFIED, KNOWN_MAX),
    };
    let mut body = response.into_body();
    let mut document = BytesMut::new();
    while let Some(frame) = body.frame().await {
        // Trailers are of no interest.
        let Ok(data) = frame.map_err(&failed)?.into_data() else { continue };
        if document.len() + data.len() > size_max {
            return Err(FetchError::TooLarge { size_max });
        }
        document.extend_from_slice(&data);
    }
    Ok(Reply::Document(document.freeze(), known))
}

/// A header's text if it is short enough.
fn text(headers: &HeaderMap, name: HeaderName, max: usize) -> Option<String> {
    headers.get(name)?.to_str().ok().filter(|value| value.len() <= max).map(str::to_owned)
}
