//! The embedded sandbox: started, used instead of the settings, its clock moved.

use std::sync::Arc;

use tempfile::TempDir;

use super::{Tasks, lock};
use crate::app::effect::Keeping;
use crate::app::pane::welcome::SandboxAccounts;
use crate::backend::registry;
use crate::domain::account::{Account, AccountName, Endpoint};
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::request::Login;
use crate::domain::text::Text;
use crate::sandbox::{self, Announcement, Options, Sandbox};
use crate::secret::Secret;
use crate::state::State;
use crate::vault::Vault;
