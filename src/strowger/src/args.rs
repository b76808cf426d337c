//! The command line.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::{Parser, Subcommand};
use config::Listen;

use crate::exit::{self, Failure};

/// The whole command line.
#[derive(Debug, Parser)]
#[command(name = "strowger", version, about = "A phone exchange in one program", long_about = None, after_help = exit::help(), disable_help_subcommand = true)]
pub struct Args {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the exchange until a signal ends it
    Run(RunArgs),
    /// Look at and change the configuration
    Config(ConfigArgs),
    /// Say where a call would go, and why, without placing it
    Route(RouteArgs),
    /// Make, verify and restore backups
    Backup(BackupArgs),
    /// Look after the accounts of the pages
    Admin(AdminArgs),
    /// Print the commented reference of the configuration
    Reference,
    /// Print the version
    Version,
}

/// Arguments of `run`.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct RunArgs {
    /// Folder that holds all state; made if it is not there [default: /var/lib/strowger if it exists, else ./data]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Import this configuration first, as `config import` does, where it differs from the one in force
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Fill an empty data folder with a small company to try out, and print what can be dialled
    #[arg(long, conflicts_with = "config")]
    pub demo: bool,
    /// Let the demo company listen beyond this machine, where anybody can guess its secrets
    #[arg(long, requires = "demo")]
    pub allow_remote_demo: bool,
    /// SIP over UDP and TCP; port 0 takes any free port
    #[arg(long, value_name = "ADDR:PORT")]
    pub sip: Option<SocketAddr>,
    /// SIP over TLS
    #[arg(long, value_name = "ADDR:PORT")]
    pub sips: Option<SocketAddr>,
    /// Pages and API over HTTPS
    #[arg(long, value_name = "ADDR:PORT")]
    pub web: Option<SocketAddr>,
    /// Ports for audio, both ends included
    #[arg(long, value_name = "LOW-HIGH", value_parser = ports)]
    pub rtp: Option<(u16, u16)>,
}

impl RunArgs {
    /// Where to listen: what the document says, with what the command line says in its place. The
    /// demo company stays on this machine unless it was allowed out.
    pub fn listen(&self, document: &Listen) -> Result<Listen, Failure> {
        let listen = Listen {
            sip: self.sip.unwrap_or(document.sip),
            sips: self.sips.or(document.sips),
            sips_clients: document.sips_clients,
            sips_client_ca: document.sips_client_ca.clone(),
            web: self.web.unwrap_or(document.web),
            rtp: self.rtp.unwrap_or(document.rtp),
        };
        let outside = [Some(listen.sip), listen.sips, Some(listen.web)]
            .into_iter()
            .flatten()
            .find(|address| !address.ip().is_loopback());
        match outside {
            Some(address) if self.demo && !self.allow_remote_demo => Err(Failure::usage(format!(
                "{address} can be reached from other machines and everybody knows the secrets of the demo company; \
                 choose a loopback address, or add --allow-remote-demo"
            ))),
            _ => Ok(listen),
        }
    }
}

/// Arguments of `config`.
#[derive(Debug, clap::Args)]
pub struct ConfigArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: ConfigCommand,
}

/// The data folder, for commands that need one.
#[derive(Debug, Default, clap::Args)]
pub struct DataArgs {
    /// Folder that holds all state [default: /var/lib/strowger if it exists, else ./data]
    #[arg(long, value_name = "DIR", global = true)]
    pub data: Option<PathBuf>,
}

impl DataArgs {
    /// The folder.
    pub fn dir(&self) -> PathBuf {
        data_dir(self.data.as_deref())
    }
}

/// What `config` can do.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Check a document and print every error with its line; nothing is changed
    Check {
        /// The document; `-` reads standard input
        file: PathBuf,
    },
    /// Put a document into force as a new version, as a whole or not at all
    Import {
        /// The document; `-` reads standard input
        file: PathBuf,
        /// Why, for the history
        #[arg(long, default_value = "imported")]
        reason: String,
        /// Where.
        #[command(flatten)]
        data: DataArgs,
    },
    /// Print the document in force, or an earlier version
    Export {
        /// Which version
        #[arg(long, value_name = "N")]
        version: Option<u64>,
        /// Where.
        #[command(flatten)]
        data: DataArgs,
    },
    /// List the versions, newest first
    History {
        /// How many at most
        #[arg(long, default_value_t = 50, value_name = "N")]
        limit: u32,
        /// Where.
        #[command(flatten)]
        data: DataArgs,
    },
    /// Show what changed between two versions, in sentences and line by line
    Diff {
        /// The earlier version
        a: u64,
        /// The later version [default: the one in force]
        b: Option<u64>,
        /// Where.
        #[command(flatten)]
        data: DataArgs,
    },
    /// Put an earlier version into force again, as a new version
    Rollback {
        /// Which version
        n: u64,
        /// Why, for the history
        #[arg(long)]
        reason: Option<String>,
        /// Where.
        #[command(flatten)]
        data: DataArgs,
    },
}

/// Arguments of `route`.
#[derive(Debug, clap::Args)]
pub struct RouteArgs {
    /// The calling extension's number
    #[arg(long, value_name = "NUMBER")]
    pub from: Option<String>,
    /// A call from outside by this trunk; `--from` is then the caller's number as +32470000001
    #[arg(long, value_name = "TRUNK")]
    pub trunk: Option<String>,
    /// What is dialled
    #[arg(long, value_name = "NUMBER")]
    pub to: String,
    /// When, in the box's time zone unless it names another: 2026-03-01T14:30 [default: now]
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
    /// Ask this document instead of the one in force
    #[arg(long, value_name = "FILE", conflicts_with = "data")]
    pub config: Option<PathBuf>,
    /// Where.
    #[command(flatten)]
    pub data: DataArgs,
}

/// Arguments of `backup`.
#[derive(Debug, clap::Args)]
pub struct BackupArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: BackupCommand,
}

/// What `backup` can do.
#[derive(Debug, Subcommand)]
pub enum BackupCommand {
    /// Write all state into one file
    Create {
        /// The new file; one of that name is replaced in one step
        file: PathBuf,
        /// Where.
        #[command(flatten)]
        data: DataArgs,
    },
    /// Read a backup from end to end and say whether it is whole
    Verify {
        /// The backup
        file: PathBuf,
    },
    /// Put a backup into an empty data folder
    Restore {
        /// The backup
        file: PathBuf,
        /// Where.
        #[command(flatten)]
        data: DataArgs,
    },
}

/// Arguments of `admin`.
#[derive(Debug, clap::Args)]
pub struct AdminArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: AdminCommand,
}

/// What `admin` can do.
#[derive(Debug, Subcommand)]
pub enum AdminCommand {
    /// Give an account a new one-time password and print it; the account is made if it is not there
    ResetPassword {
        /// The account's login name
        #[arg(default_value = "admin")]
        account: String,
        /// Where.
        #[command(flatten)]
        data: DataArgs,
    },
}

/// The data folder: the one named, else `/var/lib/strowger` where it exists (the box's image has
/// it), else `./data`.
pub fn data_dir(named: Option<&Path>) -> PathBuf {
    const OF_THE_BOX: &str = "/var/lib/strowger";
    match named {
        Some(dir) => dir.to_owned(),
        None if Path::new(OF_THE_BOX).is_dir() => OF_THE_BOX.into(),
        None => "data".into(),
    }
}

fn ports(text: &str) -> Result<(u16, u16), String> {
    let (low, high) = config::parse_ports(text).ok_or("expected two ports, 10000-19999")?;
    let kind = config::keys::Kind::Ports;
    match kind.check(&config::value::Value::Ports(low, high)) {
        Ok(()) => Ok((low, high)),
        Err(complaint) => Err(format!("{} ({})", complaint.message, complaint.hint)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn the_demo_company_stays_on_this_machine_unless_it_is_let_out() {
        let run = |line: &str| {
            let args = Args::try_parse_from(line.split(' ')).map_err(|error| error.kind());
            match args.map(|args| args.command) {
                Ok(Command::Run(args)) => args,
                other => panic!("{line}: {other:?}"),
            }
        };
        let document = crate::demo::document();
        let listen = |line| run(line).listen(&document.config().listen);
        let here = listen("strowger run --demo --sip 127.0.0.1:0 --rtp 20000-20099").expect("it is loopback");
        assert_eq!((here.sip.port(), here.web.port(), here.rtp), (0, 8443, (20_000, 20_099)));
        assert!(listen("strowger run --demo --web 0.0.0.0:8443").is_err());
        assert!(listen("strowger run --demo --web 0.0.0.0:8443 --allow-remote-demo").is_ok());
        assert!(listen("strowger run --web 0.0.0.0:8443").is_ok());
    }

    #[test]
    fn ports_are_checked_like_those_of_the_document() {
        assert_eq!(ports("10000-10003"), Ok((10_000, 10_003)));
        assert!(ports("10000").is_err() && ports("10001-10004").is_err() && ports("80-99999").is_err());
    }
}
