//! `attest config`

use crate::settings::Loaded;

/// Prints every key, its value with secrets masked, and where it came from.
pub(crate) fn print(loaded: &Loaded) -> anyhow::Result<()> {
    let rows = loaded.table()?;
    let width = |column: fn(&(String, String, String)) -> &String| {
        rows.iter()
            .map(|row| column(row).len())
            .max()
            .unwrap_or_default()
    };
    let (keys, values) = (width(|row| &row.0), width(|row| &row.1));
    for (key, value, origin) in &rows {
        println!("{key:keys$}  {value:values$}  {origin}");
    }
    Ok(())
}
