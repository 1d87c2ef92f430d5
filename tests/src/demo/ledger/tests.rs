//! Tests of the ledger: it notices what is lost, doubled or from nowhere.

use super::*;

fn row(id: &str, title: &str, done: bool) -> TaskRow {
    TaskRow {
        id: id.into(),
        version: 1,
        title: title.into(),
        done,
    }
}

fn rename(id: &str, title: &str) -> Edit {
    Edit::Rename(id.into(), title.into())
}

/// A ledger with one edit of that end, on a board of the tasks t1 and t2.
fn after(edit: Edit, fate: Fate) -> Ledger {
    let mut ledger = Ledger::new(&[row("t1", "One", false), row("t2", "Two", true)]);
    let ticket = ledger.begin("Ada", edit);
    ledger.end(ticket, fate, "as she saw");
    ledger
}

fn complaint(ledger: &mut Ledger, rows: &[TaskRow]) -> String {
    ledger.judge(rows).unwrap_err().to_string()
}

#[test]
fn what_was_reported_as_done_must_be_there() {
    let rows = [row("t1", "Uno", false), row("t2", "Two", true)];
    let verdict = after(rename("t1", "Uno"), Fate::Done).judge(&rows).unwrap();
    let certain = Verdict {
        done: 1,
        certain: 4,
        ..Verdict::default()
    };
    assert_eq!(verdict, certain);
    let lost = [row("t1", "One", false), row("t2", "Two", true)];
    let text = complaint(&mut after(rename("t1", "Uno"), Fate::Done), &lost);
    let begins = r#"t1 has "One" and should have one of ["Uno"]; asked was:"#;
    assert!(text.starts_with(begins), "{text}");
    let asked = r#"Ada: Rename("t1", "Uno"): Done as she saw"#;
    assert!(text.ends_with(asked), "{text}");
    let mark = Edit::Mark("t1".into(), true);
    let text = complaint(&mut after(mark, Fate::Done), &lost);
    let begins = "t1 has false and should have one of [true]";
    assert!(text.starts_with(begins), "{text}");
}

#[test]
fn what_nobody_knows_may_be_there_or_not_and_what_was_not_sent_must_not() {
    let before = [row("t1", "One", false), row("t2", "Two", true)];
    let behind = [row("t1", "Uno", false), row("t2", "Two", true)];
    let mut unknown = after(rename("t1", "Uno"), Fate::Unknown);
    assert_eq!(unknown.judge(&before).unwrap().open, 1);
    assert_eq!(unknown.judge(&behind).unwrap().open, 1);
    let mut unsent = after(rename("t1", "Uno"), Fate::Unsent);
    assert_eq!(unsent.judge(&before).unwrap().certain, 4);
    assert!(unsent.judge(&behind).is_err());
}

#[test]
fn a_created_task_is_there_once_and_under_one_id() {
    let create = || Edit::Create("New".into());
    let before = [row("t1", "One", false), row("t2", "Two", true)];
    let mut once = before.to_vec();
    once.push(row("t3", "New", false));
    let mut twice = once.clone();
    twice.push(row("t4", "New", false));
    assert!(after(create(), Fate::Done).judge(&once).is_ok());
    let text = complaint(&mut after(create(), Fate::Done), &before);
    assert_eq!(text, r#""New" was created, and is lost"#);
    let text = complaint(&mut after(create(), Fate::Unknown), &twice);
    assert!(text.contains("was created once before, as t3"), "{text}");
    assert!(after(create(), Fate::Unknown).judge(&before).is_ok());
    let text = complaint(&mut after(create(), Fate::Unsent), &once);
    assert_eq!(text, r#""New" was not sent, and was there as t3"#);
    let text = complaint(&mut after(rename("t1", "Uno"), Fate::Unknown), &once);
    assert!(text.contains("nobody created"), "{text}");
}

#[test]
fn a_created_task_that_was_renamed_and_deleted_is_still_known() {
    let mut ledger = after(Edit::Create("New".into()), Fate::Done);
    ledger.meet(&[row("t3", "New", false)]).unwrap();
    let renamed = ledger.begin("Ada", rename("t3", "Newer"));
    ledger.end(renamed, Fate::Done, "");
    let mut rows = vec![row("t1", "One", false), row("t2", "Two", true)];
    assert_eq!(
        complaint(&mut ledger, &rows),
        "t3 is gone, and nobody deleted it"
    );
    let deleted = ledger.begin("Lin", Edit::Delete("t3".into()));
    ledger.end(deleted, Fate::Done, "");
    assert_eq!(ledger.judge(&rows).unwrap().gone, 1);
    rows.push(row("t3", "Newer", false));
    let text = complaint(&mut ledger, &rows);
    assert!(text.contains("was deleted, and is there"), "{text}");
}

#[test]
fn a_row_that_is_there_twice_is_noticed() {
    let mut ledger = Ledger::new(&[row("t1", "One", false)]);
    let text = complaint(
        &mut ledger,
        &[row("t1", "One", false), row("t1", "One", false)],
    );
    assert!(text.contains("doubled"), "{text}");
}
