//! What happens to the server when we die, to us when it does, and what either leaves behind.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::MetadataExt;
use std::process::{Child, ChildStdout, Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::*;
use crate::postgres::account::Account;
use crate::postgres::{EmbeddedError, process};

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
        let program = std::env::current_exe().expect("a program has a path");
        Self::await_ready(copy(&program, test, data))
    }

    fn await_ready(mut command: Command) -> Self {
        let mut child = command.spawn().expect("this program can be started again");
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

/// The command that runs `test` alone in a copy of this program.
fn copy(program: &Path, test: &str, data: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .args(["--exact", test, "--nocapture"])
        .env(OWN, data)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    command
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
async fn an_ordinary_user_needs_nothing_from_root() {
    if let Some(data) = std::env::var_os(OWN) {
        return own(Path::new(&data)).await;
    }
    let dir = scratch();
    layout::set_mode(dir.path(), 0o777).unwrap();
    let data = dir.path().join("data");
    // The user may not be able to reach this program, nor a packed runtime, where they were built.
    let program = dir.path().join("program");
    fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    let test = "postgres::tests::crash::an_ordinary_user_needs_nothing_from_root";
    let mut command = copy(&program, test, &data);
    if let Some(built) = std::env::var_os(RUNTIME) {
        let packed = dir.path().join(Path::new(&built).file_name().unwrap());
        fs::copy(&built, &packed).unwrap();
        command.env(RUNTIME, packed);
    }
    let account = Account::choose(&data.join("postgres")).unwrap();
    account.lend(&mut command);
    let mut owner = Owner::await_ready(command);
    for path in [
        format!("/proc/{}", owner.server),
        data.display().to_string(),
    ] {
        assert_eq!(fs::metadata(&path).unwrap().uid(), account.uid, "{path}");
    }
    drop(owner.child.stdin.take());
    assert!(owner.child.wait().unwrap().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_death_while_the_cluster_is_made_leaves_nothing_in_the_way() {
    if let Some(data) = std::env::var_os(OWN) {
        return own(Path::new(&data)).await;
    }
    let dir = scratch();
    let data = dir.path().join("data");
    let test =
        "postgres::tests::crash::a_death_while_the_cluster_is_made_leaves_nothing_in_the_way";
    let mut child = copy(&std::env::current_exe().unwrap(), test, &data)
        .spawn()
        .unwrap();
    eventually("initdb is at work", || {
        data.join("postgres.unfinished/PG_VERSION").exists()
    });
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!data.join("postgres").exists());

    let next = Embedded::start(candidates()[0].options(&data))
        .await
        .unwrap();
    assert!(!data.join("postgres.unfinished").exists());
    assert!(!data.join("postgres.initial-password").exists());
    next.stop().await;
}

/// A directory whose server was stopped, with its process-id file put back.
async fn with_stale_pid_file(candidate: &Candidate, data: &Path, pid: u32) {
    let embedded = Embedded::start(candidate.options(data)).await.unwrap();
    let file = data.join("postgres/postmaster.pid");
    let text = fs::read_to_string(&file).unwrap();
    let own = embedded.pid().to_string();
    embedded.stop().await;
    fs::write(&file, text.replacen(&own, &pid.to_string(), 1)).unwrap();
    let account = Account::choose(&data.join("postgres")).unwrap();
    account.give(&file).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_id_that_another_program_got_meanwhile_does_not_stop_us() {
    for candidate in candidates() {
        let dir = scratch();
        let data = dir.path().join("data");
        // A program of the user who runs the server: Postgres would take it for itself.
        let mut command = Command::new("cat");
        command.stdin(Stdio::piped()).stdout(Stdio::null());
        Account::choose(&data.join("postgres"))
            .unwrap()
            .lend(&mut command);
        let mut stranger = command.spawn().unwrap();
        with_stale_pid_file(&candidate, &data, stranger.id()).await;

        let next = Embedded::start(candidate.options(&data)).await.unwrap();
        assert!(
            stranger.try_wait().unwrap().is_none(),
            "the stranger goes on"
        );
        next.stop().await;
        stranger.kill().unwrap();
        stranger.wait().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_id_that_nobody_has_any_more_does_not_stop_us() {
    let dir = scratch();
    let data = dir.path().join("data");
    let mut gone = Command::new("true").spawn().unwrap();
    gone.wait().unwrap();
    with_stale_pid_file(&candidates()[0], &data, gone.id()).await;
    let next = Embedded::start(candidates()[0].options(&data))
        .await
        .unwrap();
    next.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_somebody_started_by_hand_is_left_alone() {
    let dir = scratch();
    let data = dir.path().join("data");
    let candidate = &candidates()[0];
    let first = Embedded::start(candidate.options(&data)).await.unwrap();
    let program = first.runtime().program("postgres");
    first.stop().await;

    let mut command = Command::new(program);
    command
        .arg("-D")
        .arg(data.join("postgres"))
        .args(["-c", "listen_addresses=", "-c"])
        .arg(format!(
            "unix_socket_directories={}",
            data.join("run").display()
        ))
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .current_dir("/");
    Account::choose(&data.join("postgres"))
        .unwrap()
        .lend(&mut command);
    process::tie_to_us(&mut command, Signal::SIGQUIT);
    let mut by_hand = command.spawn().unwrap();
    let pid_file = data.join("postgres/postmaster.pid");
    eventually("the server is ready", || {
        let text = fs::read_to_string(&pid_file).unwrap_or_default();
        text.lines()
            .nth(7)
            .is_some_and(|state| state.trim() == "ready")
    });

    let refused = Embedded::start(candidate.options(&data)).await.unwrap_err();
    let named = i32::try_from(by_hand.id()).unwrap();
    assert!(
        matches!(refused, EmbeddedError::ForeignServer { pid, .. } if pid == named),
        "{refused}"
    );
    assert!(pid_file.exists() && by_hand.try_wait().unwrap().is_none());
    kill(Pid::from_raw(named), Signal::SIGINT).unwrap();
    by_hand.wait().unwrap();
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
