//! What only the owner of the database does: roles, migrations, context keys.

use secrecy::ExposeSecret;
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{Connection, Row};

use super::DbError;
use super::context::ContextSigner;
use crate::keys::Keyring;

/// The owner of every schema; migrations run as this role and nothing else does.
const OWNER: &str = "attest_owner";

/// How often the roles are tried when somebody else changes them at the same time.
const ROLE_ATTEMPTS: u32 = 10;

/// Every role that Attest makes.
const ROLES: [&str; 4] = [OWNER, "attest_app", "attest_worker", "attest_reader"];

/// The ordered list of migrations, compiled in.
#[must_use]
pub fn migrator() -> Migrator {
    let mut migrator = sqlx::migrate!("../../migrations");
    migrator.dangerous_set_table_name("platform.schema_migration");
    migrator.create_schema("platform");
    migrator
}

/// The same server and database as one of our roles.
pub(super) fn as_role(
    target: &PgConnectOptions,
    keyring: &Keyring,
    role: &str,
) -> PgConnectOptions {
    target
        .clone()
        .username(role)
        .password(keyring.role_password(role).expose_secret())
        .application_name("attest")
}

/// A connection to the server with the rights to make roles and databases.
#[derive(Debug, Clone)]
pub struct Administrator {
    target: PgConnectOptions,
}

/// Whether another transaction changed the same row of the catalogue: "tuple
/// concurrently updated", an internal error; or made the same role.
fn is_concurrent_update(error: &DbError) -> bool {
    let DbError::Statement {
        source: sqlx::Error::Database(error),
        ..
    } = error
    else {
        return false;
    };
    matches!(error.code().as_deref(), Some("XX000" | "23505" | "42710"))
}

impl Administrator {
    /// `target` names the server, the database and a user who may create roles.
    #[must_use]
    pub const fn new(target: PgConnectOptions) -> Self {
        Self { target }
    }

    /// The server and database administered.
    #[must_use]
    pub const fn target(&self) -> &PgConnectOptions {
        &self.target
    }

    /// Makes the database if it is missing; true if it was made.
    pub async fn create_database(&self, name: &str) -> Result<bool, DbError> {
        let mut conn = self.connect("postgres").await?;
        let exists = sqlx::query_scalar!(
            r#"select exists (select from pg_database where datname = $1) as "exists!""#,
            name
        )
        .fetch_one(&mut conn)
        .await
        .map_err(DbError::during("look for the database"))?;
        if !exists {
            self.run(
                &mut conn,
                "create database %I encoding 'UTF8' template template0",
                name,
            )
            .await?;
        }
        conn.close()
            .await
            .map_err(DbError::during("close the connection"))?;
        Ok(!exists)
    }

    /// Removes a database with all that is in it, and everybody's connections to it.
    pub async fn drop_database(&self, name: &str) -> Result<(), DbError> {
        let mut conn = self.connect("postgres").await?;
        self.run(&mut conn, "drop database if exists %I with (force)", name)
            .await
    }

    /// Makes the roles, gives them the passwords that derive from the keyring, and
    /// leaves them no right beside those that the migrations grant.
    ///
    /// Roles belong to the whole cluster but locks to one database: when the same is
    /// done from another database at the same moment, one of the two is refused and tries again.
    pub async fn ensure_roles(&self, keyring: &Keyring) -> Result<(), DbError> {
        let mut attempt = 1;
        loop {
            match self.try_ensure_roles(keyring).await {
                Err(error) if attempt < ROLE_ATTEMPTS && is_concurrent_update(&error) => {
                    attempt += 1;
                }
                result => return result,
            }
        }
    }

    async fn try_ensure_roles(&self, keyring: &Keyring) -> Result<(), DbError> {
        let mut conn = self.connect_target().await?;
        let mut tx = conn
            .begin()
            .await
            .map_err(DbError::during("make the roles"))?;
        // Two processes that start at once would otherwise both try to create them.
        sqlx::query!(r#"select pg_advisory_xact_lock(hashtext('attest.roles')) as "locked!: ()""#)
            .fetch_one(&mut *tx)
            .await
            .map_err(DbError::during("make the roles"))?;
        for role in ROLES {
            let password = keyring.role_password(role);
            sqlx::query!(
                r#"select set_config('attest.role', $1, true) as "role!", set_config('attest.password', $2, true) as "password!""#,
                role,
                password.expose_secret(),
            )
            .fetch_one(&mut *tx)
            .await
            .map_err(DbError::during("make the roles"))?;
            execute_static(&mut tx, ENSURE_ROLE, "make the roles").await?;
        }
        execute_static(&mut tx, DATABASE_RIGHTS, "grant rights on the database").await?;
        tx.commit().await.map_err(DbError::during("make the roles"))
    }

    /// Leaves nobody but the owner a right to make anything in the database. A
    /// database's own rights are not copied with it from a template or a dump.
    pub async fn restrict_database(&self) -> Result<(), DbError> {
        let mut conn = self.connect_target().await?;
        execute_static(&mut conn, DATABASE_RIGHTS, "grant rights on the database").await?;
        conn.close()
            .await
            .map_err(DbError::during("close the connection"))
    }

    /// Applies what is missing of the ordered list, under a lock, and stores the
    /// keys that tenant contexts are checked by. Returns how many were applied.
    pub async fn migrate(&self, keyring: &Keyring) -> Result<usize, DbError> {
        let mut conn = self.connect_owner(keyring).await?;
        let before = applied(&mut conn).await?;
        migrator()
            .run(&mut conn)
            .await
            .map_err(|error| DbError::Schema(describe(&error)))?;
        let after = applied(&mut conn).await?;
        execute_static(&mut conn, DESCRIBE_LIST, "describe the list of migrations").await?;
        store_context_keys(&mut conn, keyring).await?;
        conn.close()
            .await
            .map_err(DbError::during("close the connection"))?;
        Ok(after - before)
    }

    /// Whether the schema is exactly the one this program was built for.
    pub async fn check_schema(&self, keyring: &Keyring) -> Result<(), DbError> {
        let mut conn = self.connect_owner(keyring).await?;
        let known = migrator().iter().count();
        let applied = applied(&mut conn).await?;
        if applied == known {
            return Ok(());
        }
        Err(DbError::Schema(if applied < known {
            format!(
                "the database lacks {} of {known} migrations: run `attest db migrate`",
                known - applied
            )
        } else {
            format!(
                "the database has {applied} migrations, this program knows {known}: use the newer program"
            )
        }))
    }

    /// Removes every schema of ours with all that is in it.
    pub async fn drop_schemas(&self) -> Result<(), DbError> {
        let mut conn = self.connect_target().await?;
        execute_static(&mut conn, DROP_SCHEMAS, "remove the schemas").await
    }

    /// A connection as the owner of the schemas.
    pub async fn connect_owner(&self, keyring: &Keyring) -> Result<PgConnection, DbError> {
        PgConnection::connect_with(&as_role(&self.target, keyring, OWNER))
            .await
            .map_err(DbError::during("connect as the owner"))
    }

    /// A connection to the administered database as the administrator.
    pub async fn connect_target(&self) -> Result<PgConnection, DbError> {
        PgConnection::connect_with(&self.target)
            .await
            .map_err(DbError::during("connect as the administrator"))
    }

    async fn connect(&self, database: &str) -> Result<PgConnection, DbError> {
        PgConnection::connect_with(&self.target.clone().database(database))
            .await
            .map_err(DbError::during("connect as the administrator"))
    }

    /// Runs one of the two statements that take a name where no parameter may stand.
    /// The server quotes the name.
    #[expect(
        clippy::disallowed_methods,
        reason = "CREATE and DROP DATABASE take no parameters and cannot run in a function"
    )]
    async fn run(
        &self,
        conn: &mut PgConnection,
        template: &'static str,
        name: &str,
    ) -> Result<(), DbError> {
        let statement = sqlx::query_scalar!(
            r#"select format($1, $2::text) as "statement!""#,
            template,
            name
        )
        .fetch_one(&mut *conn)
        .await
        .map_err(DbError::during("quote a name"))?;
        sqlx::raw_sql(sqlx::AssertSqlSafe(statement))
            .execute(conn)
            .await
            .map_err(DbError::during("administer the database"))?;
        Ok(())
    }
}

/// Creates the role named by `attest.role` if it is missing, takes from it what it
/// should not have, and sets its password.
const ENSURE_ROLE: &str = "
do $$
declare
    name text := current_setting('attest.role');
begin
    if not exists (select from pg_roles where rolname = name) then
        execute format('create role %I nosuperuser nocreatedb nocreaterole noreplication nobypassrls noinherit login', name);
    elsif exists (
        select from pg_roles where rolname = name
            and (rolsuper or rolcreatedb or rolcreaterole or rolreplication or rolbypassrls or rolinherit)
    ) then
        execute format('alter role %I with nosuperuser nocreatedb nocreaterole noreplication nobypassrls noinherit', name);
    end if;
    execute format('alter role %I with login password %L', name, current_setting('attest.password'));
    perform set_config('attest.password', '', true);
end
$$";

/// The list is made by the migrator, before any migration could describe it.
const DESCRIBE_LIST: &str = "comment on table platform.schema_migration is
    'Migrations that were applied, with the fingerprint of each. pii=none'";

/// Only the owner may create schemas; nobody else may create anything, not even temporary tables.
const DATABASE_RIGHTS: &str = "
do $$
begin
    execute format('revoke all on database %I from public', current_database());
    execute format('grant connect on database %I to attest_owner, attest_app, attest_worker, attest_reader', current_database());
    execute format('grant create on database %I to attest_owner', current_database());
    revoke all on schema public from public;
end
$$";

/// Removes what the owner role owns in this database.
const DROP_SCHEMAS: &str = "
do $$
declare
    name text;
begin
    for name in select nspname from pg_namespace where nspowner = 'attest_owner'::regrole loop
        execute format('drop schema %I cascade', name);
    end loop;
end
$$";

#[expect(
    clippy::disallowed_methods,
    reason = "the macros cannot describe a DO block; the text is a constant"
)]
async fn execute_static(
    conn: &mut PgConnection,
    statement: &'static str,
    operation: &'static str,
) -> Result<(), DbError> {
    sqlx::raw_sql(statement)
        .execute(conn)
        .await
        .map_err(DbError::during(operation))?;
    Ok(())
}

/// How many migrations have been applied; none when the list's table is missing.
#[expect(
    clippy::disallowed_methods,
    reason = "the list's table does not exist when queries are checked"
)]
async fn applied(conn: &mut PgConnection) -> Result<usize, DbError> {
    let exists = sqlx::query_scalar!(
        r#"select to_regclass('platform.schema_migration') is not null as "exists!""#
    )
    .fetch_one(&mut *conn)
    .await
    .map_err(DbError::during("read the list of migrations"))?;
    if !exists {
        return Ok(0);
    }
    let row = sqlx::query("select count(*) from platform.schema_migration where success")
        .fetch_one(conn)
        .await
        .map_err(DbError::during("read the list of migrations"))?;
    Ok(usize::try_from(row.get::<i64, _>(0)).unwrap_or_default())
}

async fn store_context_keys(conn: &mut PgConnection, keyring: &Keyring) -> Result<(), DbError> {
    let mut versions = Vec::new();
    for version in keyring.versions() {
        let id = i16::try_from(version).unwrap_or(i16::MAX);
        let (inner, outer) =
            ContextSigner::new(keyring.tenant_context_key_of(version)?).padded_blocks();
        sqlx::query!(
            "insert into platform.context_key (id, inner_block, outer_block) values ($1, $2, $3)
             on conflict (id) do update set inner_block = excluded.inner_block, outer_block = excluded.outer_block",
            id,
            &inner[..],
            &outer[..],
        )
        .execute(&mut *conn)
        .await
        .map_err(DbError::during("store the context keys"))?;
        versions.push(id);
    }
    sqlx::query!(
        "delete from platform.context_key where id <> all($1)",
        &versions
    )
    .execute(conn)
    .await
    .map_err(DbError::during("store the context keys"))?;
    Ok(())
}

fn describe(error: &sqlx::migrate::MigrateError) -> String {
    use sqlx::migrate::MigrateError as E;
    match error {
        E::VersionMissing(version) => format!(
            "the database has migration {version}, which this program does not know: use the newer program"
        ),
        E::VersionMismatch(version) => {
            format!("migration {version} was applied from another text than this program's")
        }
        E::Dirty(version) => format!(
            "migration {version} was left half applied: restore the database from before it"
        ),
        other => format!("the migrations could not be applied: {other}"),
    }
}
