//! Jobs and rules that a token is shown. What a rule runs is dropped here, because it can hold passwords.

use super::{Client, Manner, Question};
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::text::Text;
use crate::secret::Secret;

/// A rule without what it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its name, by which alone the server decides who may set it.
    pub name: Text,
    /// The beginning of the jobs it runs for, which the server does not check.
    pub pattern: Text,
}

impl Client {
    /// Every rule of everybody: any token is shown all of them, and the passwords in them.
    pub async fn rules(&self, secret: &Secret) -> Result<Vec<Rule>, Failure> {
        self.rows(secret, Question::ListRules, |row| {
            let mut words = row.splitn(3, |&byte| byte == b' ');
            Some(Rule { name: text(words.next()?), pattern: text(words.next()?) })
        })
        .await
    }

    /// The jobs under a prefix, as far as the token's namespace covers them. A job whose name has a space may be missing.
    pub async fn jobs(&self, secret: &Secret, prefix: &[u8]) -> Result<Vec<Text>, Failure> {
        self.rows(secret, Question::Query(prefix.to_vec()), |row| {
            let mut words = row.rsplitn(3, |&byte| byte == b' ');
            words.next()?;
            words.next()?;
            Some(text(words.next()?))
        })
        .await
    }

    async fn rows<T>(
        &self,
        secret: &Secret,
        question: Question,
        read: impl Fn(&[u8]) -> Option<T>,
    ) -> Result<Vec<T>, Failure> {
        let heard = self.ask(secret, &[question], Manner::Reset).await?;
        let answers = heard.answers();
        if answers.refused().is_some() {
            return Err(Failure::new(
                FailureKind::WrongLogin,
                "the running server does not know this secret",
            ));
        }
        match answers.each.first() {
            Some(answer) if answer.end.is_some_and(|end| end.is_ok()) => {
                Ok(answer.rows.iter().filter_map(|row| read(row)).collect())
            }
            _ => Err(Failure::new(FailureKind::CutOff, "the answer had no end")),
        }
    }
}

fn text(bytes: &[u8]) -> Text {
    Text::clean(&String::from_utf8_lossy(bytes))
}

/// The rules that reach out of their tenant: named inside one of these namespaces, for jobs outside it.
pub fn crossing<'a>(rules: &'a [Rule], namespaces: &[&str]) -> Vec<&'a Rule> {
    let home = |rule: &Rule| {
        let inside = namespaces.iter().filter(|it| **it != "*" && rule.name.as_str().starts_with(**it));
        inside.max_by_key(|namespace| namespace.len()).copied()
    };
    let crosses = |rule: &&Rule| home(rule).is_some_and(|home| !rule.pattern.as_str().starts_with(home));
    rules.iter().filter(crosses).collect()
}
