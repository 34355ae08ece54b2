//! The oracle and the lint are themselves tested: each way of spoiling a policy,
//! in each table in turn, must be noticed by both.

use super::lab::{Lab, Table};

/// Ways to spoil a table's protection.
fn mutations(table: &Table) -> Vec<String> {
    let (name, policy) = (&table.name, &table.policy);
    vec![
        format!("drop policy {policy} on {name}"),
        format!(
            "drop policy {policy} on {name}; create policy {policy} on {name} using (true) with check (true)"
        ),
        format!("alter policy {policy} on {name} using (true)"),
        format!("alter policy {policy} on {name} with check (true)"),
        format!("create policy more on {name} using (true)"),
        format!("alter table {name} disable row level security"),
        format!("alter table {name} no force row level security"),
    ]
}

#[tokio::test]
async fn every_policy_mutant_is_found_by_the_oracle_and_by_the_lint() {
    let mut lab = Lab::new().await;
    let mut count = 0;
    for table in lab.tables.clone() {
        for mutation in mutations(&table) {
            let (violations, findings) = lab.with_mutation(&table, mutation.clone()).await;
            assert!(!violations.is_empty(), "the oracle missed: {mutation}");
            assert!(
                findings.iter().any(|finding| finding.object == table.name),
                "the lint missed: {mutation}"
            );
            count += 1;
        }
    }
    println!(
        "{count} policy mutants of {} tables, all found",
        lab.tables.len()
    );
    assert_eq!(
        lab.isolation_violations().await,
        Vec::<String>::new(),
        "each was undone"
    );
}
