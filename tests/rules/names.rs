//! A backend's name stands in its own folders and where it is registered; everything else draws from what it can do.

use keywright::backend::registry::BACKENDS;

use crate::source::{has_word, product};

/// Where a name may stand besides the backend's own folders, and why.
const MAY: [(&str, &str); 7] = [
    ("src/backend/mod.rs", "declares the folder"),
    ("src/backend/registry.rs", "the one line of each backend"),
    ("src/sandbox/mod.rs", "declares the folder and announces its part"),
    ("src/sandbox/ports.rs", "each part has its fixed place after the base"),
    ("src/sandbox/world.rs", "hands a request to the part it came to"),
    ("src/sandbox/quirks.rs", "the switches of each part"),
    ("src/sandbox/control.rs", "describes each part's switches"),
];

#[test]
fn a_backends_name_stands_only_where_it_belongs() {
    let mut broken = Vec::new();
    for backend in BACKENDS {
        let id = backend.abilities.id;
        let names = [id.to_lowercase(), backend.abilities.title.to_lowercase()];
        // A backend that stands for unlike servers has further folders in the sandbox, named after it.
        let own = [format!("src/backend/{id}/"), format!("src/sandbox/{id}/"), format!("src/sandbox/{id}_")];
        for source in product() {
            let allowed = MAY.iter().any(|(path, _)| *path == source.path);
            if allowed || own.iter().any(|folder| source.path.starts_with(folder.as_str())) {
                continue;
            }
            for (number, line) in source.code() {
                let line = line.to_lowercase();
                if names.iter().any(|name| has_word(&line, name)) {
                    broken.push(format!("{}:{number}: {}", source.path, line.trim()));
                }
            }
        }
    }
    assert!(broken.is_empty(), "ask what the backend can do instead of its name:\n{}", broken.join("\n"));
}

#[test]
fn every_exception_is_still_one() {
    let sources = product();
    for (path, reason) in MAY {
        let source = sources.iter().find(|source| source.path == path);
        let used = source.is_some_and(|source| {
            BACKENDS.iter().any(|backend| {
                source.code().any(|(_, line)| line.to_lowercase().contains(backend.abilities.id))
            })
        });
        assert!(used, "{path} names no backend any more; take it off the list ({reason})");
    }
}

#[test]
fn every_backend_has_a_folder_of_its_name() {
    for backend in BACKENDS {
        let folder = crate::source::root().join("src/backend").join(backend.abilities.id);
        assert!(folder.join("mod.rs").is_file(), "{} lives in {}", backend.abilities.title, folder.display());
    }
}
