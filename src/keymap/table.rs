//! Every binding, one row each. The rows drive dispatch, footer, help, the command list and the README.

use super::action::Action;

/// Where the keyboard is. A key not bound in a context is looked up in its parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Context {
    /// Works everywhere.
    Global,
    /// Any of the numbered panes.
    Pane,
    /// The credentials table.
    Credentials,
    /// The bars of the timeline. Everything the credentials table does is done here too.
    Timeline,
    /// The owners table.
    Owners,
    /// The list of findings.
    Findings,
    /// The activity list.
    Activity,
    /// Typing a filter.
    Filter,
    /// The welcome pane.
    Welcome,
    /// The list of accounts.
    Accounts,
    /// Fields to fill in.
    Form,
    /// Waiting for a login that is approved elsewhere.
    Device,
    /// Choosing from a list while typing narrows it.
    Pick,
    /// Choosing one of a few.
    Choose,
    /// Choosing scopes.
    Scopes,
    /// The page on which a credential is made by hand.
    ByHand,
    /// Searching among scopes, or typing one.
    ScopeSearch,
    /// A page to read before going on.
    Page,
    /// Choosing the retention window.
    Retention,
    /// Where a new secret will go.
    Targets,
    /// What a rotation came to.
    RotateVerify,
    /// A secret shown once.
    Reveal,
    /// Typing the word that gives a secret up.
    Discard,
    /// The targets of a credential.
    Deliver,
    /// The review of what is done to many.
    BulkReview,
    /// The credentials of one group of it.
    BulkGroup,
    /// What is being done to many, and what came of it.
    BulkRun,
    /// Secrets for storage.
    Vend,
    /// Searching among what they can be had for, or typing it.
    VendSearch,
    /// Unfinished work.
    Unfinished,
    /// Help.
    Help,
    /// A sentence to read.
    Message,
    /// The screen is locked.
    Locked,
}

impl Context {
    /// Every context, for help and tests.
    pub const ALL: [Self; 33] = [
        Self::Global,
        Self::Pane,
        Self::Credentials,
        Self::Timeline,
        Self::Owners,
        Self::Findings,
        Self::Activity,
        Self::Filter,
        Self::Welcome,
        Self::Accounts,
        Self::Form,
        Self::Device,
        Self::Pick,
        Self::Choose,
        Self::Scopes,
        Self::ScopeSearch,
        Self::ByHand,
        Self::Page,
        Self::Retention,
        Self::Targets,
        Self::RotateVerify,
        Self::Reveal,
        Self::Discard,
        Self::Deliver,
        Self::BulkReview,
        Self::BulkGroup,
        Self::BulkRun,
        Self::Vend,
        Self::VendSearch,
        Self::Unfinished,
        Self::Help,
        Self::Message,
        Self::Locked,
    ];

    /// Where a key is looked up next.
    pub fn parent(self) -> Option<Self> {
        match self {
            Self::Global => None,
            Self::Timeline => Some(Self::Credentials),
            Self::Credentials | Self::Owners | Self::Findings | Self::Activity => Some(Self::Pane),
            Self::Pane
            | Self::Filter
            | Self::Welcome
            | Self::Accounts
            | Self::Form
            | Self::Device
            | Self::Pick
            | Self::Choose
            | Self::Scopes
            | Self::ScopeSearch
            | Self::ByHand
            | Self::Page
            | Self::Retention
            | Self::Targets
            | Self::RotateVerify
            | Self::Reveal
            | Self::Discard
            | Self::Deliver
            | Self::BulkReview
            | Self::BulkGroup
            | Self::BulkRun
            | Self::Vend
            | Self::VendSearch
            | Self::Unfinished
            | Self::Help
            | Self::Message
            | Self::Locked => Some(Self::Global),
        }
    }

    /// Whether printable keys are text here.
    pub fn types(self) -> bool {
        matches!(
            self,
            Self::Filter | Self::Form | Self::Pick | Self::ScopeSearch | Self::VendSearch | Self::Discard
        )
    }

    /// The heading in help and README.
    pub fn title(self) -> &'static str {
        match self {
            Self::Global => "Everywhere",
            Self::Pane => "Every pane",
            Self::Credentials => "Credentials",
            Self::Timeline => "Timeline",
            Self::Owners => "Owners",
            Self::Findings => "Findings",
            Self::Activity => "Activity",
            Self::Filter => "Filter",
            Self::Welcome => "Welcome",
            Self::Accounts => "Accounts",
            Self::Form => "Fields",
            Self::Device => "Login approved elsewhere",
            Self::Pick => "Choosing",
            Self::Choose => "Choosing one of a few",
            Self::Scopes => "Scopes",
            Self::ScopeSearch => "Searching scopes",
            Self::ByHand => "Made by hand",
            Self::Page => "Reading before going on",
            Self::Retention => "Retention window",
            Self::Targets => "Targets of a new secret",
            Self::RotateVerify => "After a rotation",
            Self::Reveal => "Reveal",
            Self::Discard => "Giving a secret up",
            Self::Deliver => "Deliver",
            Self::BulkReview => "Many at once: review",
            Self::BulkGroup => "Many at once: a group",
            Self::BulkRun => "Many at once: results",
            Self::Vend => "Storage credentials",
            Self::VendSearch => "Searching storage",
            Self::Unfinished => "Unfinished work",
            Self::Help => "Help",
            Self::Message => "Messages",
            Self::Locked => "Locked",
        }
    }
}

/// One binding.
#[derive(Debug)]
pub struct Binding {
    /// Where it works.
    pub context: Context,
    /// The keys, the one to show first.
    pub keys: &'static [&'static str],
    /// What they ask for.
    pub action: Action,
    /// What that is, in a few words.
    pub label: &'static str,
    /// Whether the footer shows it.
    pub footer: bool,
    /// Whether it leads to something that cannot be undone (after it has asked).
    pub destructive: bool,
}

const fn row(
    context: Context,
    keys: &'static [&'static str],
    action: Action,
    label: &'static str,
) -> Binding {
    Binding { context, keys, action, label, footer: false, destructive: false }
}

impl Binding {
    const fn shown(mut self) -> Self {
        self.footer = true;
        self
    }

    const fn destructive(mut self) -> Self {
        self.destructive = true;
        self
    }
}

/// Every binding there is.
pub static BINDINGS: &[Binding] = &[
    row(Context::Global, &["ctrl-c"], Action::Leave, "leave safely"),
    row(Context::Global, &["ctrl-l"], Action::Lock, "lock the screen"),
    row(Context::Global, &["ctrl-z"], Action::Suspend, "stop for the shell"),
    row(Context::Global, &["ctrl-r"], Action::Repaint, "draw everything again"),
    // Every pane.
    row(Context::Pane, &["?", "f1"], Action::Help, "help").shown(),
    row(Context::Pane, &[":"], Action::Commands, "command").shown(),
    row(Context::Pane, &["q"], Action::Quit, "leave"),
    row(Context::Pane, &["esc"], Action::Back, "clear, step back"),
    row(Context::Pane, &["1"], Action::ShowCredentials, "credentials"),
    row(Context::Pane, &["2"], Action::ShowTimeline, "timeline"),
    row(Context::Pane, &["3"], Action::ShowOwners, "owners"),
    row(Context::Pane, &["4"], Action::ShowFindings, "findings"),
    row(Context::Pane, &["5"], Action::ShowActivity, "activity"),
    row(Context::Pane, &["tab"], Action::NextField, "next account"),
    row(Context::Pane, &["shift-tab"], Action::PreviousField, "previous account"),
    row(Context::Pane, &["down", "j"], Action::Down, "next line"),
    row(Context::Pane, &["up", "k"], Action::Up, "previous line"),
    row(Context::Pane, &["pagedown"], Action::PageDown, "a screen down"),
    row(Context::Pane, &["pageup"], Action::PageUp, "a screen up"),
    row(Context::Pane, &["g", "home"], Action::First, "first line"),
    row(Context::Pane, &["G", "end"], Action::Last, "last line"),
    row(Context::Pane, &["p"], Action::Accounts, "accounts"),
    row(Context::Pane, &["L"], Action::LogIn, "log in"),
    row(Context::Pane, &["f5", "R"], Action::Refresh, "refresh"),
    row(Context::Pane, &["u"], Action::Unfinished, "unfinished work"),
    row(Context::Pane, &["t"], Action::Restart, "restart the server where changes need it").destructive(),
    row(Context::Pane, &["w"], Action::Vend, "storage credentials"),
    // Credentials.
    row(Context::Credentials, &["n"], Action::New, "new").shown(),
    row(Context::Credentials, &["r"], Action::Rotate, "rotate").shown().destructive(),
    row(Context::Credentials, &["x"], Action::Revoke, "revoke").shown().destructive(),
    row(Context::Credentials, &["v"], Action::Verify, "verify").shown(),
    row(Context::Credentials, &["V"], Action::VerifyOld, "present the old secret"),
    row(Context::Credentials, &["y"], Action::Copy, "copy").shown(),
    row(Context::Credentials, &["d"], Action::Deliver, "deliver").shown(),
    row(Context::Credentials, &["i"], Action::Import, "import").shown(),
    row(Context::Credentials, &["e"], Action::Edit, "edit").shown(),
    row(Context::Credentials, &["o"], Action::Disable, "switch off or on"),
    row(Context::Credentials, &["/"], Action::Filter, "filter").shown(),
    row(Context::Credentials, &["space"], Action::Select, "select for many at once"),
    row(Context::Credentials, &["ctrl-a"], Action::SelectShown, "select all that is shown"),
    row(Context::Credentials, &["s"], Action::Sort, "sort by the next column"),
    row(Context::Credentials, &["S"], Action::SortReverse, "turn the order around"),
    row(Context::Credentials, &["enter"], Action::Open, "details"),
    // Timeline: the keys of the credentials, and these.
    row(Context::Timeline, &["+", "="], Action::ZoomIn, "zoom in").shown(),
    row(Context::Timeline, &["-"], Action::ZoomOut, "zoom out").shown(),
    // Owners.
    row(Context::Owners, &["n"], Action::New, "new owner").shown(),
    row(Context::Owners, &["e"], Action::Edit, "edit").shown(),
    row(Context::Owners, &["o"], Action::Disable, "switch off or on").shown().destructive(),
    row(Context::Owners, &["x"], Action::Revoke, "delete with all it owns").shown().destructive(),
    row(Context::Owners, &["enter"], Action::Open, "its credentials").shown(),
    // Findings.
    row(Context::Findings, &["enter"], Action::Open, "show what it is about").shown(),
    // Filter.
    row(Context::Filter, &["enter"], Action::Open, "keep the filter").shown(),
    row(Context::Filter, &["esc"], Action::Back, "drop the filter").shown(),
    row(Context::Filter, &["down"], Action::Down, "next line"),
    row(Context::Filter, &["up"], Action::Up, "previous line"),
    // Welcome.
    row(Context::Welcome, &["down", "j"], Action::Down, "next choice"),
    row(Context::Welcome, &["up", "k"], Action::Up, "previous choice"),
    row(Context::Welcome, &["enter"], Action::Open, "choose").shown(),
    row(Context::Welcome, &["?", "f1"], Action::Help, "help").shown(),
    row(Context::Welcome, &["esc"], Action::Back, "close").shown(),
    row(Context::Welcome, &["q"], Action::Quit, "leave").shown(),
    // Accounts.
    row(Context::Accounts, &["enter"], Action::Open, "show").shown(),
    row(Context::Accounts, &["down", "j"], Action::Down, "next account"),
    row(Context::Accounts, &["up", "k"], Action::Up, "previous account"),
    row(Context::Accounts, &["n"], Action::AddAccount, "new account").shown(),
    row(Context::Accounts, &["e"], Action::Edit, "edit").shown(),
    row(Context::Accounts, &["x"], Action::RemoveAccount, "remove from the settings").shown(),
    row(Context::Accounts, &["L"], Action::LogIn, "log in").shown(),
    row(Context::Accounts, &["O"], Action::LogOut, "log out").shown(),
    row(Context::Accounts, &["?", "f1"], Action::Help, "help"),
    row(Context::Accounts, &["esc", "q"], Action::Back, "close").shown(),
    // Fields.
    row(Context::Form, &["tab", "down"], Action::NextField, "next field").shown(),
    row(Context::Form, &["shift-tab", "up"], Action::PreviousField, "previous field"),
    row(Context::Form, &["enter"], Action::Open, "go on").shown(),
    row(Context::Form, &["esc"], Action::Back, "step back").shown(),
    row(Context::Form, &["f1"], Action::Help, "help"),
    // Device.
    row(Context::Device, &["y"], Action::Copy, "copy the address").shown(),
    row(Context::Device, &["esc"], Action::Back, "give up").shown(),
    row(Context::Device, &["?", "f1"], Action::Help, "help"),
    // Pick.
    row(Context::Pick, &["down", "tab"], Action::Down, "next line"),
    row(Context::Pick, &["up", "shift-tab"], Action::Up, "previous line"),
    row(Context::Pick, &["pagedown"], Action::PageDown, "a screen down"),
    row(Context::Pick, &["pageup"], Action::PageUp, "a screen up"),
    row(Context::Pick, &["enter"], Action::Open, "choose").shown(),
    row(Context::Pick, &["ctrl-n"], Action::New, "new one").shown(),
    row(Context::Pick, &["esc"], Action::Back, "step back").shown(),
    row(Context::Pick, &["f1"], Action::Help, "help"),
    // One of a few.
    row(Context::Choose, &["down", "j", "tab"], Action::Down, "next line"),
    row(Context::Choose, &["up", "k", "shift-tab"], Action::Up, "previous line"),
    row(Context::Choose, &["enter"], Action::Open, "choose").shown(),
    row(Context::Choose, &["?", "f1"], Action::Help, "help"),
    row(Context::Choose, &["esc"], Action::Back, "step back").shown(),
    // Scopes.
    row(Context::Scopes, &["space"], Action::Select, "choose").shown(),
    row(Context::Scopes, &["enter"], Action::Open, "go on").shown(),
    row(Context::Scopes, &["/"], Action::Filter, "search or type").shown(),
    row(Context::Scopes, &["down", "j", "tab"], Action::Down, "next line"),
    row(Context::Scopes, &["up", "k", "shift-tab"], Action::Up, "previous line"),
    row(Context::Scopes, &["pagedown"], Action::PageDown, "ten lines down"),
    row(Context::Scopes, &["pageup"], Action::PageUp, "ten lines up"),
    row(Context::Scopes, &["g", "home"], Action::First, "first line"),
    row(Context::Scopes, &["G", "end"], Action::Last, "last line"),
    row(Context::Scopes, &["f5", "R"], Action::Refresh, "ask the server again"),
    row(Context::Scopes, &["?", "f1"], Action::Help, "help"),
    row(Context::Scopes, &["esc"], Action::Back, "step back").shown(),
    // Searching scopes.
    row(Context::ScopeSearch, &["enter"], Action::Open, "take it").shown(),
    row(Context::ScopeSearch, &["down"], Action::Down, "next line"),
    row(Context::ScopeSearch, &["up"], Action::Up, "previous line"),
    row(Context::ScopeSearch, &["esc"], Action::Back, "drop the search").shown(),
    // Made by hand.
    row(Context::ByHand, &["y"], Action::Copy, "copy the address").shown(),
    row(Context::ByHand, &["enter"], Action::Open, "paste the secret").shown(),
    row(Context::ByHand, &["down", "j"], Action::Down, "scroll down"),
    row(Context::ByHand, &["up", "k"], Action::Up, "scroll up"),
    row(Context::ByHand, &["?", "f1"], Action::Help, "help"),
    row(Context::ByHand, &["esc"], Action::Back, "step back").shown(),
    // Page.
    row(Context::Page, &["enter"], Action::Open, "go on").shown(),
    row(Context::Page, &["e"], Action::Edit, "fewer scopes, where a rotation can narrow them"),
    row(Context::Page, &["f"], Action::OtherForm, "another form of rotation"),
    row(Context::Page, &["esc"], Action::Back, "step back").shown(),
    row(Context::Page, &["down", "j"], Action::Down, "scroll down"),
    row(Context::Page, &["up", "k"], Action::Up, "scroll up"),
    row(Context::Page, &["pagedown"], Action::PageDown, "a screen down"),
    row(Context::Page, &["pageup"], Action::PageUp, "a screen up"),
    row(Context::Page, &["?", "f1"], Action::Help, "help"),
    // Retention.
    row(Context::Retention, &["down", "j", "tab"], Action::Down, "longer"),
    row(Context::Retention, &["up", "k", "shift-tab"], Action::Up, "shorter"),
    row(Context::Retention, &["enter"], Action::Open, "go on").shown(),
    row(Context::Retention, &["f"], Action::OtherForm, "another form of rotation"),
    row(Context::Retention, &["l"], Action::Leaked, "it leaked").shown().destructive(),
    row(Context::Retention, &["s"], Action::KeepSession, "stay logged in").shown(),
    row(Context::Retention, &["L"], Action::LogIn, "log in with another"),
    row(Context::Retention, &["esc"], Action::Back, "step back").shown(),
    row(Context::Retention, &["?", "f1"], Action::Help, "help"),
    // Targets of a new secret.
    row(Context::Targets, &["down", "j", "tab"], Action::Down, "next target"),
    row(Context::Targets, &["up", "k", "shift-tab"], Action::Up, "previous target"),
    row(Context::Targets, &["space"], Action::Mark, "goes there").shown(),
    row(Context::Targets, &["enter"], Action::Open, "go on").shown(),
    row(Context::Targets, &["esc"], Action::Back, "step back").shown(),
    row(Context::Targets, &["?", "f1"], Action::Help, "help"),
    // After a rotation.
    row(Context::RotateVerify, &["v"], Action::Verify, "verify the new one").shown(),
    row(Context::RotateVerify, &["o"], Action::VerifyOld, "present the old one").shown(),
    row(Context::RotateVerify, &["y"], Action::Copy, "copy the new one").shown(),
    row(Context::RotateVerify, &["x"], Action::Revoke, "revoke the old one now").shown().destructive(),
    row(Context::RotateVerify, &["m"], Action::MoveEnd, "move its end").shown(),
    row(Context::RotateVerify, &["w"], Action::Withdraw, "let it live").shown(),
    row(Context::RotateVerify, &["n"], Action::RevokeNew, "revoke the new one").shown().destructive(),
    row(Context::RotateVerify, &["d"], Action::Deliver, "targets").shown(),
    row(Context::RotateVerify, &["enter"], Action::Open, "done").shown(),
    row(Context::RotateVerify, &["esc"], Action::Back, "done"),
    row(Context::RotateVerify, &["down", "j"], Action::Down, "scroll down"),
    row(Context::RotateVerify, &["up", "k"], Action::Up, "scroll up"),
    row(Context::RotateVerify, &["?", "f1"], Action::Help, "help"),
    // Reveal: nothing else closes it.
    row(Context::Reveal, &["u"], Action::Unmask, "unmask for 15 s").shown(),
    row(Context::Reveal, &["y"], Action::Copy, "copy").shown(),
    row(Context::Reveal, &["ctrl-d"], Action::Done, "done").shown(),
    row(Context::Reveal, &["down", "tab"], Action::Down, "next part"),
    row(Context::Reveal, &["up", "shift-tab"], Action::Up, "previous part"),
    // Discard.
    row(Context::Discard, &["enter"], Action::Open, "give it up").shown().destructive(),
    row(Context::Discard, &["esc"], Action::Back, "keep it").shown(),
    // Deliver.
    row(Context::Deliver, &["down", "j"], Action::Down, "next target"),
    row(Context::Deliver, &["up", "k"], Action::Up, "previous target"),
    row(Context::Deliver, &["space"], Action::Mark, "belongs to it").shown(),
    row(Context::Deliver, &["enter", "d"], Action::Deliver, "deliver to this one").shown(),
    row(Context::Deliver, &["a"], Action::DeliverAll, "to all marked").shown(),
    row(Context::Deliver, &["?", "f1"], Action::Help, "help"),
    row(Context::Deliver, &["esc", "q"], Action::Back, "close").shown(),
    // Many at once.
    row(Context::BulkReview, &["enter"], Action::Open, "go on").shown(),
    row(Context::BulkReview, &["space"], Action::Select, "leave this group out").shown(),
    row(Context::BulkReview, &["o", "right"], Action::Inspect, "its credentials").shown(),
    row(Context::BulkReview, &["down", "j"], Action::Down, "next group"),
    row(Context::BulkReview, &["up", "k"], Action::Up, "previous group"),
    row(Context::BulkReview, &["?", "f1"], Action::Help, "help"),
    row(Context::BulkReview, &["esc"], Action::Back, "step back").shown(),
    row(Context::BulkGroup, &["enter"], Action::Open, "everything known of it").shown(),
    row(Context::BulkGroup, &["down", "j"], Action::Down, "next"),
    row(Context::BulkGroup, &["up", "k"], Action::Up, "previous"),
    row(Context::BulkGroup, &["pagedown"], Action::PageDown, "a screen down"),
    row(Context::BulkGroup, &["pageup"], Action::PageUp, "a screen up"),
    row(Context::BulkGroup, &["g", "home"], Action::First, "first line"),
    row(Context::BulkGroup, &["G", "end"], Action::Last, "last line"),
    row(Context::BulkGroup, &["?", "f1"], Action::Help, "help"),
    row(Context::BulkGroup, &["esc", "left"], Action::Back, "back to the groups").shown(),
    row(Context::BulkRun, &["p"], Action::Pause, "pause or go on").shown(),
    row(Context::BulkRun, &["f"], Action::Failures, "what failed").shown(),
    row(Context::BulkRun, &["y"], Action::Copy, "copy").shown(),
    row(Context::BulkRun, &["d"], Action::Deliver, "deliver").shown(),
    row(Context::BulkRun, &["w"], Action::Export, "write to a file").shown(),
    row(Context::BulkRun, &["enter"], Action::Open, "close, or stop when asked"),
    row(Context::BulkRun, &["down", "j"], Action::Down, "next"),
    row(Context::BulkRun, &["up", "k"], Action::Up, "previous"),
    row(Context::BulkRun, &["pagedown"], Action::PageDown, "a screen down"),
    row(Context::BulkRun, &["pageup"], Action::PageUp, "a screen up"),
    row(Context::BulkRun, &["g", "home"], Action::First, "first line"),
    row(Context::BulkRun, &["G", "end"], Action::Last, "last line"),
    row(Context::BulkRun, &["L"], Action::LogIn, "log in"),
    row(Context::BulkRun, &["?", "f1"], Action::Help, "help"),
    row(Context::BulkRun, &["esc"], Action::Back, "stop or close").shown(),
    // Storage credentials.
    row(Context::Vend, &["enter"], Action::Open, "get one").shown(),
    row(Context::Vend, &["/"], Action::Filter, "search or type").shown(),
    row(Context::Vend, &["d"], Action::Deliver, "deliver").shown(),
    row(Context::Vend, &["y"], Action::Copy, "copy its secret part").shown(),
    row(Context::Vend, &["x"], Action::Forget, "take it out of the store").shown(),
    row(Context::Vend, &["f5", "R"], Action::Refresh, "ask the server again"),
    row(Context::Vend, &["down", "j", "tab"], Action::Down, "next line"),
    row(Context::Vend, &["up", "k", "shift-tab"], Action::Up, "previous line"),
    row(Context::Vend, &["pagedown"], Action::PageDown, "ten lines down"),
    row(Context::Vend, &["pageup"], Action::PageUp, "ten lines up"),
    row(Context::Vend, &["g", "home"], Action::First, "first line"),
    row(Context::Vend, &["G", "end"], Action::Last, "last line"),
    row(Context::Vend, &["?", "f1"], Action::Help, "help"),
    row(Context::Vend, &["esc", "q"], Action::Back, "close").shown(),
    // Searching storage.
    row(Context::VendSearch, &["enter"], Action::Open, "take it").shown(),
    row(Context::VendSearch, &["down"], Action::Down, "next line"),
    row(Context::VendSearch, &["up"], Action::Up, "previous line"),
    row(Context::VendSearch, &["esc"], Action::Back, "drop the search").shown(),
    // Unfinished work.
    row(Context::Unfinished, &["down", "j"], Action::Down, "next"),
    row(Context::Unfinished, &["up", "k"], Action::Up, "previous"),
    row(Context::Unfinished, &["a"], Action::Replay, "ask again for the same answer").shown(),
    row(Context::Unfinished, &["c"], Action::Refresh, "check what is true").shown(),
    row(Context::Unfinished, &["y"], Action::Copy, "copy the stored secret").shown(),
    row(Context::Unfinished, &["v"], Action::Verify, "verify").shown(),
    row(Context::Unfinished, &["r"], Action::Rotate, "rotate again").shown().destructive(),
    row(Context::Unfinished, &["x"], Action::Revoke, "revoke").shown().destructive(),
    row(Context::Unfinished, &["d"], Action::Deliver, "deliver to the target").shown(),
    row(Context::Unfinished, &["s"], Action::Settle, "nothing more to do").shown(),
    row(Context::Unfinished, &["L"], Action::LogIn, "log in"),
    row(Context::Unfinished, &["?", "f1"], Action::Help, "help"),
    row(Context::Unfinished, &["esc", "q"], Action::Back, "later").shown(),
    // Help.
    row(Context::Help, &["down", "j"], Action::Down, "scroll down"),
    row(Context::Help, &["up", "k"], Action::Up, "scroll up"),
    row(Context::Help, &["pagedown", "space"], Action::PageDown, "a screen down"),
    row(Context::Help, &["pageup"], Action::PageUp, "a screen up"),
    row(Context::Help, &["esc", "q", "?", "f1"], Action::Back, "close").shown(),
    // Messages.
    row(Context::Message, &["enter", "esc"], Action::Back, "close").shown(),
    row(Context::Message, &["L"], Action::LogIn, "log in").shown(),
    row(Context::Message, &["down", "j"], Action::Down, "scroll down"),
    row(Context::Message, &["up", "k"], Action::Up, "scroll up"),
    // Locked.
    row(Context::Locked, &["enter"], Action::Open, "lift the curtain").shown(),
];

/// Commands that have no key of their own; the command list offers them beside the bindings of a pane.
pub static COMMANDS: &[(Action, &str)] = &[
    (Action::AddAccount, "new account"),
    (Action::LogOut, "log out"),
    (Action::CheckKeyring, "look at the keyring again"),
    (Action::UseKeyring, "keep secrets in the operating system's keyring"),
    (Action::UseKernel, "keep secrets in the kernel's keyring (until reboot)"),
    (Action::UseMemory, "hold secrets in memory, for this run only"),
    (Action::SandboxClock, "sandbox: move the servers' clock ahead by 10 minutes"),
];
