//! The binary: arguments, wiring, signals.
//!
//! Reads the command line and calls the one function behind it: [`run::run`] starts the exchange,
//! `commands` hold all else. Refuses to decide anything that a page or a test would want to know.

mod args;
mod asks;
mod calendars;
mod changes;
mod commands;
mod control;
mod demo;
mod errands;
mod exit;
mod host;
mod mail;
mod memory;
mod phones;
mod run;
mod signalling;
mod sound;

use std::process::ExitCode;

use clap::Parser;

use args::{Args, Command};

fn main() -> ExitCode {
    // A wrong command line ends here, with status 2.
    let args = Args::parse();
    let done = match args.command {
        Command::Run(args) => run::run(args),
        Command::Config(args) => commands::config::config(args),
        Command::Route(args) => commands::route::route(&args),
        Command::Backup(args) => commands::backup::backup(args),
        Command::Admin(args) => commands::admin::admin(args),
        Command::Reference => commands::print(&config::reference()),
        Command::Version => commands::print(&format!("strowger {}\n", env!("CARGO_PKG_VERSION"))),
    };
    match done {
        Ok(code) => code,
        Err(error) => {
            // The chain in one line, causes after colons.
            eprintln!("strowger: {error:#}");
            exit::Exit::of(&error).into()
        }
    }
}
