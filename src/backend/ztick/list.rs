//! The tokens of the file as credentials, and what should be said about file and server.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::Ztick;
use super::abilities::NOUN;
use super::file::{Finding as Found, Reading, Token, Trap, Weight, findings, note_of, read};
use super::look::{Look, Server, presentable};
use super::names::{ids, text};
use super::store::Held;
use super::wire::{Seen, crossing};
use crate::domain::answer::Listing;
use crate::domain::credential::{Credential, CredentialRef, Expiry, LastUse, Told};
use crate::domain::failure::Failure;
use crate::domain::finding::{Finding, Severity};
use crate::domain::owner::{Id, Owner};
use crate::domain::scope::{Granted, Risk, ScopeOffer};
use crate::domain::text::Text;
use crate::domain::time::Timestamp;

/// What a note of ours begins with.
pub(super) const NOTE: &str = "keywright";

/// The most names of jobs and rules that are offered to compare a namespace with.
const MOST_NAMES: usize = 2000;

impl Ztick {
    /// Everything in the file, with what the running server makes of it.
    pub(super) async fn list_all(&self) -> Result<Listing, Failure> {
        let held = self.store.load().await?;
        self.looked_at(held.bytes());
        let reading = read(held.bytes());
        let look = self.look(&held, &reading.tokens).await;
        let mut listing = Listing {
            owners: vec![self.owner()],
            credentials: self.judged(&held, &reading, &look),
            ..Listing::default()
        };
        let mut told = self.about_server(&held, &look);
        told.extend(about_file(&held, &reading));
        told.extend(self.about_rules(&reading, &look).await);
        told.extend(self.about_settings().await);
        told.sort_by_key(|finding| finding.severity);
        listing.findings = told;
        Ok(listing)
    }

    /// One token as the file has it now.
    pub(super) async fn read_one(&self, reference: &CredentialRef) -> Result<Credential, Failure> {
        let held = self.store.load().await?;
        self.looked_at(held.bytes());
        let reading = read(held.bytes());
        let index = super::change::place(&reading, &reference.id)?;
        let look = self.look(&held, &reading.tokens).await;
        let found = self.judged(&held, &reading, &look).into_iter().nth(index);
        found.ok_or_else(|| super::not_here("such token"))
    }

    /// The one owner: the file.
    pub(super) fn owner(&self) -> Owner {
        Owner {
            id: Id::new("file"),
            name: Text::from(self.location.name()),
            description: Text::from(self.location.to_string()),
            enabled: true,
            created: None,
        }
    }

    /// The credentials, with which of them wait for a restart.
    fn judged(&self, held: &Held, reading: &Reading<'_>, look: &Look) -> Vec<Credential> {
        let mut all = credentials(held.bytes(), reading, &self.owner());
        for (index, credential) in all.iter_mut().enumerate() {
            if look.is_pending(index) {
                let why = format!("The running server does not go by it yet. {}.", self.by_hand());
                credential.particulars.pending = Some(Text::from(why));
            }
        }
        all
    }

    /// What there is under which names: the namespaces of the file, and the jobs and rules the server shows to a token of
    /// the file. Rules are shown to every token, jobs to those they belong to.
    pub(super) async fn names_there(&self) -> Result<Vec<ScopeOffer>, Failure> {
        let held = self.store.load().await?;
        let reading = read(held.bytes());
        let of_tokens: BTreeSet<Text> = reading
            .tokens
            .iter()
            .filter_map(|token| token.namespace)
            .filter(|namespace| ![b"".as_slice(), b"*"].contains(namespace))
            .map(text)
            .collect();
        let mut there = BTreeSet::new();
        let look = self.look(&held, &reading.tokens).await;
        if let Some(taken) = look.a_taken_one() {
            // One that is for everything sees every job.
            let all = reading.tokens.iter().position(|token| token.namespace == Some(b"*".as_slice()));
            let asked = all.filter(|all| !look.is_pending(*all)).unwrap_or(taken);
            if let Some((_, secret)) = presentable(&reading.tokens).find(|(index, _)| *index == asked) {
                // Without them the namespaces of the file are still worth offering.
                there.extend(self.client.jobs(&secret, b"").await.unwrap_or_default());
                let rules = self.client.rules(&secret).await.unwrap_or_default();
                there.extend(rules.into_iter().flat_map(|rule| [rule.name, rule.pattern]));
            }
        }
        let offer = |group: &'static str, allows: &'static str| {
            move |name: Text| ScopeOffer {
                id: name.as_str().to_owned().into(),
                title: None,
                group: group.into(),
                allows: allows.into(),
                risk: Risk::Writes,
            }
        };
        let named =
            there.into_iter().filter(|name| !name.is_empty() && !of_tokens.contains(name)).take(MOST_NAMES);
        let named = named
            .map(offer("jobs and rules there are", "this one, and what else begins so"))
            .collect::<Vec<_>>();
        let spaces = of_tokens
            .iter()
            .cloned()
            .map(offer("namespaces of the file", "every job and rule that begins so"));
        Ok(spaces.chain(named).collect())
    }

    fn about_server(&self, held: &Held, look: &Look) -> Vec<Finding> {
        let say = |severity, what: &str, mend: &str| Finding {
            severity,
            credential: None,
            what: what.into(),
            mend: mend.into(),
        };
        let mut told = Vec::new();
        if !held.exists() {
            told.push(say(
                Severity::Alarm,
                "There is no auth file: a server without one asks nobody who they are.",
                "Make the first token (n): the file is made with it, and what to add to the server's settings is shown.",
            ));
        }
        match &look.server {
            Server::Running if look.newer => told.push(say(
                Severity::Warning,
                "The file was written after the running server read it: they do not agree.",
                &format!("{}. Until then tokens that were added are refused, and removed ones still work.", self.by_hand()),
            )),
            Server::Running if look.runs_with_another_file() => told.push(say(
                Severity::Alarm,
                "The server started after the file was last written and still refuses a token that is in it: it runs with another file.",
                "Compare auth_file in its settings with this account's (a relative one counts from where it was started).",
            )),
            Server::TakesNone => told.push(say(
                Severity::Alarm,
                "The running server takes no token of this file.",
                &format!("{}. If that changes nothing it runs with another file.", self.by_hand()),
            )),
            Server::Open => told.push(say(
                Severity::Alarm,
                Seen::OPEN,
                "Set auth_file under [controller] in its settings, and restart it. Never switch tokens off by dropping that line.",
            )),
            Server::Odd(seen) => told.push(say(
                Severity::Warning,
                seen.sentence(),
                "Check that the server runs and that the account's address is its own; what it goes by is not known until then.",
            )),
            Server::Failed(failure) => told.push(say(Severity::Warning, &failure.sentence(), failure.next_step())),
            Server::Running | Server::Unasked => {}
        }
        told
    }

    /// Rules of one tenant that run for the jobs of another.
    async fn about_rules(&self, reading: &Reading<'_>, look: &Look) -> Vec<Finding> {
        let taken = look.a_taken_one();
        let Some((_, secret)) = presentable(&reading.tokens).find(|(index, _)| Some(*index) == taken) else {
            return Vec::new();
        };
        let Ok(rules) = self.client.rules(&secret).await else { return Vec::new() };
        let namespaces: Vec<&str> =
            reading.tokens.iter().filter_map(|token| str::from_utf8(token.namespace?).ok()).collect();
        let crosses = crossing(&rules, &namespaces).into_iter().map(|rule| Finding {
            severity: Severity::Alarm,
            credential: None,
            what: format!(
                "The rule '{}' runs for jobs that begin with '{}', which is outside the namespace it is named in.",
                rule.name, rule.pattern
            )
            .into(),
            mend: "The server looks at a rule's name only. Remove it with a token that covers its name, or ask whoever holds that token.".into(),
        });
        crosses.collect()
    }
}

/// The tokens the server reads, as credentials.
pub(super) fn credentials(bytes: &[u8], reading: &Reading<'_>, owner: &Owner) -> Vec<Credential> {
    let wide = |token: &&Token<'_>| token.namespace == Some(b"*".as_slice());
    let last = reading.tokens.len() == 1;
    let last_wide = reading.tokens.iter().filter(wide).count() == 1;
    let of = |(id, token): (Id, &Token<'_>)| {
        let cautions = match () {
            () if last => {
                vec![Text::from("It is the last token: without it the server refuses every login.")]
            }
            () if last_wide && wide(&token) => vec![Text::from(
                "It is the last token for everything (*): jobs and rules outside all namespaces are then out of everybody's reach.",
            )],
            () => Vec::new(),
        };
        Credential {
            id,
            owner: owner.reference(),
            name: text(token.name),
            kind: NOUN,
            description: Text::default(),
            scopes: match token.namespace {
                Some(b"*") => Granted::Everything,
                other => Granted::Listed(other.map(text).into_iter().collect()),
            },
            created: note(bytes, token).and_then(|(made, _)| made),
            rotated: None,
            expires: Expiry::Never,
            last_use: LastUse::Untold,
            enabled: true,
            owner_enabled: true,
            window: None,
            particulars: Told { cautions, allows: allows(token), ..Told::NOTHING }.into(),
        }
    };
    ids(&reading.tokens).into_iter().zip(&reading.tokens).map(of).collect()
}

/// What a namespace covers, in a sentence.
fn allows(token: &Token<'_>) -> Vec<Text> {
    let namespace = text(token.namespace.unwrap_or_default());
    let words = match namespace.as_str() {
        "*" => String::from("every job and every rule of everybody"),
        "" => String::from("nothing: it has no namespace"),
        name if name.ends_with(char::is_alphanumeric) => {
            format!("every job and rule whose name begins with {name}, also without a separator behind it")
        }
        name => format!("every job and rule whose name begins with {name}"),
    };
    vec![Text::from(words)]
}

/// When a token was made and by which operation, if a note of ours says so.
fn note(bytes: &[u8], token: &Token<'_>) -> Option<(Option<Timestamp>, Option<Uuid>)> {
    let note = note_of(bytes, token, NOTE.as_bytes())?;
    let mut words = str::from_utf8(note).ok()?.split_whitespace().skip(1);
    Some((words.next()?.parse().ok(), words.next().and_then(|key| Uuid::parse_str(key).ok())))
}

/// Which operation made a token.
pub(super) fn made_by(bytes: &[u8], token: &Token<'_>) -> Option<Uuid> {
    note(bytes, token)?.1
}

/// What is found in the file itself.
fn about_file(held: &Held, reading: &Reading<'_>) -> Vec<Finding> {
    let ids = ids(&reading.tokens);
    let mut found = findings(held.bytes());
    if held.is_loose() {
        found.push(Found { trap: Trap::LooseMode, line: None, token: None, other: None });
    }
    // What a missing file lacks is told as one thing, and wide tokens are told of as credentials.
    let told = found.into_iter().filter(|one| held.exists() && one.trap != Trap::WideNamespace);
    told.map(|one| {
        let severity = match one.trap.weight() {
            Weight::Fatal | Weight::Serious => Severity::Alarm,
            Weight::Warning => Severity::Warning,
            Weight::Note => Severity::Hint,
        };
        let at = one.line.map_or(0, |line| line.saturating_sub(1));
        let index = reading.tokens.iter().rposition(|token| {
            token.header <= at && one.token.as_ref().is_some_and(|name| *name == text(token.name))
        });
        let place = match (one.line, &one.token) {
            (Some(line), Some(token)) => format!("Line {line}, {token}: "),
            (Some(line), None) => format!("Line {line}: "),
            (None, _) => String::new(),
        };
        let other = one.other.as_ref().map(|other| format!(" (The other is {other}.)")).unwrap_or_default();
        Finding {
            severity,
            credential: index.and_then(|index| ids.get(index).cloned()),
            what: format!("{place}{}{other}", one.trap.sentence()).into(),
            mend: one.trap.mend().into(),
        }
    })
    .collect()
}
