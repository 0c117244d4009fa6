//! What every backend that speaks HTTP does alike with the words of an answer: brings them into one line, and says what
//! came instead of what was expected. Which words those are, and what they stand for, is each backend's own.

use super::http::Reply;
use crate::domain::failure::{Failure, FailureKind};

/// More letters than a refusal has; what is longer is cut, or is no refusal.
pub(super) const LONGEST: usize = 400;

/// The words in one line, cut where they go on and on.
pub(super) fn line(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() > LONGEST { line.chars().take(LONGEST).chain(['…']).collect() } else { line }
}

/// A success whose body is not what was expected.
pub(super) fn unexpected(reply: &Reply, what: &str) -> Failure {
    let page = reply.body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'<');
    let words =
        if page { format!("a web page came instead of {what}") } else { format!("{what} could not be read") };
    reply.nature.mark(Failure::new(FailureKind::Unexpected, words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_become_one_line_of_a_bounded_length() {
        assert_eq!(line("  not\r\n allowed\t here "), "not allowed here");
        let long = line(&"é ".repeat(LONGEST));
        assert_eq!(long.chars().count(), LONGEST + 1);
        assert!(long.ends_with('…'));
    }
}
