//! The real servers that `tests/tools/real-servers` started, as the conformance tests find them.

use std::env;
use std::path::PathBuf;

use serde_json::Value;

/// One running server. Tests keep out of each other's way by the names they give.
#[derive(Clone)]
pub struct RealServer {
    /// `kitaru`, …: the backend it belongs to.
    pub backend: String,
    /// The server's own version.
    pub version: String,
    /// Where it answers.
    pub url: String,
    /// An administrator.
    pub username: String,
    /// The administrator's password.
    pub password: String,
    /// The life of its bearers; none means that they never expire.
    pub expiry_minutes: Option<u64>,
    /// The Python interpreter that has the backend's own client library.
    pub python: PathBuf,
}

/// Those listed in the file that `KEYWRIGHT_REAL_SERVERS` names; empty when there are none. A test that finds none
/// for its backend calls [`crate::skip::because`].
pub fn of(backend: &str) -> Vec<RealServer> {
    let Some(file) = env::var_os("KEYWRIGHT_REAL_SERVERS") else { return Vec::new() };
    let text = std::fs::read_to_string(&file).expect("the list of real servers");
    let list: Vec<Value> = serde_json::from_str(&text).expect("the list of real servers is JSON");
    list.iter().filter(|server| server["backend"] == backend).map(read).collect()
}

/// The Python interpreter that has a backend's own client library, installed by `tests/tools/real-servers client`.
pub fn client(backend: &str) -> Option<PathBuf> {
    env::var_os(format!("KEYWRIGHT_{}_CLIENT", backend.to_uppercase())).map(PathBuf::from)
}

fn read(server: &Value) -> RealServer {
    let text =
        |name: &str| server[name].as_str().unwrap_or_else(|| panic!("no {name} of a real server")).to_owned();
    RealServer {
        backend: text("backend"),
        version: text("version"),
        url: text("url"),
        username: text("username"),
        password: text("password"),
        expiry_minutes: server["expiry_minutes"].as_u64(),
        python: text("python").into(),
    }
}
