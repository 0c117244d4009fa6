//! Many at once: the selection in the table, the review in groups, the windows, the count, and the results.

use keywright::app::bulk::{Came, News, Obstacle};
use keywright::app::effect::{Effect, RequestId};
use keywright::app::model::{Fetch, Model};
use keywright::app::msg::{Kept, Msg, Reply};
use keywright::app::update::update;
use keywright::domain::answer::Verdict;
use keywright::domain::failure::{Failure, FailureKind};
use keywright::domain::scope::Granted;
use keywright::domain::session::SessionFacts;
use keywright::keymap::key::Key;
use uuid::Uuid;

use crate::build;
use crate::{Case, LARGE, SMALL, USUAL, at, case};

/// Presses keys; answers the last request that was asked for.
fn press(model: &mut Model, keys: &str) -> Option<RequestId> {
    let now = model.now;
    let mut last = None;
    for key in keys.split_whitespace() {
        let key = Key::parse(key).expect("a key");
        for effect in update(model, now, Msg::Key { key, repeat: false }) {
            if let Effect::Bulk(request, _) = effect {
                last = Some(request);
            }
        }
    }
    last
}

/// Three accounts of three kinds; one login may not make anything, one is protected.
fn accounts() -> Model {
    let mut model = build::several();
    model.accounts[0].account.protected = true;
    let facts = SessionFacts { may_create: Err("its PAT lacks the scope pat".into()), ..build::session() };
    model.accounts[1].session = keywright::app::model::SessionView::In(facts);
    model
}

/// Everything selected and reviewed; what is being read has come.
fn reviewed(mut model: Model, keys: &str) -> Model {
    press(&mut model, "ctrl-a");
    press(&mut model, keys);
    for account in &mut model.accounts {
        account.listed = Fetch::Ready(build::before(1));
    }
    model.pending.clear();
    model
}

/// Six keys being rotated.
fn running() -> (Model, RequestId) {
    let mut model = reviewed(build::full(), "r");
    let request = press(&mut model, "enter enter 6 enter").expect("sent");
    (model, request)
}

fn tell(model: &mut Model, request: RequestId, came: Vec<(usize, Came)>) {
    let later = model.now.checked_add(jiff::SignedDuration::from_secs(4)).expect("in range");
    update(model, later, Msg::Bulk(request, News { came, held: None }));
}

fn rotated(model: &Model, at: usize) -> Came {
    let account = &model.accounts[0];
    let credential = account.listing.credentials[at].reference(account.name());
    Came::Rotated { credential, operation: Uuid::from_u128(7), kept: Kept::Keyring, note: None }
}

fn in_the_middle() -> (Model, RequestId) {
    let (mut model, request) = running();
    let came = vec![
        (0, Came::Begun),
        (1, Came::Begun),
        (2, Came::Begun),
        (3, Came::Begun),
        (0, rotated(&model, 0)),
        (1, rotated(&model, 1)),
        (2, Came::Failed(Failure::new(FailureKind::CutOff, "").unknown())),
    ];
    tell(&mut model, request, came);
    (model, request)
}

fn paused() -> Model {
    let (mut model, request) = in_the_middle();
    let later = model.now;
    tell(&mut model, request, vec![(3, Came::Back)]);
    let failure = Failure::new(FailureKind::LoggedOut, "");
    let why = Obstacle::LoggedOut(build::name("prod-kitaru"), failure);
    update(&mut model, later, Msg::Reply(request, Reply::Bulk(Some(why))));
    model.overlays.retain(|overlay| !matches!(overlay, keywright::app::pane::Overlay::Login(_)));
    model
}

fn finished() -> Model {
    let (mut model, request) = in_the_middle();
    let forbidden =
        Failure::new(FailureKind::Forbidden, "keys of this account are rotated by its owner alone");
    let came = vec![(3, Came::Failed(forbidden)), (4, rotated(&model, 4)), (5, rotated(&model, 5))];
    tell(&mut model, request, came);
    let now = model.now;
    let verify = update(&mut model, now, Msg::Reply(request, Reply::Bulk(None)));
    let request = verify
        .iter()
        .find_map(|effect| if let Effect::Bulk(request, _) = effect { Some(*request) } else { None });
    let request = request.expect("new secrets are presented");
    let accepted =
        |scopes| Came::Verified(Verdict::Accepted { who: "ci-runner".into(), scopes, untold: Vec::new() });
    let came = vec![
        (0, accepted(Granted::AsOwner)),
        (1, accepted(Granted::AsOwner)),
        (4, accepted(Granted::Everything)),
        (5, accepted(Granted::AsOwner)),
    ];
    tell(&mut model, request, came);
    let now = model.now;
    update(&mut model, now, Msg::Reply(request, Reply::Bulk(None)));
    model.pending.clear();
    model.notice = None;
    model
}

/// Every picture of it.
pub fn cases() -> Vec<Case> {
    let sizes = [SMALL, USUAL, LARGE];
    let mut cases = at("bulk_selected", &sizes, || {
        let mut model = build::full();
        press(&mut model, "g space space / e t l enter");
        model
    });
    cases.extend(at("bulk_review", &sizes, || reviewed(accounts(), "r")));
    cases.extend(at("bulk_check", &sizes, || {
        let mut model = reviewed(accounts(), "r");
        press(&mut model, "enter enter 6");
        model
    }));
    cases.extend(at("bulk_running", &sizes, || in_the_middle().0));
    cases.extend(at("bulk_finished", &sizes, finished));
    cases.push(case("bulk_group", USUAL, {
        let mut model = reviewed(build::full(), "r");
        press(&mut model, "o j");
        model
    }));
    cases.push(case("bulk_retention", USUAL, {
        let mut model = reviewed(build::full(), "r");
        press(&mut model, "enter");
        model
    }));
    cases.push(case("bulk_revoke", USUAL, {
        let mut model = reviewed(build::full(), "x");
        press(&mut model, "enter 5 enter");
        model
    }));
    cases.push(case("bulk_asking", USUAL, {
        let (mut model, _) = in_the_middle();
        press(&mut model, "esc");
        model
    }));
    cases.push(case("bulk_paused", USUAL, paused()));
    cases.push(case("bulk_failures", SMALL, {
        let mut model = finished();
        press(&mut model, "f");
        model
    }));
    cases
}
