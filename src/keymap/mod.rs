//! Keys and what they are bound to.
//!
//! Keeps out: the terminal (keys arrive here already decoded) and the state (whoever resolves a key says in which
//! context). Start with [`key::Key`].

pub mod key;
