//! Starting, starting again, and refusing to.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_first_start_makes_a_database_and_a_second_finds_what_the_first_stored() {
    for candidate in candidates() {
        let dir = scratch();
        let data = dir.path().join("data");
        let first = Embedded::start(candidate.options(&data)).await.unwrap();
        tell(
            &mut connect(&first).await,
            "create table kept (word text); insert into kept values ('blåbær')",
        )
        .await;
        let pid = first.pid();
        first.stop().await;
        assert!(!is_alive(pid));

        let second = Embedded::start(candidate.options(&data)).await.unwrap();
        let word = ask(&mut connect(&second).await, "select word from kept").await;
        assert_eq!(word, "blåbær");
        second.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn text_sorts_by_code_point_and_knows_the_letters_of_all_languages() {
    for candidate in candidates() {
        let dir = scratch();
        let embedded = Embedded::start(candidate.options(&dir.path().join("data")))
            .await
            .unwrap();
        let mut connection = connect(&embedded).await;
        let sorted = "select string_agg(word, ' ' order by word) from (values ('b'), ('Å'), ('a'), ('B'), ('ї')) as t (word)";
        assert_eq!(ask(&mut connection, sorted).await, "B a b Å ї");
        assert_eq!(
            ask(&mut connection, "select upper('blåbær ї')").await,
            "BLÅBÆR Ї"
        );
        assert_eq!(ask(&mut connection, "show server_encoding").await, "UTF8");
        assert_eq!(ask(&mut connection, "show data_checksums").await, "on");
        drop(connection);
        embedded.stop().await;
    }
}
