//! The auth file of a new sandbox: tokens for three tenants, and two slips that an operator should be told of.

use super::super::{SandboxError, random};
use super::folder::Folder;

/// Writes the file if there is none.
pub(super) fn fill(folder: &Folder) -> Result<(), SandboxError> {
    let path = folder.tokens();
    if path.exists() {
        return Ok(());
    }
    let secret = |name: &str| random::hex::<16>().map(|random| format!("sk_{name}_{random}"));
    let text = format!(
        "# Tokens of the scheduler. Read at its start only: restart it after every change.\n\
         \n\
         [token.ops]\n\
         # the night shift\n\
         secret = \"{}\"\n\
         namespace = \"*\"\n\
         \n\
         [token.deploy]\n\
         secret = \"{}\"\n\
         namespace = \"deploy.\"\n\
         created = \"2026-02-11\"\n\
         \n\
         [token.backup]\n\
         secret = \"{}\"\n\
         namespace = \"backup.\"\n\
         \n\
         # Ends in no separator, so it covers reporting.* too.\n\
         [token.report]\n\
         secret = \"{}\"\n\
         namespace = \"report\"\n\
         \n\
         # The bracket is missing: this token does not exist.\n\
         [token.billing\n\
         secret = \"{}\"\n\
         namespace = \"billing.\"\n",
        secret("ops")?,
        secret("deploy")?,
        secret("backup")?,
        secret("report")?,
        secret("billing")?,
    );
    Folder::write(&path, &text)
}
