//! Key scripts: `"r<down><enter>"` becomes the bytes a terminal sends. The inverse of nothing: only tests use it.

/// The bytes for a script. Characters stand for themselves; `<enter> <esc> <tab> <btab> <space> <bs> <del> <ins> <up>
/// <down> <left> <right> <home> <end> <pgup> <pgdn> <f1>`…`<f12> <c-x> <a-x> <lt>` are keys. Panics on an unknown name.
pub fn bytes(script: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = script;
    while let Some(start) = rest.find('<') {
        out.extend_from_slice(&rest.as_bytes()[..start]);
        let end =
            rest[start..].find('>').unwrap_or_else(|| panic!("`<` without `>` in {script:?}; write `<lt>`"));
        out.extend(named(&rest[start + 1..start + end]));
        rest = &rest[start + end + 1..];
    }
    out.extend_from_slice(rest.as_bytes());
    out
}

fn named(name: &str) -> Vec<u8> {
    let fixed = match name {
        "enter" => "\r",
        "esc" => "\x1b",
        "tab" => "\t",
        "btab" => "\x1b[Z",
        "space" => " ",
        "bs" => "\x7f",
        "del" => "\x1b[3~",
        "ins" => "\x1b[2~",
        "up" => "\x1b[A",
        "down" => "\x1b[B",
        "right" => "\x1b[C",
        "left" => "\x1b[D",
        "home" => "\x1b[H",
        "end" => "\x1b[F",
        "pgup" => "\x1b[5~",
        "pgdn" => "\x1b[6~",
        "lt" => "<",
        "f1" => "\x1bOP",
        "f2" => "\x1bOQ",
        "f3" => "\x1bOR",
        "f4" => "\x1bOS",
        "f5" => "\x1b[15~",
        "f6" => "\x1b[17~",
        "f7" => "\x1b[18~",
        "f8" => "\x1b[19~",
        "f9" => "\x1b[20~",
        "f10" => "\x1b[21~",
        "f11" => "\x1b[23~",
        "f12" => "\x1b[24~",
        _ => return modified(name),
    };
    fixed.as_bytes().to_vec()
}

fn modified(name: &str) -> Vec<u8> {
    match name.as_bytes() {
        // A terminal sends Ctrl and a letter as the letter's place in the alphabet.
        [b'c', b'-', letter] => vec![letter & 0x1f],
        [b'a', b'-', key] => vec![0x1b, *key],
        _ => panic!("no key is called <{name}>"),
    }
}
