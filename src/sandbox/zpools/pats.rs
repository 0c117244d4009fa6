//! PATs: one row each with the hash of the token, which is told once. Rows are never deleted.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde_json::{Map, Value, json};

use super::super::clock::{DAY, Micros, format};
use super::super::hash;
use super::caller::{Need, with_either, with_jwt};
use super::problem::{Outcome, Problem};
use super::quirks::{EmptyScopes, RevokedRows};
use super::scope::Scope;
use super::{Visit, done, secrets};

/// How long a PAT lives at most.
pub(super) const HARD_LIFE: Micros = 365 * DAY;

/// A row.
#[derive(Clone)]
pub(super) struct Pat {
    pub(super) key_id: String,
    pub(super) user: String,
    pub(super) label: String,
    pub(super) scopes: Vec<Scope>,
    pub(super) hash: String,
    pub(super) created: Micros,
    pub(super) expiry: Option<Micros>,
    pub(super) hard_expiry: Micros,
    pub(super) revoked: bool,
    pub(super) last_used: Option<Micros>,
    pub(super) last_ip: Option<String>,
    pub(super) last_ua: Option<String>,
    pub(super) usage_count: i64,
    pub(super) token_ver: i64,
}

impl Pat {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let scopes: String = row.get("scopes")?;
        Ok(Self {
            key_id: row.get("key_id")?,
            user: row.get("user")?,
            label: row.get("label")?,
            scopes: serde_json::from_str(&scopes).unwrap_or_default(),
            hash: row.get("hash")?,
            created: row.get("created")?,
            expiry: row.get("expiry")?,
            hard_expiry: row.get("hard_expiry")?,
            revoked: row.get("revoked")?,
            last_used: row.get("last_used")?,
            last_ip: row.get("last_ip")?,
            last_ua: row.get("last_ua")?,
            usage_count: row.get("usage_count")?,
            token_ver: row.get("token_ver")?,
        })
    }

    fn is_expired(&self, now: Micros) -> bool {
        self.expiry.is_some_and(|expiry| expiry <= now) || self.hard_expiry <= now
    }

    /// Whether its token opens anything.
    pub(super) fn is_live(&self, now: Micros) -> bool {
        !self.revoked && !self.is_expired(now)
    }

    /// The row as it is listed. What is not there is left out; only `last_used_at` may be null to the real clients.
    fn json(&self, now: Micros) -> Value {
        let status = match (self.revoked, self.is_expired(now)) {
            (true, _) => "revoked",
            (false, true) => "expired",
            (false, false) => "active",
        };
        let mut row = json!({
            "key_id": self.key_id,
            "label": self.label,
            "status": status,
            "scopes": self.scopes,
            "created_at": moment(self.created),
            "hard_expiry_at": moment(self.hard_expiry),
            "last_used_at": self.last_used.map(moment),
            "usage_count": self.usage_count,
            "token_ver": self.token_ver,
        });
        if let Value::Object(members) = &mut row {
            let texts = [
                ("expiry_at", self.expiry.map(moment)),
                ("last_ip", self.last_ip.clone()),
                ("last_ua", self.last_ua.clone()),
            ];
            members
                .extend(texts.into_iter().filter_map(|(name, text)| Some((name.to_owned(), text?.into()))));
        }
        row
    }
}

/// A moment as the server writes it.
pub(super) fn moment(moment: Micros) -> String {
    format(moment, "%Y-%m-%dT%H:%M:%S%.3f+00:00")
}

/// Writes a row down, a new one or one that has changed.
pub(super) fn save(db: &Connection, pat: &Pat) -> rusqlite::Result<()> {
    db.prepare_cached("insert or replace into zpools_pats values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")?
        .execute(params![
            pat.key_id,
            pat.user,
            pat.label,
            json!(pat.scopes).to_string(),
            pat.hash,
            pat.created,
            pat.expiry,
            pat.hard_expiry,
            pat.revoked,
            pat.last_used,
            pat.last_ip,
            pat.last_ua,
            pat.usage_count,
            pat.token_ver
        ])
        .map(drop)
}

/// The row of a token.
pub(super) fn by_token(db: &Connection, token: &str) -> rusqlite::Result<Option<Pat>> {
    let mut found = db.prepare_cached("select * from zpools_pats where hash = ?")?;
    found.query_row([hash::secret(token)], Pat::read).optional()
}

/// A user's rows, the oldest first.
pub(super) fn of(db: &Connection, user: &str) -> rusqlite::Result<Vec<Pat>> {
    let mut found = db.prepare_cached("select * from zpools_pats where user = ? order by created, key_id")?;
    found.query_map([user], Pat::read)?.collect()
}

/// Notes that a PAT was used just now, from where and by what.
pub(super) fn stamp(visit: &Visit<'_>, key_id: &str) -> rusqlite::Result<()> {
    let sql = "update zpools_pats set last_used = ?, last_ip = '127.0.0.1', last_ua = ?, \
               usage_count = usage_count + 1 where key_id = ?";
    let agent = visit.call.header("user-agent");
    visit.db.prepare_cached(sql)?.execute(params![visit.now, agent, key_id]).map(drop)
}

/// Who may list and revoke: a PAT only where PATs manage PATs.
fn manager(visit: &mut Visit<'_>) -> Outcome<String> {
    if visit.quirks.pats_manage_pats { with_either(visit, Need::Scope(Scope::Pat)) } else { with_jwt(visit) }
}

pub(super) fn list(visit: &mut Visit<'_>) -> Outcome {
    let user = manager(visit)?;
    let hidden = visit.quirks.revoked_rows == RevokedRows::Hidden;
    let rows = of(visit.db, &user)?;
    let items: Vec<Value> =
        rows.iter().filter(|pat| !(hidden && pat.revoked)).map(|pat| pat.json(visit.now)).collect();
    done(200, "PATs retrieved", &json!({ "items": items }))
}

pub(super) fn create(visit: &mut Visit<'_>) -> Outcome {
    let user = with_jwt(visit)?;
    let body = visit.body()?;
    let label = text(&body, "label")?.filter(|label| !label.is_empty());
    let label = label.ok_or_else(|| Problem::invalid("label is required"))?;
    let mut scopes = scopes(&body)?;
    let expiry = text(&body, "expiry")?.map(expiry).transpose()?;
    // Named in the specification and never told again.
    text(&body, "tenant_id")?;
    if scopes.is_empty() && visit.quirks.empty_scopes == EmptyScopes::DefaultSet {
        scopes = vec![Scope::Zpool, Scope::Job];
    }
    let token = secrets::token()?;
    let pat = Pat {
        key_id: new_key_id(visit.db)?,
        user,
        label: label.to_owned(),
        scopes,
        hash: hash::secret(&token),
        created: visit.now,
        expiry,
        hard_expiry: visit.now.saturating_add(HARD_LIFE),
        revoked: false,
        last_used: None,
        last_ip: None,
        last_ua: None,
        usage_count: 0,
        token_ver: 1,
    };
    save(visit.db, &pat)?;
    done(201, "PAT created", &json!({ "key_id": pat.key_id, "token": token }))
}

/// Four words that no row has.
pub(super) fn new_key_id(db: &Connection) -> Result<String, super::SandboxError> {
    loop {
        let key_id = secrets::key_id()?;
        let sql = "select exists (select 1 from zpools_pats where key_id = ?)";
        let taken: bool = db.query_row(sql, [&key_id], |row| row.get(0))?;
        if !taken {
            return Ok(key_id);
        }
    }
}

fn text<'a>(body: &'a Map<String, Value>, name: &str) -> Outcome<Option<&'a str>> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(Problem::invalid(format!("{name} must be a string"))),
    }
}

fn scopes(body: &Map<String, Value>) -> Outcome<Vec<Scope>> {
    let Some(told) = body.get("scopes").filter(|told| !told.is_null()) else { return Ok(Vec::new()) };
    let wrong = || Problem::invalid("scopes must be a list of: *, zpool, job, sshkey, pat, billing");
    serde_json::from_value(told.clone()).ok().ok_or_else(wrong)
}

/// The first moment of a date: from there on the PAT has expired.
fn expiry(date: &str) -> Outcome<Micros> {
    let parsed = date.parse::<Date>().ok().filter(|parsed| parsed.to_string() == date);
    let start = parsed.and_then(|date| date.to_zoned(TimeZone::UTC).ok());
    let start = start.ok_or_else(|| Problem::invalid("expiry must be a date such as 2027-01-31"))?;
    Ok(start.timestamp().as_microsecond())
}

pub(super) fn revoke(visit: &mut Visit<'_>, key_id: &str) -> Outcome {
    let user = manager(visit)?;
    let sql = "update zpools_pats set revoked = 1 where key_id = ? and user = ? and revoked = 0";
    match visit.db.execute(sql, [key_id, &user])? {
        0 => Err(Problem::Told(404, "PAT not found".to_owned())),
        _ => done(200, "PAT revoked", &json!({ "key_id": key_id })),
    }
}
