//! What happens to the server when we die, and to us when it does.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::*;
use crate::postgres::EmbeddedError;

/// Names the data directory to a copy of this test program that is to own a server.
const OWN: &str = "ATTEST_TEST_OWNS";

/// A copy of this test program that owns a server until it is killed.
struct Owner {
    child: Child,
    // Open until the end, because the copy fails when it cannot print.
    _output: BufReader<ChildStdout>,
    server: i32,
}

impl Owner {
    /// Runs `test` in a copy of this program, which sees [`OWN`] and calls [`own`].
    fn start(test: &str, data: &Path) -> Self {
        let mut child = Command::new(std::env::current_exe().expect("a program has a path"))
            .args(["--exact", test, "--nocapture"])
            .env(OWN, data)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("this program can be started again");
        let mut output = BufReader::new(child.stdout.take().expect("its output is ours"));
        let server = output
            .by_ref()
            .lines()
            .map_while(Result::ok)
            .find_map(|line| line.strip_prefix("server ")?.parse().ok())
            .expect("the copy says which server it owns");
        Self {
            child,
            _output: output,
            server,
        }
    }

    fn kill(&mut self) {
        self.child.kill().expect("the copy can be killed");
        self.child.wait().expect("the copy has ended");
    }
}

/// In a copy: owns a server on the directory that [`OWN`] names, until standard input ends or a signal comes.
async fn own(data: &Path) {
    let candidate = &candidates()[0];
    let embedded = Embedded::start(candidate.options(data)).await.unwrap();
    println!("\nserver {}", embedded.pid());
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
    embedded.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_owner_takes_its_server_with_it_and_the_next_goes_on() {
    if let Some(data) = std::env::var_os(OWN) {
        return own(Path::new(&data)).await;
    }
    let dir = scratch();
    let data = dir.path().join("data");
    let mut owner = Owner::start(
        "postgres::tests::crash::a_killed_owner_takes_its_server_with_it_and_the_next_goes_on",
        &data,
    );
    assert!(is_alive(owner.server));
    owner.kill();

    // At once, while the orphan may still be shutting down.
    let options = candidates()[0].options(&data);
    let next = Embedded::start(options).await.unwrap();
    assert!(!is_alive(owner.server));
    assert_eq!(
        ask(&mut connect(&next).await, "select 'here'").await,
        "here"
    );
    next.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_owner_is_told_who_has_the_directory() {
    if let Some(data) = std::env::var_os(OWN) {
        return own(Path::new(&data)).await;
    }
    let dir = scratch();
    let data = dir.path().join("data");
    let mut owner = Owner::start(
        "postgres::tests::crash::a_second_owner_is_told_who_has_the_directory",
        &data,
    );
    let refused = Embedded::start(candidates()[0].options(&data))
        .await
        .unwrap_err();
    let first = i32::try_from(owner.child.id()).unwrap();
    assert!(matches!(refused, EmbeddedError::InUse { pid: Some(pid), .. } if pid == first));
    let message = refused.to_string();
    assert!(message.contains(&format!("process {first}")), "{message}");
    assert!(message.contains("--data-dir"), "{message}");

    drop(owner.child.stdin.take());
    assert!(owner.child.wait().unwrap().success());
    assert!(!is_alive(owner.server));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_loss_of_the_server_is_seen() {
    let dir = scratch();
    let embedded = Embedded::start(candidates()[0].options(&dir.path().join("data")))
        .await
        .unwrap();
    let mut ended = embedded.ended();
    assert!(ended.borrow().is_none());
    kill(Pid::from_raw(embedded.pid()), Signal::SIGQUIT).unwrap();
    ended.wait_for(Option::is_some).await.unwrap();
    embedded.stop().await;
}
