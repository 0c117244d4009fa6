//! Calls that only read, each behind its scope: what a client probes a PAT with. The shapes are those that the real
//! clients read; the first user has a little of everything, others have nothing.

use serde_json::{Value, json};

use super::super::clock::{DAY, MINUTE, Micros};
use super::super::http::Reply;
use super::caller::{Need, with_either};
use super::pats::moment;
use super::problem::{Outcome, Problem};
use super::scope::Scope;
use super::{Visit, done, seed};

/// The one success without a `detail`.
pub(super) fn hello(visit: &mut Visit<'_>) -> Outcome {
    let user = with_either(visit, Need::Any)?;
    Ok(Reply::json(200, &json!({ "message": format!("Hello {user}") })))
}

/// Two pools, as an object by their ids.
pub(super) fn pools(visit: &mut Visit<'_>) -> Outcome {
    let user = with_either(visit, Need::Scope(Scope::Zpool))?;
    let began = visit.server.began;
    let pools = [
        ("zp-2f8c41d0", 400 * DAY, &[("tank-0", 500), ("tank-1", 500)][..], true),
        ("zp-9b17e6aa", 31 * DAY, &[("scratch-0", 125)][..], false),
    ];
    let pools: serde_json::Map<String, Value> = if user == seed::USER {
        let pool = |(id, age, volumes, scrubbed): (&str, Micros, &[(&str, u32)], bool)| {
            let created = began - age;
            let body = json!({
                "Username": user,
                "CreateTime": moment(created),
                "LastScrubTime": scrubbed.then(|| moment(began - 6 * DAY)),
                "VolumeCount": volumes.len(),
                "Volumes": volumes.iter().map(|(_, size)| volume(*size, created)).collect::<Vec<_>>(),
            });
            (id.to_owned(), body)
        };
        pools.into_iter().map(pool).collect()
    } else {
        serde_json::Map::new()
    };
    done(200, "Zpools retrieved", &json!({ "zpools": pools }))
}

fn volume(size: u32, created: Micros) -> Value {
    json!({
        "Size": size,
        "VolumeType": "gp3",
        "State": "in-use",
        "ModState": "none",
        "ModProgress": null,
        "ModLastTime": null,
        "CanModifyNow": true,
        "CreateTime": moment(created),
    })
}

/// The last jobs, newest first unless asked otherwise.
pub(super) fn jobs(visit: &mut Visit<'_>) -> Outcome {
    let user = with_either(visit, Need::Scope(Scope::Job))?;
    let limit = match visit.call.query("limit") {
        None => 100,
        Some(text) => text
            .parse::<usize>()
            .ok()
            .filter(|limit| (1..=1000).contains(limit))
            .ok_or_else(|| Problem::invalid("limit is a number from 1 to 1000"))?,
    };
    let newest_first = match visit.call.query("sort") {
        None | Some("desc") => true,
        Some("asc") => false,
        Some(_) => return Err(Problem::invalid("sort is asc or desc")),
    };
    let began = visit.server.began;
    let mut jobs = vec![
        job(began, "zpool_create", 31 * DAY, r#"{"size_gib":125}"#),
        job(began, "zpool_modify", 12 * DAY, r#"{"zpool_id":"zp-2f8c41d0","size_gib":500}"#),
        job(began, "zpool_scrub", 6 * DAY, r#"{"zpool_id":"zp-2f8c41d0"}"#),
    ];
    if user != seed::USER {
        jobs.clear();
    }
    if newest_first {
        jobs.reverse();
    }
    jobs.truncate(limit);
    done(200, "Jobs retrieved", &json!({ "jobs": jobs }))
}

fn job(began: Micros, kind: &str, age: Micros, parameters: &str) -> Value {
    let (started, ended) = (moment(began - age), moment(began - age + 4 * MINUTE));
    json!({
        "job_id": format!("job-{kind}"),
        "job_type": kind,
        "operation": kind,
        "status": "completed",
        "zpool_id": "zp-2f8c41d0",
        "parameters": parameters,
        "created_at": started,
        "updated_at": ended,
        "current_status": { "state": "completed", "message": "done", "timestamp": ended },
    })
}

pub(super) fn ssh_keys(visit: &mut Visit<'_>) -> Outcome {
    let user = with_either(visit, Need::Scope(Scope::Sshkey))?;
    let key = json!({
        "pubkey_id": "k-5d0c",
        "pubkey": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHNhbmRib3hzYW5kYm94c2FuZGJveHNhbmRib3hz ada@laptop",
        "created_at": moment(visit.server.began - 390 * DAY),
    });
    let keys = if user == seed::USER { vec![key] } else { Vec::new() };
    done(200, "SSH keys retrieved", &json!({ "keys": keys }))
}

/// The one call that says whose account a PAT is for.
pub(super) fn balance(visit: &mut Visit<'_>) -> Outcome {
    let user = with_either(visit, Need::Scope(Scope::Billing))?;
    let began = visit.server.began;
    let balance = json!({
        "customer": user,
        "balance_usd": 41.75,
        "markup_bps": 1500,
        "last_update_ts": moment(began),
        "first_transaction": moment(began - 400 * DAY),
        "last_transaction": null,
    });
    done(200, "Balance retrieved", &json!({ "balance": balance }))
}
