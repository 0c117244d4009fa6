//! A secret shown once, masked and in clear.

use keywright::app::model::{Copied, Model};
use keywright::app::msg::{CopyReport, Kept};
use keywright::app::pane::Overlay;
use keywright::app::pane::reveal::Reveal;
use keywright::domain::credential::Expiry;
use keywright::secret::{Part, Parts, Secret};
use uuid::Uuid;

use crate::build::{self, before};
use crate::{Case, LARGE, SMALL, USUAL, at, case};

/// A secret as long as the longest common one; its letters occur nowhere else in a frame.
pub fn long_secret() -> String {
    format!("ZENKEY_{}", "QZXJ7".repeat(32))
}

/// The reveal of a secret of one part.
pub fn reveal(change: impl FnOnce(&mut Reveal)) -> Model {
    let mut model = build::full();
    let credential = {
        let (account, credential) = model.selected().unwrap();
        credential.reference(account.name())
    };
    let mut pane = Reveal {
        seen: false,
        note: None,
        vended: None,
        reach: Vec::new(),
        cautions: Vec::new(),
        operation: Uuid::from_u128(1),
        credential,
        name: "default".into(),
        owner: "ci-runner".into(),
        title: String::from("New secret of"),
        parts: Parts::single(Secret::new(long_secret())),
        cursor: 0,
        unmasked_until: None,
        kept: Kept::Keyring,
        disposable: false,
        copying: None,
        copied: None,
        discard: None,
    };
    change(&mut pane);
    model.overlays.push(Overlay::Reveal(Box::new(pane)));
    model
}

fn copied(confirmed: bool) -> CopyReport {
    let way = if confirmed { "to the desktop's clipboard" } else { "to the terminal (cannot be confirmed)" };
    CopyReport { way: String::from(way), confirmed, clears_in: Some(30) }
}

/// Every picture.
pub fn cases() -> Vec<Case> {
    let mut cases = at("reveal_masked", &[SMALL, USUAL, LARGE], || reveal(|_| {}));
    cases.extend(at("reveal_clear", &[SMALL, USUAL, LARGE], || {
        reveal(|pane| pane.unmasked_until = Some(before(-14)))
    }));
    cases.push(case("reveal_clear_without_focus", USUAL, {
        let mut model = reveal(|pane| pane.unmasked_until = Some(before(-14)));
        model.focused = false;
        model
    }));
    cases.push(case("reveal_storage", USUAL, {
        reveal(|pane| {
            let part = |name: &'static str| Part { name, secret: Secret::new(long_secret()) };
            pane.parts = Parts::named(vec![part("id"), part("secret"), part("session")]);
            (pane.title, pane.name, pane.owner) =
                (String::from("Storage credential for"), "s3://lake/".into(), "storage".into());
            pane.vended = Some(Expiry::At(before(-3000)));
            pane.reach = vec!["asked for s3://lake/; the whole bucket is reached".into()];
        })
    }));
    cases.push(case("reveal_storage_for_ever", SMALL, {
        reveal(|pane| {
            pane.vended = Some(Expiry::Never);
            pane.cautions = vec!["These are the warehouse's own long-lived keys: they do not end.".into()];
        })
    }));
    cases.push(case("reveal_copied", USUAL, {
        let mut model = reveal(|pane| pane.copied = Some(Ok(copied(true))));
        model.copied =
            Some(Copied { what: String::from("default"), report: copied(true), clears: before(-24) });
        model
    }));
    cases.extend(at("reveal_nowhere", &[SMALL, USUAL], || {
        reveal(|pane| {
            pane.kept = Kept::Nowhere("the keyring is locked".into());
            pane.unmasked_until = Some(before(-9));
            pane.copied = Some(Ok(copied(false)));
        })
    }));
    cases.push(case("reveal_memory", SMALL, reveal(|pane| pane.kept = Kept::Memory)));
    cases.push(case(
        "reveal_copy_failed",
        SMALL,
        reveal(|pane| {
            pane.kept = Kept::Kernel;
            pane.copied = Some(Err("no clipboard answers".into()));
        }),
    ));
    cases.push(case(
        "reveal_parts",
        USUAL,
        reveal(|pane| {
            let part = |name, text: &str| Part { name, secret: Secret::new(text.to_owned()) };
            pane.parts = Parts::named(vec![part("public", "pk_QZXJ7_1234"), part("secret", "sk_QZXJ7_5678")]);
            pane.cursor = 1;
            pane.unmasked_until = Some(before(-3));
        }),
    ));
    cases.extend(at("reveal_discard", &[SMALL, LARGE], || {
        reveal(|pane| {
            pane.kept = Kept::Memory;
            pane.discard = Some(tui_input::Input::new(String::from("disc")));
        })
    }));
    cases
}
