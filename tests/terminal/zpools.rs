//! The whole life of a PAT by keyboard, with a real keyring, in both of the backend's modes: where a password logs in,
//! and where only a PAT does and new ones are made on the website, which the test plays. After each step the server's
//! own rows are looked at.

use serde_json::{Value, json};
use support::canary::Canary;
use support::home::Home;
use support::keyring::{Keyring, State};
use support::pty::Terminal;
use support::skip;

use crate::program::{Desk, copy_revealed, inside, log_in, point_at, records, up_to_rotate};
use crate::sandbox::{Sandbox, Server};
use support::web;

const PREFIX: &str = "zpat_";
const JSON: &str = "content-type: application/json";

/// The backend's website with somebody logged in, and any other client of the API.
pub(crate) struct Website {
    pub(crate) base: String,
    pub(crate) bearer: String,
}

impl Website {
    pub(crate) fn open(sandbox: &Sandbox) -> Self {
        Self::of(sandbox, sandbox.told["zpools"]["username"].as_str().expect("a name"))
    }

    /// The same as another user, who has the same password here.
    pub(crate) fn of(sandbox: &Sandbox, user: &str) -> Self {
        let told = &sandbox.told["zpools"];
        let url = told["url"].as_str().expect("an address");
        let base = url.strip_suffix("/v1").expect("an address that ends in /v1").to_owned();
        let login = json!({ "username": user, "password": told["password"] }).to_string();
        let answer = web::call("POST", &base, "/v1/login", &[JSON], &login);
        let bearer = answer.body["detail"]["access_token"].as_str().expect("a bearer").to_owned();
        Self { base, bearer }
    }

    pub(crate) fn call(
        &self,
        bearer: &str,
        method: &str,
        path: &str,
        agent: &str,
        body: &str,
    ) -> web::Answer {
        let (bearer, agent) = (format!("authorization: Bearer {bearer}"), format!("user-agent: {agent}"));
        web::call(method, &self.base, &format!("/v1{path}"), &[&bearer, &agent, JSON], body)
    }

    /// The rows of this label, the oldest first.
    pub(crate) fn rows(&self, label: &str) -> Vec<Value> {
        let answer = self.call(&self.bearer, "GET", "/pat", "browser", "");
        let rows = answer.body["detail"]["items"].as_array().expect("a list").clone();
        rows.into_iter().filter(|row| row["label"] == label).collect()
    }

    /// The one row of this label that works.
    pub(crate) fn active(&self, label: &str) -> Value {
        let rows: Vec<Value> = self.rows(label).into_iter().filter(|row| row["status"] == "active").collect();
        assert_eq!(rows.len(), 1, "{rows:?}");
        rows[0].clone()
    }

    /// Makes a PAT as the page's form does, and gives its secret.
    pub(crate) fn make(&self, form: &Value) -> String {
        let made = self.call(&self.bearer, "POST", "/pat", "browser", &form.to_string());
        assert_eq!(made.status, 201, "{}", made.body);
        made.body["detail"]["token"].as_str().expect("a token").to_owned()
    }

    /// What some program gets that uses a PAT.
    pub(crate) fn uses(&self, pat: &str, path: &str) -> u16 {
        self.call(pat, "GET", path, "terraform/1.9", "").status
    }
}

/// A machine with an unlocked keyring and one account, `pools`.
pub(crate) fn desk(sandbox: &Sandbox) -> Desk {
    let told = &sandbox.told["zpools"];
    let text = |name: &str| told[name].as_str().expect("a text").to_owned();
    let server = Server { url: text("url"), username: text("username"), password: text("password") };
    let home = Home::new();
    home.write_settings(&format!(
        "[accounts.pools]\nbackend = \"zpools\"\nendpoint = \"{}\"\nlogin = \"{}\"\n",
        server.url, server.username
    ));
    Desk { home, keyring: Keyring::start(State::Unlocked), server }
}

/// What the keyring has of the PATs of this label.
pub(crate) fn stored(desk: &Desk, label: &str) -> Vec<String> {
    let entries = desk.keyring.entries("keywright").into_iter();
    let names: Vec<String> =
        entries.filter_map(|entry| entry.attribute("username").map(str::to_owned)).collect();
    let of_label = names.iter().filter(|name| name.contains(&format!("/{label}")));
    let secrets = of_label.filter_map(|name| desk.keyring.secret("keywright", name));
    secrets.map(|secret| String::from_utf8(secret).expect("text")).collect()
}

/// Takes a secret out of the reveal, by looking and by copying, and closes it.
fn take(terminal: &mut Terminal, title: &str) -> String {
    terminal.wait_for("Masked.");
    assert!(!terminal.text().contains(PREFIX), "masked at first");
    terminal.keys("u").wait_for(PREFIX);
    let secret = copy_revealed(terminal);
    assert!(inside(terminal, title).contains(&secret), "what is copied is what is shown");
    terminal.keys("u").wait_gone(PREFIX).keys("<c-d>").wait_gone("Masked.");
    secret
}

/// The days between a row's making and its end.
fn days(row: &Value) -> i64 {
    let at = |name: &str| {
        let moment = row[name].as_str().expect("a moment");
        moment.parse::<jiff::Timestamp>().expect("a moment")
    };
    at("expiry_at").duration_since(at("created_at")).as_hours() / 24
}

/// Makes the promised revocation due, as if its time had passed.
fn let_time_pass(desk: &Desk) {
    let past = (jiff::Timestamp::now() - jiff::SignedDuration::from_secs(5)).to_string();
    let changed = records(desk).execute("UPDATE promises SET due = ?1, next_try = ?1", [&past]);
    assert_eq!(changed.expect("written"), 1, "one promise waits");
}

/// The life from the new PAT in the table on, whose secret is `first`: rotated, still used, due, revoked.
fn rotated_and_revoked(desk: &Desk, site: &Website, terminal: &mut Terminal, first: &str, second: &str) {
    let old = site.rows("tour")[0].clone();
    let rows = site.rows("tour");
    assert_eq!(rows.len(), 2, "{rows:?}");
    assert!(rows.iter().all(|row| row["status"] == "active" && row["scopes"] == json!(["zpool", "job"])));
    assert_eq!(days(&rows[0]), days(&rows[1]), "a successor lives as long as its predecessor did");
    assert_ne!(first, second);
    let mut both = stored(desk, "tour");
    both.sort();
    let mut want = [first.to_owned(), second.to_owned()];
    want.sort();
    assert_eq!(both, want, "both secrets are stored");

    // Some program goes on with the old one, and is told of; our own checks are not counted.
    for _ in 0..3 {
        assert_eq!(site.uses(first, "/zpools"), 200);
    }
    terminal.keys("R").wait_until("the old one is seen to be used", |output| {
        output.contains("from 127.0.0.1, by") && output.contains("terraform/1.9, 3 uses since")
    });
    let listed = desk.run(&["list", "--json"]);
    assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
    let listed: Vec<Value> = serde_json::from_slice(&listed.stdout).expect("JSON");
    let tours: Vec<&Value> = listed.iter().filter(|one| one["name"] == "tour").collect();
    assert_eq!(tours.len(), 2);
    assert!(tours.iter().all(|one| one["stored"] == true && one["scopes"] == "zpool job"), "{tours:?}");
    assert!(tours.iter().any(|one| one["id"] == old["key_id"] && one["state"] == "retiring"), "{tours:?}");

    terminal.keys("q").wait_exit();
    let due = |more: &[&str]| {
        let told = desk.run(&[&["due", "--json"], more].concat());
        let promises: Vec<Value> = serde_json::from_slice(&told.stdout).expect("JSON");
        promises.into_iter().map(|one| one["state"].as_str().expect("a word").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(due(&[]), ["waiting"]);
    let_time_pass(desk);
    assert_eq!(due(&["--dry-run"]), ["due"]);
    assert_eq!(site.uses(first, "/zpools"), 200, "looking revokes nothing");
    assert_eq!(due(&[]), ["kept"]);
    let rows = site.rows("tour");
    let status = |row: &Value| if row["key_id"] == old["key_id"] { "revoked" } else { "active" };
    assert!(rows.iter().all(|row| row["status"] == status(row)), "{rows:?}");
    assert_eq!((site.uses(first, "/zpools"), site.uses(second, "/zpools")), (403, 200));
    assert_eq!(stored(desk, "tour"), [second], "what is revoked is not kept");
    assert_eq!(due(&[]), Vec::<String>::new());
    for secret in [first, second] {
        assert_eq!(Canary::of(secret, PREFIX.len()).leaks_in_tree(desk.home.path()), []);
    }
}

#[test]
fn a_pats_life_where_a_password_logs_in() {
    if !Keyring::available() {
        return skip::because("no gnome-keyring");
    }
    let sandbox = Sandbox::start();
    let (site, desk) = (Website::open(&sandbox), desk(&sandbox));
    let mut terminal = desk.start().size(140, 40).spawn();
    terminal.wait_for("not logged in");
    log_in(&mut terminal, &desk.server.password, true);

    // Made with the first preset and an end in 90 days, which is chosen at first.
    terminal.keys("n").wait_for("▸ name").send(b"tour").keys("<enter>").wait_for("▸ scopes");
    terminal.keys("<space>").wait_for("Not allowed: sshkey, pat, billing").keys("<enter>");
    terminal.wait_for("▸ expiry").keys("<enter>").wait_for("▸ check");
    assert_eq!(site.rows("tour"), [] as [Value; 0], "nothing is made before it is said");
    terminal.keys("<enter>");
    let first = take(&mut terminal, "New PAT");
    assert_eq!(stored(&desk, "tour"), [first.as_str()]);
    terminal.wait_for("accepted as ada@example.com, zpool job");
    let row = site.active("tour");
    assert_eq!(row["scopes"], json!(["zpool", "job"]));
    assert!((89..=90).contains(&days(&row)), "{row}");
    for (path, status) in
        [("/zpools", 200), ("/jobs", 200), ("/sshkey", 403), ("/pat", 403), ("/billing/balance", 403)]
    {
        assert_eq!(site.uses(&first, path), status, "what the screen said is what it may do: {path}");
    }
    Canary::of(&first, PREFIX.len()).assert_absent("the screen", terminal.text().as_bytes());
    point_at(&mut terminal, "tour");

    // A server that grants more than was asked for is told of, scope by scope.
    sandbox.quirk_of("zpools", "grants_more", &json!(["billing"]));
    terminal.keys("v").wait_for("zpool job billing; more than it should: billing");
    sandbox.quirk_of("zpools", "grants_more", &json!([]));
    terminal.keys("v").wait_gone("more than it should").wait_for("accepted as ada@example.com, zpool job");

    up_to_rotate(&mut terminal);
    assert_eq!(site.rows("tour").len(), 1, "nothing is made before it is said");
    terminal.keys("<enter>");
    let second = take(&mut terminal, "New secret");
    terminal.wait_for("accepted: it works").keys("o").wait_for("still accepted");
    terminal.keys("<enter>").wait_gone("▸ verify");
    terminal.keys("<up>").wait_until("the old one is under the cursor", |output| {
        output.rows().iter().any(|row| row.contains("▸ tour") && row.contains("retiring"))
    });
    rotated_and_revoked(&desk, &site, &mut terminal, &first, &second);
}

/// A server where no password logs in, its website, a machine, and a PAT; none where there is no keyring.
fn without_a_login() -> Option<(Sandbox, Website, Desk, String)> {
    if !Keyring::available() {
        skip::because("no gnome-keyring");
        return None;
    }
    let sandbox = Sandbox::start();
    let (site, desk) = (Website::open(&sandbox), desk(&sandbox));
    sandbox.quirk_of("zpools", "login", &json!(false));
    let pat = sandbox.told["zpools"]["pat"].as_str().expect("a PAT").to_owned();
    Some((sandbox, site, desk, pat))
}

/// Logs in with a PAT where no password does.
pub(crate) fn log_in_with_pat(terminal: &mut Terminal, pat: &str, keep: bool) {
    terminal.wait_for("not logged in").keys("L").wait_for("PAT (zpat_").send(pat.as_bytes());
    if keep {
        terminal.keys("<tab><space>").wait_for("[✓] yes");
    }
    terminal.keys("<enter>");
    terminal.wait_gone("Log in to").wait_for("CI pools");
}

#[test]
fn where_no_password_logs_in_a_pat_lists_and_revokes() {
    let Some((sandbox, site, desk, pat)) = without_a_login() else { return };
    let mut terminal = desk.start().size(100, 30).spawn();
    log_in_with_pat(&mut terminal, &pat, false);
    let made = site.make(&json!({ "label": "by hand", "scopes": ["job"] }));
    terminal.keys("R").wait_for("by hand");
    point_at(&mut terminal, "by hand");
    terminal.keys("x").wait_for("Revoke by hand").wait_gone("Reading it again").keys("<enter>");
    terminal.wait_for("is revoked");
    assert_eq!(site.rows("by hand")[0]["status"], "revoked");
    assert_eq!(site.uses(&made, "/jobs"), 403);
    assert_eq!(
        sandbox.requests("POST", "/login").len(),
        2,
        "no password was sent: one look, and the website's own"
    );
    Canary::of(&pat, PREFIX.len()).assert_absent("the screen", &terminal.raw());
}

/// The form of the page at an address, as it opens: what the deep link filled in.
fn filled_in(page: &str) -> Value {
    let page = url::Url::parse(page).expect("an address");
    assert_eq!(page.path(), "/dashboard/tokens");
    let field =
        |name: &str| page.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    let scopes = field("scopes").expect("scopes");
    json!({
        "label": field("label").expect("a label"),
        "scopes": scopes.split(',').collect::<Vec<_>>(),
        "expiry": field("expiry").expect("an end"),
    })
}

/// Copies the page's address, makes on it what it says, and goes on to the paste.
fn make_on_the_page(terminal: &mut Terminal, site: &Website) -> String {
    terminal.wait_for("make it on this page");
    let before = terminal.copied().len();
    terminal.keys("y").wait_until("a copy came", |output| output.copied().len() > before);
    let page = String::from_utf8(terminal.copied()[before].clone()).expect("text");
    let secret = site.make(&filled_in(&page));
    terminal.keys("<enter>").wait_for("▸ paste its secret");
    secret
}

#[test]
fn a_pats_life_where_pats_are_made_on_the_website() {
    let Some((_sandbox, site, desk, pat)) = without_a_login() else { return };
    let mut terminal = desk.start().size(140, 40).spawn();
    log_in_with_pat(&mut terminal, &pat, true);

    terminal.keys("n").wait_for("▸ name").send(b"tour").keys("<enter>").wait_for("▸ scopes");
    terminal.keys("<space>").wait_for("Not allowed: sshkey, pat, billing").keys("<enter>");
    terminal.wait_for("▸ expiry").keys("<enter>").wait_for("▸ check").keys("<enter>");
    let first = make_on_the_page(&mut terminal, &site);
    // What is no PAT is not sent, and one that is not new is not taken for it.
    for (pasted, words) in [("hunter2", "this is not a PAT"), (pat.as_str(), "was there before")] {
        terminal.paste(pasted).keys("<enter>").wait_for(words);
        assert_eq!(stored(&desk, "tour"), Vec::<String>::new(), "what is not taken is not kept");
        terminal.keys(&"<bs>".repeat(pasted.len()));
    }
    terminal.paste(&first).keys("<enter>").wait_for("Masked.");
    assert_eq!(stored(&desk, "tour"), [first.as_str()]);
    assert_eq!(take(&mut terminal, "New PAT"), first);
    terminal.wait_for("zpool job");
    let row = site.active("tour");
    assert_eq!(row["scopes"], json!(["zpool", "job"]));
    point_at(&mut terminal, "tour");
    terminal.keys("v").wait_for("accepted as ada@example.com, zpool job");

    // A second one like it: the page is filled in with its label, its scopes and as many days.
    up_to_rotate(&mut terminal);
    terminal.keys("<enter>");
    let second = make_on_the_page(&mut terminal, &site);
    terminal.paste(&second).keys("<enter>");
    assert_eq!(take(&mut terminal, "New secret"), second);
    terminal.wait_for("accepted: it works").wait_for("revoked at").keys("o").wait_for("still accepted");
    terminal.keys("<enter>").wait_gone("▸ verify");
    terminal.keys("<esc>").wait_gone("/tour").keys("/").send(b"state:retiring").keys("<enter>");
    terminal.wait_until("the old one is under the cursor", |output| {
        output.rows().iter().any(|row| row.contains("▸ tour") && row.contains("retiring"))
    });
    rotated_and_revoked(&desk, &site, &mut terminal, &first, &second);
}

#[test]
fn a_pat_in_the_environment_is_imported_by_keyboard() {
    if !Keyring::available() {
        return skip::because("no gnome-keyring");
    }
    let sandbox = Sandbox::start();
    let (site, desk) = (Website::open(&sandbox), desk(&sandbox));
    sandbox.quirk_of("zpools", "login", &json!(false));
    let pat = site.make(&json!({ "label": "mine", "scopes": ["pat", "job"] }));
    let variables = vec![
        (String::from("ZPOOLPAT"), pat.clone()),
        (String::from("ZPOOL_API_URL"), desk.server.url.clone()),
    ];
    let mut terminal = desk.start().envs(variables).size(120, 45).spawn();
    // It logs in, and then it is taken in.
    terminal.wait_for("not logged in").keys("i").wait_for("from $ZPOOLPAT").keys("<down>");
    terminal.wait_for("Enter logs in with it").keys("<enter>").wait_for("Enter presents it").keys("<enter>");
    terminal.wait_for("stored the secret of 'mine'").wait_gone("Import into");
    assert_eq!(stored(&desk, "mine"), [pat.as_str()]);
    Canary::of(&pat, PREFIX.len()).assert_absent("the screen", &terminal.raw());
    terminal.keys("q").wait_exit();
    assert_eq!(Canary::of(&pat, PREFIX.len()).leaks_in_tree(desk.home.path()), []);

    // An empty variable and a file that is none of theirs are told of.
    let home = desk.home.environment().into_iter().find(|(name, _)| name == "HOME").expect("a home").1;
    let rc = std::path::Path::new(&home).join(".config/zpools.io");
    std::fs::create_dir_all(&rc).expect("made");
    std::fs::write(rc.join("zpoolrc"), b"\xff\xfe\x00junk").expect("written");
    let mut terminal =
        desk.start().envs(vec![(String::from("ZPOOLPAT"), String::new())]).size(120, 45).spawn();
    terminal.wait_for("not logged in").keys("i").wait_for("No login and no credential of zpools.io");
    // Where the line breaks depends on how long the path is.
    terminal.wait_until("the junk is told", |output| {
        let words = output.rows().join(" ").replace('│', " ");
        words.split_whitespace().collect::<Vec<_>>().join(" ").contains("zpoolrc is not text")
    });
}
