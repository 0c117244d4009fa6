//! Login, account editor, edit, import, confirm.

use keywright::app::effect::RequestId;
use keywright::app::form::{Field, Form};
use keywright::app::found::Around;
use keywright::app::model::Model;
use keywright::app::msg::DeviceCode;
use keywright::app::pane::Overlay;
use keywright::app::pane::account_form::AccountForm;
use keywright::app::pane::confirm::{Asked, Confirm};
use keywright::app::pane::edit::{EditPane, Subject};
use keywright::app::pane::import::Import;
use keywright::app::pane::login::LoginPane;
use keywright::domain::failure::{Failure, FailureKind};
use keywright::domain::owner::Id;
use keywright::domain::session::Approval;

use crate::build::{self, before};
use crate::{Case, LARGE, SMALL, USUAL, at, case};

fn over(overlay: Overlay) -> Model {
    let mut model = build::full();
    model.overlays.push(overlay);
    model
}

fn login(change: impl FnOnce(&mut LoginPane)) -> Model {
    let mut form = Form::new(vec![
        Field::choice(
            "method",
            "how",
            "Left and Right change it",
            vec![String::from("name and password"), String::from("approve in a browser")],
            0,
        ),
        Field::text("username", "name", "", "ada"),
        Field::secret("password", "password", "typed unseen; may be empty"),
        Field::switch("keep", "keep me logged in", "Space changes it", false),
    ]);
    form.focus = 2;
    form.paste("correct horse battery staple");
    let mut pane = LoginPane {
        account: build::name("prod-kitaru"),
        method: 0,
        form,
        running: None,
        device: None,
        sent: Vec::new(),
        failure: None,
    };
    change(&mut pane);
    over(Overlay::Login(Box::new(pane)))
}

fn device(address: &str, code: &str) -> DeviceCode {
    DeviceCode {
        approval: Approval::Code(code.into()),
        address: address.into(),
        address_with_code: address.into(),
        expires: before(-272),
    }
}

fn account_form(editing: bool) -> Model {
    let mut form = Form::new(vec![
        Field::choice("backend", "backend", "", vec![String::from("Kitaru")], 0),
        Field::text("name", "name", "letters, digits, '.', '_', '-'", "prod"),
        Field::text("endpoint", "address", "such as https://host.example", "http://kitaru.example.com"),
        Field::text("login", "login name", "offered when logging in; may be empty", ""),
        Field::text("ca_file", "certificate file", "for servers with their own authority; may be empty", ""),
        Field::switch("protected", "protected", "destructive steps ask for a typed name", true),
    ]);
    form.refuse(
        "endpoint",
        "plain http would send secrets in the clear to kitaru.example.com; use https, or a loopback address",
    );
    let editing = editing.then(|| build::name("prod-kitaru"));
    let saving = editing.is_some().then_some(RequestId(3));
    over(Overlay::AccountForm(Box::new(AccountForm {
        editing,
        backends: vec!["kitaru"],
        form,
        typed: std::collections::BTreeMap::new(),
        saving,
        found: false,
    })))
}

fn edit(failure: Option<Failure>) -> Model {
    let form = Form::new(vec![
        Field::text("name", "name", "1 to 255 characters, no '/'", "default"),
        Field::text("description", "description", "what it is for", "prod deploys"),
    ]);
    let model = build::full();
    let (account, credential) = model.selected().unwrap();
    let reference = credential.reference(account.name());
    over(Overlay::Edit(Box::new(EditPane {
        subject: Subject::Credential(reference),
        title: String::from("default · ci-runner"),
        form,
        running: None,
        failure,
    })))
}

fn import(running: bool, around: Option<Around>) -> Model {
    let mut form = Form::new(vec![Field::secret("secret", "secret", "paste it; it is never drawn")]);
    form.paste("ZENKEY_eyJpZCI6IjMxNzkyYjE1");
    let running = running.then_some(RequestId(9));
    over(Overlay::Import(Box::new(Import {
        account: build::name("prod-kitaru"),
        shape: 0,
        form,
        running,
        logging_in: false,
        failure: None,
        looking: None,
        around,
    })))
}

fn confirm(must_type: Option<&str>, mistyped: bool) -> Model {
    over(Overlay::Confirm(Box::new(Confirm {
        asked: Asked::DeleteOwner(build::name("prod-kitaru"), Id::new("o1")),
        title: String::from("Delete ci-runner"),
        lines: vec![
            String::from(
                "The service account 'ci-runner' is deleted with its 3 API keys: default, release, preview-2.",
            ),
            String::from("All of them stop at once and cannot come back."),
        ],
        must_type: must_type.map(str::to_owned),
        typed: tui_input::Input::new(String::from(if mistyped { "ci-runer" } else { "" })),
        mistyped,
        running: None,
        failure: None,
    })))
}

/// Every picture.
pub fn cases() -> Vec<Case> {
    let mut cases = at("login", &[SMALL, USUAL, LARGE], || login(|_| {}));
    cases.push(case(
        "login_refused",
        USUAL,
        login(|pane| {
            pane.failure = Some(Failure::new(
                FailureKind::WrongLogin,
                "Authentication error: invalid username or password",
            ));
        }),
    ));
    cases.push(case("login_refused_pat", USUAL, {
        let mut model = build::several();
        let mut form = Form::new(vec![Field::secret("pat", "PAT", "typed unseen")]);
        form.paste("zpat_of_somebody");
        model.overlays.push(Overlay::Login(Box::new(LoginPane {
            account: model.accounts[1].name().clone(),
            method: 0,
            form,
            running: None,
            device: None,
            sent: Vec::new(),
            failure: Some(Failure::new(FailureKind::WrongLogin, "status 401")),
        })));
        model
    }));
    cases.push(case("login_running", SMALL, login(|pane| pane.running = Some(RequestId(1)))));
    let address =
        "https://prod-kitaru.example.com/devices/verify?device_id=0b1c7d3a-26ad-4a1b-9b53-3d6f2f6f7d11";
    cases.extend(at("login_device", &[SMALL, USUAL, LARGE], || {
        login(|pane| pane.device = Some(device(address, "b7f0c4d8e19a4f0c8d7e6f5a4b3c2d1e")))
    }));
    cases.extend(at("login_browser", &[SMALL, LARGE], || {
        login(|pane| {
            pane.device = Some(DeviceCode {
                approval: Approval::WayBack {
                    provider: "google".into(),
                    address: "http://127.0.0.1:19876/keywright".into(),
                },
                ..device(
                    "https://lake.example.com/oauth/authorize/google?redirect_uri=http%3A%2F%2F127.0.0.1%3A19876%2Fkeywright",
                    "",
                )
            });
        })
    }));
    cases.push(case(
        "login_device_short_code",
        USUAL,
        login(|pane| pane.device = Some(device("https://example.com/device", "WDJB-MJHT"))),
    ));
    cases.extend(at("account_form_new", &[SMALL, USUAL, LARGE], || account_form(false)));
    cases.push(case("account_form_saving", USUAL, account_form(true)));
    cases.extend(at("edit", &[SMALL, USUAL, LARGE], || edit(None)));
    cases.push(case(
        "edit_failed",
        SMALL,
        edit(Some(Failure::new(FailureKind::NameTaken, "an API key 'default' exists"))),
    ));
    cases.extend(at("import", &[SMALL, USUAL, LARGE], || import(false, Some(Around::default()))));
    cases.push(case("import_running", USUAL, import(true, None)));
    cases.extend(at("confirm", &[SMALL, USUAL, LARGE], || confirm(Some("ci-runner"), false)));
    cases.extend(at("import_found", &[SMALL, USUAL, LARGE], || {
        let mut model = import(false, Some(build::around(RequestId(8), "").of("kitaru")));
        if let Some(Overlay::Import(pane)) = model.overlays.last_mut() {
            pane.form.focus = 2;
        }
        model
    }));
    cases.push(case("import_unread", USUAL, import(false, Some(build::around(RequestId(8), "unread")))));
    cases.push(case("import_far", USUAL, import(false, Some(build::around(RequestId(8), "far")))));
    cases.push(case("import_loose", USUAL, {
        let around = build::around(RequestId(8), "loose");
        let loose = around.loose.clone();
        let mut model = import(false, Some(Around { found: Vec::new(), ..around }));
        model.loose_files = loose;
        if let Some(Overlay::Import(pane)) = model.overlays.last_mut() {
            pane.form.focus = 1;
        }
        model
    }));
    let loose = build::around(RequestId(8), "loose").loose;
    cases.push(case("confirm_tighten", USUAL, {
        over(Overlay::Confirm(Box::new(keywright::app::pane::confirm::tighten(&loose[0]))))
    }));
    cases.push(case("confirm_mistyped", USUAL, confirm(Some("ci-runner"), true)));
    cases.push(case("confirm_plain", SMALL, confirm(None, false)));
    cases
}
