//! The pieces panes are made of. Start with [`page`].

pub mod bar;
pub mod form;
pub mod frame;
pub mod keys;
pub mod list;
pub mod overlay;
pub mod page;
pub mod scopes;
pub mod steps;
