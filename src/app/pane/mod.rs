//! One file per pane or overlay: its state and what the keys do there.

pub mod account_form;
pub mod accounts;
pub mod activity;
pub mod commands;
pub mod confirm;
pub mod create;
pub mod credentials;
pub mod edit;
pub mod help;
pub mod import;
pub mod login;
pub mod message;
pub mod owners;
pub mod reveal;
pub mod revoke;
pub mod rotate;
pub mod unfinished;
pub mod welcome;

use crate::keymap::table::Context;

/// What lies over the panes. They stack; the top one has the keyboard.
pub enum Overlay {
    /// The first start.
    Welcome(welcome::Welcome),
    /// The list of accounts.
    Accounts(accounts::Accounts),
    /// The account editor.
    AccountForm(Box<account_form::AccountForm>),
    /// A login.
    Login(Box<login::LoginPane>),
    /// A new credential.
    Create(Box<create::Create>),
    /// A secret shown once.
    Reveal(Box<reveal::Reveal>),
    /// A rotation in six steps.
    Rotate(Box<rotate::Rotate>),
    /// A revocation.
    Revoke(Box<revoke::Revoke>),
    /// Name and description.
    Edit(Box<edit::EditPane>),
    /// A secret that exists already.
    Import(Box<import::Import>),
    /// A destructive step on an owner.
    Confirm(Box<confirm::Confirm>),
    /// Unfinished work.
    Unfinished(unfinished::Unfinished),
    /// Help.
    Help(help::Help),
    /// The list of commands.
    Commands(commands::Commands),
    /// A sentence to read.
    Message(Box<message::Message>),
}

impl Overlay {
    /// Which context has the keyboard while this one is on top.
    pub fn context(&self) -> Context {
        match self {
            Self::Welcome(_) => Context::Welcome,
            Self::Accounts(_) => Context::Accounts,
            Self::AccountForm(_) | Self::Edit(_) | Self::Import(_) => Context::Form,
            Self::Login(pane) => pane.context(),
            Self::Create(pane) => pane.context(),
            Self::Reveal(pane) => pane.context(),
            Self::Rotate(pane) => pane.context(),
            Self::Revoke(pane) => pane.context(),
            Self::Confirm(pane) => pane.context(),
            Self::Unfinished(_) => Context::Unfinished,
            Self::Help(_) => Context::Help,
            Self::Commands(_) => Context::Pick,
            Self::Message(_) => Context::Message,
        }
    }
}
