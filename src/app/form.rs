//! Fields to fill in: text, secrets, choices and switches, with the focus on one of them.

use tui_input::{Input, InputRequest};

use crate::keymap::key::Key;
use crate::secret::SecretBuffer;

/// What a field takes.
pub enum FieldKind {
    /// Plain text.
    Text(Input),
    /// A secret, typed unseen.
    Secret(SecretBuffer),
    /// One of several; Left, Right and Space change it.
    Choice {
        /// What can be chosen, as shown.
        options: Vec<String>,
        /// Which one is.
        chosen: usize,
    },
    /// On or off; Space changes it.
    Switch(bool),
}

/// One field.
pub struct Field {
    /// The word used in code.
    pub id: &'static str,
    /// The label.
    pub label: String,
    /// What it takes, in a few words.
    pub hint: String,
    /// What is in it.
    pub kind: FieldKind,
    /// Why it was refused.
    pub error: Option<String>,
}

impl Field {
    /// A text field.
    pub fn text(id: &'static str, label: &str, hint: &str, value: &str) -> Self {
        Self::new(id, label, hint, FieldKind::Text(Input::new(value.to_owned())))
    }

    /// A secret field.
    pub fn secret(id: &'static str, label: &str, hint: &str) -> Self {
        Self::new(id, label, hint, FieldKind::Secret(SecretBuffer::default()))
    }

    /// A choice.
    pub fn choice(id: &'static str, label: &str, hint: &str, options: Vec<String>, chosen: usize) -> Self {
        Self::new(id, label, hint, FieldKind::Choice { options, chosen })
    }

    /// A switch.
    pub fn switch(id: &'static str, label: &str, hint: &str, on: bool) -> Self {
        Self::new(id, label, hint, FieldKind::Switch(on))
    }

    fn new(id: &'static str, label: &str, hint: &str, kind: FieldKind) -> Self {
        Self { id, label: label.to_owned(), hint: hint.to_owned(), kind, error: None }
    }
}

/// Fields with the focus on one of them.
#[derive(Default)]
pub struct Form {
    /// The fields in order.
    pub fields: Vec<Field>,
    /// Which one has the focus.
    pub focus: usize,
}

impl Form {
    /// A form with the focus on its first field.
    pub fn new(fields: Vec<Field>) -> Self {
        Self { fields, focus: 0 }
    }

    /// Moves the focus, around the ends.
    pub fn move_focus(&mut self, forward: bool) {
        let count = self.fields.len().max(1);
        let step = if forward { 1 } else { count - 1 };
        self.focus = (self.focus + step) % count;
    }

    /// Whether the focus is on the last field, so that Enter goes on instead of moving.
    pub fn at_end(&self) -> bool {
        self.focus + 1 >= self.fields.len()
    }

    /// Puts the focus on a field.
    pub fn focus_on(&mut self, id: &str) {
        if let Some(position) = self.fields.iter().position(|field| field.id == id) {
            self.focus = position;
        }
    }

    /// Whether the focus is on a field.
    pub fn is_at(&self, id: &str) -> bool {
        self.fields.get(self.focus).is_some_and(|field| field.id == id)
    }

    /// A key that is not bound: editing, or text.
    pub fn key(&mut self, key: Key) {
        let Some(field) = self.fields.get_mut(self.focus) else { return };
        field.error = None;
        match &mut field.kind {
            FieldKind::Text(input) => edit(input, key),
            FieldKind::Secret(buffer) => {
                if key.is("backspace") {
                    buffer.pop();
                } else if key.is("ctrl-u") {
                    buffer.clear();
                } else if key.typed().is_some_and(|character| !buffer.push(character)) {
                    field.error = Some(String::from(TOO_LONG));
                }
            }
            FieldKind::Choice { options, chosen } => {
                let count = options.len().max(1);
                if key.is("right") || key.is("space") {
                    *chosen = (*chosen + 1) % count;
                } else if key.is("left") {
                    *chosen = (*chosen + count - 1) % count;
                }
            }
            FieldKind::Switch(on) => {
                if key.is("space") || key.is("left") || key.is("right") {
                    *on = !*on;
                }
            }
        }
    }

    /// Pasted text goes into the focused field without its line breaks and controls; it never submits.
    pub fn paste(&mut self, text: &str) {
        let Some(field) = self.fields.get_mut(self.focus) else { return };
        field.error = None;
        match &mut field.kind {
            FieldKind::Text(input) => paste(input, text),
            FieldKind::Secret(buffer) => {
                if !buffer.paste(text) {
                    field.error = Some(String::from(TOO_LONG));
                }
            }
            FieldKind::Choice { .. } | FieldKind::Switch(_) => {}
        }
    }

    /// The text of a field, trimmed.
    pub fn value(&self, id: &str) -> String {
        match self.field(id).map(|field| &field.kind) {
            Some(FieldKind::Text(input)) => input.value().trim().to_owned(),
            Some(FieldKind::Choice { options, chosen }) => options.get(*chosen).cloned().unwrap_or_default(),
            Some(FieldKind::Switch(_) | FieldKind::Secret(_)) | None => String::new(),
        }
    }

    /// Whether nothing is in a text or secret field.
    pub fn is_empty(&self, id: &str) -> bool {
        match self.field(id).map(|field| &field.kind) {
            Some(FieldKind::Text(input)) => input.value().trim().is_empty(),
            Some(FieldKind::Secret(buffer)) => buffer.is_empty(),
            Some(FieldKind::Choice { .. } | FieldKind::Switch(_)) | None => false,
        }
    }

    /// Fills a text field in.
    pub fn fill(&mut self, id: &str, text: &str) {
        if let Some(FieldKind::Text(input)) = self.field_mut(id).map(|field| &mut field.kind) {
            *input = Input::new(text.to_owned());
        }
    }

    /// The position chosen in a choice.
    pub fn chosen(&self, id: &str) -> usize {
        match self.field(id).map(|field| &field.kind) {
            Some(FieldKind::Choice { chosen, .. }) => *chosen,
            Some(FieldKind::Text(_) | FieldKind::Switch(_) | FieldKind::Secret(_)) | None => 0,
        }
    }

    /// Whether a switch is on.
    pub fn is_on(&self, id: &str) -> bool {
        matches!(self.field(id).map(|field| &field.kind), Some(FieldKind::Switch(true)))
    }

    /// A field by its word.
    pub fn field(&self, id: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.id == id)
    }

    /// A field by its word, to change it.
    pub fn field_mut(&mut self, id: &str) -> Option<&mut Field> {
        self.fields.iter_mut().find(|field| field.id == id)
    }

    /// Refuses a field with a sentence and puts the focus there.
    pub fn refuse(&mut self, id: &str, why: impl Into<String>) {
        if let Some(field) = self.field_mut(id) {
            field.error = Some(why.into());
        }
        self.focus_on(id);
    }

    /// Forgets every sentence.
    pub fn clear_errors(&mut self) {
        for field in &mut self.fields {
            field.error = None;
        }
    }
}

const TOO_LONG: &str = "this is longer than any secret keywright takes";

/// The longest plain text a field takes, in characters.
pub const TEXT_MAX: usize = 4096;

/// Edits a text with one key.
pub fn edit(input: &mut Input, key: Key) {
    let requests: [(&str, InputRequest); 14] = [
        ("backspace", InputRequest::DeletePrevChar),
        ("delete", InputRequest::DeleteNextChar),
        ("left", InputRequest::GoToPrevChar),
        ("right", InputRequest::GoToNextChar),
        ("home", InputRequest::GoToStart),
        ("end", InputRequest::GoToEnd),
        ("ctrl-a", InputRequest::GoToStart),
        ("ctrl-e", InputRequest::GoToEnd),
        ("ctrl-w", InputRequest::DeletePrevWord),
        ("ctrl-u", InputRequest::DeleteFromStart),
        ("ctrl-k", InputRequest::DeleteTillEnd),
        ("ctrl-left", InputRequest::GoToPrevWord),
        ("ctrl-right", InputRequest::GoToNextWord),
        ("alt-backspace", InputRequest::DeletePrevWord),
    ];
    let wanted = requests.into_iter().find(|(name, _)| key.is(name)).map(|(_, request)| request);
    let typed =
        key.typed().filter(|_| input.value().chars().count() < TEXT_MAX).map(InputRequest::InsertChar);
    if let Some(request) = wanted.or(typed) {
        input.handle(request);
    }
}

/// Puts pasted text into a field, without line breaks and controls, as far as it fits.
pub fn paste(input: &mut Input, text: &str) {
    let room = TEXT_MAX.saturating_sub(input.value().chars().count());
    for character in text.chars().filter(|c| !c.is_control()).take(room) {
        input.handle(InputRequest::InsertChar(character));
    }
}
