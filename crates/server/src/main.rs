//! The binary `attest`.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let cli = server::Cli::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let result = match runtime {
        Ok(runtime) => runtime.block_on(cli.run()),
        Err(error) => Err(error.into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("attest: {error:#}");
            ExitCode::FAILURE
        }
    }
}
