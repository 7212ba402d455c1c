//! The key that a newcomer is given, and to whom it is not.

use std::process::Command;

use crate::harness::{Server, city};
use crate::records::Folder;
use crate::writes::{feature, make_key, put};

/// The secret of the link that the server says.
fn secret(server: &Server) -> Option<String> {
    let said = server.welcome();
    let (_, rest) = said.split_once("/analyst#key=")?;
    Some(rest.split_whitespace().next().unwrap().to_owned())
}

fn status(server: &Server, key: &str, path: &str) -> u16 {
    server.get_with(path, &[("authorization", &format!("Bearer {key}"))]).status
}

/// Serves the default city from its database with more arguments.
fn serve(folder: &Folder, more: &[&str]) -> Server {
    let database = folder.file();
    Server::start_with(&city(), &[&["--database", database.to_str().unwrap()], more].concat())
}

#[test]
fn a_newcomer_gets_a_key_for_agents_and_analysts_that_no_record_and_no_log_has() {
    let folder = Folder::new();
    let server = folder.serve();
    let key = secret(&server).unwrap();
    assert!(key.starts_with("smk_demo"), "{key}");
    for path in ["/v1/density", "/v1/timeline", "/v1/redrawings"] {
        assert_eq!(status(&server, &key, path), 200, "{path}");
    }
    put(&server, &key, "/v1/points/p-1", &feature("样例")).problem(403);
    let random = key.rsplit_once('_').unwrap().1;
    assert!(!server.log().contains(random) && server.log().contains(&key[4..16]));
    drop(server);

    let output = Command::new(env!("CARGO_BIN_EXE_servicemap"))
        .args(["key", "list", "--city"])
        .arg(city())
        .arg("--database")
        .arg(folder.file())
        .output()
        .unwrap();
    assert!(output.status.success() && output.stdout.is_empty(), "{output:?}");
    let again = folder.serve();
    assert_ne!(secret(&again).unwrap(), key);
    assert_eq!(status(&again, &key, "/v1/density"), 401, "it held until the server stopped");
}

#[test]
fn it_holds_when_the_records_change() {
    let folder = Folder::new();
    let server = folder.serve();
    let key = secret(&server).unwrap();
    // A key of the database's own, which shows that the server has taken in the change.
    let own = make_key(&city(), &folder.file(), "admin");
    let start = std::time::Instant::now();
    while status(&server, &own, "/v1/density") != 200 {
        assert!(start.elapsed().as_secs() < 60, "{}", server.log());
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    assert_eq!(status(&server, &key, "/v1/density"), 200);
}

#[test]
fn nobody_else_gets_one() {
    let folder = Folder::new();
    for more in [
        &["--demo-key", "false"][..],
        &["--public-url", "https://map.example"],
        &["--listen", "0.0.0.0:0"],
    ] {
        let mut program = Command::new(env!("CARGO_BIN_EXE_servicemap"));
        program.args(["serve", "--city"]).arg(city()).arg("--database").arg(folder.file());
        if more[0] != "--listen" {
            program.args(["--listen", "127.0.0.1:0"]);
        }
        let server = Server::start_program(program.args(more));
        assert_eq!(secret(&server), None, "{more:?}");
    }
    assert_eq!(secret(&Server::start()), None, "there are no records to look at");
    make_key(&city(), &folder.file(), "analyst");
    assert_eq!(secret(&serve(&folder, &[])), None, "the database has keys of its own");
}

#[test]
fn the_analysts_page_is_served() {
    let server = Server::start();
    let page = server.get("/analyst");
    assert_eq!(page.status, 200);
    assert!(page.header("content-security-policy").contains("connect-src 'self'"));
    assert_eq!(page.header("referrer-policy"), "no-referrer");
    assert!(page.text().contains("/assets/analyst-"), "{}", page.text());
}
