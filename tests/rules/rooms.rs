//! Who may use whom. A room is the first folder or file under `src/`; a new one needs a row.

use crate::source::{has_word, product};

/// A room with what it may reach.
struct Room {
    name: &'static str,
    /// Other rooms.
    rooms: &'static [&'static str],
    /// What of the world outside is its own.
    world: &'static [&'static str],
}

/// What only some rooms may touch: the network, the keyring, the terminal, tasks, files, processes, the clock.
const WORLD: [&str; 24] = [
    "reqwest",
    "rustls",
    "hyper",
    "hyper_util",
    "keyring",
    "keyring_core",
    "linux_keyutils_keyring_store",
    "zbus_secret_service_keyring_store",
    "arboard",
    "crossterm",
    "ratatui",
    "rusqlite",
    "tokio",
    "clap",
    "directories",
    "tracing_subscriber",
    "rustix",
    "secmem_proc",
    "std::env",
    "std::fs",
    "std::net",
    "std::process",
    "std::thread",
    "Instant",
];

/// Everything that is not in a row is out of that room's reach.
const ROOMS: [Room; 15] = [
    // The words of the trade know nothing but each other and that there are secrets.
    Room { name: "domain", rooms: &["secret"], world: &[] },
    Room { name: "secret", rooms: &[], world: &[] },
    // Told the context, it knows no state.
    Room { name: "keymap", rooms: &[], world: &[] },
    // All state and every transition, pure.
    Room { name: "app", rooms: &["domain", "keymap", "secret"], world: &[] },
    // Cells, and nothing it could change.
    Room { name: "ui", rooms: &["app", "domain", "keymap", "secret"], world: &["ratatui"] },
    // The network, and the files of the systems themselves with who owns them. Time in it is how long a request or a talk may take.
    Room {
        name: "backend",
        rooms: &["domain", "secret"],
        world: &["reqwest", "rustls", "rustix", "tokio", "std::fs", "std::net", "std::process", "Instant"],
    },
    // The keyring, its thread, and which session bus there is.
    Room {
        name: "vault",
        rooms: &["domain", "secret"],
        world: &[
            "keyring",
            "keyring_core",
            "linux_keyutils_keyring_store",
            "zbus_secret_service_keyring_store",
            "tokio",
            "std::env",
            "std::thread",
            "Instant",
        ],
    },
    // The database and its files.
    Room { name: "state", rooms: &["domain"], world: &["rusqlite", "std::fs", "std::thread", "rustix"] },
    // Where a new secret is brought to: files and programs, which are killed in groups.
    Room {
        name: "deliver",
        rooms: &["domain", "secret"],
        world: &["std::fs", "std::process", "tokio", "rustix"],
    },
    // The environment and the settings file.
    Room {
        name: "config",
        rooms: &["cli", "domain", "secret"],
        world: &["directories", "std::env", "std::fs", "std::process"],
    },
    Room { name: "cli", rooms: &[], world: &["clap"] },
    // A world of its own: no room of the program is in it. Its servers tell how long they have been up, what is not to
    // be kept is in the temporary directory, and a named pipe there asks for a restart.
    Room {
        name: "sandbox",
        rooms: &[],
        world: &[
            "hyper",
            "hyper_util",
            "rusqlite",
            "rustix",
            "rustls",
            "tokio",
            "std::env",
            "std::fs",
            "std::net",
            "std::thread",
            "Instant",
        ],
    },
    // Carries out what the app decided.
    Room {
        name: "runtime",
        rooms: &[
            "app", "backend", "config", "deliver", "domain", "keymap", "sandbox", "secret", "state", "ui",
            "vault",
        ],
        world: &[
            "arboard",
            "crossterm",
            "ratatui",
            "tokio",
            "rustix",
            "secmem_proc",
            "tracing_subscriber",
            "std::env",
            "std::fs",
            "std::process",
            "std::thread",
            "Instant",
        ],
    },
    Room {
        name: "commands",
        rooms: &[
            "app", "backend", "cli", "config", "deliver", "domain", "runtime", "sandbox", "secret", "state",
            "ui", "vault",
        ],
        world: &["tokio", "std::process", "clap"],
    },
    Room { name: "main", rooms: &[], world: &["clap", "std::process"] },
];

fn room(name: &str) -> Option<&'static Room> {
    ROOMS.iter().find(|room| room.name == name)
}

#[test]
fn every_room_has_a_row() {
    for source in product() {
        let name = source.room();
        assert!(name == "lib" || room(name).is_some(), "{} is in no room of the table", source.path);
    }
}

#[test]
fn no_room_reaches_into_another_that_is_not_its_own() {
    let mut broken = Vec::new();
    for source in product() {
        let Some(here) = room(source.room()) else { continue };
        let others =
            || ROOMS.iter().filter(|other| other.name != here.name && !here.rooms.contains(&other.name));
        // As many `super` as there are modules above lead to the root, from where every room can be reached.
        let root = "super::".repeat(source.depth());
        for (number, line) in source.code() {
            let reached: Vec<&str> = others()
                .map(|other| other.name)
                .filter(|name| has_word(line, &format!("crate::{name}")))
                .collect();
            let hidden = line.contains("crate::{") || (line.contains(&root) && here.name != "main");
            if hidden || !reached.is_empty() {
                broken.push(format!("{}:{number} reaches {reached:?}: {}", source.path, line.trim()));
            }
        }
    }
    assert!(broken.is_empty(), "what a room needs is handed in:\n{}", broken.join("\n"));
}

/// Whether a line uses something of the world: by its path, or by naming it in a `use`.
fn uses(line: &str, world: &str) -> bool {
    let path = line.match_indices(&format!("{world}::")).any(|(at, _)| {
        let before = line.get(..at).and_then(|text| text.chars().next_back());
        before.is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != ':')
    });
    let last = world.rsplit("::").next().unwrap_or(world);
    let named = line.trim_start().starts_with("use ")
        && (line.contains(&format!("use {world};"))
            || (line.contains("use std::{") && world.starts_with("std::") && has_word(line, last)));
    path || named || (world == "Instant" && has_word(line, "Instant"))
}

#[test]
fn the_world_outside_is_touched_only_where_it_belongs() {
    let mut broken = Vec::new();
    for source in product() {
        let Some(here) = room(source.room()) else { continue };
        for (number, line) in source.code() {
            for world in WORLD.iter().filter(|world| !here.world.contains(world) && uses(line, world)) {
                broken.push(format!("{}:{number} touches {world}: {}", source.path, line.trim()));
            }
        }
    }
    assert!(broken.is_empty(), "only the room that owns it touches it:\n{}", broken.join("\n"));
}

#[test]
fn the_table_speaks_of_what_there_is() {
    for room in &ROOMS {
        for other in room.rooms {
            assert!(
                ROOMS.iter().any(|known| known.name == *other),
                "{} may use {other}, which is no room",
                room.name
            );
        }
        for world in room.world {
            assert!(WORLD.contains(world), "{world} of {} is not watched", room.name);
        }
    }
    assert!(
        uses("use std::fs;", "std::fs")
            && uses("std::fs::read(p)", "std::fs")
            && uses("use std::{fs, io};", "std::fs")
    );
    assert!(!uses("keyring_core::Entry", "keyring") && uses("keyring::Entry", "keyring"));
}
