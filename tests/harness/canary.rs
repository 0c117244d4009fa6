//! The search for secrets finds them in every form and place, and nothing else.

use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use support::canary::Canary;
use support::home::Home;

#[test]
fn finds_each_form() {
    let canary = Canary::of("public-Aa1+/=?&Bb2_cdefghijklmnopqrstuvwxyz", 7);
    let hidden = &canary.secret().as_bytes()[7..];
    let hex = hidden.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    let wide: Vec<u8> = canary.secret().encode_utf16().flat_map(u16::to_le_bytes).collect();
    let cases: [(&str, Vec<u8>); 7] = [
        ("plain", canary.secret().as_bytes().to_vec()),
        ("plain", canary.secret().as_bytes()[10..26].to_vec()),
        ("hex", hex.to_uppercase().into_bytes()),
        ("hex", hex.into_bytes()),
        ("percent-encoding", b"x=Aa1%2B%2F%3D%3F%26Bb2_cde".to_vec()),
        ("UTF-16", wide),
        ("plain", [&canary.secret().as_bytes()[..20], b"\r\n| ", &canary.secret().as_bytes()[20..]].concat()),
    ];
    for (form, bytes) in cases {
        assert_eq!(canary.form_in(&bytes), Some(form), "{}", bytes.escape_ascii());
    }
    for before in ["", "u", "us", "use", "user:"] {
        let inside = format!("{before}{}", canary.secret());
        for text in [STANDARD.encode(&inside), URL_SAFE_NO_PAD.encode(&inside)] {
            assert_eq!(canary.form_in(text.as_bytes()), Some("base64"), "{before} {text}");
        }
    }
}

#[test]
fn finds_nothing_else() {
    let (canary, other) = (Canary::new("ZENKEY_"), Canary::new("ZENKEY_"));
    assert_eq!(canary.form_in(other.secret().as_bytes()), None);
    assert_eq!(canary.form_in(b"public-public-public-public"), None);
    assert_eq!(
        canary.form_in(&canary.secret().as_bytes()[..7 + 15]),
        None,
        "the mark and a short hint may be shown"
    );
    canary.assert_absent("nowhere", b"");
}

#[test]
fn finds_files_names_and_links() {
    let (home, canary) = (Home::new(), Canary::new("kw-"));
    assert_eq!(canary.leaks_in_tree(home.path()), []);
    let folder = home.path().join("home/a/b");
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join("log"), format!("token {}", STANDARD.encode(canary.secret())))
        .expect("a file");
    std::fs::write(folder.join("clean"), "nothing").expect("a file");
    std::os::unix::fs::symlink(format!("{}x", canary.secret().replace('/', "_")), folder.join("link"))
        .expect("a link");
    std::fs::write(folder.join(canary.secret()), "").expect("a name");
    let mut found: Vec<_> =
        canary.leaks_in_tree(home.path()).into_iter().map(|leak| (leak.form, leak.place)).collect();
    found.sort();
    assert_eq!(found.len(), 3, "{found:?}");
    assert_eq!(found[0], ("base64", folder.join("log").display().to_string()));
    assert!(found[1].1.ends_with("/link") && found[2].1.starts_with("the name "), "{found:?}");
}

#[test]
fn finds_arguments_and_environments_of_descendants() {
    let canary = Canary::new("kw-");
    let run = |name: &str, value: &str| {
        let mut command = Command::new("/bin/sh");
        // A child of the child, so that only a search of all descendants can find it.
        command.args(["-c", "sh -c 'echo ready; read line' probe \"$SECRET\"; true"]).env(name, value);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("a shell");
        let mut ready = [0; 6];
        std::io::Read::read_exact(child.stdout.as_mut().expect("its output"), &mut ready)
            .expect("it is ready");
        let leaks = canary.leaks_in_process(child.id());
        drop(child.stdin.take());
        child.wait().expect("it ends");
        leaks
    };
    assert_eq!(run("OTHER", "value"), []);
    let leaks = run("SECRET", canary.secret());
    let places = |part: &str| leaks.iter().filter(|leak| leak.place.ends_with(part)).count();
    assert_eq!((places("/environ"), places("/cmdline")), (2, 1), "{leaks:?}");
}
