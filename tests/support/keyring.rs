//! Private keyrings: a message bus and a Secret Service of the test's own, in every state a machine may be in. The
//! user's keyring is never reached, because programs under test get only this bus's address.
//!
//! A keyring outlives the programs that use it, so a test can kill one and start the next against the same secrets.
//! Needs the programs `dbus-daemon`, `dbus-send`, `gnome-keyring-daemon` and `secret-tool`: see [`Keyring::available`].

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::home::Home;
use crate::wait;

/// A session bus as usual, except that it can start nothing by itself.
const BUS_WITHOUT_SERVICES: &str = r#"<busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy>
</busconfig>"#;

/// The states a machine's keyring may be in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// A provider with an unlocked, empty default collection.
    Unlocked,
    /// The same, locked, and nobody to unlock it.
    Locked,
    /// A provider that takes calls and never answers: see also [`Keyring::freeze`].
    Hanging,
    /// A bus on which no provider can be started.
    NoProvider,
    /// No message bus at all.
    NoBus,
}

/// One private keyring. Dropping it ends its processes and removes its files.
pub struct Keyring {
    home: Home,
    bus: Option<Child>,
    provider: Option<Child>,
}

/// One stored entry.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entry {
    /// The attributes `service` and `username` and whatever else was set, as `(name, value)`.
    pub attributes: Vec<(String, String)>,
}

impl Entry {
    /// One attribute.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

impl Keyring {
    /// Whether this machine has the programs it takes.
    pub fn available() -> bool {
        ["dbus-daemon", "dbus-send", "gnome-keyring-daemon", "secret-tool"].iter().all(|program| {
            std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())
                .any(|folder| folder.join(program).exists())
        })
    }

    /// Starts one in the given state.
    pub fn start(state: State) -> Self {
        Self::start_in(Home::new(), state)
    }

    /// The same, with its files in this home.
    pub fn start_in(home: Home, state: State) -> Self {
        let mut keyring = Self { home, bus: None, provider: None };
        if state == State::NoBus {
            return keyring;
        }
        keyring.start_bus(state);
        if state == State::NoProvider {
            return keyring;
        }
        keyring.start_provider();
        match state {
            State::Locked => keyring.lock(),
            State::Hanging => keyring.freeze(),
            State::Unlocked | State::NoProvider | State::NoBus => {}
        }
        keyring
    }

    /// The variables that lead a program under test here, and nowhere else.
    pub fn environment(&self) -> Vec<(String, String)> {
        // Without a bus the address leads nowhere: an unset one would make libraries look in the runtime directory.
        vec![("DBUS_SESSION_BUS_ADDRESS".to_owned(), self.address())]
    }

    /// Where the provider keeps its files.
    pub fn folder(&self) -> PathBuf {
        self.home.path().join("data/keyrings")
    }

    /// All entries of a service.
    pub fn entries(&self, service: &str) -> Vec<Entry> {
        let found = self.tool(&["search", "--all", "service", service], None);
        // It prints an item's attributes on standard error and the rest, secrets included, on standard output. One
        // entry ends where an attribute comes a second time.
        let mut entries: Vec<Entry> = Vec::new();
        for line in String::from_utf8_lossy(&found.stderr).lines() {
            let Some((name, value)) = line.strip_prefix("attribute.").and_then(|rest| rest.split_once(" = "))
            else {
                continue;
            };
            if entries.last().is_none_or(|entry| entry.attribute(name).is_some()) {
                entries.push(Entry::default());
            }
            if let Some(entry) = entries.last_mut() {
                entry.attributes.push((name.to_owned(), value.to_owned()));
            }
        }
        entries
    }

    /// The secret of one entry, byte for byte.
    pub fn secret(&self, service: &str, username: &str) -> Option<Vec<u8>> {
        let found = self.tool(&["lookup", "service", service, "username", username], None);
        found.status.success().then_some(found.stdout)
    }

    /// Puts an entry there, as another program would.
    pub fn store(&self, service: &str, username: &str, secret: &[u8]) {
        let done =
            self.tool(&["store", "--label", "test", "service", service, "username", username], Some(secret));
        assert!(done.status.success(), "secret-tool: {}", String::from_utf8_lossy(&done.stderr));
    }

    /// Locks the collection; without a display nothing can unlock it.
    pub fn lock(&self) {
        let collection = "array:objpath:/org/freedesktop/secrets/collection/login";
        let service = ["--dest=org.freedesktop.secrets", "/org/freedesktop/secrets"];
        let call = ["org.freedesktop.Secret.Service.Lock", collection];
        let done = self.dbus_send(&[&service[..], &call[..]].concat());
        assert!(done.status.success(), "locking: {}", String::from_utf8_lossy(&done.stderr));
    }

    /// From now on the provider takes calls and does not answer.
    pub fn freeze(&self) {
        self.signal_provider(Signal::STOP);
    }

    /// It answers again, what it was asked meanwhile included.
    pub fn thaw(&self) {
        self.signal_provider(Signal::CONT);
    }

    /// The provider dies. The bus starts another one when it is next asked, with the collection locked.
    pub fn kill_provider(&mut self) {
        if let Some(mut provider) = self.provider.take() {
            provider.kill().expect("the provider runs");
            provider.wait().expect("the provider ends");
        }
    }

    /// A provider with the collection unlocked again, whatever is left of the one before.
    pub fn revive(&mut self) {
        self.kill_provider();
        if let Some(started_by_the_bus) = self.owner() {
            kill_process(started_by_the_bus, Signal::KILL).ok();
            wait::until("nobody is the provider", || self.owner().is_none().then_some(()));
        }
        self.start_provider();
    }

    /// The process that is the provider, if any is.
    fn owner(&self) -> Option<Pid> {
        let bus = ["--dest=org.freedesktop.DBus", "/org/freedesktop/DBus"];
        let call = ["org.freedesktop.DBus.GetConnectionUnixProcessID", "string:org.freedesktop.secrets"];
        let answer = self.dbus_send(&[&bus[..], &call[..]].concat());
        let text = String::from_utf8_lossy(&answer.stdout).into_owned();
        Pid::from_raw(text.split("uint32 ").nth(1)?.trim().parse().ok()?)
    }

    fn start_bus(&mut self, state: State) {
        let mut command = self.command("dbus-daemon");
        if state == State::NoProvider {
            let configuration = self.home.path().join("bus.conf");
            fs::write(&configuration, BUS_WITHOUT_SERVICES).expect("the bus's configuration");
            command.arg("--config-file").arg(configuration);
        } else {
            command.arg("--session");
        }
        command.args(["--nofork", "--nopidfile"]).arg(format!("--address={}", self.address()));
        self.bus = Some(command.spawn().expect("dbus-daemon starts"));
        wait::until("the message bus listens", || self.socket().exists().then_some(()));
    }

    fn start_provider(&mut self) {
        let mut command = self.command("gnome-keyring-daemon");
        command.args(["--foreground", "--unlock", "--components=secrets"]).stdin(Stdio::piped());
        let mut provider = command.spawn().expect("gnome-keyring-daemon starts");
        provider.stdin.take().expect("its input").write_all(b"test-password").expect("it reads the password");
        self.provider = Some(provider);
        wait::until("the provider is on the bus", || {
            let asked =
                ["--dest=org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus.NameHasOwner"];
            let answer = self.dbus_send(&[&asked[..], &["string:org.freedesktop.secrets"]].concat());
            String::from_utf8_lossy(&answer.stdout).contains("true").then_some(())
        });
    }

    fn signal_provider(&self, signal: Signal) {
        let provider = self.provider.as_ref().expect("this keyring has a provider");
        let pid = i32::try_from(provider.id()).ok().and_then(Pid::from_raw).expect("a process id");
        kill_process(pid, signal).expect("the provider runs");
    }

    fn tool(&self, arguments: &[&str], input: Option<&[u8]>) -> Output {
        let mut command = self.command("secret-tool");
        let piped =
            command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = piped.spawn().expect("secret-tool starts");
        let mut stdin = child.stdin.take().expect("its input");
        stdin.write_all(input.unwrap_or_default()).expect("secret-tool reads");
        drop(stdin);
        child.wait_with_output().expect("secret-tool ends")
    }

    fn dbus_send(&self, arguments: &[&str]) -> Output {
        let mut command = self.command("dbus-send");
        command.args(["--session", "--print-reply", "--reply-timeout=5000"]).args(arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).output().expect("dbus-send runs")
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env_clear().envs(self.home.environment()).envs(self.environment());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    fn address(&self) -> String {
        format!("unix:path={}", self.socket().display())
    }

    fn socket(&self) -> PathBuf {
        self.home.path().join("run/bus")
    }
}

impl Drop for Keyring {
    fn drop(&mut self) {
        for mut process in [self.provider.take(), self.bus.take()].into_iter().flatten() {
            process.kill().ok();
            process.wait().ok();
        }
    }
}
