//! Commands and who may use them: contract section 5 and the transcripts of section 6.

use super::bench::Lines;

/// What one client sends on one connection, and what it gets in each dialect.
fn check(lines: &Lines, sent: &str, wanted: &str) {
    assert_eq!(lines.talk(sent), wanted, "{sent:?}");
}

/// The lines of `rows` after `AUTH secret`, each with its whole answer.
fn session(lines: &Lines, secret: &str, rows: &[(&str, &str)]) {
    let sent: Vec<String> = rows.iter().map(|(sent, _)| format!("{sent}\n")).collect();
    let wanted: Vec<&str> = rows.iter().map(|(_, wanted)| *wanted).collect();
    check(lines, &format!("AUTH {secret}\n{}", sent.concat()), &format!("OK\n{}", wanted.concat()));
}

#[test]
fn the_transcripts() {
    let lines = Lines::new("bare");
    session(
        &lines,
        "sk_deploy_a1b2c3d4e5f6",
        &[
            ("r0 SET deploy.daily 2036-04-01 12:00:00", "r0 OK\n"),
            ("r1 SET backup.daily 2036-04-01 12:00:00", "r1 ERROR\n"),
            ("r2 SET deploy.x 2082758400000000000", "r2 OK\n"),
            ("r5 GET deploy.nope", "r5 ERROR\n"),
            ("r4 GET deploy.x", "r4 OK planned 2082758400000000000\n"),
            (
                "r8 QUERY",
                "r8 deploy.daily planned 2090664000000000000\nr8 deploy.x planned 2082758400000000000\nr8 OK\n",
            ),
            ("r10 QUERY backup.", "r10 OK\n"),
            ("r3 RULE SET backup.rule backup. shell /bin/true", "r3 ERROR\n"),
            ("r4 RULE SET deploy.rule backup. shell /bin/true", "r4 OK\n"),
            ("r6 RULE SET rule.deploy. deploy. shell /bin/true", "r6 ERROR\n"),
            ("r7 RULE SET deploy.none \"\" shell /bin/true", "r7 OK\n"),
        ],
    );
}

#[test]
fn failures_in_both_dialects() {
    let rows: &[(&str, &str, &str)] = &[
        ("a SET backup.x 1", "a ERROR\n", "a ERROR auth_denied insufficient namespace scope\n"),
        ("b GET backup.x", "b ERROR\n", "b ERROR auth_denied insufficient namespace scope\n"),
        ("c GET deploy.nope", "c ERROR\n", "c ERROR not_found job \"deploy.nope\" does not exist\n"),
        ("d REMOVE backup.x", "d ERROR\n", "d ERROR auth_denied insufficient namespace scope\n"),
        ("e REMOVE deploy.nope", "e ERROR\n", "e ERROR not_found job \"deploy.nope\" does not exist\n"),
        ("f REMOVERULE deploy.nope", "f ERROR\n", "f ERROR not_found rule \"deploy.nope\" does not exist\n"),
        ("g REMOVERULE x", "g ERROR\n", "g ERROR auth_denied insufficient namespace scope\n"),
        ("h GET", "", "h ERROR invalid_args missing required argument: identifier\n"),
        ("i REMOVE", "i ERROR\n", "i ERROR invalid_args missing required argument: identifier\n"),
        ("j REMOVERULE", "j ERROR\n", "j ERROR invalid_args missing required argument: identifier\n"),
        ("k SET deploy.x", "", "k ERROR invalid_args missing required argument: timestamp\n"),
        ("l RULE SET deploy.x", "l ERROR\n", "l ERROR invalid_args missing required argument: pattern\n"),
        ("m RULE SET x y shell z", "m ERROR\n", "m ERROR auth_denied insufficient namespace scope\n"),
        ("n SET deploy.x soon", "n OK\n", ""),
        ("o unknown", "", ""),
    ];
    for (dialect, place) in [("bare", 0), ("coded", 1)] {
        let lines = Lines::new(dialect);
        let rows: Vec<(&str, &str)> = rows.iter().map(|row| (row.0, [row.1, row.2][place])).collect();
        session(&lines, "sk_deploy_a1b2c3d4e5f6", &rows);
    }
}

#[test]
fn a_namespace_is_a_beginning_and_nothing_else() {
    let lines = Lines::new("bare");
    session(
        &lines,
        "s1",
        &[("a SET deployment.x 9000000000000000000", "a OK\n"), ("b SET Deploy.x 1", "b ERROR\n")],
    );
    session(&lines, "glob", &[("a SET deploy.x 1", "a ERROR\n"), ("b SET deploy.*x 1", "b OK\n")]);
    session(&lines, "\"\"", &[("a QUERY", "a OK\n"), ("b QUERY deploy", "b OK\n")]);
    // A namespace with a space sets and gets, and never sees its own jobs.
    session(
        &lines,
        "\"two words\"",
        &[
            ("a SET \"a b.x\" 9000000000000000000", "a OK\n"),
            ("b GET \"a b.x\"", "b OK planned 9000000000000000000\n"),
            ("c QUERY", "c OK\n"),
        ],
    );
}

#[test]
fn forgetting_the_id_is_another_command() {
    let lines = Lines::new("bare");
    session(
        &lines,
        "sk_deploy_a1b2c3d4e5f6",
        &[
            ("SET deploy.x 1", ""),
            ("RULE SET deploy.r deploy. shell x", "RULE OK\n"),
            ("a GET deploy.r", "a OK triggered 0\n"),
        ],
    );
}

#[test]
fn rules_of_everybody_are_shown_to_everybody() {
    let lines = Lines::new("bare");
    let rule = "backup.r redis redis://user:pass@host";
    session(&lines, "sk_ops", &[("a RULE SET backup.r backup. redis redis://user:pass@host", "a OK\n")]);
    session(
        &lines,
        "sk_deploy_a1b2c3d4e5f6",
        &[("b LISTRULES", &format!("b {}\nb OK\n", rule.replace("r redis ", "r backup. redis ")))],
    );
}

#[test]
fn stat_has_fifteen_rows_in_order() {
    let lines = Lines::new("bare");
    let said = lines.talk("AUTH sk_deploy_a1b2c3d4e5f6\np STAT\n");
    let rows: Vec<Vec<&str>> = said.lines().map(|row| row.split(' ').collect()).collect();
    let names: Vec<&str> = rows[1..16].iter().map(|row| row[1]).collect();
    let wanted = "uptime_ns connections jobs_total jobs_planned jobs_triggered jobs_executed jobs_failed rules_total \
        executions_pending executions_inflight persistence compression auth_enabled tls_enabled framerate";
    assert_eq!(names.join(" "), wanted);
    assert!(rows[1..16].iter().all(|row| row.len() == 3 && row[0] == "p"));
    assert_eq!((rows[2][2], rows[13][2], rows[14][2], rows[15][2]), ("1", "1", "0", "512"));
    assert_eq!(said.lines().last(), Some("p OK"));
}
