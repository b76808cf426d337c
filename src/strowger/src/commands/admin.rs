//! `strowger admin …`

use std::process::ExitCode;

use anyhow::anyhow;

use super::{ask, print};
use crate::args::{AdminArgs, AdminCommand};
use crate::control::{Reply, Request};

/// Does what the arguments say.
pub fn admin(args: AdminArgs) -> anyhow::Result<ExitCode> {
    let AdminCommand::ResetPassword { account, data } = args.command;
    match ask(&data.dir(), Request::ResetPassword { account: account.clone() })? {
        Reply::Password { password } => {
            print(&format!("one-time password for {account}: {password}\nit must be changed at the next login\n"))
        }
        other => Err(anyhow!("the box answered {other:?} to the question for a password")),
    }
}
