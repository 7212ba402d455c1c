//! Starts the built program on a free port and speaks HTTP with it.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::Value;

/// How long the program may take to come up on a busy machine before a test gives up.
const PATIENCE: Duration = Duration::from_mins(1);

/// Folder of the default city.
pub(crate) fn city() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data/beijing")
}

/// A running server; it stops when this goes.
pub(crate) struct Server {
    child: Child,
    base: String,
    log: Arc<Mutex<String>>,
    agent: ureq::Agent,
    /// Where it keeps what can be made again.
    _cache: tempfile::TempDir,
}

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: ureq::http::HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Server {
    /// Serves the default city.
    pub(crate) fn start() -> Self {
        Self::start_with(&city(), &[])
    }

    /// Serves `city` with more arguments, and waits until it is ready.
    pub(crate) fn start_with(city: &Path, arguments: &[&str]) -> Self {
        let mut program = Command::new(env!("CARGO_BIN_EXE_servicemap"));
        program.args(["serve", "--listen", "127.0.0.1:0", "--city"]).arg(city).args(arguments);
        Self::start_program(&mut program)
    }

    /// Starts a program that becomes a server, and waits until it is ready.
    pub(crate) fn start_program(program: &mut Command) -> Self {
        let cache = tempfile::tempdir().unwrap();
        let mut child = program
            .env_remove("RUST_LOG")
            .env("XDG_CACHE_HOME", cache.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let log = Arc::new(Mutex::new(String::new()));
        let (kept, stderr) = (Arc::clone(&log), child.stderr.take().unwrap());
        thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                *kept.lock().unwrap() += &(line + "\n");
            }
        });
        let (tell, told) = mpsc::channel();
        let stdout = child.stdout.take().unwrap();
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if let Some(base) = line.strip_prefix("listening on ") {
                    let _ = tell.send(base.to_owned());
                }
            }
        });
        let base = told.recv_timeout(PATIENCE).expect("the program says where it listens");
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(PATIENCE))
            .build()
            .into();
        let mut server = Self { child, base, log, agent, _cache: cache };
        server.wait_until_ready();
        server
    }

    fn wait_until_ready(&mut self) {
        let start = Instant::now();
        loop {
            let answer = self.agent.get(format!("{}/health/ready", self.base)).call();
            if answer.is_ok_and(|answer| answer.status() == 200) {
                return;
            }
            let ended = self.child.try_wait().unwrap();
            let log = self.log.lock().unwrap().clone();
            assert!(ended.is_none(), "the program ended; the log says:\n{log}");
            assert!(start.elapsed() < PATIENCE, "the city is not ready; the log says:\n{log}");
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// GET, with the path and query as they are.
    pub(crate) fn get(&self, path: &str) -> Answer {
        self.get_with(path, &[])
    }

    /// GET with headers.
    pub(crate) fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = self.agent.get(format!("{}{path}", self.base));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Answer::read(request.call().unwrap_or_else(|e| panic!("GET {path}: {e}")))
    }

    /// Any method without a body.
    pub(crate) fn call(&self, method: &str, path: &str) -> Answer {
        let request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .body(())
            .unwrap();
        Answer::read(self.agent.run(request).unwrap_or_else(|e| panic!("{method} {path}: {e}")))
    }

    /// Any method with headers and a body.
    pub(crate) fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        let uri = format!("{}{path}", self.base);
        let mut request = ureq::http::Request::builder().method(method).uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = self.agent.run(request.body(body).unwrap());
        Answer::read(answer.unwrap_or_else(|e| panic!("{method} {path}: {e}")))
    }

    /// POST of a body that is small enough to be sent before the answer is read.
    pub(crate) fn post(&self, path: &str, media_type: &str, body: &[u8]) -> Answer {
        self.post_with(path, media_type, &[], body)
    }

    /// POST with more headers.
    pub(crate) fn post_with(
        &self,
        path: &str,
        media_type: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        let request = self.agent.post(format!("{}{path}", self.base));
        let mut request = request.header("content-type", media_type);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.send(body);
        Answer::read(answer.unwrap_or_else(|e| panic!("POST {path}: {e}")))
    }

    /// Ends the program at once, as a power failure would.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// The number of its process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Host and port.
    pub(crate) fn authority(&self) -> &str {
        self.base.trim_start_matches("http://")
    }

    /// The JSON of a GET that must succeed.
    pub(crate) fn json(&self, path: &str) -> Value {
        let answer = self.get(path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.json()
    }

    /// A bare connection.
    pub(crate) fn connect(&self) -> std::net::TcpStream {
        let address = self.base.trim_start_matches("http://");
        std::net::TcpStream::connect(address).expect("the server takes connections")
    }

    /// Asks the program to end, as a service manager does, and waits until it has.
    pub(crate) fn stop(&mut self) -> std::process::ExitStatus {
        let told = Command::new("kill").arg(self.child.id().to_string()).status();
        assert!(told.is_ok_and(|s| s.success()));
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("the program is a child") {
                return status;
            }
            assert!(start.elapsed() < PATIENCE, "the program does not end");
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// No warning and no error was logged.
    pub(crate) fn assert_log_clean(&self) {
        let log = self.log.lock().unwrap();
        let bad: Vec<&str> =
            log.lines().filter(|l| l.contains("WARN") || l.contains("ERROR")).collect();
        assert!(bad.is_empty(), "the log complains:\n{}", bad.join("\n"));
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Answer {
    fn read(response: ureq::http::Response<ureq::Body>) -> Self {
        let (head, mut body) = response.into_parts();
        let mut bytes = Vec::new();
        body.as_reader().read_to_end(&mut bytes).expect("the body arrives");
        Self { status: head.status.as_u16(), headers: head.headers, body: bytes }
    }

    /// A header, empty where it is missing.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default()
    }

    /// All headers.
    pub(crate) fn headers(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.text()))
    }

    /// Asserts a problem document and returns the names of the bad parameters.
    pub(crate) fn problem(&self, status: u16) -> Vec<String> {
        assert_eq!(self.status, status, "{}", self.text());
        assert_eq!(self.header("content-type"), "application/problem+json");
        let problem = self.json();
        assert_eq!(problem["status"], status);
        for member in ["type", "title", "detail"] {
            assert!(problem[member].as_str().is_some_and(|t| !t.is_empty()), "{member}: {problem}");
        }
        let errors = problem["errors"].as_array().cloned().unwrap_or_default();
        errors.iter().map(|e| e["parameter"].as_str().unwrap().to_owned()).collect()
    }
}

/// A text with everything escaped that may not stand in an address.
pub(crate) fn escaped(text: &str) -> String {
    const KEPT: &AsciiSet =
        &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'%').add(b'+').add(b'<').add(b'>');
    utf8_percent_encode(text, KEPT).to_string()
}

/// Runs the program with a pack that it must refuse; returns what it said.
pub(crate) fn refused(city: &Path) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_servicemap"))
        .args(["serve", "--listen", "127.0.0.1:0", "--city"])
        .arg(city)
        .output()
        .expect("the program starts");
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8_lossy(&output.stderr).into_owned()
}
