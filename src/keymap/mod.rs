//! Every key, what it asks for and where. It knows nothing of the state; it is told the context.
//!
//! [`table`] is the one list; [`resolve`] looks a key up in it.

pub mod action;
pub mod key;
pub mod table;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::LazyLock;

use action::Action;
use key::Key;
use table::{BINDINGS, Binding, Context};

static INDEX: LazyLock<HashMap<(Context, Key), &'static Binding>> = LazyLock::new(|| {
    let rows = BINDINGS.iter().flat_map(|binding| binding.keys.iter().map(move |key| (key, binding)));
    rows.filter_map(|(key, binding)| Some(((binding.context, Key::parse(key).ok()?), binding))).collect()
});

/// What `key` asks for in `context`, looking through its parents.
pub fn resolve(context: Context, key: Key) -> Option<Action> {
    let mut place = Some(context);
    while let Some(here) = place {
        if let Some(binding) = INDEX.get(&(here, key)) {
            return Some(binding.action);
        }
        place = here.parent();
    }
    None
}

/// The rows of a context and its parents, nearest first.
pub fn bindings(context: Context) -> impl Iterator<Item = &'static Binding> {
    let chain = std::iter::successors(Some(context), |here| here.parent());
    chain.flat_map(|here| BINDINGS.iter().filter(move |binding| binding.context == here))
}
