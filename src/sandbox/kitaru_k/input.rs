//! The members of a body, each checked for its type; what is not known is refused. All that does not fit is told at
//! once, in the words of the real server's validator, because clients see them.

use serde_json::{Map, Value, json};

use super::problem::{Outcome, Problem, item, item_with};

/// A body that parsed, or none at all.
pub(super) struct Body(Option<Value>);

/// The members of a body that is an object, while they are read.
pub(super) struct Members {
    given: Map<String, Value>,
    known: Vec<&'static str>,
    problems: Vec<Value>,
}

/// What is wrong with a value: type, message, and the numbers it is about.
pub(super) struct Misfit(&'static str, &'static str, Value);

/// Reads one type from a value.
pub(super) type Reader<T> = fn(&Value) -> Result<T, Misfit>;

impl Body {
    /// Parses.
    pub(super) fn read(bytes: &[u8]) -> Outcome<Self> {
        if bytes.is_empty() {
            return Ok(Self(None));
        }
        serde_json::from_slice(bytes).map(|value| Self(Some(value))).map_err(|error| {
            let place = error.column().saturating_sub(1);
            let ctx = json!({ "error": "Expecting value" });
            let mut found = item_with("json_invalid", &["body"], "JSON decode error", &json!({}), &ctx);
            if let Some(loc) = found.get_mut("loc") {
                *loc = json!(["body", place]);
            }
            Problem::Invalid(vec![found])
        })
    }

    /// Refuses a missing body, and one that is not an object.
    pub(super) fn members(self) -> Outcome<Members> {
        let refuse =
            |kind, message, input: &Value| Err(Problem::Invalid(vec![item(kind, &["body"], message, input)]));
        match self.0 {
            Some(Value::Object(given)) => Ok(Members { given, known: Vec::new(), problems: Vec::new() }),
            Some(other) => refuse(
                "model_attributes_type",
                "Input should be a valid dictionary or object to extract fields from",
                &other,
            ),
            None => refuse("missing", "Field required", &Value::Null),
        }
    }
}

impl Members {
    /// A member that must be there. What comes back is only good once [`Members::end`] found nothing wrong.
    pub(super) fn required<T: Default>(&mut self, name: &'static str, read: Reader<T>) -> T {
        if self.given.contains_key(name) {
            return self.value(name, read).unwrap_or_default();
        }
        self.known.push(name);
        let input = Value::Object(self.given.clone());
        self.problems.push(item("missing", &["body", name], "Field required", &input));
        T::default()
    }

    /// A member that may be absent or null.
    pub(super) fn nullable<T>(&mut self, name: &'static str, read: Reader<T>) -> Option<T> {
        if self.given.get(name).is_none_or(Value::is_null) {
            self.known.push(name);
            return None;
        }
        self.value(name, read)
    }

    /// A member that may be absent, but not null.
    pub(super) fn optional<T>(&mut self, name: &'static str, read: Reader<T>) -> Option<T> {
        if self.given.contains_key(name) { self.value(name, read) } else { self.nullable(name, read) }
    }

    fn value<T>(&mut self, name: &'static str, read: Reader<T>) -> Option<T> {
        self.known.push(name);
        let input = self.given.get(name)?;
        match read(input) {
            Ok(value) => Some(value),
            Err(Misfit(kind, message, ctx)) => {
                let loc = ["body", name];
                self.problems.push(if ctx.is_null() {
                    item(kind, &loc, message, input)
                } else {
                    item_with(kind, &loc, message, input, &ctx)
                });
                None
            }
        }
    }

    /// Tells everything that did not fit, unknown members last.
    pub(super) fn end(mut self) -> Outcome<()> {
        for (name, input) in self.given.iter().filter(|(name, _)| !self.known.contains(&name.as_str())) {
            let message = "Extra inputs are not permitted";
            self.problems.push(item("extra_forbidden", &["body", name], message, input));
        }
        if self.problems.is_empty() { Ok(()) } else { Err(Problem::Invalid(self.problems)) }
    }
}

/// A text.
pub(super) fn text(value: &Value) -> Result<String, Misfit> {
    let misfit = || Misfit("string_type", "Input should be a valid string", Value::Null);
    value.as_str().map(str::to_owned).ok_or_else(misfit)
}

/// True or false, also as the words and numbers that count as such.
pub(super) fn flag(value: &Value) -> Result<bool, Misfit> {
    let word = value.as_str().map_or_else(|| value.to_string(), str::to_lowercase);
    match word.as_str() {
        "true" | "1" | "on" | "t" | "yes" | "y" => Ok(true),
        "false" | "0" | "off" | "f" | "no" | "n" => Ok(false),
        _ if value.is_string() || value.is_number() => Err(Misfit(
            "bool_parsing",
            "Input should be a valid boolean, unable to interpret input",
            Value::Null,
        )),
        _ => Err(Misfit("bool_type", "Input should be a valid boolean", Value::Null)),
    }
}

/// A whole number from zero on, also written as a text.
pub(super) fn count(value: &Value) -> Result<i64, Misfit> {
    let number = if let Some(text) = value.as_str() {
        text.parse::<i64>().map_err(|_has_words_of_its_own| {
            let message = "Input should be a valid integer, unable to parse string as an integer";
            Misfit("int_parsing", message, Value::Null)
        })?
    } else if value.is_number() {
        match value.as_f64() {
            Some(float) if float.fract() != 0.0 => {
                let message = "Input should be a valid integer, got a number with a fractional part";
                return Err(Misfit("int_from_float", message, Value::Null));
            }
            // Numbers beyond 64 bits are whole numbers to the real server; its database refuses them, as here.
            _ => value.as_i64().unwrap_or(i64::MAX),
        }
    } else {
        return Err(Misfit("int_type", "Input should be a valid integer", Value::Null));
    };
    if number < 0 {
        let message = "Input should be greater than or equal to 0";
        return Err(Misfit("greater_than_equal", message, json!({ "ge": 0 })));
    }
    Ok(number)
}

/// An object of any content.
pub(super) fn object(value: &Value) -> Result<Value, Misfit> {
    let misfit = || Misfit("dict_type", "Input should be a valid dictionary", Value::Null);
    value.as_object().map(|_| value.clone()).ok_or_else(misfit)
}

/// The longest name.
const LONGEST_NAME: usize = 255;

/// Checks a name: letters, digits and some marks, which are listed in the order in which the real server prints them.
pub(super) fn check_name(name: &str, marks: &[char]) -> Outcome<()> {
    if name.is_empty() {
        return Err(Problem::value("Name must not be empty"));
    }
    if name.chars().count() > LONGEST_NAME {
        return Err(Problem::value(format!("Name exceeds {LONGEST_NAME} characters")));
    }
    let letter = |c: char| c.is_ascii_alphanumeric();
    let good = name.starts_with(letter)
        && name.ends_with(letter)
        && name.chars().all(|c| letter(c) || marks.contains(&c));
    if good {
        return Ok(());
    }
    let marks: Vec<String> = marks.iter().map(char::to_string).collect();
    Err(Problem::value(format!(
        "Name '{name}' must contain only letters, digits, and {}, and must start and end with a letter or digit",
        marks.join(" ")
    )))
}
