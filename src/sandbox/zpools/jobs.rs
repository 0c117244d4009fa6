//! Jobs, each behind the scope for them. The shapes are those of the specification together with what the real clients
//! read beside it: `job_type` and `current_status` of a job, `job` around a single one, `history` beside its events.

use serde_json::{Value, json};

use super::super::clock::{DAY, MINUTE, Micros};
use super::caller::{Need, with_either};
use super::pats::moment;
use super::problem::{Outcome, Problem};
use super::scope::Scope;
use super::{Visit, done, seed};

/// Something that was done to a pool.
struct Job {
    id: &'static str,
    kind: &'static str,
    pool: &'static str,
    parameters: &'static str,
    age: Micros,
}

/// What was done, the oldest first.
const JOBS: [Job; 3] = [
    Job {
        id: "job-5f20b1",
        kind: "zpool_create",
        pool: "zp-9b17e6aa",
        parameters: r#"{"size_gib":125}"#,
        age: 31 * DAY,
    },
    Job {
        id: "job-a94c77",
        kind: "zpool_modify",
        pool: "zp-2f8c41d0",
        parameters: r#"{"volume_type":"gp3"}"#,
        age: 12 * DAY,
    },
    Job { id: "job-e03d18", kind: "zpool_scrub", pool: "zp-2f8c41d0", parameters: "{}", age: 6 * DAY },
];
/// How long each of them took.
const TOOK: Micros = 4 * MINUTE;

impl Job {
    fn started(&self, visit: &Visit<'_>) -> Micros {
        visit.server.began - self.age
    }

    fn json(&self, visit: &Visit<'_>) -> Value {
        let started = self.started(visit);
        let (started, ended) = (moment(started), moment(started + TOOK));
        json!({
            "job_id": self.id,
            "job_type": self.kind,
            "operation": self.kind.trim_start_matches("zpool_"),
            "status": "completed",
            "zpool_id": self.pool,
            "parameters": self.parameters,
            "created_at": started,
            "updated_at": ended,
            "current_status": { "state": "succeeded", "message": "done", "timestamp": ended },
        })
    }
}

/// The last jobs, newest first unless asked otherwise.
pub(super) fn list(visit: &mut Visit<'_>) -> Outcome {
    let user = with_either(visit, Need::Scope(Scope::Job))?;
    let limit = visit.number("limit", 100, 1..=1000)?;
    let newest_first = match visit.call.query("sort") {
        None | Some("desc") => true,
        Some("asc") => false,
        Some(_) => return Err(Problem::invalid("sort is asc or desc")),
    };
    let (before, after) = (bound(visit, "before")?, bound(visit, "after")?);
    let inside = |job: &&Job| {
        // Moments are told in milliseconds, and compared as told.
        let at = job.started(visit).div_euclid(1000) * 1000;
        user == seed::USER && before.is_none_or(|end| at < end) && after.is_none_or(|start| at > start)
    };
    let mut jobs: Vec<Value> = JOBS.iter().filter(inside).map(|job| job.json(visit)).collect();
    if newest_first {
        jobs.reverse();
    }
    jobs.truncate(limit);
    done(200, "Jobs retrieved", &json!({ "jobs": jobs }))
}

fn bound(visit: &Visit<'_>, name: &str) -> Outcome<Option<Micros>> {
    let Some(text) = visit.call.query(name) else { return Ok(None) };
    let told: Option<jiff::Timestamp> = text.parse().ok();
    let told = told.ok_or_else(|| Problem::invalid(format!("{name} is a moment in ISO 8601")))?;
    Ok(Some(told.as_microsecond()))
}

/// One job.
pub(super) fn one(visit: &mut Visit<'_>, id: &str) -> Outcome {
    let job = find(visit, id)?.json(visit);
    let detail = json!({ "job_id": id, "status": "completed", "progress": 100, "job": job });
    done(200, "Job retrieved", &detail)
}

/// What happened to one job, the first thing first.
pub(super) fn history(visit: &mut Visit<'_>, id: &str) -> Outcome {
    let started = find(visit, id)?.started(visit);
    let steps = [
        ("pending", "pending", "the job was taken in", started),
        ("running", "running", "the job was begun", started + MINUTE),
        ("completed", "succeeded", "done", started + TOOK),
    ];
    let events = steps.map(
        |(status, _, message, at)| json!({ "status": status, "message": message, "timestamp": moment(at) }),
    );
    let history = steps.map(
        |(_, kind, message, at)| json!({ "event_type": kind, "message": message, "timestamp": moment(at) }),
    );
    done(200, "Job history retrieved", &json!({ "events": events, "history": history }))
}

fn find(visit: &mut Visit<'_>, id: &str) -> Outcome<&'static Job> {
    let user = with_either(visit, Need::Scope(Scope::Job))?;
    let found = JOBS.iter().find(|job| user == seed::USER && job.id == id);
    found.ok_or_else(|| Problem::Told(404, "Job not found".to_owned()))
}
