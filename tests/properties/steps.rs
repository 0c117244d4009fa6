//! What can happen to the model, made up at random but aimed where something happens.

use std::sync::LazyLock;

use keywright::keymap::key::Key;
use keywright::keymap::table::BINDINGS;
use proptest::prelude::*;

/// One thing that happens.
#[derive(Clone, Debug)]
pub enum Step {
    /// A key, pressed or held.
    Key(Key, bool),
    /// Text typed key by key: names, and the words that give things up.
    Word(&'static str),
    /// A way into a dialogue.
    Way(&'static str),
    /// A paste.
    Paste(String),
    /// A new size.
    Size(u16, u16),
    /// The focus comes or goes.
    Focus(bool),
    /// Seconds pass.
    Pass(i64),
    /// The program goes on after a stop.
    Resumed,
    /// The answer to what is asked for, by position, in a variant.
    Answer(usize, &'static str),
    /// The task of what is asked for hit a bug.
    Crash(usize),
    /// A second answer to what was answered already.
    Stale(usize),
    /// A code to approve a login with.
    Device,
}

/// Every bound key, and some that are not.
pub static KEYS: LazyLock<Vec<Key>> = LazyLock::new(|| {
    let bound = BINDINGS.iter().flat_map(|binding| binding.keys.iter().copied());
    let more = [
        "a",
        "z",
        "0",
        "Z",
        "space",
        "backspace",
        "left",
        "right",
        "home",
        "delete",
        "ctrl-u",
        "ctrl-w",
        "ctrl-x",
        "alt-backspace",
        "f9",
        "é",
        "日",
    ];
    bound.chain(more).map(|key| Key::parse(key).expect("a key")).collect()
});

const WORDS: [&str; 8] = ["discard", "default", "0", "ci-runner", "etl", "pw", "state:retiring", "10m"];

const WAYS: [&str; 12] = [
    "n 'etl' <enter> 'd' <enter> <enter> <enter> <enter>",
    "r",
    "x",
    "<enter> <enter> <enter>",
    "3 x",
    "o <enter>",
    "u",
    "<c-d>",
    "<c-c> 'discard' <enter>",
    "<esc> <esc> <esc> <esc> <esc> <esc>",
    "n 'etl' <enter> 'd' <enter> <enter> <enter> <enter> <c-c>",
    "u <c-l>",
];

/// How things are answered; the last ones are failures.
pub const ANSWERS: [&str; 16] = [
    "", "", "", "nowhere", "nowhere", "memory", "blind", "refused", "wider", "left", "moved", "less",
    "!slow", "!cut?", "!out", "!gone",
];

/// Any of them, the likelier ones more often.
pub fn any() -> impl Strategy<Value = Step> {
    let key = (0..KEYS.len(), prop::bool::weighted(0.1)).prop_map(|(at, held)| Step::Key(KEYS[at], held));
    prop_oneof![
        12 => key,
        3 => prop::sample::select(&WORDS[..]).prop_map(Step::Word),
        4 => prop::sample::select(&WAYS[..]).prop_map(Step::Way),
        1 => "[a-z\\n\\PC]{0,12}".prop_map(Step::Paste),
        1 => (0_u16..200, 0_u16..80).prop_map(|(columns, rows)| Step::Size(columns, rows)),
        1 => prop::bool::ANY.prop_map(Step::Focus),
        2 => prop_oneof![0_i64..40, 0_i64..700].prop_map(Step::Pass),
        1 => Just(Step::Resumed),
        8 => (0_usize..8, prop::sample::select(&ANSWERS[..])).prop_map(|(at, how)| Step::Answer(at, how)),
        1 => (0_usize..8).prop_map(Step::Crash),
        1 => (0_usize..8).prop_map(Step::Stale),
        1 => Just(Step::Device),
    ]
}

/// Presses keys without end, always the same ones for the same seed.
pub struct Monkey(u64);

impl Monkey {
    /// A monkey of its own mind.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next key: any that is bound, or a letter; never one that leaves.
    pub fn next_key(&mut self) -> Key {
        loop {
            // Xorshift: enough for a monkey.
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            let at = usize::try_from(self.0 % KEYS.len() as u64).expect("it fits");
            let key = KEYS[at];
            if !key.is("ctrl-c") {
                return key;
            }
        }
    }
}
