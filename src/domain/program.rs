//! A program with its arguments as one line, as it is typed into a field and written in the settings. No shell reads it:
//! quotes keep words together, and nothing else has a meaning.

/// What a shell would make something of, and nothing here does.
const OF_SHELLS: [char; 9] = ['|', '&', ';', '<', '>', '`', '$', '(', ')'];

/// Takes a line apart into the program and its arguments; the error is the sentence to show.
pub fn words(line: &str) -> Result<Vec<String>, String> {
    if let Some(c) = line.chars().find(|c| c.is_control()) {
        return Err(format!("U+{:04X} cannot be part of it", u32::from(c)));
    }
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None::<char>);
    for c in line.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, ' ') => words.extend(word.take()),
            (None, c) if OF_SHELLS.contains(&c) => {
                return Err(format!(
                    "no shell reads this, so '{c}' means nothing; put quotes around it, or name a script of yours"
                ));
            }
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    match (quote, words.first()) {
        (Some(open), _) => Err(format!("a {open} is not closed")),
        (None, None) => Err(String::from("a program is needed, such as: vault print token")),
        (None, Some(program)) if program.is_empty() => Err(String::from("the program has no name")),
        (None, Some(_)) => Ok(words),
    }
}

/// The line that [`words`] takes apart into these. A word with both kinds of quotes is put together from pieces.
pub fn line(words: &[String]) -> String {
    words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
}

fn quoted(word: &str) -> String {
    let plain = |c: char| !matches!(c, ' ' | '"' | '\'') && !OF_SHELLS.contains(&c);
    match word {
        _ if !word.is_empty() && word.chars().all(plain) => word.to_owned(),
        _ if !word.contains('"') => format!("\"{word}\""),
        _ if !word.contains('\'') => format!("'{word}'"),
        _ => {
            let pieces = word.split('"').map(|piece| format!("\"{piece}\""));
            pieces.collect::<Vec<_>>().join("'\"'")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_words_and_words_are_a_line() {
        for (typed, want) in [
            ("print-token", &["print-token"][..]),
            ("  op  read op://fox/token ", &["op", "read", "op://fox/token"]),
            (r#"sh -c 'cat "$HOME/t" | head -1'"#, &["sh", "-c", r#"cat "$HOME/t" | head -1"#]),
            (r#"a "" 'b c'"#, &["a", "", "b c"]),
            (r#"a"b c"d"#, &["ab cd"]),
            (r"E:\bin\t.exe", &[r"E:\bin\t.exe"]),
        ] {
            let got = words(typed).unwrap_or_else(|why| panic!("{typed}: {why}"));
            assert_eq!(got, want, "{typed}");
            assert_eq!(words(&line(&got)), Ok(got), "{typed}");
        }
        let both = vec![String::from("x"), String::from("it's \"so\"")];
        assert_eq!(words(&line(&both)), Ok(both));
    }

    #[test]
    fn what_only_a_shell_understands_is_refused() {
        for (typed, word) in [
            ("", "is needed"),
            ("   ", "is needed"),
            ("'' x", "no name"),
            ("a | b", "'|'"),
            ("a $(b)", "'$'"),
            ("a; b", "';'"),
            ("a 'b", "not closed"),
            ("a\u{1b}b", "U+001B"),
        ] {
            let why = words(typed).expect_err("refused");
            assert!(why.contains(word), "{typed}: {why}");
        }
    }
}
