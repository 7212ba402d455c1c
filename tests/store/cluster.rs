//! A private cluster of PostgreSQL: made for one test, stopped and removed after it.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How long the database may take on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// A private cluster.
pub(crate) struct Cluster {
    folder: tempfile::TempDir,
    programs: PathBuf,
    port: u16,
    server: Child,
}

impl Cluster {
    /// Makes a cluster on a free port, and starts it.
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let programs = programs();
        if is_root() {
            give_to_postgres(folder.path());
        }
        let made = as_user(&programs.join("initdb"))
            .args(["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C"])
            .args(["--no-sync", "--no-instructions", "--pgdata"])
            .arg(folder.path().join("data"))
            .stdout(Stdio::null())
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let server = run(&programs, folder.path(), port);
        let cluster = Self { folder, programs, port, server };
        cluster.wait_until_it_answers();
        cluster
    }

    /// The address of its database.
    pub(crate) fn address(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// Kills it as a crash would.
    pub(crate) fn kill(&mut self) {
        // Its processes end when they see that the first of them has gone.
        self.server.kill().unwrap();
        self.server.wait().unwrap();
    }

    /// Starts it again after [`Cluster::kill`].
    pub(crate) fn restart(&mut self) {
        let start = Instant::now();
        loop {
            self.server = run(&self.programs, self.folder.path(), self.port);
            // It refuses to start while processes of the killed one are ending.
            thread::sleep(Duration::from_millis(300));
            if self.server.try_wait().unwrap().is_none() {
                break;
            }
            assert!(start.elapsed() < PATIENCE, "{}", self.log());
        }
        self.wait_until_it_answers();
    }

    fn wait_until_it_answers(&self) {
        let start = Instant::now();
        while postgres::Client::connect(&self.address(), postgres::NoTls).is_err() {
            assert!(start.elapsed() < PATIENCE, "{}", self.log());
            thread::sleep(Duration::from_millis(20));
        }
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // SIGQUIT ends it and its children at once.
        let _ = Command::new("kill").args(["-QUIT", &self.server.id().to_string()]).status();
        let _ = self.server.wait();
    }
}

/// Where the programs of PostgreSQL are: the newest of Debian's folders, or where
/// `pg_config` says.
fn programs() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = versions.map(|v| v.path().join("bin")).collect();
    found.sort();
    found.retain(|folder| folder.join("initdb").exists());
    found.pop().unwrap_or_else(|| {
        let said = Command::new("pg_config").arg("--bindir").output();
        let said = said.expect("PostgreSQL is needed; scripts/test-needs installs it");
        PathBuf::from(String::from_utf8_lossy(&said.stdout).trim())
    })
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().unwrap();
    id.stdout.starts_with(b"0\n")
}

/// PostgreSQL refuses to run as root.
fn as_user(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    // If this test is killed, the database goes with it.
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "--pdeathsig=QUIT"]);
    command.arg("--").arg(program);
    command
}

fn give_to_postgres(folder: &Path) {
    let given = Command::new("chown").arg("postgres:postgres").arg(folder).status().unwrap();
    assert!(given.success(), "the user postgres comes with the package postgresql");
}

fn run(programs: &Path, folder: &Path, port: u16) -> Child {
    let log = fs::File::create(folder.join("log")).unwrap();
    as_user(&programs.join("postgres"))
        .arg("-D")
        .arg(folder.join("data"))
        .args(["-p", &port.to_string(), "-c", "listen_addresses=127.0.0.1", "-k"])
        .arg(folder)
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .unwrap()
}
