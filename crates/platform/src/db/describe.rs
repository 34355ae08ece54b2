//! The schema as a document for people: every table and view, what it is for, whose
//! data it holds and who sees its rows; read from the catalogue, so that it is true.

use std::collections::BTreeMap;
use std::fmt::Write;

use sqlx::postgres::PgConnection;

use super::DbError;

/// A table or view.
struct Relation {
    schema: String,
    name: String,
    view: bool,
    comment: String,
    policy: Option<String>,
}

/// A column; `key` is its place in the primary key, if it has one.
struct Column {
    relation: String,
    name: String,
    kind: String,
    nullable: bool,
    key: bool,
}

/// A foreign key inside a schema.
struct Reference {
    from: String,
    to: String,
    columns: String,
}

/// All schemas that are not the system's, as Markdown: the owning crate, purpose, PII
/// class, policy and columns of each table, and a diagram (Mermaid) of each schema.
pub async fn describe(conn: &mut PgConnection) -> Result<String, DbError> {
    let mut schemas = BTreeMap::<String, Vec<Relation>>::new();
    for relation in relations(conn).await? {
        schemas
            .entry(relation.schema.clone())
            .or_default()
            .push(relation);
    }
    let columns = columns(conn).await?;
    let references = references(conn).await?;
    let mut text = INTRODUCTION.to_owned();
    for (schema, relations) in &schemas {
        add_schema(&mut text, schema, relations, &columns, &references);
    }
    Ok(text)
}

const INTRODUCTION: &str = "# The database

Generated from the migrated schema; `cargo xtask generate` writes it anew.

A schema belongs to the crate of its name, and only that crate writes there. **Rows** says who
sees a table's rows: `tenant_only`, the company of the transaction; `tenant_or_system`, that
company, or all for the system's own work; `system_only`, the system's own work; `owner only`,
nobody but who migrates. **PII** says how the data relate to people: `none`; `pseudonymous`,
ids that only the vault leads back to a person; `ciphertext`, sealed by a person's or a company's key.
";

fn add_schema(
    text: &mut String,
    schema: &str,
    relations: &[Relation],
    columns: &[Column],
    references: &[Reference],
) {
    add(text, format_args!("\n## {schema}\n\n```mermaid\nerDiagram"));
    for relation in relations {
        let keys = columns
            .iter()
            .filter(|column| column.key && column.relation == relation.full_name());
        add(text, format_args!("    {} {{", relation.name));
        for key in keys {
            let kind = key.kind.replace(' ', "_");
            add(text, format_args!("        {kind} {} PK", key.name));
        }
        add(text, format_args!("    }}"));
    }
    let prefix = format!("{schema}.");
    for reference in references {
        if let Some((from, to)) = reference
            .from
            .strip_prefix(&prefix)
            .zip(reference.to.strip_prefix(&prefix))
        {
            let columns = &reference.columns;
            add(
                text,
                format_args!("    {to} ||--o{{ {from} : \"{columns}\""),
            );
        }
    }
    add(text, format_args!("```"));
    for relation in relations {
        add_relation(text, relation, columns);
    }
}

fn add_relation(text: &mut String, relation: &Relation, columns: &[Column]) {
    let (purpose, pii) = relation
        .comment
        .rsplit_once(" pii=")
        .unwrap_or((&relation.comment, "unknown"));
    let (name, kind) = (relation.full_name(), relation.kind());
    let policy = match &relation.policy {
        Some(policy) => policy,
        None if relation.view => "as the tables it reads",
        None => "owner only",
    };
    add(text, format_args!("\n### {name}\n\n{purpose}\n"));
    add(
        text,
        format_args!(
            "{kind} of `{}` · rows: {policy} · PII: {pii}\n",
            relation.schema
        ),
    );
    add(text, format_args!("| column | type | |\n|---|---|---|"));
    for column in columns.iter().filter(|column| column.relation == name) {
        let mark = match (column.key, column.nullable) {
            (true, _) => "primary key",
            (false, true) => "may be null",
            (false, false) => "",
        };
        add(
            text,
            format_args!("| {} | {} | {mark} |", column.name, column.kind),
        );
    }
}

/// Adds a line; writing to a string cannot fail.
fn add(text: &mut String, line: std::fmt::Arguments<'_>) {
    let _ = writeln!(text, "{line}");
}

impl Relation {
    fn full_name(&self) -> String {
        format!("{}.{}", self.schema, self.name)
    }

    const fn kind(&self) -> &'static str {
        if self.view { "View" } else { "Table" }
    }
}

async fn relations(conn: &mut PgConnection) -> Result<Vec<Relation>, DbError> {
    sqlx::query_as!(
        Relation,
        r#"select n.nspname::text as "schema!", c.relname::text as "name!", c.relkind in ('v', 'm') as "view!",
             coalesce(pg_catalog.obj_description(c.oid, 'pg_class'), '') as "comment!",
             (select min(p.polname::text) from pg_catalog.pg_policy as p where p.polrelid = c.oid) as "policy?"
         from pg_catalog.pg_class as c join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
         where c.relkind in ('r', 'p', 'f', 'v', 'm')
           and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
         order by n.nspname, c.relname"#
    )
    .fetch_all(conn)
    .await
    .map_err(DbError::during("list tables"))
}

async fn columns(conn: &mut PgConnection) -> Result<Vec<Column>, DbError> {
    sqlx::query_as!(
        Column,
        r#"select n.nspname || '.' || c.relname as "relation!", a.attname::text as "name!",
             pg_catalog.format_type(a.atttypid, a.atttypmod) as "kind!", not a.attnotnull as "nullable!",
             exists (
                 select from pg_catalog.pg_index as i
                 where i.indrelid = c.oid and i.indisprimary and a.attnum = any(i.indkey)
             ) as "key!"
         from pg_catalog.pg_attribute as a
         join pg_catalog.pg_class as c on c.oid = a.attrelid
         join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
         where c.relkind in ('r', 'p', 'f', 'v', 'm') and a.attnum > 0 and not a.attisdropped
           and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
         order by n.nspname, c.relname, a.attnum"#
    )
    .fetch_all(conn)
    .await
    .map_err(DbError::during("list columns"))
}

async fn references(conn: &mut PgConnection) -> Result<Vec<Reference>, DbError> {
    sqlx::query_as!(
        Reference,
        r#"select n.nspname || '.' || c.relname as "from!", m.nspname || '.' || t.relname as "to!",
             (
                 select string_agg(a.attname, ', ' order by k.place)
                 from unnest(f.conkey) with ordinality as k (attnum, place)
                 join pg_catalog.pg_attribute as a on a.attrelid = f.conrelid and a.attnum = k.attnum
             ) as "columns!"
         from pg_catalog.pg_constraint as f
         join pg_catalog.pg_class as c on c.oid = f.conrelid
         join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
         join pg_catalog.pg_class as t on t.oid = f.confrelid
         join pg_catalog.pg_namespace as m on m.oid = t.relnamespace
         where f.contype = 'f'
         order by 1, 2, 3"#
    )
    .fetch_all(conn)
    .await
    .map_err(DbError::during("list foreign keys"))
}
