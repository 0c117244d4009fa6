//! The whole state of the program, as the screen shows it. Secrets are in it only while one is being typed or
//! shown once.

use std::collections::{BTreeMap, HashMap};

use super::due::Dues;
use super::effect::{Effect, RequestId};
use super::findings::FindingLine;
use super::found::LooseFile;
use super::msg::CopyReport;
use super::pane::Overlay;
use super::promises::Promises;
use super::rows::Table;
use super::timeline::Zoom;
use crate::domain::ability::Abilities;
use crate::domain::account::{Account, AccountName};
use crate::domain::answer::{Listing, Progress, Reach};
use crate::domain::credential::{Credential, CredentialRef};
use crate::domain::failure::Failure;
use crate::domain::operation::Operation;
use crate::domain::promise::Promise;
use crate::domain::scope::Granted;
use crate::domain::session::{ServerInfo, SessionFacts};
use crate::domain::target::{Target, TargetNote};
use crate::domain::text::Text;
use crate::domain::time::{SignedDuration, Skew, Timestamp};
use crate::domain::vending::Held;
use crate::keymap::table::Context;
use jiff::tz::TimeZone;

/// The smallest screen that is drawn on and acted on: columns and rows.
pub const LEAST_SIZE: (u16, u16) = (60, 16);
/// Minutes without input after which the screen locks itself.
pub const IDLE_LOCK_MINUTES: i64 = 10;
/// Seconds after which a copied secret is taken back.
pub const CLIPBOARD_SECONDS: u32 = 30;
/// Seconds a secret stays unmasked.
pub const UNMASKED_SECONDS: i64 = 15;
/// Seconds a notice stays.
pub const NOTICE_SECONDS: i64 = 8;

/// Where secrets go in this run, as the header says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VaultView {
    /// Not looked at yet.
    Checking,
    /// The keyring takes secrets; its name.
    Keyring(Text),
    /// The kernel's keyring, until reboot.
    Kernel,
    /// Memory, for this run only.
    Memory {
        /// Whether that is because everything here is thrown away anyway.
        sandbox: bool,
    },
    /// Nothing takes secrets.
    Unusable {
        /// What state it is in.
        state: Text,
        /// What mends it.
        mend: Text,
    },
}

/// What is known here about a credential, beside what its backend tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Whether its current secret is stored.
    pub stored: bool,
    /// Whether the secret before it is still stored.
    pub old_stored: bool,
    /// When its current secret was last presented and accepted.
    pub verified: Option<Timestamp>,
    /// Whether it was made by an operation whose secret was lost.
    pub orphan: bool,
    /// Its targets, in the order in which they are delivered to.
    pub targets: Vec<TargetNote>,
}

/// Something that is fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fetch {
    /// Not asked for yet.
    Idle,
    /// Asked for.
    Loading(RequestId),
    /// Here, since then.
    Ready(Timestamp),
    /// Not to be had.
    Failed(Failure),
}

impl Fetch {
    /// Whether an answer is awaited.
    pub fn is_loading(&self) -> bool {
        matches!(self, Self::Loading(_))
    }
}

/// Whether anyone is logged in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionView {
    /// Not known yet.
    Unknown,
    /// Nobody.
    Out,
    /// Somebody was; the server does not take it any more.
    Ended,
    /// This is who.
    In(SessionFacts),
}

/// One account with everything known of it.
#[derive(Clone, Debug)]
pub struct AccountState {
    /// As in the settings.
    pub account: Account,
    /// What its backend can do.
    pub abilities: &'static Abilities,
    /// Whether the server was asked what it is.
    pub opened: Fetch,
    /// What it said.
    pub server: Option<ServerInfo>,
    /// Who is logged in.
    pub session: SessionView,
    /// Why the kept login does not work any more, once it was tried.
    pub ended_because: Option<Text>,
    /// Whether the credentials were listed.
    pub listed: Fetch,
    /// How far the listing under way is, or the last one came that did not come to its end.
    pub reach: Option<Reach>,
    /// Whether something was changed while it was being listed.
    pub outdated: bool,
    /// The last listing.
    pub listing: Listing,
    /// What is known here about each credential.
    pub facts: HashMap<CredentialRef, Facts>,
    /// Old credentials whose revocation is promised.
    pub retiring: HashMap<CredentialRef, Promise>,
    /// How far the server's clock is ahead of ours.
    pub skew: Skew,
    /// When the server takes another attempt, after it said that there were too many.
    pub again: Option<Timestamp>,
}

impl AccountState {
    /// An account nothing is known of yet.
    pub fn new(account: Account, abilities: &'static Abilities) -> Self {
        Self {
            account,
            abilities,
            opened: Fetch::Idle,
            server: None,
            session: SessionView::Unknown,
            ended_because: None,
            listed: Fetch::Idle,
            reach: None,
            outdated: false,
            listing: Listing::default(),
            facts: HashMap::new(),
            retiring: HashMap::new(),
            skew: Skew::default(),
            again: None,
        }
    }

    /// Its name.
    pub fn name(&self) -> &AccountName {
        &self.account.name
    }

    /// Who is logged in, if anyone.
    pub fn session(&self) -> Option<&SessionFacts> {
        match &self.session {
            SessionView::In(facts) => Some(facts),
            SessionView::Unknown | SessionView::Out | SessionView::Ended => None,
        }
    }

    /// The server's time when ours is `now`.
    pub fn server_time(&self, now: Timestamp) -> Timestamp {
        self.skew.server_time(now)
    }

    /// How long the server takes no further attempt.
    pub fn wait(&self, now: Timestamp) -> Option<SignedDuration> {
        self.again.filter(|again| *again > now).map(|again| again.duration_since(now))
    }

    /// What is known here about a credential.
    pub fn facts_of(&self, credential: &Credential) -> Facts {
        self.facts.get(&credential.reference(self.name())).cloned().unwrap_or_default()
    }

    /// What is promised about a credential.
    pub fn promise(&self, credential: &Credential) -> Option<&Promise> {
        if self.retiring.is_empty() { None } else { self.retiring.get(&credential.reference(self.name())) }
    }

    /// The listed credential behind a reference.
    pub fn find(&self, reference: &CredentialRef) -> Option<&Credential> {
        self.listing.credentials.iter().find(|one| one.id == reference.id && one.owner.id == reference.owner)
    }

    /// Puts a fresher view of one credential into the listing.
    pub fn update_credential(&mut self, fresh: Credential) {
        match self
            .listing
            .credentials
            .iter_mut()
            .find(|one| one.id == fresh.id && one.owner.id == fresh.owner.id)
        {
            Some(known) => *known = fresh,
            None => self.listing.credentials.push(fresh),
        }
    }
}

/// Which accounts the table shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// All of them.
    All,
    /// One, by its position.
    One(usize),
}

/// The numbered panes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pane {
    /// The credentials table.
    Credentials,
    /// The same lines as bars over time.
    Timeline,
    /// The owners table.
    Owners,
    /// What deserves attention.
    Findings,
    /// The local audit log.
    Activity,
}

impl Pane {
    /// Whether it shows the lines of the credentials table, with their cursor, filter and order.
    pub fn has_table(self) -> bool {
        matches!(self, Self::Credentials | Self::Timeline)
    }
}

/// How a notice is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// It went well.
    Good,
    /// It is worth knowing.
    Plain,
    /// It needs attention; stays until closed.
    Bad,
}

/// A sentence in the footer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// How it is meant.
    pub tone: Tone,
    /// The sentence.
    pub text: String,
    /// When it goes by itself.
    pub until: Option<Timestamp>,
}

/// A new secret on its way to its targets, once it is accepted.
#[derive(Clone, Debug)]
pub struct Bringing {
    /// Whose it is.
    pub credential: CredentialRef,
    /// What it may do at most, as a rotation was reviewed.
    pub agreed: Option<Granted>,
}

/// A secret that lies in the clipboard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copied {
    /// Whose.
    pub what: String,
    /// Which way it went.
    pub report: CopyReport,
    /// When it is taken back.
    pub clears: Timestamp,
}

/// A request whose reply is awaited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// In words, for the spinner and for leaving.
    pub what: String,
    /// Whether it may create or end a credential; then it is never aborted and leaving waits for it.
    pub write: bool,
    /// Since when.
    pub since: Timestamp,
    /// How far it is, where that is told. What tells it takes long, and can be stopped.
    pub progress: Option<Progress>,
}

/// One line of the local audit log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActivityEntry {
    /// When.
    pub at: Timestamp,
    /// What was done.
    pub what: Text,
    /// Through which account.
    pub account: Text,
    /// To what.
    pub object: Text,
    /// With what result.
    pub result: Text,
}

/// The sandbox, when the program runs on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SandboxView {
    /// Its control address.
    pub control: String,
}

/// What the last frame showed, for steps of a screen and the ends of pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct View {
    /// Lines of the table.
    pub table_height: usize,
    /// Lines of what has the keyboard.
    pub page_height: usize,
    /// How far that can be scrolled.
    pub scroll_max: usize,
}

impl Default for View {
    fn default() -> Self {
        Self { table_height: 10, page_height: 10, scroll_max: 0 }
    }
}

/// The state of the program.
#[expect(
    clippy::struct_excessive_bools,
    reason = "they are independent of each other, not states of one thing"
)]
pub struct Model {
    /// Our clock, as the last message told.
    pub now: Timestamp,
    /// The zone moments are shown in.
    pub zone: TimeZone,
    /// Columns and rows.
    pub size: (u16, u16),
    /// Whether the terminal has the focus.
    pub focused: bool,
    /// Where secrets go.
    pub vault: VaultView,
    /// The newest request about where secrets go; older answers are stale.
    pub vault_asked: RequestId,
    /// Whether the keyring keeps us waiting.
    pub vault_waiting: bool,
    /// What every backend can do, in the order they are offered.
    pub backends: Vec<&'static Abilities>,
    /// Every account.
    pub accounts: Vec<AccountState>,
    /// The targets of the settings.
    pub targets: Vec<Target>,
    /// Sentences about settings that could not be used.
    pub settings_problems: Vec<String>,
    /// Which accounts are shown.
    pub shown: Shown,
    /// Which pane.
    pub pane: Pane,
    /// The credentials table.
    pub table: Table,
    /// How much time the timeline shows.
    pub zoom: Zoom,
    /// What falls due.
    pub due: Dues,
    /// The line of the owners pane.
    pub owner_cursor: usize,
    /// What deserves attention, the most urgent first.
    pub findings: Vec<FindingLine>,
    /// Files of the backends' own tools that others can read, as the last look found them.
    pub loose_files: Vec<LooseFile>,
    /// Whether that was looked for.
    pub looked_for_loose: bool,
    /// The line of the findings pane.
    pub finding_cursor: usize,
    /// The audit log, newest first.
    pub activity: Vec<ActivityEntry>,
    /// The line of the activity pane.
    pub activity_cursor: usize,
    /// What lies over the panes; the last one has the keyboard.
    pub overlays: Vec<Overlay>,
    /// How far the page on top is scrolled by hand; the drawing goes no further than its end and says where that is.
    pub scroll: usize,
    /// What the last frame showed.
    pub view: View,
    /// What the footer says.
    pub notice: Option<Notice>,
    /// New secrets that are being presented after their reveal, and go to their targets when they are accepted.
    pub bringing: HashMap<RequestId, Bringing>,
    /// Operations that are not finished.
    pub unfinished: Vec<Operation>,
    /// Whether it was read since the start: only then does it open by itself.
    pub unfinished_read: bool,
    /// Revocations that are promised.
    pub promises: Promises,
    /// Secrets for storage that are held here.
    pub held: Vec<Held>,
    /// What lies in the clipboard.
    pub copied: Option<Copied>,
    /// What is awaited.
    pub pending: BTreeMap<RequestId, Pending>,
    /// The next request's number.
    pub next_request: u64,
    /// Whether the curtain is down.
    pub locked: bool,
    /// When a key was last pressed.
    pub last_input: Timestamp,
    /// Whether the program is to stop for the shell as soon as nothing is written any more.
    pub stopping: bool,
    /// Whether the program is to end as soon as nothing is written any more.
    pub leaving: bool,
    /// Whether a signal said so; then nobody is asked.
    pub told_to_end: bool,
    /// The sandbox, when running on it.
    pub sandbox: Option<SandboxView>,
}

impl Model {
    /// A model with its accounts, before anything is known.
    pub fn new(now: Timestamp, zone: TimeZone, accounts: Vec<AccountState>) -> Self {
        let shown = if accounts.len() == 1 { Shown::One(0) } else { Shown::All };
        Self {
            now,
            zone,
            size: (80, 24),
            focused: true,
            vault: VaultView::Checking,
            vault_asked: RequestId(0),
            vault_waiting: false,
            backends: Vec::new(),
            accounts,
            targets: Vec::new(),
            settings_problems: Vec::new(),
            shown,
            pane: Pane::Credentials,
            table: Table::default(),
            zoom: Zoom::default(),
            due: Dues::default(),
            owner_cursor: 0,
            findings: Vec::new(),
            loose_files: Vec::new(),
            looked_for_loose: false,
            finding_cursor: 0,
            activity: Vec::new(),
            activity_cursor: 0,
            overlays: Vec::new(),
            scroll: 0,
            view: View::default(),
            notice: None,
            bringing: HashMap::new(),
            unfinished: Vec::new(),
            unfinished_read: false,
            promises: Promises::default(),
            held: Vec::new(),
            copied: None,
            pending: BTreeMap::new(),
            next_request: 1,
            locked: false,
            last_input: now,
            stopping: false,
            leaving: false,
            told_to_end: false,
            sandbox: None,
        }
    }

    /// Which context has the keyboard: the curtain, the top overlay, the filter, the pane.
    pub fn context(&self) -> Context {
        if self.locked {
            return Context::Locked;
        }
        match (self.overlays.last(), self.pane) {
            (Some(overlay), _) => overlay.context(),
            (None, pane) if pane.has_table() && self.table.filtering => Context::Filter,
            (None, Pane::Credentials) => Context::Credentials,
            (None, Pane::Timeline) => Context::Timeline,
            (None, Pane::Owners) => Context::Owners,
            (None, Pane::Findings) => Context::Findings,
            (None, Pane::Activity) => Context::Activity,
        }
    }

    /// A new request that is awaited from now on.
    pub fn request(&mut self, what: impl Into<String>, write: bool) -> RequestId {
        let id = RequestId(self.next_request);
        self.next_request += 1;
        self.pending.insert(id, Pending { what: what.into(), write, since: self.now, progress: None });
        id
    }

    /// Stops waiting for a request that only reads; what it is told afterwards is not listened to.
    pub fn stop(&mut self, request: RequestId) -> Option<Effect> {
        let reads = self.pending.get(&request).is_some_and(|pending| !pending.write);
        if !reads {
            return None;
        }
        self.pending.remove(&request);
        Some(Effect::Cancel(request))
    }

    /// The verification to stop, if one takes long.
    pub fn stoppable(&self) -> Option<RequestId> {
        self.pending.iter().find(|(_, pending)| pending.progress.is_some()).map(|(request, _)| *request)
    }

    /// The position of an account.
    pub fn account_index(&self, name: &AccountName) -> Option<usize> {
        self.accounts.iter().position(|one| one.name() == name)
    }

    /// An account by its name.
    pub fn account(&self, name: &AccountName) -> Option<&AccountState> {
        self.accounts.iter().find(|one| one.name() == name)
    }

    /// An account by its name, to change it.
    pub fn account_mut(&mut self, name: &AccountName) -> Option<&mut AccountState> {
        self.accounts.iter_mut().find(|one| one.name() == name)
    }

    /// The accounts the panes show.
    pub fn shown_accounts(&self) -> Vec<usize> {
        match self.shown {
            Shown::All => (0..self.accounts.len()).collect(),
            Shown::One(index) => vec![index],
        }
    }

    /// The account an action without a credential is about: the one shown, or that of the line, or the first.
    pub fn current_account(&self) -> Option<usize> {
        match self.shown {
            Shown::One(index) => Some(index),
            Shown::All => {
                self.table.row().map(|row| row.account).or((!self.accounts.is_empty()).then_some(0))
            }
        }
    }

    /// The account and credential under the cursor.
    pub fn selected(&self) -> Option<(&AccountState, &Credential)> {
        let row = self.table.row()?;
        let account = self.accounts.get(row.account)?;
        Some((account, account.listing.credentials.get(row.credential)?))
    }

    /// Says something in the footer. What needs attention stays until closed.
    pub fn say(&mut self, tone: Tone, text: impl Into<String>) {
        let until = match tone {
            Tone::Bad => None,
            Tone::Good | Tone::Plain => self.now.checked_add(SignedDuration::from_secs(NOTICE_SECONDS)).ok(),
        };
        self.notice = Some(Notice { tone, text: text.into(), until });
    }

    /// Whether a write is under way that leaving must wait for.
    pub fn writing(&self) -> Option<&Pending> {
        self.pending.values().find(|pending| pending.write)
    }
}
