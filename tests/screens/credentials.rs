//! The main screen: the table with every state, the detail, header and footer.

use keywright::app::effect::RequestId;
use keywright::app::model::{Copied, Fetch, Model, SandboxView, SessionView, Tone, VaultView};
use keywright::app::msg::CopyReport;
use keywright::domain::answer::{Progress, Reach};
use keywright::domain::failure::{Failure, FailureKind};
use keywright::domain::operation::{OperationKind, Phase};
use keywright::domain::owner::OwnerRef;
use keywright::domain::scope::Granted;
use keywright::domain::time::Skew;

use crate::build::{self, before};
use crate::{Case, LARGE, SMALL, USUAL, at, case};

fn with(change: impl FnOnce(&mut Model)) -> Model {
    let mut model = build::full();
    change(&mut model);
    model
}

/// The account alone, changed, with the table built again.
fn account(change: impl FnOnce(&mut keywright::app::model::AccountState)) -> Model {
    let mut state = build::prod();
    change(&mut state);
    build::of(vec![state])
}

fn empty(change: impl FnOnce(&mut keywright::app::model::AccountState)) -> Model {
    account(|state| {
        state.listing.credentials.clear();
        change(state);
    })
}

/// Every picture of the main screen.
pub fn cases() -> Vec<Case> {
    let mut cases = at("credentials_full", &[SMALL, USUAL, LARGE, (110, 30)], build::full);
    cases.extend(at("credentials_several_accounts", &[SMALL, USUAL, LARGE], build::several));
    cases.extend(states());
    cases.extend(in_parts());
    cases.extend(footers());
    cases.extend(headers());
    cases
}

/// A listing that comes in parts.
fn in_parts() -> Vec<Case> {
    let reached = |listed: Fetch| {
        let mut model = build::full();
        model.accounts[0].listed = listed;
        model.accounts[0].reach = Some(Reach { done: 40, of: Some(128), what: "accounts" });
        model
    };
    let unreachable = Failure::new(FailureKind::Unreachable, "connection refused");
    vec![
        case("credentials_loading_more", USUAL, reached(Fetch::Loading(RequestId(7)))),
        case("credentials_broken_off", USUAL, reached(Fetch::Failed(unreachable))),
    ]
}

fn states() -> Vec<Case> {
    let unreachable = || Failure::new(FailureKind::Unreachable, "connection refused (os error 111)");
    let offered = |abilities| {
        let mut model = build::full();
        model.accounts[0].abilities = abilities;
        model.accounts[0].listing.credentials[0].scopes = Granted::Listed(vec!["beyond".into()]);
        model
    };
    vec![
        case("credentials_scope_unknown", LARGE, offered(&build::SCOPED)),
        case("credentials_scope_offered", LARGE, offered(&build::TYPED)),
        case("credentials_long_list", USUAL, {
            let mut model = build::many(2_000);
            model.table.cursor = 1_456;
            model
        }),
        case("credentials_no_account", SMALL, build::of(Vec::new())),
        case(
            "credentials_not_asked",
            USUAL,
            build::of(vec![build::account("prod-kitaru", &build::ABILITIES)]),
        ),
        case("credentials_logged_out", USUAL, empty(|state| state.session = SessionView::Out)),
        case("credentials_session_ended", SMALL, empty(|state| state.session = SessionView::Ended)),
        case("credentials_loading", USUAL, empty(|state| state.listed = Fetch::Loading(RequestId(1)))),
        case("credentials_none", USUAL, empty(|_| {})),
        case(
            "credentials_unreachable",
            SMALL,
            empty(|state| {
                state.opened = Fetch::Failed(unreachable());
                state.session = SessionView::Unknown;
            }),
        ),
        case(
            "credentials_listing_failed",
            USUAL,
            empty(|state| {
                state.listed =
                    Fetch::Failed(Failure::new(FailureKind::ServerFailed, "HTTP 500: Internal Server Error"));
            }),
        ),
        case("credentials_stale", USUAL, account(|state| state.listed = Fetch::Failed(unreachable()))),
        case(
            "credentials_partial",
            USUAL,
            account(|state| {
                let owner = OwnerRef { id: state.listing.owners[1].id.clone(), name: "etl".into() };
                state.listing.failed = vec![(owner, Failure::new(FailureKind::Slow, ""))];
            }),
        ),
        case(
            "credentials_no_match",
            SMALL,
            with(|model| {
                model.table.filter = tui_input::Input::new(String::from("zzz"));
                model.table.apply_filter(&model.accounts, model.now);
            }),
        ),
        case(
            "credentials_filtering",
            USUAL,
            with(|model| {
                model.table.filter = tui_input::Input::new(String::from("ci state:act"));
                model.table.filtering = true;
                model.table.apply_filter(&model.accounts, model.now);
            }),
        ),
        case(
            "credentials_wide_names",
            SMALL,
            account(|state| {
                let names = [
                    "日本語の鍵がとても長い名前です",
                    "مفتاح الإنتاج للخدمة الرئيسية",
                    "👩‍💻👩‍💻👩‍💻👩‍💻👩‍💻👩‍💻",
                    "e\u{301}te\u{301}-very-long-name-indeed",
                    "",
                    "🇩🇪 flags",
                ];
                for (credential, name) in state.listing.credentials.iter_mut().zip(names) {
                    credential.name = name.into();
                    credential.owner.name = "数据平台的服务帐户-ingest-long".into();
                }
            }),
        ),
    ]
}

fn footers() -> Vec<Case> {
    let copied = || {
        Some(Copied {
            what: String::from("default"),
            report: CopyReport {
                way: String::from("to the terminal (cannot be confirmed)"),
                confirmed: false,
                clears_in: Some(30),
            },
            clears: before(-24),
        })
    };
    vec![
        case("footer_copied", USUAL, with(|model| model.copied = copied())),
        case(
            "footer_notice_and_work",
            LARGE,
            with(|model| {
                model.say(Tone::Good, "default works: accepted as ci-runner");
                model.request("reading prod-kitaru", false);
                model.now = before(-3);
                model.copied = copied();
                model.unfinished = vec![build::operation(OperationKind::Rotate, Phase::Unclear)];
            }),
        ),
        case(
            "footer_verifying",
            USUAL,
            with(|model| {
                let request = model.request("presenting a secret of 'default'", false);
                let far = Progress { done: 3, of: 6, what: "job".into(), why: "" };
                model.pending.get_mut(&request).unwrap().progress = Some(far);
                model.now = before(-12);
            }),
        ),
        case(
            "footer_bad_notice",
            SMALL,
            with(|model| {
                model.say(Tone::Bad, "The server cannot be reached: connection refused (os error 111)");
            }),
        ),
        case(
            "footer_writing_while_leaving",
            SMALL,
            with(|model| {
                model.request("revoking default", true);
                model.now = before(-12);
                model.leaving = true;
            }),
        ),
    ]
}

fn headers() -> Vec<Case> {
    vec![
        case(
            "header_sandbox_skew",
            LARGE,
            with(|model| {
                model.vault = VaultView::Memory { sandbox: true };
                model.sandbox = Some(SandboxView { control: String::from("http://127.0.0.1:4000") });
                model.accounts[0].skew = Skew(600);
            }),
        ),
        case("header_kernel", USUAL, with(|model| model.vault = VaultView::Kernel)),
        case("header_memory", SMALL, with(|model| model.vault = VaultView::Memory { sandbox: false })),
        case(
            "header_no_keyring",
            USUAL,
            with(|model| {
                model.vault = VaultView::Unusable {
                    state: "no Secret Service answers".into(),
                    mend: "start one: gnome-keyring-daemon --start --components=secrets".into(),
                };
            }),
        ),
        case("header_waiting", USUAL, with(|model| model.vault_waiting = true)),
        case("too_small", (59, 16), build::full()),
        case("locked", USUAL, with(|model| model.locked = true)),
        case(
            "locked",
            SMALL,
            with(|model| {
                model.locked = true;
                model.request("rotating default", true);
            }),
        ),
    ]
}
