//! What is found in variables and in a file, and what is said of it.

use std::collections::BTreeMap;
use std::path::Path;

use super::*;
use crate::backend::found::{Found, FoundFile, Holds, Surroundings, no_names};

fn found(variables: &[(&str, &str)], file: Option<(&'static str, bool)>) -> Vec<Found> {
    let variables: BTreeMap<String, Secret> = variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), Secret::new((*value).to_owned())))
        .collect();
    let read = move |path: &Path| {
        let (text, loose) = file.filter(|_| path == Path::new(".env"))?;
        Some(FoundFile { text: Secret::new(text.to_owned()), loose })
    };
    found::find(&Surroundings { variables, home: PathBuf::new(), read: &read, names: &no_names })
}

fn words(found: &[Found]) -> Vec<(String, String)> {
    found.iter().map(|one| (one.what.to_string(), one.source.to_string())).collect()
}

fn pairs(words: &[(&str, &str)]) -> Vec<(String, String)> {
    words.iter().map(|(what, source)| ((*what).to_owned(), (*source).to_owned())).collect()
}

#[test]
fn variables() {
    assert!(found(&[("FOXNOSE_TOKEN", ""), ("OTHER_TOKEN", "x")], None).is_empty());
    let key = format!("Management key {PUBLIC}");
    let all = found(
        &[
            ("FOXNOSE_BASE_URL", "https://api.foxnose.net"),
            ("FOXNOSE_ACCESS_TOKEN", JWT),
            ("FOXNOSE_EMAIL", "ada@example.com"),
            ("FOXNOSE_PASSWORD", "pw"),
            ("FOXNOSE_ENVIRONMENT_KEY", ENV),
            ("FOXNOSE_MANAGEMENT_PUBLIC_KEY", PUBLIC),
            ("FOXNOSE_MANAGEMENT_PRIVATE_KEY", SECRET),
            ("FOXNOSE_BEARER_TOKEN", "fxk_abcdefghijkl"),
        ],
        None,
    );
    assert_eq!(
        words(&all),
        pairs(&[
            ("access token of a person", "$FOXNOSE_ACCESS_TOKEN"),
            ("e-mail and password", "$FOXNOSE_EMAIL and $FOXNOSE_PASSWORD"),
            (&key, "$FOXNOSE_MANAGEMENT_PUBLIC_KEY and $FOXNOSE_MANAGEMENT_PRIVATE_KEY"),
            ("Flux bearer token", "$FOXNOSE_BEARER_TOKEN"),
        ])
    );
    assert!(all.iter().all(|one| one.endpoint.is_some() && one.warnings.is_empty()));
    assert!(
        matches!(&all[2].holds, Holds::Login { method: "secure", fields, .. } if fields[0] == ("environment", ENV.to_owned()))
    );
    // Every login that is found is one that can be made.
    for one in &all {
        if let Holds::Login { method, fields, secrets } = &one.holds {
            let known =
                abilities::ABILITIES.logins.iter().find(|known| known.id == *method).expect("a method");
            let has = |id: &str| known.fields.iter().any(|field| field.id == id);
            assert!(
                fields.iter().all(|(id, _)| has(id)) && secrets.iter().all(|(id, _)| has(id)),
                "{method}"
            );
        }
    }
    assert!(matches!(found(&[("FOXNOSE_URL", "https://x.example")], None)[0].holds, Holds::Account));
}

#[test]
fn a_file_and_what_is_wrong_with_it() {
    let text = "# mine\nexport FOXNOSE_PUBLIC_KEY='A2D+1LolWp0xyWHrdMY1bWjASbiSO2H6bOZpYi5g8p+2'\nFOXNOSE_SECRET_KEY=\"bm90IGEga2V5\"\nBROKEN\n";
    let all = found(&[("FOXNOSE_SECRET_KEY", "x")], Some((text, true)));
    assert_eq!(all.len(), 1);
    assert_eq!(all[0].source.as_str(), "$FOXNOSE_PUBLIC_KEY and $FOXNOSE_SECRET_KEY in ./.env");
    assert_eq!(all[0].loose_file.as_deref(), Some(Path::new(".env")));
    let warnings = all[0].warnings.iter().map(Text::as_str).collect::<Vec<_>>().join(" | ");
    for word in ["wins", "others may read", "P-256"] {
        assert!(warnings.contains(word), "{warnings}");
    }
    let other = found(&[("FOXNOSE_FLUX_PUBLIC_KEY", "other"), ("FOXNOSE_FLUX_SECRET_KEY", SECRET)], None);
    assert_eq!(other[0].warnings[0].as_str(), "the two halves are of different keys");
    assert!(matches!(&other[0].holds, Holds::Credential(parts) if parts.count() == 2));
}
