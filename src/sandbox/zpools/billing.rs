//! The bill, behind the scope for it: balance, ledger, summary and how long the money lasts. The first user put money in
//! once and pays for two pools every day; everybody else has nothing. Nothing here can be changed.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use serde_json::{Value, json};

use super::super::clock::{DAY, Micros};
use super::caller::{Need, with_either};
use super::pats::moment;
use super::problem::{Outcome, Problem};
use super::scope::Scope;
use super::{Visit, done, seed};

/// What is added to the provider's price, in hundredths of a percent.
const MARKUP_BPS: u32 = 1500;
/// What the pools cost in a day, in cents, the markup included.
const DAILY: i32 = 50;
/// For how many days they were charged.
const CHARGED: i32 = 60;
/// What was put in, in cents.
const PUT_IN: i32 = 7175;
/// When that was.
const PUT_IN_AGO: Micros = 400 * DAY;
/// The longest span of a summary, in days.
const LONGEST: i32 = 32;

/// One line of the ledger.
#[derive(Clone, Copy)]
struct Entry {
    at: Micros,
    /// In cents; what is taken out is negative.
    amount: i32,
}

impl Entry {
    fn date(self) -> Option<Date> {
        let at = Timestamp::from_microsecond(self.at).ok()?;
        Some(at.to_zoned(TimeZone::UTC).date())
    }

    fn json(self) -> Value {
        let is_credit = self.amount > 0;
        let (kind, source, note) = if is_credit {
            ("credit", "claim", "code claimed")
        } else {
            ("debit", "hourly_ebs", "zp-2f8c41d0 gp3 500 GiB, 24 hours")
        };
        let markup = if is_credit { 0.0 } else { dollars(-self.amount) * f64::from(MARKUP_BPS) / 11_500.0 };
        json!({
            "amount_usd": dollars(self.amount),
            "event_ts": moment(self.at),
            "posted_ts": moment(self.at),
            "event_type": kind,
            "markup_bps": if is_credit { 0 } else { MARKUP_BPS },
            "markup_usd": markup,
            "note": note,
            "source": source,
        })
    }
}

fn dollars(cents: i32) -> f64 {
    f64::from(cents) / 100.0
}

/// Everything that was ever booked for a user, the newest first.
fn entries(visit: &Visit<'_>, user: &str) -> Vec<Entry> {
    if user != seed::USER {
        return Vec::new();
    }
    let began = visit.server.began;
    let charges = (1..=CHARGED).map(|ago| Entry { at: began - i64::from(ago) * DAY, amount: -DAILY });
    charges.chain([Entry { at: began - PUT_IN_AGO, amount: PUT_IN }]).collect()
}

fn sum(entries: &[Entry]) -> i32 {
    entries.iter().map(|entry| entry.amount).sum()
}

/// The one call that says whose account a PAT is for.
pub(super) fn balance(visit: &mut Visit<'_>) -> Outcome {
    let user = with_either(visit, Need::Scope(Scope::Billing))?;
    let entries = entries(visit, &user);
    let balance = json!({
        "customer": user,
        "balance_usd": dollars(sum(&entries)),
        "markup_bps": MARKUP_BPS,
        "last_update_ts": moment(visit.server.began),
        "first_transaction": entries.last().map(|entry| moment(entry.at)),
        "last_transaction": entries.first().map(|entry| moment(entry.at)),
    });
    done(200, "Balance retrieved", &json!({ "balance": balance }))
}

/// The lines between two dates, both included.
pub(super) fn ledger(visit: &mut Visit<'_>) -> Outcome {
    let user = with_either(visit, Need::Scope(Scope::Billing))?;
    let limit = visit.number("limit", 500, 1..=5000)?;
    let (since, until) = (date(visit, "since")?, date(visit, "until")?);
    let mut entries = within(entries(visit, &user), since, until);
    entries.truncate(limit);
    let items: Vec<Value> = entries.into_iter().map(Entry::json).collect();
    done(200, "Ledger entries retrieved", &json!({ "items": items }))
}

/// What a span of at most 32 days came to; the month before this one where no span is named.
pub(super) fn summary(visit: &mut Visit<'_>) -> Outcome {
    let user = with_either(visit, Need::Scope(Scope::Billing))?;
    let (since, until) = span(visit)?;
    if since > until || since.until(until).map_or(true, |span| span.get_days() >= LONGEST) {
        return Err(Problem::invalid("Date range exceeds 32 days"));
    }
    let all = entries(visit, &user);
    let of_span = within(all.clone(), Some(since), Some(until));
    let (credits, charges): (Vec<Entry>, Vec<Entry>) =
        of_span.iter().copied().partition(|entry| entry.amount > 0);
    let credits_told: Vec<Value> = credits
        .iter()
        .map(|entry| {
            json!({ "amount_usd": dollars(entry.amount), "note": "code claimed", "posted_ts": moment(entry.at),
                    "source": "claim" })
        })
        .collect();
    let storage: Vec<Value> = match (charges.last(), charges.first()) {
        (Some(first), Some(last)) => vec![json!({
            "zpool_id": "zp-2f8c41d0",
            "volume_type": "gp3",
            "size_gb": 500,
            "hourly_rate": dollars(DAILY) / 24.0,
            "daily_rate": dollars(DAILY),
            "hours": charges.len() * 24,
            "from_ts": moment(first.at),
            "to_ts": moment(last.at + DAY),
            "total_charges": dollars(-sum(&charges)),
        })],
        _ => Vec::new(),
    };
    let summary = json!({
        "period": { "from_date": since.to_string(), "to_date": until.to_string() },
        "storage_charges": storage,
        "time_of_use_summary": { "by_source": {}, "zero_egress_count": 0 },
        "credits": credits_told,
        "totals": {
            "storage_charges": dollars(-sum(&charges)),
            "time_of_use_charges": 0.0,
            "credits_applied": dollars(sum(&credits)),
            "period_net": dollars(sum(&of_span)),
            "ending_balance": dollars(sum(&all)),
        },
    });
    let note = "ending_balance is the balance of today, whatever the period";
    done(200, "Billing summary retrieved", &json!({ "summary": summary, "note": note }))
}

/// How long the money lasts.
pub(super) fn runway(visit: &mut Visit<'_>) -> Outcome {
    let user = with_either(visit, Need::Scope(Scope::Billing))?;
    let lookback = visit.number("lookback_days", 30, 1..=90)?;
    let entries = entries(visit, &user);
    let (left, daily) = (dollars(sum(&entries)), if entries.is_empty() { 0.0 } else { dollars(DAILY) });
    let days = if daily > 0.0 { left / daily } else { 0.0 };
    let runway = json!({
        "ending_balance": left,
        "daily_burn_ebs": daily,
        "daily_tou_avg": 0.0,
        "daily_burn_total": daily,
        "days_remaining_ebs": days,
        "days_remaining_adjusted": days,
        "lookback_days": lookback,
        "tou_total_in_lookback": 0.0,
    });
    done(200, "Runway retrieved", &json!({ "runway": runway }))
}

fn within(entries: Vec<Entry>, since: Option<Date>, until: Option<Date>) -> Vec<Entry> {
    let inside = |entry: &Entry| {
        let date = entry.date();
        since.is_none_or(|since| date >= Some(since)) && until.is_none_or(|until| date <= Some(until))
    };
    entries.into_iter().filter(inside).collect()
}

fn date(visit: &Visit<'_>, name: &str) -> Outcome<Option<Date>> {
    let Some(text) = visit.call.query(name) else { return Ok(None) };
    let told = text.parse::<Date>().ok().filter(|date| date.to_string() == text);
    told.map(Some).ok_or_else(|| Problem::invalid(format!("{name} is a date such as 2027-01-31")))
}

/// The span that was asked for; a side that was left open ends today, or begins as early as it may.
fn span(visit: &Visit<'_>) -> Outcome<(Date, Date)> {
    let now = Timestamp::from_microsecond(visit.now).map_err(|_out_of_range| Problem::Broken)?;
    let today = now.to_zoned(TimeZone::UTC).date();
    Ok(match (date(visit, "since")?, date(visit, "until")?) {
        (Some(since), until) => (since, until.unwrap_or(today)),
        (None, Some(until)) => (until.saturating_sub((LONGEST - 1).days()), until),
        (None, None) => {
            let last = today.first_of_month().saturating_sub(1.day());
            (last.first_of_month(), last)
        }
    })
}
