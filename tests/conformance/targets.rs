//! Targets that cannot be begun with: each is kept as unfinished with its reason, also for the next program, and gone on
//! with one by one.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use keywright::app::effect::DeliverPlan;
use keywright::domain::credential::Credential;
use keywright::domain::operation::{OperationKind, Phase};
use keywright::domain::target::{Delivered, Place, Receipt, Target, TargetName};
use keywright::runtime::tasks::Tasks;

use crate::desk::{Desk, name};
use crate::second::first;

fn called(target: &str) -> TargetName {
    TargetName::parse(target).expect("a name")
}

/// Brings the secret to these targets.
async fn deliver(tasks: &Tasks, of: &Credential, targets: &[&str]) -> Vec<Receipt> {
    let plan = DeliverPlan {
        credential: of.reference(&name()),
        owner_name: of.owner.name.to_string(),
        name: of.name.to_string(),
        targets: targets.iter().map(|target| called(target)).collect(),
    };
    tasks.deliver(plan).await.expect("receipts")
}

/// What is unfinished: each target with why.
async fn left(tasks: &Tasks) -> Vec<(String, String)> {
    let operations = tasks.left().await.expect("what is left").operations;
    assert!(operations.iter().all(|one| (one.kind, one.phase) == (OperationKind::Deliver, Phase::Unclear)));
    operations.into_iter().map(|one| (one.target, one.note)).collect()
}

/// The targets that do not have the current secret.
async fn behind(tasks: &Tasks, of: &Credential) -> Vec<String> {
    let facts = tasks.list(&name()).await.expect("a listing").facts;
    let known = facts.into_iter().find(|(one, _)| *one == of.reference(&name())).expect("known").1;
    let old = known.targets.into_iter().filter(|note| !note.is_up_to_date());
    old.map(|note| note.target.to_string()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_could_not_be_begun_with_is_unfinished_and_gone_on_with_one_by_one() {
    let desk = Desk::of("zpools");
    let tasks = desk.program().await;
    let made = first(&tasks).await;
    let (tool, taken) = (desk.folder().join("tool"), desk.folder().join("taken"));
    let (missing, there) = (desk.folder().join("missing"), desk.folder().join("there.env"));
    let file = |path: &std::path::Path| Place::File { path: path.to_owned(), key: String::from("PAT") };
    let program = vec![tool.display().to_string(), taken.display().to_string()];
    let command = Place::Command { program, seconds: 30, input: None };
    let target = |target: &str, place: Place| Target { name: called(target), place, part: None };
    let targets = vec![
        target("tool", command),
        target("missing", file(&missing.join("app.env"))),
        target("there", file(&there)),
    ];
    tasks.use_targets(targets.clone());
    let all = ["tool", "missing", "there"];
    tasks.set_targets(&made.reference(&name()), &all.map(called)).expect("remembered");

    let receipts = deliver(&tasks, &made, &all).await;
    let done: Vec<bool> = receipts.iter().map(|receipt| receipt.result.is_done()).collect();
    assert_eq!(done, [false, false, true], "the others get theirs: {receipts:?}");
    assert_eq!(behind(&tasks, &made).await, ["tool", "missing"]);

    // The next program knows of both, and why.
    drop(tasks);
    let tasks = desk.program().await;
    tasks.use_targets(targets);
    let known = left(&tasks).await;
    assert_eq!(known.iter().map(|(target, _)| target.as_str()).collect::<Vec<_>>(), ["tool", "missing"]);
    assert!(known[0].1.contains("there is no program"), "{known:?}");
    assert!(!known[1].1.is_empty(), "{known:?}");

    // Tried again too early it is told once more, not twice.
    assert!(matches!(deliver(&tasks, &made, &["tool"]).await[0].result, Delivered::Failed(_)));
    assert_eq!(left(&tasks).await.len(), 2);
    fs::write(&tool, "#!/bin/sh\ncat > \"$1\"\n").expect("a program");
    fs::set_permissions(&tool, fs::Permissions::from_mode(0o700)).expect("its mode");
    assert!(deliver(&tasks, &made, &["tool"]).await[0].result.is_done());
    assert!(fs::read_to_string(&taken).is_ok_and(|text| text.starts_with("zpat_")));
    assert_eq!(behind(&tasks, &made).await, ["missing"]);
    assert_eq!(left(&tasks).await.len(), 1);
    fs::create_dir(&missing).expect("a folder");
    assert!(deliver(&tasks, &made, &["missing"]).await[0].result.is_done());
    assert_eq!((behind(&tasks, &made).await.len(), left(&tasks).await.len()), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_behind_goes_with_its_credential() {
    let desk = Desk::of("zpools");
    let tasks = desk.program().await;
    let made = first(&tasks).await;
    let place = Place::File { path: desk.folder().join("missing/app.env"), key: String::from("PAT") };
    tasks.use_targets(vec![Target { name: called("missing"), place, part: None }]);
    deliver(&tasks, &made, &["missing"]).await;
    assert_eq!(left(&tasks).await.len(), 1);
    let plan = keywright::app::effect::RevokePlan {
        credential: made.reference(&name()),
        owner_name: made.owner.name.to_string(),
        name: made.name.to_string(),
    };
    tasks.revoke(plan).await.expect("revoked");
    assert_eq!(left(&tasks).await, [], "nothing is to be brought there any more");
}
