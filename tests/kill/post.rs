//! One backend's post: a server, a keyring, a home, and the robot that is killed there again and again; what was tried
//! is counted.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use keywright::sandbox::{Options, Sandbox, start};
use rustix::fs::{CWD, Mode, mkfifoat};
use serde_json::{Value, json};
use support::home::Home;
use support::keyring::{Keyring, State};
use support::wait;

use crate::robot::{ANSWER, Machine, Named, Order, gate};
use support::web;

/// How long an answer is waited for; a busy machine is slow.
const PATIENCE: Duration = Duration::from_mins(5);
/// How long a robot waits for the keyring, in milliseconds.
const KEYRING: u64 = 60_000;

/// A robot's process.
pub(crate) struct Robot {
    process: Child,
    answers: Receiver<String>,
    /// What it answered and nobody heard yet.
    unheard: Option<String>,
}

impl Robot {
    /// Whether an answer is there to be heard.
    fn answered(&mut self) -> bool {
        if self.unheard.is_none() {
            self.unheard = self.answers.try_recv().ok();
        }
        self.unheard.is_some()
    }
}

pub(crate) struct Post {
    pub(crate) backend: &'static str,
    sandbox: Sandbox,
    home: Home,
    pub(crate) keyring: Keyring,
    machine: Machine,
    robot: Option<Robot>,
    known: Vec<String>,
    warm: Option<Named>,
    /// Whether a rotation makes a second credential.
    pub(crate) second: bool,
    /// What works.
    pub(crate) good: Vec<Named>,
    number: u32,
    /// Faults tried, by kind.
    tried: BTreeMap<&'static str, u32>,
    /// What was found wrong.
    wrong: Vec<String>,
    /// How often which offer was taken.
    taken: BTreeMap<String, u32>,
}

impl Post {
    pub(crate) fn new(backend: &'static str) -> Self {
        let sandbox = start(Options::default()).expect("a sandbox");
        let home = Home::in_memory();
        let machine = machine(backend, &sandbox, &home);
        mkfifoat(CWD, gate(&machine), Mode::RUSR | Mode::WUSR).expect("a gate");
        let keyring = Keyring::start_in(Home::in_memory(), State::Unlocked);
        let mut post = Self {
            backend,
            sandbox,
            home,
            keyring,
            machine,
            robot: None,
            known: Vec::new(),
            warm: None,
            second: false,
            good: Vec::new(),
            number: 0,
            tried: BTreeMap::new(),
            wrong: Vec::new(),
            taken: BTreeMap::new(),
        };
        // Restarted this often, the server would find its own port taken for a minute, as the real one does.
        post.control("POST", "/quirks", &json!({ "ztick": { "reuse_address": true } }));
        let settled = post.tell(Order { work: String::from("settle in"), ..Order::default() });
        let settled = settled.expect("it settles in");
        post.machine = serde_json::from_value(settled["machine"].clone()).expect("a machine");
        post.known = serde_json::from_value(settled["known"].clone()).expect("identifiers");
        post.second = settled["second"] == true;
        if backend == "zpools" {
            post.warm_up();
        }
        post
    }

    /// Whoever has seen the gateway take and refuse within its memory believes a refusal; everybody else waits six seconds
    /// before each is believed. So one is made that is left alone, and presented first at each start.
    fn warm_up(&mut self) {
        let order = self.order("create");
        self.tell(order.clone());
        self.see_to(&order, "");
        self.warm = self.good.pop();
        self.known.extend(self.warm.iter().map(|one| one.id.clone()));
    }

    /// Tells the robot what to do; nothing comes back from one that died.
    pub(crate) fn tell(&mut self, order: Order) -> Option<Value> {
        self.say(order);
        self.hear()
    }

    /// Gives an order and does not wait.
    pub(crate) fn say(&mut self, mut order: Order) {
        order.known.clone_from(&self.known);
        order.warm.clone_from(&self.warm);
        if order.patience == 0 {
            order.patience = KEYRING;
        }
        if self.robot.is_none() {
            self.robot = Some(self.spawn(None));
        }
        let line = serde_json::to_string(&order).expect("JSON");
        let robot = self.robot.as_mut().expect("a robot");
        let input = robot.process.stdin.as_mut().expect("its input");
        writeln!(input, "{line}").and_then(|()| input.flush()).expect("it reads");
    }

    /// The answer, or nothing from one that died.
    pub(crate) fn hear(&mut self) -> Option<Value> {
        let robot = self.robot.as_mut().expect("a robot");
        let heard = robot.unheard.take().map_or_else(|| robot.answers.recv_timeout(PATIENCE), Ok);
        match heard {
            Ok(line) => Some(serde_json::from_str(&line).expect("JSON")),
            Err(RecvTimeoutError::Disconnected) => {
                self.kill();
                None
            }
            Err(RecvTimeoutError::Timeout) => panic!("{}: the robot hangs", self.backend),
        }
    }

    /// Kills the robot, if it lives.
    pub(crate) fn kill(&mut self) {
        if let Some(mut robot) = self.robot.take() {
            robot.process.kill().ok();
            robot.process.wait().expect("it ends");
        }
    }

    /// The robot that has an order goes on beside the next one.
    pub(crate) fn put_aside(&mut self) -> Robot {
        self.robot.take().expect("a robot")
    }

    /// The robot that was put aside is the one that is heard again.
    pub(crate) fn take_up(&mut self, robot: Robot) {
        self.kill();
        self.robot = Some(robot);
    }

    /// The robot that stands at a boundary goes on. Opening the gate waits for whoever stands before it.
    pub(crate) fn go_on(&self) {
        drop(OpenOptions::new().write(true).open(gate(&self.machine)).expect("the gate opens"));
    }

    /// The boundaries of a piece of work, which is done to its end: those at which anything is not as it was at the one
    /// before, be it in the records, the keyring, the targets or at the server.
    pub(crate) fn boundaries(&mut self, order: &Order) -> Vec<u32> {
        self.control("DELETE", "/requests", &Value::Null);
        self.say(Order { stop_each: true, ..order.clone() });
        let (mut found, mut before) = (Vec::new(), None);
        let answer = loop {
            let heard = self.hear().expect("it lives");
            let Some(at) = heard["boundary"].as_u64().and_then(|at| u32::try_from(at).ok()) else {
                break heard;
            };
            let world = Some(self.world());
            if world != before {
                found.push(at);
            }
            before = world;
            self.go_on();
        };
        assert_eq!(answer["outcome"], "done", "{}: {}", self.backend, order.work);
        self.see_to(order, "");
        found
    }

    /// A mark of everything that outlives a program.
    fn world(&self) -> u64 {
        let home = self.home.path();
        let mut files: Vec<PathBuf> = ["state.db", "state.db-wal"]
            .map(|name| home.join("state/keywright").join(name))
            .into_iter()
            .chain(["first.env", "second.env"].map(|name| home.join(name)))
            .chain(self.machine.settings.get("auth_file").map(PathBuf::from))
            .collect();
        let folder = std::fs::read_dir(self.keyring.folder());
        files.extend(folder.into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path())));
        files.sort();
        let mut mark = DefaultHasher::new();
        for file in files {
            (&file, std::fs::read(&file).unwrap_or_default()).hash(&mut mark);
        }
        let requests = self.control("GET", "/requests", &Value::Null);
        let writes = requests.as_array().into_iter().flatten().filter(|one| one["method"] != "GET");
        writes.count().hash(&mut mark);
        mark.finish()
    }

    /// Starts a robot whose files may have so many blocks of 512 bytes.
    pub(crate) fn start_limited(&mut self, blocks: u32) {
        self.kill();
        self.robot = Some(self.spawn(Some(blocks)));
    }

    fn spawn(&self, blocks: Option<u32>) -> Robot {
        let binary = std::env::current_exe().expect("this test's own binary");
        let arguments = ["robot::obeys", "--exact", "--nocapture", "--test-threads=1"];
        let mut command = match blocks {
            None => Command::new(binary),
            Some(blocks) => {
                // A file too large then fails its write, as a full disk does, instead of ending the program.
                let mut shell = Command::new("sh");
                let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
                shell.arg("-c").arg(script).arg(binary);
                shell
            }
        };
        command.args(arguments).env_clear().envs(self.home.environment()).envs(self.keyring.environment());
        command.env(crate::ROBOT, "1").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        let mut process = command.spawn().expect("a robot");
        let machine = serde_json::to_string(&self.machine).expect("JSON");
        writeln!(process.stdin.as_mut().expect("its input"), "{machine}").expect("it reads");
        let output = BufReader::new(process.stdout.take().expect("its output"));
        let (sender, answers) = channel();
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                // The first one comes behind the name of the test.
                let Some(at) = line.find(ANSWER) else { continue };
                if sender.send(line[at + ANSWER.len()..].to_owned()).is_err() {
                    return;
                }
            }
        });
        Robot { process, answers, unheard: None }
    }

    /// An order for a piece of work, with something to do it to.
    pub(crate) fn order(&mut self, work: &str) -> Order {
        self.number += 1;
        let name = format!("n{}x", self.number);
        if work != "create" && work != "spree" && self.good.is_empty() {
            let made = self.tell(Order { work: String::from("create"), name, ..Order::default() });
            assert!(made.is_some_and(|made| made["outcome"] == "done"), "{}: one to work with", self.backend);
            self.see_to(&Order::default(), "");
            return self.order(work);
        }
        let to = self.good.last().cloned().filter(|_| work != "create" && work != "spree");
        Order { work: work.to_owned(), name, to, ..Order::default() }
    }

    /// The next start after an order that may have gone wrong, and the account of it.
    pub(crate) fn see_to(&mut self, after: &Order, fault: &'static str) {
        let seen = loop {
            if let Some(seen) = self.tell(self.look_after(after)) {
                break seen;
            }
        };
        self.note(after, fault, &seen);
    }

    fn look_after(&self, after: &Order) -> Order {
        let spree = after.work == "spree";
        let touched = |one: &&Named| after.to.as_ref() != Some(*one);
        let keeps = |one: &&Named| !spree && (after.work != "revoke" || touched(one));
        Order {
            work: String::from("see to"),
            must: self.good.iter().filter(keeps).filter(|one| !touched(one)).cloned().collect(),
            presented: self
                .good
                .iter()
                .filter(touched)
                .filter(|_| !spree)
                .map(|one| one.id.clone())
                .collect(),
            replaced: after.work == "rotate at once",
            ahead: after.ahead,
            ..Order::default()
        }
    }

    /// The next start dies, too, after so long.
    pub(crate) fn die_over_it(&mut self, after: &Order, pause: Duration) {
        self.say(self.look_after(after));
        std::thread::sleep(pause);
        self.kill();
    }

    fn note(&mut self, after: &Order, fault: &'static str, seen: &Value) {
        let texts =
            |name: &str| -> Vec<String> { serde_json::from_value(seen[name].clone()).unwrap_or_default() };
        if seen["outcome"] != "done" {
            self.found(format!("{fault} at {}: the next start failed: {}", after.work, seen["outcome"]));
        }
        let (told, done) = (texts("told"), texts("done"));
        for wrong in texts("wrong") {
            self.found(format!(
                "{fault} at {} (boundary {}): {wrong}\n  told {told:?}\n  done {done:?}",
                after.work, after.die_at
            ));
        }
        for one in done {
            let offer = one.split(": ").nth(1).unwrap_or_default().to_owned();
            *self.taken.entry(offer).or_default() += 1;
        }
        if !fault.is_empty() {
            *self.tried.entry(fault).or_default() += 1;
        }
        self.good = serde_json::from_value(seen["good"].clone()).unwrap_or_default();
    }

    /// Told at once: what comes after it may be its consequence.
    fn found(&mut self, wrong: String) {
        let told = format!("kill {}: {wrong}\n", self.backend);
        std::io::stderr().write_all(told.as_bytes()).expect("somebody listens");
        self.wrong.push(wrong);
    }

    fn control(&self, method: &str, path: &str, body: &Value) -> Value {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let url = &self.sandbox.announcement().control.url;
        let answer = web::call(method, url, path, &["content-type: application/json"], &body);
        assert_eq!(answer.status, 200, "{method} {path}: {}", answer.body);
        answer.body
    }

    /// The next request with this method goes wrong, unless the part has no requests.
    pub(crate) fn fault(&self, kind: &str, method: &str, delay: u64) {
        let fault = json!({
            "backend": self.part(), "kind": kind, "method": method, "status": 500, "delay_ms": delay
        });
        self.control("POST", "/faults", &fault);
    }

    /// Waits until the fault has met its request; whether it did before the robot was done.
    pub(crate) fn met(&mut self) -> bool {
        let met = wait::within(PATIENCE, || {
            let left = self.control("GET", "/faults", &Value::Null);
            let met = left.as_array().is_some_and(Vec::is_empty);
            if met { Some(true) } else { self.robot.as_mut()?.answered().then_some(false) }
        });
        met.expect("it is met, or the robot is done")
    }

    pub(crate) fn mend(&self) {
        self.control("DELETE", "/faults", &Value::Null);
    }

    fn part(&self) -> &'static str {
        self.backend
    }

    /// The methods its writes have, or none where it has no requests.
    pub(crate) fn method(&self, work: &str) -> Option<&'static str> {
        match (self.backend, work) {
            ("ztick", _) | (_, "deliver") => None,
            ("kitaru", "rotate") => Some("PUT"),
            (_, "revoke") => Some("DELETE"),
            _ => Some("POST"),
        }
    }

    pub(crate) fn tally(&self) -> String {
        let faults: u32 = self.tried.values().sum();
        let lost = self.wrong.iter().filter(|wrong| wrong.contains("LOST")).count();
        let mut words = format!("kill {}: {faults} faults tried, {lost} secrets lost", self.backend);
        let parts = |counts: &BTreeMap<String, u32>| {
            counts.iter().map(|(name, count)| format!("{count} {name}")).collect::<Vec<_>>().join(", ")
        };
        let tried = self.tried.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect();
        write!(words, " ({}; the next starts took: {})", parts(&tried), parts(&self.taken))
            .expect("a string");
        words
    }

    /// Fails with everything that was found.
    pub(crate) fn judge(mut self) -> (u32, usize) {
        self.kill();
        let lost = self.wrong.iter().filter(|wrong| wrong.contains("LOST")).count();
        assert!(self.wrong.is_empty(), "{}\n{}", self.tally(), self.wrong.join("\n"));
        (self.tried.values().sum(), lost)
    }
}

impl Drop for Post {
    fn drop(&mut self) {
        self.kill();
    }
}

fn machine(backend: &'static str, sandbox: &Sandbox, home: &Home) -> Machine {
    let mut machine = Machine {
        home: home.path().to_owned(),
        backend: backend.trim_end_matches("_k").to_owned(),
        endpoint: String::new(),
        settings: BTreeMap::new(),
        username: String::new(),
        password: String::new(),
        kind: String::new(),
        owner: (String::new(), String::new()),
        scopes: Vec::new(),
    };
    if backend == "ztick" {
        let (_, file) = sandbox.files().remove(0);
        machine.endpoint = file.endpoint;
        machine.settings = file.settings.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        return machine;
    }
    let logins = sandbox.logins();
    let (_, _, login) = logins.into_iter().find(|(_, name, _)| *name == backend).expect("a login");
    machine.settings =
        sandbox.settings(backend).into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    if backend == "kitaru_k" {
        // Whoever is logged in makes keys for nobody else.
        machine.owner.1.clone_from(&login.username);
    }
    (machine.endpoint, machine.username, machine.password) = (login.url, login.username, login.password);
    machine
}
