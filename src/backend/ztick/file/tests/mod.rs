//! The file: rows of the contract as data, edits, mutilated files, and the disk.

#[cfg(unix)]
#[expect(clippy::disallowed_methods, reason = "the tests of the disk write files")]
mod disk;
mod edits;
mod mutilated;
mod rows;

use super::{Edited, New, Reading, Refusal, read};
use crate::secret::Secret;

/// A token as the server has it: name, secret, namespace.
type Plain = (Vec<u8>, Vec<u8>, Vec<u8>);

fn plain(reading: &Reading<'_>) -> Vec<Plain> {
    let bytes = |text: Option<&[u8]>| text.map(<[u8]>::to_vec).unwrap_or_default();
    reading
        .tokens
        .iter()
        .map(|token| (token.name.to_vec(), bytes(token.secret), bytes(token.namespace)))
        .collect()
}

fn tokens(bytes: &[u8]) -> Vec<Plain> {
    plain(&read(bytes))
}

/// An edit that must be accepted. It holds secrets, so it cannot be printed and `unwrap` does not do.
#[track_caller]
fn good(edited: Result<Edited, Refusal>) -> Edited {
    edited.unwrap_or_else(|refusal| panic!("{refusal}"))
}

fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

/// A token more, without a note.
fn create(file: &[u8], name: &str, namespace: &str, secret: &Secret) -> Result<Edited, Refusal> {
    super::create(file, namespace, New { name, note: "", secret })
}

/// A second token, without a note.
fn rotate(file: &[u8], index: usize, name: &str, secret: &Secret) -> Result<Edited, Refusal> {
    super::rotate(file, index, New { name, note: "", secret })
}

/// A secret that is long enough to be written.
const NEW: &str = "sk_new_0123456789abcdef";

/// An ordinary file with everything that must survive an edit.
const ORDINARY: &str = "# tokens of the scheduler\n\
    title = \"not read\"\n\
    \n\
    [token.ops]\n\
    # owner: the night shift\n\
    secret = \"sk_ops_a1b2c3d4e5f6a7b8\"\n\
    namespace = \"*\"\n\
    created = 2026-01-01\n\
    \n\
    # deploys\n\
    [token.deploy]  # pipeline\n\
    secret = \"sk_deploy_a1b2c3d4e5f6\"\n\
    namespace = \"deploy.\"\n\
    \n\
    # last words\n";
