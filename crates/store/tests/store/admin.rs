//! What admins set: workspaces, tokens, connections, hooks, settings, rules, catalogs, the audit.

use domain::{
    ids::{OutcomeId, RuleId, TagId, WorkspaceId},
    rule::{Rule, Target},
    settings::{CallSettings, MeetingSettings},
    source::{Source, System},
};
use jiff::SignedDuration;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use store::{Audit, AuditFilter, Connection, Role, Status, StoreError, Token};
use uuid::Uuid;

use crate::{Trial, at};

fn rule(id: u128, tag: &str, target: Target, position: i64) -> Rule {
    Rule { id: RuleId(Uuid::from_u128(id)), tag: TagId::from(tag), target, set_at: at(1), position }
}

fn outcome(id: &str) -> Target {
    Target::Outcome(OutcomeId::from(id))
}

#[tokio::test]
async fn a_workspace_is_made_once() {
    let trial = Trial::start().await;
    let again = trial.store.ensure_workspace("default", at(9)).await.unwrap();
    assert_eq!(again.id, trial.workspace);
    let other = trial.store.ensure_workspace("other", at(9)).await.unwrap();
    assert_eq!(trial.store.workspaces().await.unwrap(), [again, other.clone()]);
    assert_eq!(trial.store.workspace("other").await.unwrap(), Some(other));
    assert_eq!(trial.store.workspace("nobody").await.unwrap(), None);
}

#[tokio::test]
async fn a_token_is_found_by_its_hash_until_it_is_removed() {
    let trial = Trial::start().await;
    let token = Token {
        id: Uuid::from_u128(1),
        hash: [3; 32],
        role: Role::Viewer,
        workspace: Some(trial.workspace),
        name: "reports".to_owned(),
        created_at: at(1),
    };
    trial.store.add_token(token.clone()).await.unwrap();
    let same_hash = Token { id: Uuid::from_u128(2), ..token.clone() };
    assert!(matches!(trial.store.add_token(same_hash).await, Err(StoreError::Taken)));
    assert_eq!(trial.store.token([3; 32]).await.unwrap(), Some(token.clone()));
    assert_eq!(trial.store.tokens().await.unwrap(), std::slice::from_ref(&token));
    assert!(trial.store.remove_token(token.id).await.unwrap());
    assert!(!trial.store.remove_token(token.id).await.unwrap());
    assert_eq!(trial.store.token([3; 32]).await.unwrap(), None);
}

#[tokio::test]
async fn a_connection_keeps_its_secret_and_its_status() {
    let mut trial = Trial::start().await;
    let workspace = trial.workspace;
    let connection = Connection {
        workspace,
        system: System::Hubspot,
        status: Status::Connected,
        details: json!({"portal_id": "25"}),
        secret: Some(SecretString::from("{\"service_key\":\"pat-1\"}")),
        connected_at: at(1),
        changed_at: at(1),
    };
    trial.store.save_connection(connection).await.unwrap();
    let status = Status::NeedsAttention { reason: "HubSpot refused the key.".to_owned() };
    trial.store.set_status(workspace, System::Hubspot, status.clone(), at(2)).await.unwrap();
    trial.reopen().await;
    let found = trial.store.connection(workspace, System::Hubspot).await.unwrap().unwrap();
    assert_eq!((found.status, found.connected_at, found.changed_at), (status, at(1), at(2)));
    assert_eq!(found.details, json!({"portal_id": "25"}));
    assert_eq!(found.secret.unwrap().expose_secret(), "{\"service_key\":\"pat-1\"}");
    assert_eq!(trial.store.connections(workspace).await.unwrap().len(), 1);
    assert_eq!(trial.store.connections_of(System::Hubspot, false).await.unwrap().len(), 1);
    assert!(trial.store.connections_of(System::Hubspot, true).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_rotated_hook_key_works_on_beside_the_new_one() {
    let trial = Trial::start().await;
    let (store, workspace, source) = (&trial.store, trial.workspace, Source::Calcom);
    store.add_hook_key(workspace, source, "key-1", at(1)).await.unwrap();
    let taken = store.add_hook_key(workspace, Source::Aircall, "key-1", at(1)).await;
    assert!(matches!(taken, Err(StoreError::Taken)));
    assert_eq!(store.hook_key(workspace, source).await.unwrap().as_deref(), Some("key-1"));
    store.rotate_hook_key(workspace, source, "key-2", at(100), at(2)).await.unwrap();
    store.rotate_hook_key(workspace, source, "key-3", at(200), at(3)).await.unwrap();
    assert_eq!(store.hook_key(workspace, source).await.unwrap().as_deref(), Some("key-3"));
    assert_eq!(store.hook("key-1").await.unwrap(), None);
    assert_eq!(store.hook("key-2").await.unwrap().unwrap().expires_at, Some(at(200)));
    let hook = store.hook("key-3").await.unwrap().unwrap();
    assert_eq!((hook.workspace, hook.source, hook.expires_at), (workspace, source, None));
    store.remove_hooks(workspace, source).await.unwrap();
    assert_eq!(store.hook("key-3").await.unwrap(), None);
    assert_eq!(store.hook_key(workspace, source).await.unwrap(), None);
}

#[tokio::test]
async fn each_change_of_a_hook_or_of_a_connection_is_numbered() {
    let trial = Trial::start().await;
    let (store, workspace) = (&trial.store, trial.workspace);
    let mut versions = vec![store.version()];
    store.set_status(workspace, System::Hubspot, Status::Paused, at(1)).await.unwrap();
    versions.push(store.version());
    store.add_hook_key(workspace, Source::Calcom, "key-1", at(1)).await.unwrap();
    versions.push(store.version());
    store.rotate_hook_key(workspace, Source::Calcom, "key-2", at(9), at(2)).await.unwrap();
    versions.push(store.version());
    store.set_status(workspace, System::Source(Source::Calcom), Status::Paused, at(2)).await.unwrap();
    versions.push(store.version());
    store.remove_hooks(workspace, Source::Calcom).await.unwrap();
    versions.push(store.version());
    assert!(versions.is_sorted_by(|one, next| one < next), "{versions:?}");
}

#[tokio::test]
async fn settings_are_the_default_until_saved() {
    let trial = Trial::start().await;
    let (store, workspace) = (&trial.store, trial.workspace);
    assert_eq!(store.call_settings(workspace).await.unwrap(), CallSettings::default());
    assert_eq!(store.meeting_settings(workspace).await.unwrap(), MeetingSettings::default());
    let calls = CallSettings { missed_call_task: true, ..CallSettings::default() };
    let meetings = MeetingSettings { notify: false, ..MeetingSettings::default() };
    let (no_calls, no_meetings) = (CallSettings::default(), MeetingSettings::default());
    assert!(store.change_call_settings(workspace, &no_calls, &calls).await.unwrap());
    assert!(store.change_meeting_settings(workspace, &no_meetings, &meetings).await.unwrap());
    // Who has read what stood before changes nothing.
    assert!(!store.change_call_settings(workspace, &no_calls, &no_calls).await.unwrap());
    assert!(!store.change_meeting_settings(workspace, &no_meetings, &no_meetings).await.unwrap());
    assert_eq!(store.call_settings(workspace).await.unwrap(), calls);
    assert_eq!(store.meeting_settings(workspace).await.unwrap(), meetings);
}

#[tokio::test]
async fn a_tag_has_one_rule_of_each_kind() {
    let trial = Trial::start().await;
    let (store, workspace) = (&trial.store, trial.workspace);
    let bad = rule(1, "bad", outcome("o1"), 2);
    let good = rule(2, "good", outcome("o1"), 1);
    store.add_rule(workspace, bad.clone()).await.unwrap();
    store.add_rule(workspace, good.clone()).await.unwrap();
    let again = store.add_rule(workspace, rule(3, "bad", outcome("o2"), 3)).await;
    assert!(matches!(again, Err(StoreError::Taken)));
    let call_type = rule(4, "bad", Target::CallType("Demo".to_owned()), 3);
    store.add_rule(workspace, call_type.clone()).await.unwrap();
    assert_eq!(store.rules(workspace).await.unwrap(), [good.clone(), bad.clone(), call_type.clone()]);

    let clash = Rule { tag: TagId::from("bad"), ..good.clone() };
    assert!(matches!(store.update_rule(workspace, clash).await, Err(StoreError::Taken)));
    let moved = Rule { position: 9, ..good.clone() };
    assert!(store.update_rule(workspace, moved.clone()).await.unwrap());
    assert!(store.remove_rule(workspace, call_type.id).await.unwrap());
    assert!(!store.remove_rule(workspace, call_type.id).await.unwrap());
    assert!(!store.update_rule(workspace, call_type).await.unwrap());
    assert_eq!(store.rules(workspace).await.unwrap(), [bad, moved]);
}

#[tokio::test]
async fn catalogs_remember_what_was_seen_and_when() {
    let mut trial = Trial::start().await;
    let workspace = trial.workspace;
    let listed = |ids: &[&str]| ids.iter().map(|id| (OutcomeId::from(*id), id.to_uppercase())).collect();
    trial.store.observe_outcomes(workspace, listed(&["a", "b"]), at(1), at(1)).await.unwrap();
    let seen = trial.store.observe_outcomes(workspace, listed(&["b", "c"]), at(2), at(2)).await.unwrap();
    assert_eq!(seen.outcomes[&OutcomeId::from("a")].gone_at, Some(at(2)));
    assert_eq!(seen.outcomes[&OutcomeId::from("b")].new_at, None);
    assert_eq!(seen.outcomes[&OutcomeId::from("c")].new_at, Some(at(2)));
    let tags = vec![(TagId::from("7"), "vip".to_owned())];
    let seen_tags = trial.store.observe_tags(workspace, tags, at(3), at(3)).await.unwrap();
    trial.reopen().await;
    assert_eq!(trial.store.outcome_catalog(workspace).await.unwrap(), seen);
    assert_eq!(trial.store.tag_catalog(workspace).await.unwrap(), seen_tags);

    let standing = rule(1, "7", outcome("c"), 1);
    trial.store.add_rule(workspace, standing.clone()).await.unwrap();
    let book = trial.store.rulebook(workspace, SignedDuration::from_hours(1)).await.unwrap();
    assert_eq!((book.rules, book.outcomes, book.tags), (vec![standing], seen, seen_tags));
    assert_eq!((book.settings, book.delay), (CallSettings::default(), SignedDuration::from_hours(1)));

    trial.store.forget_outcomes(workspace).await.unwrap();
    assert_eq!(trial.store.outcome_catalog(workspace).await.unwrap().read_at, None);
    assert_eq!(trial.store.tag_catalog(workspace).await.unwrap().read_at, Some(at(3)));
    trial.store.forget_tags(workspace).await.unwrap();
    assert_eq!(trial.store.tag_catalog(workspace).await.unwrap().read_at, None);
}

#[tokio::test]
async fn the_audit_is_read_newest_first_and_misses_none_at_the_seam() {
    let trial = Trial::start().await;
    let here = Some(trial.workspace);
    for (n, second) in [(1, 1), (2, 2), (3, 2), (4, 3)] {
        trial.store.audit(entry(n, second, here)).await.unwrap();
    }
    trial.store.audit(entry(5, 9, None)).await.unwrap();
    let two = AuditFilter { limit: 2, ..AuditFilter::default() };
    let first = trial.store.audits(here, two.clone()).await.unwrap();
    assert_eq!(first.items, [entry(4, 3, here), entry(3, 2, here)]);
    let rest = trial.store.audits(here, AuditFilter { cursor: first.next, ..two.clone() }).await.unwrap();
    assert_eq!((rest.items, rest.next), (vec![entry(2, 2, here), entry(1, 1, here)], None));
    assert_eq!(trial.store.audits(None, two.clone()).await.unwrap().items, [entry(5, 9, None)]);
    for cursor in ["x", "1", "1.x"] {
        let astray = AuditFilter { cursor: Some(cursor.to_owned()), ..two.clone() };
        assert!(matches!(trial.store.audits(here, astray).await, Err(StoreError::Cursor)));
    }
}

#[tokio::test]
async fn the_audit_is_narrowed_by_who_what_and_when() {
    let trial = Trial::start().await;
    let here = Some(trial.workspace);
    let made = |who: &str, what: &str, second| Audit {
        who: who.to_owned(),
        what: what.to_owned(),
        ..entry(0, second, here)
    };
    let entries = [
        made("ada", "outcome_rule.added", 1),
        made("ben", "outcome_rule.removed", 2),
        made("ada", "outcomeXrule.added", 3),
        made("ada", "connection.paused", 4),
    ];
    for entry in &entries {
        trial.store.audit(entry.clone()).await.unwrap();
    }
    let all = AuditFilter { limit: 9, ..AuditFilter::default() };
    let some = |word: &str| Some(word.to_owned());
    let cases = [
        (AuditFilter { who: some("ada"), ..all.clone() }, vec![3, 2, 0]),
        (AuditFilter { what: some("outcome_rule"), ..all.clone() }, vec![1, 0]),
        (AuditFilter { what: some("outcome_rule.added"), ..all.clone() }, vec![0]),
        (AuditFilter { what: some("outcome%"), ..all.clone() }, vec![]),
        (AuditFilter { from: Some(at(2)), to: Some(at(4)), ..all.clone() }, vec![2, 1]),
    ];
    for (filter, expected) in cases {
        let found = trial.store.audits(here, filter.clone()).await.unwrap().items;
        let expected: Vec<Audit> = expected.into_iter().map(|n: usize| entries[n].clone()).collect();
        assert_eq!(found, expected, "{filter:?}");
    }
}

fn entry(n: i64, second: i64, workspace: Option<WorkspaceId>) -> Audit {
    Audit {
        workspace,
        at: at(second),
        who: "admin".to_owned(),
        what: format!("Change {n}"),
        detail: json!({"n": n}),
    }
}
