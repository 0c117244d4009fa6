//! People: who they are, their passwords, and the account each may change. Names of people and of service accounts are
//! separate.

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde_json::{Value, json};

use super::super::clock::Micros;
use super::super::random;
use super::caller::{Caller, Principal};
use super::errors::{Outcome, Problem};
use super::filters::{Kind, Listing};
use super::hash;
use super::stamps::{naive, nullable};
use super::visit::{Body, NAME, TEXT, Visit, name_or_id, ok};

/// A record of the table.
pub(super) struct User {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) full_name: String,
    pub(super) email: Option<String>,
    pub(super) email_opted_in: bool,
    pub(super) active: bool,
    pub(super) is_admin: bool,
    pub(super) password: Option<String>,
    pub(super) activation_token: Option<String>,
    pub(super) password_changed_at: Option<Micros>,
    pub(super) created: Micros,
    pub(super) updated: Micros,
}

const LISTING: Listing = Listing {
    table: "kitaru_users",
    model: "UserFilter",
    columns: &[
        ("id", Kind::Id),
        ("name", Kind::Text),
        ("full_name", Kind::Text),
        ("email", Kind::Text),
        ("active", Kind::Flag),
        ("email_opted_in", Kind::Flag),
        ("created", Kind::Time),
        ("updated", Kind::Time),
    ],
};

impl User {
    /// Somebody new, active if there is a password.
    pub(super) fn new(name: String, is_admin: bool, password: Option<String>, now: Micros) -> Self {
        Self {
            id: random::id(),
            name,
            full_name: String::new(),
            email: None,
            email_opted_in: false,
            active: password.is_some(),
            is_admin,
            password,
            activation_token: None,
            password_changed_at: None,
            created: now,
            updated: now,
        }
    }

    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            name: row.get("name")?,
            full_name: row.get("full_name")?,
            email: row.get("email")?,
            email_opted_in: row.get("email_opted_in")?,
            active: row.get("active")?,
            is_admin: row.get("is_admin")?,
            password: row.get("password")?,
            activation_token: row.get("activation_token")?,
            password_changed_at: row.get("password_changed_at")?,
            created: row.get("created")?,
            updated: row.get("updated")?,
        })
    }

    /// The envelope; an activation token is shown by the call that made it.
    pub(super) fn json(&self, visit: &Visit<'_>, activation_token: Option<&str>, hydrate: bool) -> Value {
        let mut metadata = json!({
            "email": self.email,
            "external_user_id": null,
            "user_metadata": {},
        });
        if let (true, Value::Object(members)) = (visit.quirks.version.tokens_are_bound(), &mut metadata) {
            members.insert("password_changed_at".to_owned(), nullable(self.password_changed_at));
            members.insert("oidc_claims".to_owned(), json!({}));
        }
        json!({
            "id": self.id,
            "name": self.name,
            "permission_denied": false,
            "resources": null,
            "metadata": if hydrate { metadata } else { Value::Null },
            "body": {
                "created": naive(self.created),
                "updated": naive(self.updated),
                "active": self.active,
                "activation_token": activation_token,
                "full_name": self.full_name,
                // Nobody has said anything about it before they said yes.
                "email_opted_in": self.email_opted_in.then_some(true),
                "is_service_account": false,
                "is_admin": self.is_admin,
                "default_project_id": null,
                "avatar_url": null,
            },
        })
    }
}

/// The user with this name or id.
pub(super) fn find(db: &Connection, name: &str) -> rusqlite::Result<Option<User>> {
    let (name, id) = name_or_id(name);
    db.prepare_cached("select * from kitaru_users where id = ?1 or name = ?2 order by id = ?1 desc limit 1")?
        .query_row([id, name], User::read)
        .optional()
}

/// The user with this name or id, or the 404.
fn require(db: &Connection, name: &str) -> Outcome<User> {
    find(db, name)?
        .ok_or_else(|| Problem::missing(&format!("No user account with the '{name}' name or ID was found")))
}

/// Writes a user down, new or changed.
pub(super) fn save(db: &Connection, user: &User) -> rusqlite::Result<()> {
    db.execute(
        "insert into kitaru_users values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) \
         on conflict (id) do update set name = ?2, full_name = ?3, email = ?4, email_opted_in = ?5, active = ?6, \
         is_admin = ?7, password = ?8, activation_token = ?9, password_changed_at = ?10, updated = ?12",
        params![
            user.id,
            user.name,
            user.full_name,
            user.email,
            user.email_opted_in,
            user.active,
            user.is_admin,
            user.password,
            user.activation_token,
            user.password_changed_at,
            user.created,
            user.updated
        ],
    )
    .map(drop)
}

/// Who everybody is where nobody has to log in.
pub(super) fn default_admin(visit: &Visit<'_>) -> Outcome<User> {
    if let Some(user) = find(visit.db, "default")? {
        return Ok(user);
    }
    let user = User::new("default".to_owned(), true, Some(hash::password("")?), visit.now);
    save(visit.db, &user)?;
    Ok(user)
}

/// The 409 if another user has the name.
fn free(db: &Connection, user: &User) -> Outcome<()> {
    let taken: bool = db.query_row(
        "select exists (select 1 from kitaru_users where name = ? and id != ?)",
        [&user.name, &user.id],
        |row| row.get(0),
    )?;
    if taken {
        let name = &user.name;
        return Err(Problem::exists(format!(
            "Unable to create user with name '{name}': Found an existing user account with this name."
        )));
    }
    Ok(())
}

/// `GET /current-user`: who a credential is, user or service account.
pub(super) fn current(visit: &mut Visit<'_>) -> Outcome {
    let caller = visit.caller()?;
    ok(&match &caller.principal {
        Principal::User(user) => user.json(visit, None, true),
        Principal::Account(account) => {
            // The server answers with the account dressed as a user.
            let dressed = User {
                id: account.id.clone(),
                full_name: account.full_name.clone(),
                active: account.active,
                created: account.created,
                updated: account.updated,
                ..User::new(account.name.clone(), false, None, visit.now)
            };
            let mut json = dressed.json(visit, None, true);
            // A person has not said anything, a program cannot.
            if let Some(said) = json.pointer_mut("/body/email_opted_in") {
                *said = json!(false);
            }
            if let Some(flag) = json.pointer_mut("/body/is_service_account") {
                *flag = Value::Bool(true);
            }
            json
        }
    })
}

pub(super) fn list(visit: &mut Visit<'_>) -> Outcome {
    let caller = visit.caller()?;
    let hydrate = visit.flag("hydrate", false)?;
    // Others than administrators see themselves, and a service account is nobody here.
    let scope = (!caller.is_admin()).then(|| ("id", caller.id()));
    let page = LISTING.page(visit, scope, User::read)?;
    ok(&page.json(|user| user.json(visit, None, hydrate)))
}

pub(super) fn create(visit: &mut Visit<'_>) -> Outcome {
    let body = visit.body()?;
    let caller = visit.caller()?;
    let (name, is_admin) = (body.required_text("name", NAME)?, body.required_boolean("is_admin")?);
    let password = body.text("password", NAME)?;
    let (full_name, email) = (body.text("full_name", NAME)?.unwrap_or_default(), body.text("email", TEXT)?);
    visit.once(&caller, |visit| {
        Visit::admin(&caller, "create user")?;
        let password = password.map(|password| hash::password(&password)).transpose()?;
        let mut user = User { full_name, email, ..User::new(name, is_admin, password, visit.now) };
        free(visit.db, &user)?;
        let token = if user.active { None } else { Some(random::hex::<32>()?) };
        user.activation_token = token.as_deref().map(hash::secret);
        save(visit.db, &user)?;
        ok(&user.json(visit, token.as_deref(), true))
    })
}

pub(super) fn get(visit: &mut Visit<'_>, name: &str) -> Outcome {
    let caller = visit.caller()?;
    let hydrate = visit.flag("hydrate", true)?;
    let user = require(visit.db, name)?;
    if user.id != caller.id() {
        Visit::admin(&caller, "get user")?;
    }
    ok(&user.json(visit, None, hydrate))
}

pub(super) fn update(visit: &mut Visit<'_>, name: &str) -> Outcome {
    let body = visit.body()?;
    let caller = visit.caller()?;
    let (new_name, is_admin, active) =
        (body.text("name", NAME)?, body.boolean("is_admin")?, body.boolean("active")?);
    let changes = Changes::read(&body)?;

    let user = require(visit.db, name)?;
    Visit::admin(&caller, "update user")?;
    let user = User {
        name: new_name.unwrap_or(user.name),
        is_admin: is_admin.unwrap_or(user.is_admin),
        active: active.unwrap_or(user.active),
        ..user
    };
    free(visit.db, &user)?;
    let user = changes.apply(user, visit.now)?;
    save(visit.db, &user)?;
    ok(&user.json(visit, None, true))
}

/// What users may change of themselves too.
struct Changes {
    full_name: Option<String>,
    email: Option<String>,
    password: Option<String>,
}

impl Changes {
    fn read(body: &Body) -> Outcome<Self> {
        Ok(Self {
            full_name: body.text("full_name", NAME)?,
            email: body.text("email", TEXT)?,
            password: body.text("password", NAME)?,
        })
    }

    fn apply(self, user: User, now: Micros) -> Outcome<User> {
        let mut user = User {
            full_name: self.full_name.unwrap_or(user.full_name),
            email: self.email.or(user.email),
            updated: now,
            ..user
        };
        if let Some(password) = self.password {
            user.password = Some(hash::password(&password)?);
            user.password_changed_at = Some(now);
        }
        Ok(user)
    }
}

/// `PUT /current-user`: a new password needs the old one, and its lack is 403, not 401.
pub(super) fn update_current(visit: &mut Visit<'_>) -> Outcome {
    let body = visit.body()?;
    let caller = visit.caller()?;
    let (changes, old) = (Changes::read(&body)?, body.text("old_password", NAME)?);
    let user = require(visit.db, caller.user().map_or(caller.id(), |user| &user.id))?;
    if changes.password.is_some() {
        let Some(old) = old else {
            return Err(Problem::illegal(
                "The current password must be supplied when changing the password.",
            ));
        };
        if !user.password.as_ref().is_some_and(|hash| hash::is_password(&old, hash)) {
            return Err(Problem::illegal("The current password is incorrect."));
        }
    }
    let user = changes.apply(user, visit.now)?;
    save(visit.db, &user)?;
    ok(&user.json(visit, None, true))
}

/// `PUT /users/{n}/activate`: the one call that an activation token is for; nobody is logged in yet.
pub(super) fn activate(visit: &mut Visit<'_>, name: &str) -> Outcome {
    let body = visit.body()?;
    let token = body.required_text("activation_token", NAME)?;
    let changes = Changes::read(&body)?;
    let wrong =
        || Problem::credentials(format!("Authentication error: invalid activation token for user {name}"));
    let user = find(visit.db, name)?.ok_or_else(wrong)?;
    if user.activation_token != Some(hash::secret(&token)) {
        return Err(wrong());
    }
    let user = changes.apply(User { active: true, activation_token: None, ..user }, visit.now)?;
    save(visit.db, &user)?;
    ok(&user.json(visit, None, true))
}

/// `PUT /users/{n}/deactivate`: a new activation token, and the password is gone.
pub(super) fn deactivate(visit: &mut Visit<'_>, name: &str) -> Outcome {
    let caller = visit.caller()?;
    let user = require(visit.db, name)?;
    not_oneself(&caller, &user, "deactivate")?;
    Visit::admin(&caller, "deactivate user")?;
    let token = random::hex::<32>()?;
    let user = User {
        active: false,
        password: None,
        activation_token: Some(hash::secret(&token)),
        updated: visit.now,
        ..user
    };
    save(visit.db, &user)?;
    ok(&user.json(visit, Some(&token), true))
}

pub(super) fn delete(visit: &mut Visit<'_>, name: &str) -> Outcome {
    let caller = visit.caller()?;
    let user = require(visit.db, name)?;
    not_oneself(&caller, &user, "delete")?;
    Visit::admin(&caller, "delete user")?;
    visit.db.execute("delete from kitaru_users where id = ?", [user.id])?;
    ok(&Value::Null)
}

fn not_oneself(caller: &Caller, user: &User, action: &str) -> Outcome<()> {
    if caller.id() == user.id {
        return Err(Problem::illegal(format!("Cannot {action} the user that is making the request.")));
    }
    Ok(())
}
