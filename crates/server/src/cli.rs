//! The command line of `attest`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::commands;
use crate::settings::{self, Overrides};

/// Impact figures that a company can defend.
#[derive(Debug, Parser)]
#[command(name = "attest", version, max_term_width = 100)]
pub struct Cli {
    /// Where everything lives: database, keys, files in transit.
    #[arg(long, global = true, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// A configuration file to read instead of attest.toml in the data directory.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the cockpit and the API.
    Serve {
        /// Address and port to listen on.
        #[arg(long)]
        listen: Option<SocketAddr>,
    },
    /// Serve sample companies with sample data, and print the address and the logins.
    Demo(commands::demo::Demo),
    /// Look after the database.
    #[command(subcommand)]
    Db(commands::db::Db),
    /// Take a file in.
    Import(commands::import::Import),
    /// Show what a file is, how it is written and what its columns mean, without taking it in.
    Inspect(commands::inspect::Inspect),
    /// Take back what an import did.
    Undo(commands::undo::Undo),
    /// Look after the audit log.
    #[command(subcommand)]
    Audit(commands::audit::Audit),
    /// Look after the keys.
    #[command(subcommand)]
    Keys(commands::keys::Keys),
    /// Look after events that could not be processed.
    #[command(subcommand)]
    Events(commands::events::Events),
    /// List and switch feature flags.
    #[command(subcommand)]
    Flags(commands::flags::Flags),
    /// Look after the endpoints that other systems deliver to.
    #[command(subcommand)]
    Webhooks(commands::webhooks::Webhooks),
    /// Print what is configured and where each value came from.
    Config,
    /// Check the installation and say what to do.
    Doctor,
}

impl Cli {
    /// Runs the command; an error is printed by the caller.
    pub async fn run(self) -> anyhow::Result<()> {
        if let Command::Inspect(inspect) = self.command {
            // Needs neither settings nor a database.
            return inspect.run();
        }
        let listen = match &self.command {
            Command::Serve { listen } => *listen,
            Command::Demo(demo) => demo.listen,
            _ => None,
        };
        let overrides = Overrides {
            data_dir: self.data_dir.clone(),
            listen,
        };
        let loaded = settings::load(self.config.as_deref(), &overrides)?;
        if matches!(self.command, Command::Config) {
            return commands::config::print(&loaded);
        }
        let settings = loaded.settings;
        match self.command {
            Command::Serve { .. } => commands::serve::run(settings).await,
            Command::Demo(demo) => demo.run(settings).await,
            Command::Db(command) => command.run(settings).await,
            Command::Import(command) => command.run(settings).await,
            Command::Undo(command) => command.run(settings).await,
            Command::Audit(command) => command.run(settings).await,
            Command::Keys(command) => command.run(settings).await,
            Command::Events(command) => command.run(settings).await,
            Command::Flags(command) => command.run(settings).await,
            Command::Webhooks(command) => command.run(settings).await,
            Command::Doctor => commands::doctor::run(settings).await,
            Command::Config | Command::Inspect(_) => Ok(()),
        }
    }
}
