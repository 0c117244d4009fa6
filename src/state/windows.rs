//! Windows that were opened here on servers that do not tell when one ends: kept with the operation that opened them.

use rusqlite::params;

use super::State;
use super::error::StateError;
use super::row::moment;
use crate::domain::account::AccountName;
use crate::domain::credential::{Credential, Window};
use crate::domain::owner::Id;
use crate::domain::retention::Retention;
use crate::domain::time::{SignedDuration, Skew, Timestamp};

/// How far the server's moment of a rotation may lie before the sending, by our clock.
const SLACK: SignedDuration = SignedDuration::from_secs(5);
/// How long after the sending a server may still have carried it out.
const LATEST: SignedDuration = SignedDuration::from_secs(90);

/// A rotation that was sent from here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// Of which credential.
    pub credential: Id,
    /// When it was written down, on our clock.
    pub began: Timestamp,
    /// The window asked for.
    pub minutes: i64,
}

impl State {
    /// The rotations of an account that were sent and not refused, the newest first.
    pub fn rotations(&self, account: &AccountName) -> Result<Vec<Rotation>, StateError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT credential, began, retain_minutes FROM operations WHERE account = ?1 AND kind = 'rotate' \
                 AND credential IS NOT NULL AND retain_minutes IS NOT NULL \
                 AND phase NOT IN ('planned', 'failed') ORDER BY began DESC",
            )?;
            let found = statement.query_map(params![account.as_str()], |row| {
                Ok(Rotation {
                    credential: Id::new(row.get::<_, String>("credential")?),
                    began: moment(row, "began")?,
                    minutes: row.get("retain_minutes")?,
                })
            })?;
            Ok(found.collect::<Result<_, _>>()?)
        })
    }
}

/// The window that one of these rotations opened, if the credential's last rotation was that one: somebody else's window
/// is not known.
pub fn remembered(credential: &Credential, rotations: &[Rotation], skew: Skew) -> Option<Window> {
    let began = credential.rotated?;
    let there = skew.our_time(began);
    let sent_it = |rotation: &&Rotation| {
        let after = there.duration_since(rotation.began);
        rotation.credential == credential.id && after >= -SLACK && after <= LATEST
    };
    let minutes = rotations.iter().find(sent_it)?.minutes;
    (minutes > 0).then(|| Window { began, ends: Retention::minutes(minutes).end(began) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::credential::{Expiry, LastUse, Particulars};
    use crate::domain::owner::OwnerRef;
    use crate::domain::scope::Granted;
    use crate::domain::text::Text;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).expect("in range")
    }

    fn rotated(second: Option<i64>) -> Credential {
        Credential {
            id: Id::new("c"),
            owner: OwnerRef { id: Id::new("o"), name: "ada".into() },
            name: "ci".into(),
            kind: "API key",
            description: Text::default(),
            scopes: Granted::AsOwner,
            created: None,
            rotated: second.map(at),
            expires: Expiry::Never,
            last_use: LastUse::Untold,
            enabled: true,
            owner_enabled: true,
            window: None,
            particulars: Particulars::default(),
        }
    }

    #[test]
    fn only_the_rotation_that_was_ours_and_the_last_opened_the_window() {
        let rotation =
            |id: &str, second, minutes| Rotation { credential: Id::new(id), began: at(second), minutes };
        let ours = [rotation("other", 1000, 99), rotation("c", 1000, 10), rotation("c", 0, 60)];
        // When it was rotated, by the server's clock; how far that is ahead; the seconds of the window.
        let cases = [
            (Some(1001), 0, Some(600)),
            (Some(1089), 0, Some(600)),
            (Some(996), 0, Some(600)),
            (Some(1), 0, Some(3600)),
            (Some(4601), 3600, Some(600)),
            (Some(1001), 3600, None),
            (Some(500), 0, None),
            (Some(1200), 0, None),
            (None, 0, None),
        ];
        for (second, ahead, seconds) in cases {
            let window = remembered(&rotated(second), &ours, Skew(ahead));
            let length = window.map(|window| window.ends.duration_since(window.began).as_secs());
            assert_eq!(length, seconds, "{second:?} {ahead}");
        }
        assert_eq!(remembered(&rotated(Some(1)), &[rotation("c", 0, 0)], Skew(0)), None, "no window");
    }
}
