//! The command's end.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use anyhow::Context;

use super::{Answer, LINE_MAX, Reply, Request, socket_path};
use crate::exit::{Exit, Failure};

/// How long an answer may take; a backup of a full disk needs longer than anything else.
fn patience(request: &Request) -> Duration {
    match request {
        Request::Backup { .. } => Duration::from_secs(3600),
        _ => Duration::from_secs(120),
    }
}

/// Asks the box that runs on this folder; `None` where none does.
pub fn ask(dir: &Path, request: &Request) -> anyhow::Result<Option<Reply>> {
    let (path, _folder) = match socket_path(dir) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| format!("{}", dir.display())),
    };
    let stream = match UnixStream::connect(&path) {
        Ok(stream) => stream,
        // No socket, or one that a killed box left behind.
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) => {
            return Ok(None);
        }
        Err(error) => return Err(error).with_context(|| format!("{}", path.display())),
    };
    let answer = exchange(stream, request).with_context(|| format!("the box that runs on {}", dir.display()))?;
    Ok(Some(answer?))
}

fn exchange(mut stream: UnixStream, request: &Request) -> anyhow::Result<Answer> {
    stream.set_read_timeout(Some(patience(request)))?;
    stream.set_write_timeout(Some(patience(request)))?;
    let mut line = serde_json::to_vec(request)?;
    line.push(b'\n');
    stream.write_all(&line)?;
    let mut line = Vec::new();
    let read = BufReader::new(stream).take(LINE_MAX).read_until(b'\n', &mut line);
    if read.as_ref().is_err_and(|error| matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)) {
        return Err(Failure::new(Exit::DataLocked, "it does not answer").into());
    }
    read?;
    if line.last() != Some(&b'\n') {
        return Err(Failure::new(Exit::Failed, "it ended before it answered").into());
    }
    serde_json::from_slice(&line).context("its answer cannot be read")
}
