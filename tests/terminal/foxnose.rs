//! Pairs, by keyboard and by commands, with a real keyring: a login whose refresh token works once, shared by ten
//! programs; the whole life of a key of two parts; a login by a command. The server is asked behind the program's back.

use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use support::canary::Canary;
use support::home::Home;
use support::keyring::{Keyring, State};
use support::pty::Terminal;
use support::{skip, wait};

use crate::commands::words;
use crate::program::{BINARY, Desk, copy_revealed, point_at, records};
use crate::sandbox::{Sandbox, Server};
use support::web;

const REFRESH: &str = "/account/auth/refresh/";
const DAY: i64 = 24 * 3600;
/// What a keyring has of a key: a pair of parts.
const PARTS: &str = r#"{"keywright":"parts 1""#;
/// An environment, as its credentials' owner is called.
const OWNER: &str = "Fernwood / Storefront / production";
/// What every secret of a pair begins with: the algorithm of its key, which is no secret.
const SECRET_PREFIX: &str = "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg";

/// The server's own side.
pub(crate) struct Site {
    pub(crate) management: String,
    flux: String,
    pub(crate) bearer: String,
    pub(crate) environment: String,
    read: String,
}

impl Site {
    pub(crate) fn of(sandbox: &Sandbox) -> Self {
        let text = |name: &str| sandbox.told["foxnose"][name].as_str().expect("a text").to_owned();
        Self {
            management: text("management_url"),
            flux: text("flux_url"),
            bearer: text("access_token"),
            environment: text("environment"),
            read: format!("/{}/{}", text("api_prefix"), text("collection")),
        }
    }

    /// The keys of this name.
    pub(crate) fn keys(&self, name: &str) -> Vec<Value> {
        let path = format!("/v1/{}/permissions/flux-api/api-keys/?limit=100", self.environment);
        let bearer = format!("authorization: Bearer {}", self.bearer);
        let answer = web::call("GET", &self.management, &path, &[&bearer], "");
        let rows = answer.body["results"].as_array().expect("a page").clone();
        rows.into_iter().filter(|row| row["description"] == name).collect()
    }

    /// What a consumer with both parts gets.
    fn reads(&self, public: &str, secret: &str) -> u16 {
        let header = format!("authorization: Simple {public}:{secret}");
        web::call("GET", &self.flux, &self.read, &[&header], "").status
    }

    /// What a program with this bearer gets.
    fn lists(&self, bearer: &str) -> u16 {
        let header = format!("authorization: Bearer {bearer}");
        web::call("GET", &self.management, "/organizations/", &[&header], "").status
    }
}

/// A machine with an unlocked keyring and one account, `fox`; none where there is no keyring.
pub(crate) fn desk(sandbox: &Sandbox, more: &str) -> Option<Desk> {
    if !Keyring::available() {
        skip::because("no gnome-keyring");
        return None;
    }
    let told = &sandbox.told["foxnose"];
    let text = |name: &str| told[name].as_str().expect("a text").to_owned();
    let server = Server { url: text("management_url"), username: text("email"), password: text("password") };
    let home = Home::new();
    let more = more.replace("HOME", &home.path().display().to_string());
    home.write_settings(&format!(
        "[accounts.fox]\nbackend = \"foxnose\"\nendpoint = \"{}\"\nlogin = \"{}\"\n{more}",
        server.url, server.username
    ));
    Some(Desk { home, keyring: Keyring::start(State::Unlocked), server })
}

/// Logs in by e-mail and password.
pub(crate) fn log_in(terminal: &mut Terminal, desk: &Desk, keep: bool) {
    terminal.wait_for("to log in").keys("L").wait_for("Log in to");
    terminal.send(desk.server.password.as_bytes());
    if keep {
        terminal.keys("<tab><space>").wait_for("[✓] yes");
    }
    terminal.keys("<enter>").wait_gone("Log in to").wait_for("made in a hurry").wait_for("read just now");
}

/// Goes from the table to the check of a new Flux key with the first role there is.
pub(crate) fn up_to_check(terminal: &mut Terminal, name: &str) {
    point_at(terminal, "web frontend");
    terminal.keys("n").wait_for("▸ kind").keys("<enter>");
    terminal.wait_until("its environment is known or asked for", |output| {
        output.contains("▸ name") || output.contains("which environment?")
    });
    if terminal.text().contains("which environment?") {
        terminal.keys("<enter>");
    }
    terminal.wait_for("▸ name").wait_for(OWNER);
    terminal.send(name.as_bytes()).keys("<enter>").wait_for("▸ scopes").wait_for("shop reader");
    terminal.wait_for("read content of /shop").keys("<space>").wait_gone("Nothing is chosen yet");
    terminal.keys("<enter>").wait_until("it is checked, after its targets if there are any", |output| {
        output.contains("▸ targets") || output.contains("▸ check")
    });
    if terminal.text().contains("▸ targets") {
        terminal.keys("<enter>").wait_for("▸ check");
    }
}

/// Starts a companion command.
fn begin(desk: &Desk, arguments: &[&str]) -> Child {
    let mut command = Command::new(BINARY);
    command.args(arguments).env_clear().envs(desk.home.environment()).envs(desk.keyring.environment());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().expect("it starts")
}

/// Runs ten of the same at once, and gives what each printed.
fn ten(desk: &Desk, arguments: &[&str]) -> Vec<String> {
    let running: Vec<Child> = (0..10).map(|_| begin(desk, arguments)).collect();
    let ended = running.into_iter().map(|child| child.wait_with_output().expect("it ends"));
    let printed = ended.map(|output| {
        assert!(output.status.success(), "{arguments:?}: {}", words(&output.stderr));
        words(&output.stdout).trim_end().to_owned()
    });
    printed.collect()
}

fn kept(desk: &Desk) -> Vec<String> {
    crate::secrets::stored(desk, "session")
}

#[test]
fn ten_programs_at_once_refresh_once_and_all_work() {
    let sandbox = Sandbox::start();
    let Some(desk) = desk(&sandbox, "") else { return };
    let site = Site::of(&sandbox);
    let mut terminal = desk.start().size(100, 30).spawn();
    log_in(&mut terminal, &desk, true);
    terminal.keys("q").wait_exit();
    let first = ten(&desk, &["token", "fox"]).remove(0);
    assert_eq!(sandbox.requests("POST", REFRESH).len(), 0, "as long as it is good");

    sandbox.advance(DAY + 60);
    assert_eq!(site.lists(&first), 401);
    let tokens = ten(&desk, &["token", "fox"]);
    assert_eq!(sandbox.requests("POST", REFRESH).len(), 1, "one of the ten renews");
    for token in &tokens {
        assert_eq!(site.lists(token), 200);
        assert_eq!(token, &tokens[0]);
    }
    assert_eq!(kept(&desk).len(), 1, "the old pair is forgotten");
    assert!(kept(&desk)[0].contains(&tokens[0]));

    sandbox.advance(DAY + 60);
    for listed in ten(&desk, &["list", "--json"]) {
        assert!(listed.contains("web frontend"), "{listed}");
    }
    assert_eq!(
        sandbox.requests("POST", REFRESH).iter().filter(|one| one["status"] == 200).count(),
        sandbox.requests("POST", REFRESH).len(),
        "nobody presented a token that was spent"
    );

    // The answer of a renewal is lost: that costs the login, and is said in plain words.
    sandbox.advance(DAY + 60);
    sandbox.fault(&json!({ "backend": "foxnose", "path": REFRESH, "kind": "cut_after" }));
    let lost = desk.run(&["token", "fox"]);
    assert_eq!(lost.status.code(), Some(1), "{}", words(&lost.stderr));
    let spent = desk.run(&["token", "fox"]);
    assert_eq!(spent.status.code(), Some(4), "{}", words(&spent.stderr));
    let told = words(&spent.stderr);
    assert!(told.contains("a renewal was sent at") && told.contains("log in again"), "{told}");
    let mut terminal = desk.start().size(120, 30).spawn();
    terminal.wait_for("The session on fox has ended").wait_for("its answer never stored");
    log_in(&mut terminal, &desk, true);
    terminal.keys("q").wait_exit();
    assert_eq!(ten(&desk, &["token", "fox"]).len(), 10);
}

#[test]
fn a_command_logs_in_for_every_program() {
    let sandbox = Sandbox::start();
    let command = "token_command = [\"sh\", \"-c\", \"cat \\\"$0\\\"\", \"HOME/token\"]\n";
    let Some(desk) = desk(&sandbox, command) else { return };
    let site = Site::of(&sandbox);
    let refused = desk.run(&["token", "fox"]);
    assert_eq!(refused.status.code(), Some(1), "{}", words(&refused.stderr));
    let told = words(&refused.stderr);
    assert!(told.contains("the command gave no token: sh: it ended with exit code 1: cat:"), "{told}");

    let place = desk.home.path().join("token");
    std::fs::write(&place, format!("{}\n", site.bearer)).expect("written");
    let token = desk.run(&["token", "fox"]);
    assert_eq!(words(&token.stdout).trim_end(), site.bearer, "{}", words(&token.stderr));
    let mut terminal = desk.start().args(["--log", "debug"]).size(100, 30).spawn();
    terminal.wait_for("web frontend").wait_for("read just now");
    // Its token ends while the screen is open: the command is run again.
    sandbox.advance(DAY + 60);
    let body = json!({ "email": desk.server.username, "password": desk.server.password }).to_string();
    let fresh =
        web::call("POST", &desk.server.url, "/account/auth/", &["content-type: application/json"], &body);
    let fresh = fresh.body["access"].as_str().expect("a token").to_owned();
    std::fs::write(&place, &fresh).expect("written");
    let before = sandbox.requests("GET", "/organizations/").len();
    terminal.keys("<f5>");
    wait::until("the new token is used", || {
        let asked = sandbox.requests("GET", "/organizations/").split_off(before);
        asked.iter().any(|one| one["status"] == 200).then_some(())
    });
    terminal.wait_for("read just now");
    assert_eq!(sandbox.requests("POST", REFRESH).len(), 0);
    // The way is offered in the login, too, with the account's command filled in.
    terminal
        .keys("L")
        .wait_for("Log in to")
        .keys("<up><up><right><right>")
        .wait_for("A command that prints a token");
    terminal.wait_for("sh -c").keys("<esc>").wait_gone("Log in to").keys("q").wait_exit();
    std::fs::remove_file(&place).expect("removed");
    let head = fresh.rfind('.').expect("a JWT") + 1;
    assert_eq!(Canary::of(&fresh, head).leaks_in_tree(desk.home.path()), []);
}

const TARGETS: &str = "
[targets.app-public]
kind = \"file\"
path = \"HOME/app.env\"
key = \"FOX_PUBLIC\"
part = \"public\"

[targets.app-secret]
kind = \"file\"
path = \"HOME/app.env\"
key = \"FOX_SECRET\"
part = \"secret\"
";

/// Both parts, as the keyring has them.
fn stored(desk: &Desk, name: &str) -> Vec<(String, String)> {
    let read = |text: String| {
        assert!(text.starts_with(PARTS), "two parts in one entry");
        let value: Value = serde_json::from_str(&text).expect("JSON");
        let part = |at: usize| value["parts"][at][1].as_str().expect("a text").to_owned();
        (part(0), part(1))
    };
    crate::secrets::stored(desk, &format!("/{name}")).into_iter().map(read).collect()
}

/// Looks at both parts in the reveal, copies both, and closes it.
fn take(terminal: &mut Terminal) -> (String, String) {
    terminal.wait_for("Masked.");
    assert!(!terminal.text().contains(SECRET_PREFIX), "masked at first");
    terminal.keys("u").wait_for(SECRET_PREFIX);
    let public = copy_revealed(terminal);
    let before = terminal.copied().len();
    terminal.keys("<down>y").wait_until("the other part came", |output| output.copied().len() > before);
    let secret = String::from_utf8(terminal.copied()[before].clone()).expect("text");
    let shown: String = terminal.text().split_whitespace().filter(|word| !"│┌└".contains(word)).collect();
    assert!(
        shown.contains(&public) && shown.contains(secret.get(..40).expect("a long secret")),
        "what is copied is what is shown"
    );
    terminal.keys("u").wait_gone(SECRET_PREFIX).keys("<c-d>").wait_gone("Masked.");
    (public, secret)
}

fn canary(secret: &str) -> Canary {
    Canary::of(secret, SECRET_PREFIX.len())
}

#[test]
fn the_whole_life_of_a_pair_by_keyboard() {
    let sandbox = Sandbox::start();
    let Some(desk) = desk(&sandbox, TARGETS) else { return };
    let site = Site::of(&sandbox);
    let mut terminal = desk.start().args(["--log", "debug"]).size(120, 40).spawn();
    log_in(&mut terminal, &desk, true);

    // A new key: its kind, its environment, its name, a role that was read.
    up_to_check(&mut terminal, "tour");
    terminal.keys("<enter>");
    let first = take(&mut terminal);
    terminal.wait_for("accepted as Flux key tour");
    assert_eq!(stored(&desk, "tour"), std::slice::from_ref(&first));
    assert_eq!(site.reads(&first.0, &first.1), 200);

    // Verified, copied part by part, delivered.
    terminal.keys("<esc>").wait_gone("/web frontend");
    point_at(&mut terminal, "tour");
    terminal.keys("v").wait_for("accepted as Flux key tour");
    let before = terminal.copied().len();
    terminal.keys("y").wait_for("Copy a part of tour").keys("<up><enter>").wait_for("its public part alone");
    assert_eq!(terminal.copied()[before], first.0.as_bytes());
    let before = terminal.copied().len();
    terminal.keys("y").wait_for("Copy a part of tour").keys("<enter>").wait_for("its secret part alone");
    assert_eq!(terminal.copied()[before], first.1.as_bytes());
    terminal.keys("d").wait_for("Deliver tour").keys("<space>j<space>").wait_for("FOX_SECRET in").keys("a");
    terminal.wait_for("delivered and read back").keys("<esc>").wait_gone("Deliver tour");
    assert_eq!(delivered(&desk), first);

    // A second key, both delivered, the old one deleted when its time has come.
    terminal.keys("r").wait_for("▸ review").wait_gone("Reading it again").keys("<enter>");
    terminal.wait_for("▸ retention").keys("<up><up>").wait_for("▸ 10 m").keys("<enter>");
    terminal.wait_for("▸ targets").keys("<enter>").wait_for("▸ check").keys("<enter>");
    let second = take(&mut terminal);
    assert_ne!(first, second);
    terminal.wait_for("accepted: it works");
    assert_eq!(site.keys("tour").len(), 2);
    assert_eq!((site.reads(&first.0, &first.1), site.reads(&second.0, &second.1)), (200, 200));
    terminal.keys("a").wait_until("both targets have it", |_| delivered(&desk) == second);
    terminal.keys("<enter>").wait_gone("▸ verify");
    let past = (jiff::Timestamp::now() - jiff::SignedDuration::from_secs(5)).to_string();
    let changed = records(&desk).execute("UPDATE promises SET due = ?1, next_try = ?1", [&past]);
    assert_eq!(changed.expect("written"), 1, "one promise waits");
    terminal.keys("q");
    assert_eq!(terminal.wait_exit().code, Some(0));
    terminal.assert_restored();
    let due = desk.run(&["due"]);
    assert!(due.status.success(), "{}{}", words(&due.stdout), words(&due.stderr));
    assert_eq!(site.keys("tour").len(), 1);
    assert_eq!((site.reads(&first.0, &first.1), site.reads(&second.0, &second.1)), (401, 200));

    // The commands address each part.
    let name = format!("fox/{OWNER}/tour");
    let script = "printf '%s %s' \"$A\" \"$B\"";
    let pairs = [format!("A={name}.public"), format!("B={name}.secret")];
    let out = desk.run(&["exec", &pairs[0], &pairs[1], "--", "sh", "-c", script]);
    assert_eq!(words(&out.stdout), format!("{} {}", second.0, second.1), "{}", words(&out.stderr));
    let whole = desk.run(&["exec", &format!("A={name}"), "--", "true"]);
    assert!(words(&whole.stderr).contains("several parts (public, secret)"), "{}", words(&whole.stderr));
    let verified = desk.run(&["verify", &name]);
    assert!(words(&verified.stdout).starts_with("accepted as Flux key tour"), "{}", words(&verified.stderr));

    // Deleted by keyboard, presented again, refused.
    let mut terminal = desk.start().size(120, 40).spawn();
    terminal.wait_for("tour");
    point_at(&mut terminal, "tour");
    terminal.keys("x").wait_for("Revoke tour").wait_gone("Reading it again").keys("<enter>");
    terminal.wait_for("presented again, it was refused").keys("q").wait_exit();
    assert!(site.keys("tour").is_empty());
    for (_, secret) in [&first, &second] {
        let leaks = canary(secret).leaks_in_tree(desk.home.path());
        let places: Vec<&str> = leaks.iter().map(|leak| leak.place.as_str()).collect();
        assert!(places.iter().all(|place| place.ends_with("/app.env")), "{places:?}");
    }
}

/// What the targets have.
fn delivered(desk: &Desk) -> (String, String) {
    let text = std::fs::read_to_string(desk.home.path().join("app.env")).unwrap_or_default();
    let value = |key: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
        line.unwrap_or_default().trim_matches(['"', '\'']).to_owned()
    };
    (value("FOX_PUBLIC"), value("FOX_SECRET"))
}

#[test]
fn both_parts_of_a_key_are_imported() {
    let sandbox = Sandbox::start();
    let Some(desk) = desk(&sandbox, "") else { return };
    let site = Site::of(&sandbox);
    let bearer = format!("authorization: Bearer {}", site.bearer);
    let path = format!("/v1/{}/permissions/flux-api/api-keys/", site.environment);
    let make = |name: &str| {
        let body = json!({ "description": name, "role": "r1shopreader" }).to_string();
        let head = [bearer.as_str(), "content-type: application/json"];
        let made = web::call("POST", &site.management, &path, &head, &body).body;
        let text = |name: &str| made[name].as_str().expect("a text").to_owned();
        (text("public_key"), text("secret_key"))
    };
    let (by_hand, in_file) = (make("by-hand"), make("in-file"));
    let env =
        format!("FOXNOSE_FLUX_PUBLIC_KEY={}\nexport FOXNOSE_FLUX_SECRET_KEY='{}'\n", in_file.0, in_file.1);
    let folder = desk.home.path().join("home");
    std::fs::write(folder.join(".env"), env).expect("written");
    let mut terminal = desk.start().size(120, 40).spawn();
    log_in(&mut terminal, &desk, true);

    for (secret, told) in [("********abcd", "masked"), (in_file.1.as_str(), "was not taken")] {
        type_both(&mut terminal, &by_hand.0, secret).wait_for(told);
        terminal.keys("<esc>").wait_gone("Import into fox");
    }
    type_both(&mut terminal, &by_hand.0, &by_hand.1).wait_for("stored the secret of 'by-hand'");
    assert_eq!(stored(&desk, "by-hand"), [by_hand]);

    terminal.keys("i").wait_for("Import into fox").wait_for(".env");
    terminal.keys("<tab><tab>").wait_for("Enter presents it").keys("<enter>");
    terminal.wait_for("stored the secret of 'in-file'");
    assert_eq!(stored(&desk, "in-file"), [in_file]);
    terminal.keys("q").wait_exit();
}

/// Opens the import and types both parts. Text is typed before the key that sends it, as a person would.
pub(crate) fn type_both<'a>(terminal: &'a mut Terminal, public: &str, secret: &str) -> &'a mut Terminal {
    let filled = |output: &support::pty::Output, fields: usize| {
        output.rows().iter().filter(|row| row.contains("••••••••")).count() == fields
    };
    terminal.keys("i").wait_for("Import into fox").send(public.as_bytes());
    terminal
        .wait_until("one part is there", |output| filled(output, 1))
        .keys("<tab>")
        .send(secret.as_bytes());
    terminal.wait_until("both are there", |output| filled(output, 2)).keys("<enter>")
}
