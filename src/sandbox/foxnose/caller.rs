//! Who is calling. One scheme per request, spelled exactly: `Bearer` with a person's token or a Flux bearer token,
//! `Simple` with a key's both halves, `Secure` with the public half and a signature. Every failure is a 401.

use jiff::Timestamp;

use super::super::clock::SECOND;
use super::super::hash;
use super::keys::{self, Key, Kind};
use super::problem::{Outcome, Problem};
use super::{Visit, login, pair};

/// What a Flux bearer token begins with; it tells it from a person's.
const BEARER: &str = "fxk_";

/// Who was let in to the Management API.
pub(super) enum Caller {
    Person,
    Key(Box<Key>),
}

/// The caller of a Management call.
pub(super) fn management(visit: &Visit<'_>) -> Outcome<Caller> {
    match credential(visit)? {
        Some(Credential::Bearer(token)) if !token.starts_with(BEARER) => {
            login::person(&visit.server.signer, token, visit.now).map(|_| Caller::Person)
        }
        Some(Credential::Simple(public, secret)) => {
            simple(visit, Kind::Management, public, secret).map(|key| Caller::Key(Box::new(key)))
        }
        Some(Credential::Secure(public, signature)) => {
            secure(visit, Kind::Management, public, signature).map(|key| Caller::Key(Box::new(key)))
        }
        Some(Credential::Bearer(_)) => Err(Problem::stranger("Given token not valid for any token type")),
        None => Err(Problem::stranger("Authentication credentials were not provided.")),
    }
}

/// The key of a Flux call, or nobody.
pub(super) fn flux(visit: &Visit<'_>) -> Outcome<Option<Key>> {
    let key = match credential(visit)? {
        None => return Ok(None),
        Some(Credential::Simple(public, secret)) => simple(visit, Kind::Flux, public, secret)?,
        Some(Credential::Secure(public, signature)) => secure(visit, Kind::Flux, public, signature)?,
        Some(Credential::Bearer(token)) => {
            let open = visit.quirks.bearer_tokens && visit.quirks.bearer_on_rest;
            let found = if open { keys::by_bearer(visit.db, token)? } else { None };
            found.ok_or_else(|| Problem::stranger("Invalid token"))?
        }
    };
    Ok(Some(key))
}

enum Credential<'a> {
    Bearer(&'a str),
    Simple(&'a str, &'a str),
    Secure(&'a str, &'a str),
}

fn credential<'a>(visit: &Visit<'a>) -> Outcome<Option<Credential<'a>>> {
    let mut headers = visit.call.headers.get_all("authorization").iter();
    let Some(header) = headers.next() else { return Ok(None) };
    let wrong = || Problem::stranger("Invalid Authorization header");
    if headers.next().is_some() {
        return Err(wrong());
    }
    let (scheme, rest) = header.to_str().ok().and_then(|text| text.split_once(' ')).ok_or_else(wrong)?;
    match (scheme, rest.split_once(':')) {
        ("Bearer", _) => Ok(Some(Credential::Bearer(rest))),
        ("Simple", Some((public, secret))) => Ok(Some(Credential::Simple(public, secret))),
        ("Secure", Some((public, signature))) => Ok(Some(Credential::Secure(public, signature))),
        _ => Err(wrong()),
    }
}

fn simple(visit: &Visit<'_>, kind: Kind, public: &str, secret: &str) -> Outcome<Key> {
    let found = keys::by_public(visit.db, kind, public)?.filter(|key| key.secret == hash::secret(secret));
    found.ok_or_else(|| Problem::stranger("Invalid API key"))
}

/// The signature is over the path as it was sent, without the query, the hash of the body, and the date as it was sent.
fn secure(visit: &Visit<'_>, kind: Kind, public: &str, signature: &str) -> Outcome<Key> {
    let key = keys::by_public(visit.db, kind, public)?.ok_or_else(|| Problem::stranger("Invalid API key"))?;
    let date = visit.call.header("date").unwrap_or_default();
    let moment = date.parse::<Timestamp>().ok().filter(|moment| moment.to_string() == date);
    let moment = moment.filter(|moment| moment.subsec_nanosecond() == 0 && date.ends_with('Z'));
    let moment = moment.ok_or_else(|| Problem::stranger("Date must be YYYY-MM-DDTHH:MM:SSZ"))?;
    let window = i64::from(visit.quirks.signature_window_seconds) * SECOND;
    if (visit.now - moment.as_microsecond()).abs() > window {
        return Err(Problem::stranger("Request date is too far from the server's clock"));
    }
    let signed = format!("{}|{}|{date}", visit.call.path, hash::bytes(&visit.call.body));
    let good = !visit.quirks.breaks_signatures && pair::is_signed(public, &signed, signature);
    if good { Ok(key) } else { Err(Problem::stranger("Invalid signature")) }
}
