//! Calls that only read, each behind its scope: what a client probes a PAT with. The shapes are those that the real
//! clients read; the first user has a little of everything, others have nothing. Jobs and the bill are in files of
//! their own.

use serde_json::{Value, json};

use super::super::clock::{DAY, Micros};
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

/// Calls that would change pools or keys: who may make them is judged as everywhere, and then nothing is done.
pub(super) fn changes(visit: &mut Visit<'_>, scope: Scope) -> Outcome {
    with_either(visit, Need::Scope(scope))?;
    Err(Problem::Told(501, "Not implemented: the sandbox changes neither pools nor SSH keys".to_owned()))
}
