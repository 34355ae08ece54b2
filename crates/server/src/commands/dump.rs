//! `attest db dump` and `attest db restore`

use std::io::IsTerminal;
use std::path::Path;

use indicatif::{ProgressBar, ProgressStyle};
use platform::postgres::{
    DumpTool, check_server_version, dump as dump_database, restore as restore_database,
};

use crate::settings::Settings;
use crate::system::{Schema, System, embedded_options, open_keyring, unopened};

/// Writes everything that is stored to a file.
pub(crate) async fn dump(settings: Settings, file: &Path) -> anyhow::Result<()> {
    let system = System::open(settings, Schema::Expect, true).await?;
    let conn = system.administrator.connect_target().await?;
    let tool = DumpTool::find(
        &embedded_options(&system.settings),
        check_server_version(&conn)?,
    )?;
    let bar = bar("{spinner} {binary_bytes} written")?;
    let shown = bar.clone();
    let result = dump_database(system.administrator.target(), &tool, file, move |bytes| {
        shown.set_position(bytes);
    })
    .await;
    bar.finish_and_clear();
    let bytes = result?;
    println!(
        "{bytes} bytes are in {}. It can be read with the root keys of this installation only.",
        file.display()
    );
    system.close().await;
    Ok(())
}

/// Reads a dump into a database that has nothing in it.
pub(crate) async fn restore(settings: Settings, file: &Path) -> anyhow::Result<()> {
    anyhow::ensure!(file.is_file(), "there is no file {}", file.display());
    let keyring = open_keyring(&settings)?;
    let (administrator, embedded) = unopened(&settings).await?;
    administrator.ensure_roles(&keyring).await?;
    let bar = bar("{bar:40} {binary_bytes} of {binary_total_bytes}, {eta} left")?;
    let result = restore_database(administrator.target(), file, |at| {
        bar.set_length(at.bytes_total);
        bar.set_position(at.bytes_read);
    })
    .await;
    bar.finish_and_clear();
    let rows = result?;
    let applied = administrator.migrate(&keyring).await?;
    println!("{rows} rows were read; {applied} migrations were applied behind them.");
    if let Some(embedded) = embedded {
        embedded.stop().await;
    }
    Ok(())
}

fn bar(template: &str) -> anyhow::Result<ProgressBar> {
    if !std::io::stderr().is_terminal() {
        return Ok(ProgressBar::hidden());
    }
    Ok(ProgressBar::no_length().with_style(ProgressStyle::with_template(template)?))
}
