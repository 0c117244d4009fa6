//! Marked secrets, and the search for them where none may be: files, processes, terminal bytes.
//!
//! A search finds a secret as it is and in Base64 (at each of the three offsets), hex, percent-encoding and UTF-16,
//! and every piece of 16 bytes of those, so that one wrapped over two lines of a screen is found too.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use ring::rand::{SecureRandom as _, SystemRandom};

/// A shorter piece could be there by chance.
const PIECE: usize = 16;

/// Where a secret was found, in words: the place and the form.
#[derive(Debug, PartialEq, Eq, Clone)]
pub struct Leak {
    /// The file or process and what of it.
    pub place: String,
    /// As what: `plain`, `base64`, …
    pub form: &'static str,
}

/// A secret to be looked for.
pub struct Canary {
    secret: String,
    pieces: HashMap<[u8; PIECE], &'static str>,
}

impl Canary {
    /// A new random secret: 48 letters and digits with a mark in front. Made at run time, so that no binary has it.
    pub fn new(mark: &str) -> Self {
        let mut random = [0; 48];
        SystemRandom::new().fill(&mut random).expect("random bytes");
        let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let secret = random.map(|byte| char::from(letters[usize::from(byte % 62)]));
        Self::of(&format!("{mark}{}", String::from_iter(secret)), mark.len())
    }

    /// A secret made elsewhere, whose first `public` bytes may be seen (a prefix, a JWT's header). The rest must have
    /// 16 bytes or more.
    pub fn of(secret: &str, public: usize) -> Self {
        let hidden = secret.as_bytes().get(public..).unwrap_or_default();
        assert!(hidden.len() >= PIECE, "too short to be told from chance");
        let mut pieces = HashMap::new();
        for (form, bytes) in forms(hidden) {
            for piece in bytes.windows(PIECE) {
                pieces.entry(piece.try_into().expect("its length")).or_insert(form);
            }
        }
        Self { secret: secret.to_owned(), pieces }
    }

    /// The secret itself.
    pub fn secret(&self) -> &str {
        &self.secret
    }

    /// In which form the bytes hold it, if they do.
    pub fn form_in(&self, bytes: &[u8]) -> Option<&'static str> {
        bytes.windows(PIECE).find_map(|piece| self.pieces.get(piece).copied())
    }

    /// Every file below a directory that holds it, in its content, its name or a link's target. What vanishes while
    /// being read is passed over.
    pub fn leaks_in_tree(&self, top: &Path) -> Vec<Leak> {
        let mut leaks = Vec::new();
        let mut left = vec![top.to_owned()];
        while let Some(path) = left.pop() {
            let name = path.strip_prefix(top).unwrap_or(&path).to_owned();
            self.note(
                &mut leaks,
                format!("the name {}", name.display()),
                name.as_os_str().as_encoded_bytes(),
            );
            let Ok(kind) = fs::symlink_metadata(&path) else { continue };
            if kind.is_dir() {
                left.extend(fs::read_dir(&path).into_iter().flatten().flatten().map(|entry| entry.path()));
            } else if kind.is_file() {
                self.note(&mut leaks, path.display().to_string(), &fs::read(&path).unwrap_or_default());
            } else if let Ok(target) = fs::read_link(&path) {
                self.note(&mut leaks, path.display().to_string(), target.as_os_str().as_encoded_bytes());
            }
        }
        leaks
    }

    /// The arguments and environment of a process and all its descendants.
    pub fn leaks_in_process(&self, pid: u32) -> Vec<Leak> {
        let mut leaks = Vec::new();
        for pid in with_descendants(pid) {
            for part in ["cmdline", "environ"] {
                let place = PathBuf::from(format!("/proc/{pid}/{part}"));
                self.note(&mut leaks, place.display().to_string(), &fs::read(&place).unwrap_or_default());
            }
        }
        leaks
    }

    /// Panics, without the secret, if the bytes hold it. For a terminal's raw bytes also use
    /// [`Canary::form_in`] on the screen's text.
    pub fn assert_absent(&self, place: &str, bytes: &[u8]) {
        if let Some(form) = self.form_in(bytes) {
            panic!("a secret is in {place}, as {form}");
        }
    }

    fn note(&self, leaks: &mut Vec<Leak>, place: String, bytes: &[u8]) {
        if let Some(form) = self.form_in(bytes) {
            leaks.push(Leak { place, form });
        }
    }
}

/// A process and everything below it, as far as it lives.
fn with_descendants(pid: u32) -> Vec<u32> {
    let mut all = vec![pid];
    let mut at = 0;
    while let Some(&pid) = all.get(at) {
        at += 1;
        for task in fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten() {
            let children = fs::read_to_string(task.path().join("children")).unwrap_or_default();
            all.extend(children.split_whitespace().filter_map(|child| child.parse::<u32>().ok()));
        }
    }
    all
}

fn forms(secret: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let hex = secret.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes text");
        text
    });
    let percent: String = secret.iter().fold(String::new(), |mut text, byte| {
        write!(text, "%{byte:02X}").expect("a string takes text");
        text
    });
    let wide =
        |order: fn(u16) -> [u8; 2]| String::from_utf8_lossy(secret).encode_utf16().flat_map(order).collect();
    let mut all = vec![
        ("plain", secret.to_vec()),
        ("hex", hex.clone().into_bytes()),
        ("hex", hex.to_uppercase().into_bytes()),
        ("percent-encoding", escaped(secret)),
        ("percent-encoding", percent.clone().into_bytes()),
        ("percent-encoding", percent.to_lowercase().into_bytes()),
        ("UTF-16", wide(u16::to_le_bytes)),
        ("UTF-16", wide(u16::to_be_bytes)),
    ];
    // Inside a longer Base64 text the secret may begin at any of three places; what its neighbours share is cut off.
    for before in 0..3 {
        let shifted = [&[0; 2][..before], secret].concat();
        for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
            let text = engine.encode(&shifted).into_bytes();
            let start = before.min(1) * (before + 1);
            all.push(("base64", text[start..text.len() - 1].to_vec()));
        }
    }
    all
}

/// As in a form's body: letters and digits as they are.
fn escaped(secret: &[u8]) -> Vec<u8> {
    secret
        .iter()
        .flat_map(|&byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => vec![byte],
            other => format!("%{other:02X}").into_bytes(),
        })
        .collect()
}
