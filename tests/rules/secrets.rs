//! Where a secret's text is taken out: every call is an exit of the program, so they are counted.

use std::collections::BTreeMap;

use crate::source::product;

/// The file, how many calls, and what for. One more or fewer is a change to be looked at.
const EXITS: [(&str, usize, &str); 54] = [
    ("src/backend/foxnose/access.rs", 4, "what a session carries, and the headers that present a secret"),
    ("src/backend/foxnose/found.rs", 4, "what variables and a file say"),
    ("src/backend/foxnose/keys.rs", 3, "whether a new secret is whole, and how a token begins"),
    ("src/backend/foxnose/login.rs", 4, "the login's own requests, and what a token says of itself"),
    (
        "src/backend/foxnose/mod.rs",
        2,
        "which credential a secret belongs to, and whether a pasted one can be a pair",
    ),
    ("src/backend/foxnose/pair.rs", 3, "both halves in one header, and reading the half that signs"),
    ("src/backend/foxnose/prove.rs", 4, "what kind of secret is to be presented, and its public half"),
    ("src/backend/http/call.rs", 2, "the bearer of a request, or a secret in a header of its own"),
    ("src/backend/kitaru/found.rs", 6, "what the tools' own variables and files say"),
    ("src/backend/kitaru/k/device.rs", 2, "the device and its code, kept as one"),
    ("src/backend/kitaru/k/keys.rs", 1, "which key a new secret belongs to"),
    (
        "src/backend/kitaru/k/login.rs",
        5,
        "the login's own request, and what a key and a bearer say of themselves",
    ),
    ("src/backend/kitaru/k/mod.rs", 1, "which key a stored secret belongs to"),
    ("src/backend/kitaru/k/verify.rs", 1, "whether it can be presented at all"),
    ("src/backend/kitaru/mod.rs", 1, "which key a stored secret belongs to, before the server was asked"),
    ("src/backend/kitaru/z/device.rs", 1, "the code a device login polls with"),
    ("src/backend/kitaru/z/keys.rs", 1, "which key a new secret belongs to"),
    (
        "src/backend/kitaru/z/login.rs",
        6,
        "the login's own request, and what a key and a bearer say of themselves",
    ),
    ("src/backend/pangolin/acting.rs", 1, "who acts, as the bearer says"),
    ("src/backend/pangolin/exchange.rs", 1, "a key on its way to be exchanged"),
    ("src/backend/pangolin/found.rs", 5, "what the tools' own variables and files say"),
    (
        "src/backend/pangolin/login.rs",
        9,
        "the login's own requests, what a bearer says of itself, and a key to log in again",
    ),
    ("src/backend/pangolin/mod.rs", 2, "the digest a key is known by, and which token a secret is"),
    ("src/backend/pangolin/owners.rs", 2, "a new user's password, and a changed one, in their requests"),
    ("src/backend/pangolin/tokens.rs", 2, "what a minted token says of itself, new or about to end itself"),
    (
        "src/backend/pangolin/vend.rs",
        3,
        "whether what was given out is ciphertext, made up, or another tenant's",
    ),
    ("src/backend/pangolin/verify.rs", 4, "what a secret is, and what a bearer says of itself"),
    ("src/backend/pangolin/wire.rs", 1, "what a listed token says of itself"),
    ("src/backend/kitaru/z/mod.rs", 1, "which key a stored secret belongs to"),
    ("src/backend/kitaru/z/verify.rs", 1, "whether it can be presented at all"),
    ("src/backend/zpools/found.rs", 3, "what the tools' own variables and files say"),
    ("src/backend/zpools/identify.rs", 2, "whether an imported secret is the one we are logged in with"),
    ("src/backend/zpools/list.rs", 1, "what kind of bearer the login gave"),
    ("src/backend/zpools/login.rs", 5, "the login's own request, and what a token says of itself"),
    ("src/backend/zpools/mod.rs", 1, "which words a refusal gets, by the kind of bearer"),
    ("src/backend/zpools/page.rs", 1, "what kind of bearer the login gave"),
    ("src/backend/zpools/pats.rs", 1, "what kind of bearer the login gave"),
    (
        "src/backend/zpools/token.rs",
        2,
        "whether it can be presented at all, and without the spaces around it",
    ),
    ("src/backend/ztick/file/edit.rs", 1, "the new line of the auth file"),
    ("src/backend/ztick/verify.rs", 1, "which token of the file it is"),
    ("src/backend/ztick/wire/encode.rs", 2, "the login's own line, and whether a line can carry it"),
    ("src/commands/mod.rs", 1, "the standard output of `token`"),
    ("src/deliver/command.rs", 2, "the standard input of a target's program"),
    ("src/deliver/exec.rs", 1, "the environment of a child of `exec`"),
    ("src/deliver/file.rs", 2, "a target's dotenv line, and reading it again"),
    ("src/deliver/watch.rs", 1, "whether a program printed what it was given"),
    ("src/runtime/clipboard/mod.rs", 2, "a copy over the terminal or tmux"),
    (
        "src/runtime/clipboard/native.rs",
        2,
        "a copy to the desktop, and telling later whether it is still ours",
    ),
    ("src/runtime/screen.rs", 1, "pasted text on its way into a field"),
    ("src/runtime/tasks/kept.rs", 2, "a session on its way into the keyring and back"),
    ("src/ui/pane/reveal.rs", 1, "the reveal"),
    ("src/vault/handle.rs", 2, "the keyring's own calls"),
    ("src/vault/parts.rs", 2, "a secret of several parts as one value of the keyring, and back"),
    ("src/vault/memory.rs", 2, "whether a stored secret is the same, where memory is the store"),
];

#[test]
fn every_exit_of_a_secret_is_known() {
    let mut found: BTreeMap<String, usize> = BTreeMap::new();
    for source in product() {
        // The name alone, so that handing the function on counts as well.
        let exits = |line: &str| if line.contains("fn expose") { 0 } else { line.matches("expose").count() };
        let calls: usize = source.code().map(|(_, line)| exits(line)).sum();
        if calls > 0 {
            found.insert(source.path.clone(), calls);
        }
    }
    let known: BTreeMap<String, usize> =
        EXITS.iter().map(|(path, calls, _)| ((*path).to_owned(), *calls)).collect();
    assert_eq!(found, known, "a secret's text is taken out elsewhere than the table says");
}

#[test]
fn nothing_that_holds_a_secret_can_be_printed() {
    // `Secret` has no `Debug`; a type that derives it and holds one does not compile. This keeps the type itself so.
    let secret = include_str!("../../src/secret.rs");
    let code = secret.split("#[cfg(test)]").next().unwrap_or_default();
    for word in
        ["derive(", "impl fmt::Debug", "impl fmt::Display", "impl Clone", "impl PartialEq", "Serialize"]
    {
        assert!(!code.contains(word), "{word} in src/secret.rs");
    }
}
