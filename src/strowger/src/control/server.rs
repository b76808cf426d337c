//! The running box's end.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use nix::sys::stat::{Mode, umask};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;

use super::{Answer, LINE_MAX, Request, perform, socket_path};
use crate::changes::Changes;
use crate::exit::{Exit, Failure};

/// Requests worked on at once; further ones wait in the listener's backlog.
const AT_ONCE: usize = 4;
/// How long a request may take to arrive: it comes from this machine in one write.
const ARRIVAL: Duration = Duration::from_secs(30);

/// The open control socket; removed when dropped.
#[derive(Debug)]
pub struct Control {
    listener: UnixListener,
    path: PathBuf,
}

/// Opens the control socket of this data folder. Whoever calls holds the lock on the folder, so a
/// socket that is there already was left by a box that was killed. Must run inside a tokio runtime.
pub fn listen(dir: &Path) -> io::Result<Control> {
    let (at, _folder) = socket_path(dir)?;
    match fs::remove_file(&at) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    // From the first moment nobody but the owner may connect.
    let before = umask(Mode::from_bits_truncate(0o177));
    let listener = UnixListener::bind(&at);
    umask(before);
    Ok(Control { listener: listener?, path: dir.join("control.sock") })
}

impl Control {
    /// Answers requests until the future is dropped. Each is performed on a blocking thread, for it
    /// waits for the disk.
    pub async fn serve(self, changes: Arc<Changes>) {
        let places = Arc::new(Semaphore::new(AT_ONCE));
        loop {
            let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    let changes = Arc::clone(&changes);
                    tokio::spawn(async move {
                        if let Err(error) = answer(stream, changes).await {
                            tracing::debug!(%error, "a control connection ended early");
                        }
                        drop(place);
                    });
                }
                Err(error) => {
                    // Out of file descriptors, most likely: not at once again.
                    tracing::warn!(%error, "the control socket does not accept");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
        }
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        // Nothing to be done if it fails: the next start removes it.
        let _ = fs::remove_file(&self.path);
    }
}

async fn answer(stream: UnixStream, changes: Arc<Changes>) -> io::Result<()> {
    let (reader, mut writer) = stream.into_split();
    let mut line = Vec::new();
    let mut reader = BufReader::new(reader).take(LINE_MAX);
    let read = tokio::time::timeout(ARRIVAL, reader.read_until(b'\n', &mut line));
    read.await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
    let answer: Answer = match serde_json::from_slice::<Request>(&line) {
        Ok(request) => tokio::task::spawn_blocking(move || perform(&changes, request))
            .await
            .unwrap_or_else(|_| Err(Failure::new(Exit::Failed, "the request failed inside the box; see its log"))),
        Err(error) => Err(Failure::usage(format!("the box does not understand the request: {error}"))),
    };
    let mut line = serde_json::to_vec(&answer)?;
    line.push(b'\n');
    writer.write_all(&line).await?;
    writer.shutdown().await
}
