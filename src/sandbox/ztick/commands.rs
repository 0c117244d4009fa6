//! What a line does once its sender is known: the table of commands, and who may use them on what.

use super::connection::Client;
use super::jobs::{Jobs, Rule, parse_time};
use super::quirks::Dialect;

/// A reply line without its line feed.
pub(super) type Reply = Vec<u8>;

/// Why a command failed; only the coded dialect tells.
enum Failed {
    Denied,
    NoJob,
    NoRule,
    Missing(&'static str),
    /// The server says nothing.
    Silent,
}

type Outcome = Result<Vec<Reply>, Failed>;

/// Runs a command of at least an id; the replies are in order and may be none.
pub(super) fn run(client: &Client<'_>, tokens: &[Vec<u8>]) -> Vec<Reply> {
    let [id, command, arguments @ ..] = tokens else { return Vec::new() };
    let subject = arguments.first().map(Vec::as_slice);
    let jobs = &mut *client.shared.jobs();
    let outcome = match command.as_slice() {
        b"SET" => set(client, jobs, arguments),
        b"GET" => get(client, jobs, subject),
        b"REMOVE" => remove(client, subject, |job| jobs.jobs.remove(job).map(drop).ok_or(Failed::NoJob)),
        b"REMOVERULE" => {
            remove(client, subject, |rule| jobs.rules.remove(rule).map(drop).ok_or(Failed::NoRule))
        }
        b"RULE" => rule(client, jobs, arguments),
        b"QUERY" => Ok(query(client, jobs, subject.unwrap_or_default())),
        b"LISTRULES" => Ok(list_rules(jobs)),
        b"STAT" => Ok(client.stat(jobs)),
        _ => Err(Failed::Silent),
    };
    match outcome {
        Ok(replies) => replies.into_iter().map(|reply| joined(&[id, &reply])).collect(),
        Err(failed) => told(client.quirks.dialect, id, subject.unwrap_or_default(), &failed),
    }
}

fn set(client: &Client<'_>, jobs: &mut Jobs, arguments: &[Vec<u8>]) -> Outcome {
    let [job, time @ ..] = arguments else { return Err(client.silent_if_bare("timestamp")) };
    if time.is_empty() {
        return Err(client.silent_if_bare("timestamp"));
    }
    client.may(job)?;
    let at = match (parse_time(time), client.quirks.dialect) {
        (Some(at), _) => at,
        // A time that cannot be read is the beginning of time: the job runs at once.
        (None, Dialect::Bare) => 0,
        (None, Dialect::Coded) => return Err(Failed::Silent),
    };
    jobs.jobs.insert(job.clone(), at);
    ok()
}

fn get(client: &Client<'_>, jobs: &Jobs, job: Option<&[u8]>) -> Outcome {
    let job = job.ok_or_else(|| client.silent_if_bare("identifier"))?;
    client.may(job)?;
    let at = *jobs.jobs.get(job).ok_or(Failed::NoJob)?;
    Ok(vec![format!("OK {} {at}", jobs.status(job, at)).into_bytes()])
}

fn remove(
    client: &Client<'_>,
    subject: Option<&[u8]>,
    remove: impl FnOnce(&[u8]) -> Result<(), Failed>,
) -> Outcome {
    let subject = subject.ok_or(Failed::Missing("identifier"))?;
    client.may(subject)?;
    remove(subject)?;
    ok()
}

/// Only the rule's own name is checked, whatever jobs its pattern catches.
fn rule(client: &Client<'_>, jobs: &mut Jobs, arguments: &[Vec<u8>]) -> Outcome {
    let [set, arguments @ ..] = arguments else { return Err(Failed::Silent) };
    if set != b"SET" {
        return Err(Failed::Silent);
    }
    let [rule, rest @ ..] = arguments else { return Err(Failed::Missing("pattern")) };
    client.may(rule)?;
    let [pattern, runner @ ..] = rest else { return Err(Failed::Missing("pattern")) };
    if runner.len() < 2 {
        return Err(Failed::Missing("pattern"));
    }
    jobs.rules.insert(rule.clone(), Rule { pattern: pattern.clone(), runner: runner.to_vec() });
    ok()
}

/// What may be seen is decided by the row's text up to its first space.
fn query(client: &Client<'_>, jobs: &Jobs, prefix: &[u8]) -> Vec<Reply> {
    let seen = |job: &[u8]| {
        let word = job.split(|&byte| byte == b' ').next().unwrap_or_default();
        job.starts_with(prefix) && client.may(word).is_ok()
    };
    let row = |(job, at): (&Vec<u8>, &i128)| {
        joined(&[job, jobs.status(job, *at).as_bytes(), at.to_string().as_bytes()])
    };
    let rows = jobs.jobs.iter().filter(|(job, _)| seen(job)).map(row);
    rows.chain([b"OK".to_vec()]).collect()
}

/// All rules of all tenants, with whatever passwords are in them.
fn list_rules(jobs: &Jobs) -> Vec<Reply> {
    let row = |(name, rule): (&Vec<u8>, &Rule)| joined(&[name, &rule.pattern, &rule.runner.join(&b' ')]);
    jobs.rules.iter().map(row).chain([b"OK".to_vec()]).collect()
}

impl Client<'_> {
    /// A token's namespace is a beginning of what it may touch; `*` alone is everything.
    fn may(&self, subject: &[u8]) -> Result<(), Failed> {
        let free = self.namespace.is_none_or(|namespace| namespace == b"*" || subject.starts_with(namespace));
        free.then_some(()).ok_or(Failed::Denied)
    }

    /// The bare dialect says nothing when GET and SET lack something.
    fn silent_if_bare(&self, missing: &'static str) -> Failed {
        match self.quirks.dialect {
            Dialect::Bare => Failed::Silent,
            Dialect::Coded => Failed::Missing(missing),
        }
    }

    /// The fifteen rows.
    fn stat(&self, jobs: &Jobs) -> Vec<Reply> {
        let count =
            |wanted: &str| jobs.jobs.iter().filter(|(job, at)| jobs.status(job, **at) == wanted).count();
        let rows = [
            ("uptime_ns", self.uptime().to_string()),
            ("connections", self.connections().to_string()),
            ("jobs_total", jobs.jobs.len().to_string()),
            ("jobs_planned", count("planned").to_string()),
            ("jobs_triggered", count("triggered").to_string()),
            ("jobs_executed", count("executed").to_string()),
            ("jobs_failed", count("failed").to_string()),
            ("rules_total", jobs.rules.len().to_string()),
            ("executions_pending", String::from("0")),
            ("executions_inflight", String::from("0")),
            ("persistence", String::from("logfile")),
            ("compression", String::from("0")),
            ("auth_enabled", u8::from(self.quirks.auth).to_string()),
            ("tls_enabled", u8::from(self.tls).to_string()),
            ("framerate", String::from("512")),
        ];
        let rows = rows.into_iter().map(|(name, value)| format!("{name} {value}").into_bytes());
        rows.chain([b"OK".to_vec()]).collect()
    }
}

fn told(dialect: Dialect, id: &[u8], subject: &[u8], failed: &Failed) -> Vec<Reply> {
    let shown = String::from_utf8_lossy(subject);
    let code = match (dialect, failed) {
        (_, Failed::Silent) => return Vec::new(),
        (Dialect::Bare, _) => return vec![joined(&[id, b"ERROR"])],
        (Dialect::Coded, Failed::Denied) => String::from("auth_denied insufficient namespace scope"),
        (Dialect::Coded, Failed::NoJob) => format!("not_found job \"{shown}\" does not exist"),
        (Dialect::Coded, Failed::NoRule) => format!("not_found rule \"{shown}\" does not exist"),
        (Dialect::Coded, Failed::Missing(what)) => format!("invalid_args missing required argument: {what}"),
    };
    vec![joined(&[id, b"ERROR", code.as_bytes()])]
}

#[expect(clippy::unnecessary_wraps, reason = "it is the common end of commands that can fail")]
fn ok() -> Outcome {
    Ok(vec![b"OK".to_vec()])
}

fn joined(parts: &[&[u8]]) -> Reply {
    parts.join(&b' ')
}
