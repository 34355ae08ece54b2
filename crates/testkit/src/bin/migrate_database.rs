//! Makes a migrated database at the given URL, for `cargo xtask prepare`.
#![expect(
    clippy::expect_used,
    reason = "a developer's tool that says what went wrong by failing"
)]

use std::str::FromStr;

use base64::Engine;
use platform::db::Administrator;
use platform::keys::Keyring;
use secrecy::SecretString;
use sqlx::postgres::PgConnectOptions;

#[tokio::main]
async fn main() {
    let url = std::env::args()
        .nth(1)
        .expect("usage: migrate_database URL");
    let target = PgConnectOptions::from_str(&url).expect("a connection URL");
    let key = base64::engine::general_purpose::STANDARD.encode(rand::random::<[u8; 32]>());
    let keyring =
        Keyring::from_setting(&SecretString::from(format!("v1:{key}"))).expect("fresh root keys");
    let administrator = Administrator::new(target.clone());
    let name = target.get_database().expect("the URL names a database");
    administrator
        .create_database(name)
        .await
        .expect("the database");
    administrator
        .ensure_roles(&keyring)
        .await
        .expect("the roles");
    administrator
        .migrate(&keyring)
        .await
        .expect("the migrations");
}
