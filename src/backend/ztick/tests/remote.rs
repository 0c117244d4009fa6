//! The file over SSH: a real server on loopback, with keys made here, as whoever runs the test.

use std::fs;
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use super::FILE;
use crate::backend::ztick::remote::Remote;
use crate::backend::ztick::settings::Location;
use crate::domain::failure::{Effected, FailureKind};

/// An SSH server of our own: a listener that hands each connection to a fresh `sshd`, so that the port is never free
/// for anybody else.
struct Sshd {
    directory: TempDir,
    port: u16,
}

fn run(program: &str, arguments: &[&str]) -> bool {
    let status = Command::new(program).args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

impl Sshd {
    /// None where there is no such program, which is told.
    fn start() -> Option<Self> {
        let program = ["/usr/sbin/sshd", "/usr/bin/sshd"].into_iter().find(|path| Path::new(path).is_file());
        let Some(program) = program else {
            support::skip::because("there is no sshd here");
            return None;
        };
        // The program wants this directory where it is root; it is empty and stays.
        drop(fs::create_dir_all("/run/sshd"));
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name).display().to_string();
        for key in ["host", "key"] {
            assert!(run("ssh-keygen", &["-q", "-t", "ed25519", "-N", "", "-f", &at(key)]));
        }
        fs::copy(at("key.pub"), at("authorized")).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        // Programs of this directory come first there, as an administrator's may.
        fs::create_dir(at("bin")).unwrap();
        let text = format!(
            "HostKey {}\nAuthorizedKeysFile {}\nPidFile none\nUsePAM no\nStrictModes no\n\
             PasswordAuthentication no\nKbdInteractiveAuthentication no\nSetEnv PATH={}:/usr/bin:/bin\n",
            at("host"),
            at("authorized"),
            at("bin")
        );
        fs::write(at("sshd_config"), text).unwrap();
        let host = fs::read_to_string(at("host.pub")).unwrap();
        fs::write(at("known"), format!("[127.0.0.1]:{port} {host}")).unwrap();
        fs::write(
            at("ssh_config"),
            format!("Host *\nIdentityFile {}\nIdentitiesOnly yes\nUserKnownHostsFile {}\nStrictHostKeyChecking yes\n", at("key"), at("known")),
        )
        .unwrap();
        let config = at("sshd_config");
        std::thread::spawn(move || {
            for visit in listener.incoming().flatten() {
                let input = OwnedFd::from(visit.try_clone().unwrap());
                let mut command = Command::new(program);
                command.args(["-i", "-e", "-f", &config]).stderr(Stdio::null());
                let visit = command.stdin(input).stdout(OwnedFd::from(visit)).spawn();
                // It ends with its connection.
                std::thread::spawn(move || drop(visit.map(|mut visit| visit.wait())));
            }
        });
        Some(Self { directory, port })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn remote(&self, name: &str) -> Remote {
        self.remote_with(name, "ssh_config")
    }

    fn remote_with(&self, name: &str, config: &str) -> Remote {
        self.remote_as(name, config, false)
    }

    fn remote_as(&self, name: &str, config: &str, sudo: bool) -> Remote {
        let location = Location::There {
            user: None,
            host: String::from("127.0.0.1"),
            port: Some(self.port),
            path: self.path(name).display().to_string(),
        };
        let config = self.path(config).display().to_string();
        Remote::new(&location, sudo).unwrap().with_options(&["-F", &config])
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o7777
}

#[tokio::test]
async fn a_file_elsewhere_is_read_and_replaced_in_one_step() {
    let Some(sshd) = Sshd::start() else { return };
    // A name that no shell would take apart well.
    let name = "it's \"auth\" $(x).toml";
    let path = sshd.path(name);
    fs::write(&path, FILE).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    let remote = sshd.remote(name);
    let held = remote.load().await.unwrap_or_else(|why| panic!("{}", why.sentence()));
    assert_eq!(held.bytes(), FILE.as_bytes());
    assert!(held.is_loose() && held.modified() <= held.clock());
    let new = format!("{FILE}\n# more\n\u{0}\n");
    remote.replace(&held, new.as_bytes()).await.unwrap_or_else(|why| panic!("{}", why.sentence()));
    assert_eq!(fs::read(&path).unwrap(), new.as_bytes());
    let backup = sshd.path(&format!("{name}.keywright-backup"));
    assert_eq!(fs::read(&backup).unwrap(), FILE.as_bytes());
    assert_eq!((mode(&path), mode(&backup)), (0o640, 0o640));
    let left: Vec<String> = fs::read_dir(sshd.directory.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|left| left.starts_with('.'))
        .collect();
    assert_eq!(left, Vec::<String>::new(), "no part is left");
    // What was read before is not what is there any more.
    let why = remote.replace(&held, b"# mine\n").await.unwrap_err();
    assert_eq!((why.kind, why.effected), (FailureKind::Changed, Effected::No));
    assert_eq!(fs::read(&path).unwrap(), new.as_bytes());
}

#[tokio::test]
async fn bad_input_elsewhere() {
    let Some(sshd) = Sshd::start() else { return };
    let none = sshd.remote("new.toml").load().await.unwrap_or_else(|why| panic!("{}", why.sentence()));
    assert!(none.bytes().is_empty() && none.modified().is_none());
    let remote = sshd.remote("new.toml");
    remote.replace(&none, b"# first\n").await.unwrap_or_else(|why| panic!("{}", why.sentence()));
    assert_eq!(mode(&sshd.path("new.toml")), 0o600);
    assert_eq!(remote.replace(&none, b"x").await.unwrap_err().kind, FailureKind::Changed);

    fs::write(sshd.path("big"), vec![b'#'; 2 << 20]).unwrap();
    fs::create_dir(sshd.path("folder")).unwrap();
    std::os::unix::fs::symlink(sshd.path("nothing"), sshd.path("dangling")).unwrap();
    std::os::unix::fs::symlink(sshd.path("new.toml"), sshd.path("link")).unwrap();
    for (name, words) in [
        ("big", "larger than"),
        ("folder", "is not a file"),
        ("dangling", "a link to a file that does not exist"),
        ("no/such/file", "the directory it is to be in does not exist"),
    ] {
        let why = sshd.remote(name).load().await.err().unwrap().sentence();
        assert!(why.contains(words), "{name}: {why}");
    }
    // A link is followed and stays.
    let link = sshd.remote("link");
    let held = link.load().await.unwrap_or_else(|why| panic!("{}", why.sentence()));
    link.replace(&held, b"# second\n").await.unwrap_or_else(|why| panic!("{}", why.sentence()));
    assert!(sshd.path("link").is_symlink());
    assert_eq!(fs::read(sshd.path("new.toml")).unwrap(), b"# second\n");
    // A megabyte goes both ways.
    let large = vec![b'#'; 1 << 20];
    let held = link.load().await.unwrap_or_else(|why| panic!("{}", why.sentence()));
    link.replace(&held, &large).await.unwrap_or_else(|why| panic!("{}", why.sentence()));
    assert_eq!(link.load().await.unwrap_or_else(|why| panic!("{}", why.sentence())).bytes(), large);

    // A server nobody vouched for is not talked to, and nobody is asked.
    fs::write(sshd.path("unknown"), "Host *\nUserKnownHostsFile /dev/null\nStrictHostKeyChecking yes\n")
        .unwrap();
    let why = sshd.remote_with("new.toml", "unknown").load().await.err().unwrap();
    assert_eq!(why.kind, FailureKind::Untrusted, "{}", why.sentence());
    // Nor one that does not know us.
    fs::write(sshd.path("authorized"), "").unwrap();
    let why = remote.load().await.err().unwrap();
    assert_eq!(why.kind, FailureKind::Unreachable, "{}", why.sentence());
    assert!(why.sentence().contains("Permission denied"), "{}", why.sentence());
}

#[tokio::test]
async fn a_visit_cut_short_changes_nothing() {
    let Some(sshd) = Sshd::start() else { return };
    let path = sshd.path("auth.toml");
    fs::write(&path, FILE).unwrap();
    let remote = sshd.remote("auth.toml");
    let held = remote.load().await.unwrap_or_else(|why| panic!("{}", why.sentence()));
    // The same script with less than it was promised.
    let script = include_str!("../remote/replace.sh");
    let mut shell = Command::new("sh")
        .args(["-c", script, "sh", path.to_str().unwrap(), "known", &FILE.len().to_string(), "100"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut shell.stdin.take().unwrap(), held.bytes()).unwrap();
    let out = shell.wait_with_output().unwrap();
    assert_eq!(out.stdout, b"keywright cut\n");
    assert_eq!(fs::read(&path).unwrap(), FILE.as_bytes());
}

#[tokio::test]
async fn commands_run_there_word_by_word() {
    let Some(sshd) = Sshd::start() else { return };
    let words = ["printf", "%s|", "a b", "it's", "$HOME"].map(str::to_owned);
    let ran = sshd.remote("x").command(&words, Duration::from_secs(10)).await;
    let ran = ran.unwrap_or_else(|why| panic!("{}", why.sentence()));
    assert_eq!(String::from_utf8_lossy(&ran.out), "a b|it's|$HOME|");
}

/// Puts a program of this name before all others on the other machine.
fn program(sshd: &Sshd, name: &str, script: &str) {
    let path = sshd.path("bin").join(name);
    fs::write(&path, script).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}

#[tokio::test]
async fn through_sudo_the_file_is_read_and_replaced_and_nobody_is_asked() {
    let Some(sshd) = Sshd::start() else { return };
    let path = sshd.path("auth.toml");
    fs::write(&path, FILE).unwrap();
    // One that notes how it was called, and then does what it is told.
    let calls = sshd.path("calls");
    program(
        &sshd,
        "sudo",
        &format!(
            "#!/bin/sh\nprintf '%s %s %s\\n' \"$1\" \"$2\" \"$3\" >>'{}'\nshift\nexec \"$@\"\n",
            calls.display()
        ),
    );
    let remote = sshd.remote_as("auth.toml", "ssh_config", true);
    let held = remote.load().await.unwrap_or_else(|why| panic!("{}", why.sentence()));
    assert_eq!(held.bytes(), FILE.as_bytes());
    let new = format!("{FILE}# more\n");
    remote.replace(&held, new.as_bytes()).await.unwrap_or_else(|why| panic!("{}", why.sentence()));
    assert_eq!(fs::read(&path).unwrap(), new.as_bytes());
    assert_eq!(
        fs::read_to_string(&calls).unwrap(),
        "-n sh -c\n".repeat(2),
        "it is never asked for a password"
    );

    // Where it wants one, that is said in its own words, and nothing is changed.
    program(&sshd, "sudo", "#!/bin/sh\necho 'sudo: a password is required' >&2\nexit 1\n");
    let why = remote.load().await.err().unwrap();
    assert_eq!(why.kind, FailureKind::File);
    assert!(why.sentence().contains("sudo: a password is required"), "{}", why.sentence());
    let why = remote.replace(&held, b"").await.unwrap_err();
    assert!(why.sentence().contains("sudo: a password is required"), "{}", why.sentence());
    assert_eq!(fs::read(&path).unwrap(), new.as_bytes());
    // Where there is none at all, too.
    program(&sshd, "sudo", "#!/no/such/interpreter\n");
    assert_eq!(remote.load().await.err().unwrap().kind, FailureKind::File);
}

#[tokio::test]
async fn the_systems_own_sudo_reads_what_only_root_may() {
    let Some(sshd) = Sshd::start() else { return };
    if !run("sudo", &["-n", "true"]) {
        return support::skip::because("sudo wants a password here, or is not here");
    }
    let path = sshd.path("auth.toml");
    fs::write(&path, FILE).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    assert!(run("sudo", &["-n", "chown", "0:0", path.to_str().unwrap()]));
    let remote = sshd.remote_as("auth.toml", "ssh_config", true);
    let held = remote.load().await.unwrap_or_else(|why| panic!("{}", why.sentence()));
    assert_eq!(held.bytes(), FILE.as_bytes());
    let new = format!("{FILE}# more\n");
    remote.replace(&held, new.as_bytes()).await.unwrap_or_else(|why| panic!("{}", why.sentence()));
    let metadata = fs::metadata(&path).unwrap();
    assert_eq!((metadata.uid(), mode(&path)), (0, 0o600), "it stays root's own");
}
