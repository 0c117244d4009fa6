//! The timer that calls `keywright due`: a systemd user timer where there is such a manager, else a line for cron. It
//! reaches the keyring by the user's session bus, without a desktop, and has no secret in it.
//!
//! Only files that begin with [`MARK`] are ours to replace or remove. Start with [`install`] and [`uninstall`].

use std::fs;
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use crate::config::{Paths, home, variable};

/// How each of our unit files begins.
const MARK: &str = "# Written by `keywright due --install`; `keywright due --uninstall` removes it.";
const SERVICE: &str = "keywright-due.service";
const TIMER: &str = "keywright-due.timer";
/// A run of `due` leaves its time here, so that a line in a crontab is noticed too.
const STAMP: &str = "due-ran";
/// After this long without a run nobody is taken to run `due` any more.
const FRESH: Duration = Duration::from_hours(2);

/// How long a program of the system's may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often it is looked whether it did.
const LOOK: Duration = Duration::from_millis(10);

/// Where settings and records are looked for, when it is not the usual place: what the timer must be told.
const PLACES: [&str; 3] = ["XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME"];

/// What was done, or is to be done by hand.
#[derive(Debug, PartialEq, Eq)]
pub enum Installed {
    /// The timer is on; what was written or left as it is, and what else is to be known.
    Timer {
        /// A sentence for each thing done.
        done: Vec<String>,
        /// What is to be known besides.
        notes: Vec<String>,
    },
    /// There is no manager of user services: this line is for a crontab, with what is to be known of it.
    Cron {
        /// The line.
        line: String,
        /// What is to be known of it.
        notes: Vec<String>,
    },
}

/// Whether `due` is run by something: our timer is there, or it was run lately.
pub fn is_watched(paths: &Paths) -> bool {
    units().is_some_and(|folder| is_ours(&folder.join(TIMER))) || ran_lately(paths)
}

fn ran_lately(paths: &Paths) -> bool {
    let stamp = fs::metadata(paths.state.join(STAMP)).and_then(|known| known.modified());
    let age = stamp.ok().and_then(|at| SystemTime::now().duration_since(at).ok());
    age.is_some_and(|age| age < FRESH)
}

/// Leaves word that `due` was run. Where it cannot be left, nothing is lost but a hint.
pub fn note_run(paths: &Paths) {
    drop(fs::write(paths.state.join(STAMP), ""));
}

/// Writes and starts the timer, or says which line of a crontab does the same. Done twice it is done once.
pub fn install() -> Result<Installed, String> {
    let program = std::env::current_exe().map_err(|why| format!("where this program is: {why}"))?;
    let (address, mut notes) = bus();
    let places: Vec<(&str, String)> =
        PLACES.iter().filter_map(|name| Some((*name, variable(name)?))).collect();
    if !manager_answers() {
        let line = cron_line(&program, address.as_deref(), &places);
        notes.push(String::from(
            "no systemd user manager answers here, so nothing was installed; `crontab -e` takes the line above",
        ));
        return Ok(Installed::Cron { line, notes });
    }
    let folder = units().ok_or("there is no home directory to install it in")?;
    fs::create_dir_all(&folder).map_err(|why| format!("{}: {why}", folder.display()))?;
    let mut done = Vec::new();
    for (name, text) in
        [(SERVICE, service_text(&program, address.as_deref(), &places)), (TIMER, timer_text())]
    {
        done.push(put(&folder.join(name), &text)?);
    }
    systemctl(&["daemon-reload"])?;
    systemctl(&["enable", "--now", TIMER])?;
    done.push(format!("on         {TIMER}: every 5 minutes, and what the machine slept through after that"));
    notes.push(lingering());
    Ok(Installed::Timer { done, notes })
}

/// Stops the timer and removes exactly the files that are ours. What there was to remove, a sentence each.
pub fn uninstall() -> Result<Vec<String>, String> {
    let folder = units().ok_or("there is no home directory it could be installed in")?;
    let mut done = Vec::new();
    if is_ours(&folder.join(TIMER)) && manager_answers() {
        systemctl(&["disable", "--now", TIMER])?;
        done.push(format!("off        {TIMER}"));
    }
    for name in [TIMER, SERVICE] {
        let file = folder.join(name);
        if is_ours(&file) {
            fs::remove_file(&file).map_err(|why| format!("{}: {why}", file.display()))?;
            done.push(format!("removed    {}", file.display()));
        } else if file.symlink_metadata().is_ok() {
            done.push(format!("left alone {}: it is not keywright's", file.display()));
        }
    }
    // Without a manager nobody took away the link by which it was started.
    let wants = folder.join("timers.target.wants");
    let link = wants.join(TIMER);
    if !folder.join(TIMER).exists() && link.is_symlink() && fs::remove_file(&link).is_ok() {
        done.push(format!("removed    {}", link.display()));
    }
    // Folders that are empty now serve nobody; others stay.
    let above = folder.parent().unwrap_or(&folder);
    for empty in [&wants, &folder, above] {
        drop(fs::remove_dir(empty));
    }
    if !done.is_empty() && manager_answers() {
        systemctl(&["daemon-reload"])?;
    }
    Ok(done)
}

/// Where user units are.
fn units() -> Option<PathBuf> {
    let config = variable("XDG_CONFIG_HOME").map(PathBuf::from);
    Some(config.or_else(|| Some(home()?.join(".config")))?.join("systemd/user"))
}

/// Whether a file is one that was written here.
fn is_ours(file: &Path) -> bool {
    let plain = file.symlink_metadata().is_ok_and(|known| known.is_file());
    plain && fs::read_to_string(file).is_ok_and(|text| text.starts_with(MARK))
}

/// Writes a unit file whole or not at all.
fn put(file: &Path, text: &str) -> Result<String, String> {
    if fs::read_to_string(file).is_ok_and(|known| known == text) && is_ours(file) {
        return Ok(format!("unchanged  {}", file.display()));
    }
    let there = file.symlink_metadata().is_ok();
    if there && !is_ours(file) {
        return Err(format!(
            "{} is not keywright's, so it is left alone; move it away first",
            file.display()
        ));
    }
    let beside = file.with_extension("new");
    let write = || -> io::Result<()> {
        let mut out = fs::File::create(&beside)?;
        out.write_all(text.as_bytes())?;
        out.sync_all()?;
        fs::rename(&beside, file)
    };
    write().map_err(|why| {
        drop(fs::remove_file(&beside));
        format!("{}: {why}", file.display())
    })?;
    Ok(format!("{}  {}", if there { "replaced " } else { "written  " }, file.display()))
}

fn service_text(program: &Path, address: Option<&str>, places: &[(&str, String)]) -> String {
    // `%t` is the folder of the session's sockets, wherever the manager has it.
    let address = address.map_or_else(|| String::from("unix:path=%t/bus"), |known| known.replace('%', "%%"));
    let mut lines = vec![
        String::from(MARK),
        String::from("[Unit]"),
        String::from("Description=Revoke old credentials whose promised time has come"),
        String::new(),
        String::from("[Service]"),
        String::from("Type=oneshot"),
        format!("Environment={}", quoted(&format!("DBUS_SESSION_BUS_ADDRESS={address}"))),
    ];
    for (name, value) in places {
        lines.push(format!("Environment={}", quoted(&format!("{name}={}", value.replace('%', "%%")))));
    }
    let program = program.display().to_string().replace('%', "%%").replace('$', "$$");
    lines.push(format!("ExecStart={} due", quoted(&program)));
    lines.join("\n") + "\n"
}

fn timer_text() -> String {
    format!(
        "{MARK}\n[Unit]\nDescription=Call keywright due\n\n[Timer]\nOnCalendar=*:0/5\nAccuracySec=30s\n\
         Persistent=true\n\n[Install]\nWantedBy=timers.target\n"
    )
}

/// As systemd reads a word that may have spaces in it.
fn quoted(word: &str) -> String {
    format!("\"{}\"", word.replace('\\', "\\\\").replace('"', "\\\""))
}

fn cron_line(program: &Path, address: Option<&str>, places: &[(&str, String)]) -> String {
    let address = address.map_or_else(standard_address, str::to_owned);
    let set = |(name, value): (&str, &str)| format!("{name}={} ", shell(value));
    let mut line = String::from("*/5 * * * * ") + &set(("DBUS_SESSION_BUS_ADDRESS", &address));
    for (name, value) in places {
        line += &set((name, value));
    }
    line += &shell(&program.display().to_string());
    line += " due";
    // To cron a percent sign ends the command.
    line.replace('%', "\\%")
}

/// As a shell reads one word.
fn shell(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-=:,@".contains(c);
    if word.chars().all(plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}

/// Where a session bus is that outlives its sessions.
fn standard_address() -> String {
    format!("unix:path={}/bus", run_folder())
}

#[cfg(unix)]
fn run_folder() -> String {
    variable("XDG_RUNTIME_DIR").unwrap_or_else(|| format!("/run/user/{}", rustix::process::getuid().as_raw()))
}

#[cfg(not(unix))]
fn run_folder() -> String {
    String::from("/run/user/0")
}

/// The bus by which the keyring is reached now, where that is not the standard one; and what is to be known of it.
fn bus() -> (Option<String>, Vec<String>) {
    let here = variable("DBUS_SESSION_BUS_ADDRESS");
    let standard = standard_address();
    let there = Path::new(standard.trim_start_matches("unix:path=")).exists();
    match here {
        Some(address) if !there && !address.starts_with(&standard) => {
            let note = format!(
                "this session's bus is a private one ({address}): what is installed reaches the keyring for as long as \
                 that bus is there"
            );
            (Some(address), vec![note])
        }
        _ => (None, Vec::new()),
    }
}

/// What is to be known of runs while nobody is logged in to the machine.
fn lingering() -> String {
    let locked =
        "after a reboot the keyring must have been unlocked once; until then `due` says so and tries again";
    let lingers = command("loginctl", &["show-user", &own_id(), "--property=Linger", "--value"]);
    match lingers.as_deref().map(str::trim) {
        Ok("yes") => format!("your services run without a login (lingering); {locked}"),
        _ => format!(
            "it runs while you are logged in to this machine; for when you are not: `loginctl enable-linger` \
             (lingering); {locked}"
        ),
    }
}

#[cfg(unix)]
fn own_id() -> String {
    rustix::process::getuid().as_raw().to_string()
}

#[cfg(not(unix))]
fn own_id() -> String {
    String::new()
}

/// Whether there is a manager of this user's services, and it answers.
fn manager_answers() -> bool {
    command("systemctl", &["--user", "show", "--property=Version"]).is_ok()
}

fn systemctl(arguments: &[&str]) -> Result<(), String> {
    let all: Vec<&str> = std::iter::once("--user").chain(arguments.iter().copied()).collect();
    let said = |why: String| format!("systemctl --user {} failed: {why}", arguments.join(" "));
    command("systemctl", &all).map(drop).map_err(said)
}

/// Runs a program of the system's; its output, or why there is none.
fn command(program: &str, arguments: &[&str]) -> Result<String, String> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null());
    if variable("XDG_RUNTIME_DIR").is_none() {
        command.env("XDG_RUNTIME_DIR", run_folder());
    }
    within(command, PATIENCE).map_err(|why| match why {
        NoAnswer::NotRun(why) => format!("{program}: {why}"),
        NoAnswer::Failed(words) => words,
        NoAnswer::Late => format!(
            "{program} did not answer in {} s and was stopped; what was written so far stays, and the same command goes \
             on with it once it answers",
            PATIENCE.as_secs()
        ),
    })
}

/// Why there is no output of a program.
#[derive(Debug, PartialEq, Eq)]
enum NoAnswer {
    NotRun(String),
    Failed(String),
    Late,
}

/// What a program prints, if it ends in time; else it is ended.
fn within(mut command: Command, patience: Duration) -> Result<String, NoAnswer> {
    let until = Instant::now() + patience;
    let not_run = |why: io::Error| NoAnswer::NotRun(why.to_string());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(not_run)?;
    let (out, err) = (child.stdout.take().map(gathered), child.stderr.take().map(gathered));
    // Others may have the pipe as well, and hold it longer than the program lives.
    let read = |pipe: Option<mpsc::Receiver<String>>| {
        let left = until.saturating_duration_since(Instant::now()).max(LOOK);
        pipe.and_then(|pipe| pipe.recv_timeout(left).ok()).unwrap_or_default()
    };
    loop {
        match child.try_wait().map_err(not_run)? {
            Some(status) if status.success() => return Ok(read(out)),
            Some(_) => {
                let words = read(err);
                let line = words.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
                return Err(NoAnswer::Failed(crate::domain::text::Text::clean(line).to_string()));
            }
            None if Instant::now() >= until => {
                drop(child.kill());
                drop(child.wait());
                return Err(NoAnswer::Late);
            }
            None => thread::sleep(LOOK),
        }
    }
}

/// Reads a pipe to its end, beside everything else.
fn gathered(mut pipe: impl Read + Send + 'static) -> mpsc::Receiver<String> {
    let (told, text) = mpsc::channel();
    thread::spawn(move || {
        let mut read = Vec::new();
        drop(pipe.read_to_end(&mut read));
        drop(told.send(String::from_utf8_lossy(&read).into_owned()));
    });
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_service_finds_bus_and_records_and_odd_paths() {
        let text = service_text(
            Path::new("/opt/my tools/100%/key\"wright"),
            None,
            &[("XDG_STATE_HOME", String::from("/a b/%h"))],
        );
        let want = [
            MARK,
            "[Unit]",
            "Description=Revoke old credentials whose promised time has come",
            "",
            "[Service]",
            "Type=oneshot",
            "Environment=\"DBUS_SESSION_BUS_ADDRESS=unix:path=%t/bus\"",
            "Environment=\"XDG_STATE_HOME=/a b/%%h\"",
            "ExecStart=\"/opt/my tools/100%%/key\\\"wright\" due",
        ];
        assert_eq!(text.lines().collect::<Vec<_>>(), want);
    }

    #[test]
    fn the_line_for_cron_is_one_command() {
        let program = Path::new("/opt/my tools/keywright");
        let line = cron_line(program, Some("unix:path=/tmp/bus-1,guid=ab%20"), &[]);
        assert_eq!(
            line,
            "*/5 * * * * DBUS_SESSION_BUS_ADDRESS='unix:path=/tmp/bus-1,guid=ab\\%20' '/opt/my tools/keywright' due"
        );
        let plain = cron_line(Path::new("/usr/bin/keywright"), Some("unix:path=/run/user/7/bus"), &[]);
        assert_eq!(
            plain,
            "*/5 * * * * DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/7/bus /usr/bin/keywright due"
        );
    }

    #[test]
    fn a_program_that_hangs_is_ended_and_one_that_answers_is_heard() {
        let shell = |script: &str| {
            let mut command = Command::new("/bin/sh");
            command.args(["-c", script]).stdin(Stdio::null());
            command
        };
        let long = Duration::from_mins(1);
        assert_eq!(within(shell("sleep 600"), Duration::from_millis(50)), Err(NoAnswer::Late));
        assert_eq!(within(shell("echo 257"), long), Ok(String::from("257\n")));
        assert_eq!(
            within(shell("echo >&2; echo no bus >&2; exit 1"), long),
            Err(NoAnswer::Failed(String::from("no bus")))
        );
        // More than a pipe holds is no reason to hang.
        let much = within(shell("yes | head -c 300000"), long).expect("all of it");
        assert_eq!(much.len(), 300_000);
        let none = within(Command::new("/nowhere/systemctl"), long);
        assert!(matches!(none, Err(NoAnswer::NotRun(_))), "{none:?}");
    }

    #[test]
    fn a_file_of_somebody_elses_is_left_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join(TIMER);
        let text = timer_text();
        assert!(put(&file, &text).expect("written").starts_with("written"));
        assert!(put(&file, &text).expect("twice").starts_with("unchanged"));
        fs::write(&file, format!("{MARK}\nolder")).expect("written");
        assert!(put(&file, &text).expect("replaced").starts_with("replaced"));
        fs::write(&file, "[Timer]\n").expect("written");
        assert!(put(&file, &text).expect_err("not ours").contains("not keywright's"));
        assert_eq!(fs::read_to_string(&file).expect("still there"), "[Timer]\n");
    }
}
