//! Private sessions: a test starts itself again as a child inside one, with nothing of the outer session.

use std::path::Path;
use std::process::{Command, Output};

/// Set inside a session to the name of the test that is to run there.
const CASE: &str = "KEYWRIGHT_KEYRING_CASE";
/// Which part of a test a further child does.
const STEP: &str = "KEYWRIGHT_KEYRING_STEP";

/// What a test finds around it.
#[derive(Clone, Copy)]
pub(crate) enum Session {
    /// A bus with an unlocked gnome-keyring.
    Unlocked,
    /// No bus at all.
    NoBus,
    /// A bus that knows no program which keeps secrets.
    NoProvider,
    /// A bus that starts gnome-keyring by itself, without any keyring in it.
    NoCollection,
    /// A session keyring of the kernel.
    Kernel,
    /// The same for a user with the kernel's ordinary limits.
    KernelAsNobody,
}

impl Session {
    fn needs(self) -> &'static [&'static str] {
        match self {
            Self::NoBus => &[],
            Self::NoProvider => &["dbus-run-session"],
            Self::Unlocked | Self::NoCollection => {
                &["dbus-run-session", "gnome-keyring-daemon", "secret-tool", "dbus-send", "bash"]
            }
            Self::Kernel => &["keyctl"],
            Self::KernelAsNobody => &["keyctl", "setpriv"],
        }
    }

    /// The command that runs `"$@"` inside.
    fn script(self) -> &'static str {
        match self {
            Self::NoBus => r#"exec "$@""#,
            Self::NoProvider => {
                r#"cat > bus.conf <<END
<busconfig><type>session</type><listen>unix:dir=$PWD</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy>
</busconfig>
END
exec dbus-run-session --config-file="$PWD/bus.conf" -- "$@""#
            }
            Self::NoCollection => r#"exec dbus-run-session -- "$@""#,
            Self::Unlocked => {
                r#"exec dbus-run-session -- sh -ec '
                    printf %s test-password | gnome-keyring-daemon --unlock --components=secrets >/dev/null
                    exec "$@"' inner "$@""#
            }
            Self::Kernel => r#"exec keyctl session - "$@""#,
            Self::KernelAsNobody => {
                r#"exec setpriv --reuid=64123 --regid=64123 --clear-groups keyctl session - "$@""#
            }
        }
    }
}

/// Runs `inside` in a session of its own: outside it starts the session with this very test in it.
pub(crate) fn in_session(test: &str, session: Session, inside: impl FnOnce()) {
    if std::env::var(CASE).is_ok_and(|case| case == test) {
        return inside();
    }
    if let Some(missing) = session.needs().iter().find(|program| !is_installed(program)) {
        return skip(&format!("{test} needs {missing}"));
    }
    // Another user must be able to reach its copy of the program, which the tests' own directory may not allow.
    let place = match session {
        Session::KernelAsNobody => tempfile::tempdir_in("/tmp"),
        Session::Unlocked
        | Session::NoBus
        | Session::NoProvider
        | Session::NoCollection
        | Session::Kernel => tempfile::tempdir(),
    };
    let place = place.expect("a directory");
    let output = Command::new("sh")
        .args(["-ec", session.script(), "session"])
        .arg(own_copy(session, place.path()))
        .args([test, "--exact", "--nocapture"])
        .current_dir(place.path())
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .envs(std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("KEYWRIGHT_TESTS_")))
        .envs(["HOME", "XDG_RUNTIME_DIR", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"].map(|name| {
            let folder = place.path().join(name);
            make_private(&folder);
            (name, folder)
        }))
        .env(CASE, test)
        .output()
        .expect("sh runs");
    report(test, &output);
}

/// The test program to start; a copy where another user must be able to reach it.
fn own_copy(session: Session, place: &Path) -> std::path::PathBuf {
    let program = std::env::current_exe().expect("our own path");
    match session {
        Session::KernelAsNobody => {
            run("chmod", &["755", &place.display().to_string()]);
            let copy = place.join("keyring-test");
            std::fs::copy(program, &copy).expect("a copy");
            copy
        }
        Session::Unlocked
        | Session::NoBus
        | Session::NoProvider
        | Session::NoCollection
        | Session::Kernel => program,
    }
}

/// Runs this test once more in the same session, as another program.
pub(crate) fn again(test: &str, step: &str) {
    let program = std::env::current_exe().expect("our own path");
    let output = Command::new(program).args([test, "--exact", "--nocapture"]).env(STEP, step).output();
    report(step, &output.expect("starts"));
}

/// Which part of its test this child does.
pub(crate) fn step() -> Option<String> {
    std::env::var(STEP).ok()
}

fn report(what: &str, output: &Output) {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{what}: {}\n{out}\n{err}", output.status);
    assert!(out.contains("1 passed"), "{what} did not run:\n{out}\n{err}");
}

/// Says loudly that something was not tested, or fails when nothing may be left out.
pub(crate) fn skip(why: &str) {
    support::skip::because(why);
}

fn is_installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

fn make_private(folder: &Path) {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().mode(0o700).create(folder).expect("a folder");
}

/// Runs a program that must succeed, without its output.
pub(crate) fn run(program: &str, arguments: &[&str]) {
    let status = Command::new(program).args(arguments).status().expect("starts");
    assert!(status.success(), "{program} {arguments:?}: {status}");
}

/// Runs a line of shell that must succeed; what it printed.
pub(crate) fn shell(line: &str) -> String {
    let output = Command::new("sh").args(["-ec", line]).output().expect("sh runs");
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{line}: {}\n{out}\n{err}", output.status);
    out.into_owned()
}

/// The process that keeps the secrets of this session.
pub(crate) fn keyring_process() -> String {
    let reply = shell(
        "dbus-send --session --print-reply --dest=org.freedesktop.DBus / \
         org.freedesktop.DBus.GetConnectionUnixProcessID string:org.freedesktop.secrets",
    );
    reply.split_whitespace().next_back().expect("a number").to_owned()
}
