//! Jobs and rules, in memory. They outlive a restart of the server, as with its file storage, but not the sandbox.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// Nanoseconds since 1970.
type Nanoseconds = i128;

/// A rule: which jobs it runs something for, and what.
pub(super) struct Rule {
    pub(super) pattern: Vec<u8>,
    /// The runner and its arguments.
    pub(super) runner: Vec<Vec<u8>>,
}

/// Every job with its time, every rule by its name.
#[derive(Default)]
pub(super) struct Jobs {
    pub(super) jobs: BTreeMap<Vec<u8>, Nanoseconds>,
    pub(super) rules: BTreeMap<Vec<u8>, Rule>,
}

impl Jobs {
    /// What a new sandbox has. One rule has another tenant's pattern, and one shows a password to every tenant.
    pub(super) fn seeded() -> Self {
        let now = now();
        let hour: Nanoseconds = 3_600_000_000_000;
        let jobs = [
            ("backup.daily", now + 5 * hour),
            ("backup.weekly", now + 100 * hour),
            ("deploy.web", now - 2 * hour),
            ("deploy.api", now + hour),
            ("deployment.canary", now + 3 * hour),
            ("report.monthly", now + 400 * hour),
            ("reporting.live", now - hour),
        ];
        let rules = [
            ("backup.all", "backup.", ["shell", "/usr/local/bin/backup"]),
            ("deploy.all", "deploy.", ["shell", "/usr/local/bin/deploy"]),
            ("deploy.spy", "backup.daily", ["shell", "/usr/local/bin/notify"]),
            ("report.send", "report", ["redis", "redis://reports:not-so-secret@127.0.0.1:6379"]),
        ];
        let rule = |(name, pattern, runner): (&str, &str, [&str; 2])| {
            let runner = runner.map(|part| part.as_bytes().to_vec()).to_vec();
            (name.into(), Rule { pattern: pattern.into(), runner })
        };
        Self {
            jobs: jobs.into_iter().map(|(name, at)| (name.into(), at)).collect(),
            rules: rules.into_iter().map(rule).collect(),
        }
    }

    /// The status of a job: it waits for its time; then the rule with the longest pattern runs, if one fits.
    pub(super) fn status(&self, job: &[u8], at: Nanoseconds) -> &'static str {
        match () {
            () if at > now() => "planned",
            () if self.rules.values().any(|rule| job.starts_with(&rule.pattern)) => "executed",
            () => "triggered",
        }
    }
}

fn now() -> Nanoseconds {
    Timestamp::now().as_nanosecond()
}

/// A time as the protocol takes it: nanoseconds, or a date and a time of day in UTC, in one token or two.
pub(super) fn parse_time(arguments: &[Vec<u8>]) -> Option<Nanoseconds> {
    let text = String::from_utf8(arguments.get(..arguments.len().min(2))?.join(&b' ')).ok()?;
    let first = text.split(' ').next()?;
    if let Ok(nanoseconds) = first.parse::<i64>() {
        return Some(nanoseconds.into());
    }
    let moment = DateTime::strptime("%Y-%m-%d %H:%M:%S", &text).ok()?;
    moment.to_zoned(TimeZone::UTC).ok().map(|moment| moment.timestamp().as_nanosecond())
}
