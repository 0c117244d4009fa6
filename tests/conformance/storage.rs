//! Secrets for storage through the tasks the screen uses, against the embedded server: stored before they are told, held
//! until their end, delivered part by part, and never left behind by a program that died.

use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use keywright::app::effect::{DeliverPlan, VendPlan};
use keywright::app::msg::{Arrived, IssueOutcome, Kept};
use keywright::domain::operation::Phase;
use keywright::domain::target::{Place, Target, TargetName};
use keywright::domain::vending;
use keywright::runtime::tasks::Tasks;
use keywright::secret::Secret;

use crate::desk::{Desk, arrived, name};

async fn vend(tasks: &Tasks, place: &str) -> Arrived {
    arrived(tasks.vend(VendPlan { account: name(), place: place.to_owned() }).await)
}

#[tokio::test]
async fn a_temporary_one_is_held_until_its_end_and_then_taken_out() {
    let desk = Desk::of("pangolin");
    let tasks = desk.program().await;
    let arrived = vend(&tasks, "s3://acme-short/").await;
    assert!(arrived.vended && arrived.kept == Kept::Keyring);
    let entry = desk.state().operation(arrived.operation).expect("read").expect("written down").vault_entry;
    assert!(desk.vault.read(&entry).await.expect("read").is_some(), "it is stored");
    let held = tasks.left().await.expect("what is left").held;
    assert_eq!(held.len(), 1);
    let left = held[0].ends.expect("an end").duration_since(Timestamp::now());
    assert!(left > SignedDuration::from_mins(50) && left < SignedDuration::from_mins(61), "{left:?}");
    tasks.advance(arrived.operation, Phase::Done, "").expect("shown");
    // Another program on the same machine sees it too; after its end whoever looks first takes it out.
    desk.pass(3700);
    assert!(desk.program().await.left().await.expect("what is left").held.is_empty());
    assert!(desk.vault.read(&entry).await.expect("read").is_none(), "it was taken out");
    assert!(desk.state().vended().expect("entries").is_empty());
}

#[tokio::test]
async fn each_part_is_delivered_and_only_the_newest_is_held() {
    let desk = Desk::of("pangolin");
    let tasks = desk.program().await;
    let first = vend(&tasks, "s3://acme-short/").await;
    let second = vend(&tasks, "s3://acme-short/").await;
    let file = desk.folder().join("storage.env");
    let target = |name: &str, part: &str, key: &str| Target {
        name: TargetName::parse(name).expect("a name"),
        place: Place::File { path: file.clone(), key: key.to_owned() },
        part: Some(part.to_owned()),
    };
    tasks.use_targets(vec![
        target("id", "id", "AWS_ACCESS_KEY_ID"),
        target("secret", "secret", "AWS_SECRET_ACCESS_KEY"),
        target("session", "session", "AWS_SESSION_TOKEN"),
    ]);
    let plan = DeliverPlan {
        credential: vending::reference(&name(), "s3://acme-short/"),
        owner_name: String::from("storage"),
        name: String::from("s3://acme-short/"),
        targets: ["id", "secret", "session"].map(|name| TargetName::parse(name).expect("a name")).to_vec(),
    };
    let receipts = tasks.deliver(plan).await.expect("receipts");
    assert!(receipts.iter().all(|receipt| receipt.result.is_done()), "{receipts:?}");
    let written = read(&file);
    for (arrived, there) in [(&first, false), (&second, true)] {
        for part in arrived.parts.iter() {
            assert_eq!(written.contains(part.secret.expose()), there, "{} there: {there}", part.name);
        }
    }
    assert_eq!(desk.state().vended().expect("entries").len(), 1, "the one before is not kept");
}

fn read(file: &Path) -> String {
    std::fs::read_to_string(file).expect("the file")
}

#[tokio::test]
async fn what_does_not_end_stays_until_it_is_let_go() {
    let desk = Desk::of("pangolin");
    let tasks = desk.program().await;
    let arrived = vend(&tasks, "table sales/orders/daily").await;
    assert!(!arrived.credential.particulars.cautions.is_empty(), "long-lived keys are called so");
    desk.pass(30 * 86_400);
    let held = tasks.left().await.expect("what is left").held;
    assert_eq!((held.len(), held[0].ends), (1, None));
    // While it cannot be let go it is not told as gone.
    desk.break_records("create trigger t before delete on entries begin select raise(abort, 'full'); end");
    tasks.forget_vended(&held[0].credential).await.expect_err("it is still written down");
    assert_eq!(tasks.left().await.expect("what is left").held.len(), 1);
    desk.break_records("drop trigger t");
    tasks.forget_vended(&held[0].credential).await.expect("let go");
    assert!(tasks.left().await.expect("what is left").held.is_empty());
}

#[tokio::test]
async fn a_program_that_died_leaves_nothing_in_the_keyring_that_nobody_knows_of() {
    let desk = Desk::of("pangolin");
    let tasks = desk.program().await;
    let arrived = vend(&tasks, "s3://acme-short/").await;
    let known = desk.state().operation(arrived.operation).expect("read").expect("written down");
    // As a program leaves it that dies between storing and writing that down.
    drop(tasks);
    let lost = keywright::domain::operation::Operation {
        id: uuid::Uuid::new_v4(),
        vault_entry: format!("{}-lost", known.vault_entry),
        phase: Phase::Sent,
        ..known.clone()
    };
    let dead = desk.state();
    dead.begin(&lost).expect("written down");
    desk.vault.store(&lost.vault_entry, "", &Secret::new(String::from("left over"))).await.expect("stored");
    drop(dead);
    let left = desk.program().await.left().await.expect("what is left");
    assert!(left.operations.iter().any(|one| one.id == lost.id), "it is told");
    assert!(desk.vault.read(&lost.vault_entry).await.expect("read").is_none(), "and taken out");
    assert_eq!(left.held.len(), 1, "what was written down is held as before");
}

#[tokio::test]
async fn a_refusal_stores_nothing() {
    let desk = Desk::of("pangolin");
    let tasks = desk.program().await;
    let plan = VendPlan { account: name(), place: String::from("table sales/orders/none") };
    let IssueOutcome::Failed(failure) = tasks.vend(plan).await else { panic!("it was given") };
    assert!(failure.sentence().contains("Table not found"), "{}", failure.sentence());
    let left = tasks.left().await.expect("what is left");
    assert!(left.operations.is_empty() && left.held.is_empty(), "{:?}", left.operations);
}
