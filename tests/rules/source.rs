//! The repository's own files, and what of a Rust file is code.

use std::fs;
use std::path::{Path, PathBuf};

/// One text file of the repository.
pub struct Source {
    /// Its path from the top, with slashes.
    pub path: String,
    /// What is in it.
    pub text: String,
}

/// The top of the repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What a checkout has beside what belongs to the repository.
const FOREIGN: [&str; 2] = [".git", "target"];

/// The names at the top that belong to the repository.
pub fn top() -> Vec<String> {
    let mut names: Vec<String> = entries(root()).iter().map(|path| name_of(path)).collect();
    names.retain(|name| !FOREIGN.contains(&name.as_str()));
    names.sort();
    names
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let found = fs::read_dir(folder).expect("a folder of the repository");
    found.map(|entry| entry.expect("an entry").path()).collect()
}

/// Every text file, in order of their paths.
pub fn all() -> Vec<Source> {
    let mut found = Vec::new();
    for name in top() {
        walk(&root().join(name), &mut found);
    }
    found.sort_by(|one: &Source, two| one.path.cmp(&two.path));
    found
}

fn walk(path: &Path, found: &mut Vec<Source>) {
    if path.is_dir() {
        for entry in entries(path) {
            walk(&entry, found);
        }
    } else if let Ok(text) = fs::read_to_string(path) {
        let inside = path.strip_prefix(root()).expect("it is inside");
        found.push(Source { path: inside.to_string_lossy().replace('\\', "/"), text });
    }
}

/// The Rust files of the library and the program, without those that only test them.
pub fn product() -> Vec<Source> {
    let mut sources = all();
    sources.retain(|source| {
        source.path.starts_with("src/")
            && source.is_rust()
            && !source.path.contains("/tests/")
            && !source.path.ends_with("/tests.rs")
    });
    sources
}

impl Source {
    /// Its lines of code with their numbers: no comments, no tests at its end.
    pub fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let end = ["#[cfg(test)]\nmod tests {", "#[cfg(test)]\npub mod tests {"]
            .iter()
            .filter_map(|mark| self.text.find(mark))
            .min()
            .unwrap_or(self.text.len());
        self.text
            .get(..end)
            .unwrap_or_default()
            .lines()
            .enumerate()
            .map(|(at, line)| (at + 1, uncommented(line)))
    }

    /// Whether it is a Rust file.
    pub fn is_rust(&self) -> bool {
        Path::new(&self.path).extension().is_some_and(|extension| extension == "rs")
    }

    /// How many modules there are from the root down to this file's own.
    pub fn depth(&self) -> usize {
        let inside = self.path.strip_prefix("src/").unwrap_or(&self.path);
        inside.trim_end_matches("/mod.rs").split('/').count()
    }

    /// The room a file of the product belongs to: the first name under `src/`.
    pub fn room(&self) -> &str {
        let inside = self.path.strip_prefix("src/").unwrap_or(&self.path);
        inside.split(['/', '.']).next().unwrap_or_default()
    }
}

/// A line without its comment. `://` inside an address is none.
fn uncommented(line: &str) -> &str {
    let comment = line
        .match_indices("//")
        .map(|(at, _)| at)
        .find(|at| !line.get(..*at).unwrap_or_default().ends_with(':'));
    line.get(..comment.unwrap_or(line.len())).unwrap_or_default()
}

/// Whether `word` stands in `line` by itself, not as part of a longer name.
pub fn has_word(line: &str, word: &str) -> bool {
    let part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    line.match_indices(word).any(|(at, _)| {
        let before = line.get(..at).and_then(|text| text.chars().next_back());
        let after = line.get(at + word.len()..).and_then(|text| text.chars().next());
        !part(before) && !part(after)
    })
}

#[test]
fn code_is_told_from_comments() {
    assert_eq!(uncommented("let a = 1; // one"), "let a = 1; ");
    assert_eq!(uncommented("\"https://a\" // x"), "\"https://a\" ");
    assert_eq!(uncommented("/// words"), "");
    assert!(
        has_word("use tokio::x", "tokio") && !has_word("my_tokio", "tokio") && !has_word("tokios", "tokio")
    );
}
