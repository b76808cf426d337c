//! `strowger backup …`

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, anyhow};

use super::{no_box, print};
use crate::args::{BackupArgs, BackupCommand};
use crate::control::{self, Reply, Request};

/// Does what the arguments say.
pub fn backup(args: BackupArgs) -> anyhow::Result<ExitCode> {
    match args.command {
        BackupCommand::Create { file, data } => {
            let dir = data.dir();
            // The running box has another working directory.
            let absolute = std::path::absolute(&file).with_context(|| file.display().to_string())?;
            let contents = match control::ask(&dir, &Request::Backup { file: absolute })? {
                Some(Reply::BackedUp { contents }) => contents,
                Some(other) => return Err(anyhow!("the box answered {other:?} to the question for a backup")),
                None if !dir.join("journal").is_dir() => return Err(no_box(&dir).into()),
                // Reading needs no lock on the folder and changes nothing in it.
                None => store::backup::create(dir.as_path(), &file)?.to_string(),
            };
            report(&file, "written", &contents)
        }
        BackupCommand::Verify { file } => report(&file, "whole", &store::backup::verify(&file)?.to_string()),
        BackupCommand::Restore { file, data } => {
            let dir = data.dir();
            let contents = store::backup::restore(&file, &dir)?.to_string();
            report(&file, &format!("restored into {}", dir.display()), &contents)
        }
    }
}

fn report(file: &Path, what: &str, contents: &str) -> anyhow::Result<ExitCode> {
    print(&format!("{}: {what}\n  {contents}\n", file.display()))
}
