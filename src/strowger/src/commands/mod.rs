//! The commands besides `run`.

pub mod admin;
pub mod backup;
pub mod config;
pub mod route;

use std::io::{self, Read, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use store::{Store, StoreError, StoreOptions};

use crate::changes::Changes;
use crate::control::{self, Reply, Request};
use crate::exit::{Exit, Failure};
use crate::host::wall_clock;

/// Prints to standard output; a reader that has gone away is no error.
pub fn print(text: &str) -> anyhow::Result<ExitCode> {
    match io::stdout().write_all(text.as_bytes()).and_then(|()| io::stdout().flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error).context("standard output"),
        _ => Ok(ExitCode::SUCCESS),
    }
}

/// Asks the box that runs on this folder, or opens the folder where none does.
pub fn ask(dir: &Path, request: Request) -> anyhow::Result<Reply> {
    if let Some(reply) = control::ask(dir, &request)? {
        return Ok(reply);
    }
    // A question does not make a box.
    if !dir.join("journal").is_dir() && !may_found(&request) {
        return Err(no_box(dir).into());
    }
    let store = Store::open(dir, StoreOptions::default()).map_err(|error| match error {
        StoreError::Locked(dir) => anyhow::Error::from(Failure::new(
            Exit::DataLocked,
            format!("the box that runs on {} does not answer at its control socket", dir.display()),
        )),
        error => error.into(),
    })?;
    let changes = Changes::open(store.clone(), wall_clock, Box::new(|_, _| {}))?;
    let reply = control::perform(&changes, request);
    store.close();
    Ok(reply?)
}

/// There is no data folder.
pub fn no_box(dir: &Path) -> Failure {
    Failure::new(Exit::NotFound, format!("there is no box in {}; name its data folder with --data", dir.display()))
}

/// May this be the first thing ever done in a data folder?
fn may_found(request: &Request) -> bool {
    matches!(request, Request::Import { .. } | Request::ResetPassword { .. })
}

/// Reads a document; `-` is standard input. Longer than any document can be is refused unread.
pub fn read_document(file: &Path) -> anyhow::Result<String> {
    let mut octets = Vec::new();
    let limit = ::config::TEXT_MAX as u64 + 1;
    let read = if file == Path::new("-") {
        io::stdin().lock().take(limit).read_to_end(&mut octets)
    } else {
        std::fs::File::open(file).and_then(|opened| opened.take(limit).read_to_end(&mut octets))
    };
    read.with_context(|| file.display().to_string())?;
    String::from_utf8(octets).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = before.iter().filter(|octet| **octet == b'\n').count() + 1;
        Failure::new(Exit::ConfigRefused, format!("{}: line {line} is not UTF-8 text", file.display())).into()
    })
}
