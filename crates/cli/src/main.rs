//! `mandate`: prove that a private crypto portfolio keeps a public rulebook, without showing the portfolio.
//!
//! Data on stdout, words on stderr; exit code 0 where it holds, 1 where it does not, 2 where that could not be decided.
#![allow(clippy::print_stdout, clippy::print_stderr)] // this is the package that prints

mod accounts;
mod book;
mod cmd;
mod demo;
mod evm;
mod failure;
mod files;
mod keys;
mod openings;
mod place;
mod screen;
mod sheet;
mod verdict;
mod watch;

use clap::{Parser, Subcommand};
use failure::{Done, Outcome};
use screen::Screen;
use std::process::ExitCode;

/// Zero-knowledge proofs that a private crypto portfolio keeps a public rulebook.
///
/// Exit code: 0 it holds, 1 it does not hold, 2 that could not be decided. Data goes to stdout, words to stderr.
#[derive(Parser)]
#[command(name = "mandate", version, max_term_width = 110)]
struct Cli {
    /// Print data as JSON.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Parse and type-check a mandate.
    Check(cmd::check::Args),
    /// Say a mandate in plain words, with its cost and shape.
    Explain(cmd::check::Args),
    /// Ready-made rules with knobs, for `[[use]]` in a mandate: the list, or one of them.
    Templates(cmd::templates::Args),
    /// Make, import, show and compare market snapshots.
    #[command(subcommand)]
    Snapshot(cmd::snapshot::Command),
    /// Compile a mandate and a snapshot to the sheet, and run the independent sheet checker.
    Sheet(cmd::sheet::Args),
    /// Private: each rule over a book, with its headroom. Nothing leaves the machine.
    Evaluate(cmd::evaluate::Args),
    /// What a custodian runs: commit to an account from its own records, sign, hand back the opening.
    Attest(cmd::attest::Args),
    /// The public file that declares a subject's accounts.
    #[command(subcommand)]
    Accounts(cmd::accounts::Command),
    /// Prove that the attested book keeps the mandate. Makes nothing where it does not.
    Prove(cmd::prove::Args),
    /// What an auditor runs: verify one bundle or many against public files.
    Verify(cmd::verify::Args),
    /// Open one account, or all, to one reader, against the commitments.
    #[command(subcommand)]
    Disclose(cmd::disclose::Command),
    /// What an auditor runs to check with other code: constraints, key, inputs and proof for circom's tools. Nothing secret.
    #[command(subcommand)]
    Export(cmd::export::Command),
    /// Keys of a shape.
    #[command(subcommand)]
    Setup(cmd::setup::Command),
    /// The contracts: deploy, register, publish, declare, attest, read.
    #[command(subcommand)]
    Chain(cmd::chain::Command),
    /// The whole story on this machine, chain included.
    Demo(cmd::demo::Args),
}

fn run(cli: Cli, screen: &Screen) -> Done {
    match cli.command {
        Command::Check(args) => cmd::check::check(&args, screen),
        Command::Explain(args) => cmd::check::explain(&args, screen),
        Command::Templates(args) => cmd::templates::run(&args, screen),
        Command::Snapshot(command) => cmd::snapshot::run(&command, screen),
        Command::Sheet(args) => cmd::sheet::run(&args, screen),
        Command::Evaluate(args) => cmd::evaluate::run(&args, screen),
        Command::Attest(args) => cmd::attest::run(&args, screen),
        Command::Accounts(command) => cmd::accounts::run(&command, screen),
        Command::Prove(args) => cmd::prove::run(&args, screen),
        Command::Verify(args) => cmd::verify::run(&args, screen),
        Command::Disclose(command) => cmd::disclose::run(&command, screen),
        Command::Export(command) => cmd::export::run(&command, screen),
        Command::Setup(command) => cmd::setup::run(&command, screen),
        Command::Chain(command) => cmd::chain::run(&command, screen),
        Command::Demo(args) => cmd::demo::run(&args, screen),
    }
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let screen = Screen::new(cli.json);
    let done = run(cli, &screen);
    // An answer that its reader did not get is no answer.
    let done = match (done, screen.lost()) {
        (Ok(_), Some(why)) => failure::fail(format!("stdout: {why}")),
        (done, _) => done,
    };
    match done {
        Ok(Outcome::Holds) => ExitCode::SUCCESS,
        Ok(Outcome::DoesNotHold) => ExitCode::from(1),
        Err(failure) => {
            screen.failure(&failure.0);
            ExitCode::from(2)
        }
    }
}
