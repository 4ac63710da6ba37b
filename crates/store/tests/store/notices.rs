//! Notices from the commit that owes them to their receipt: in order, once, and still there after a crash.

use domain::{
    email::Email,
    ids::{RecordId, WorkspaceId},
    notice::{Change, Mail, Mailbox, Notice, Party, Stand, Turn},
    source::Source,
};
use store::{DueNotice, NoticeTurn, Phase, Sent, Settlement};
use uuid::Uuid;

use crate::{
    NODE, Trial, at,
    nodes::{alive, over},
};

fn record(trial: &Trial) -> RecordId {
    RecordId::of(trial.workspace, Source::Calendar, "bk_1")
}

fn notice(party: Party, n: u128) -> Notice {
    let to = Mailbox { name: None, address: Email::read("lin@example.net").unwrap() };
    Notice {
        party,
        change: Change::Moved,
        key: Uuid::from_u128(n),
        before: Some(Stand { start: at(500), end: None, is_canceled: false }),
        heard_at: at(0),
        over_at: at(1_000),
        mail: Mail {
            to,
            reply_to: None,
            subject: format!("Moved {n}"),
            text: String::new(),
            html: String::new(),
            invitation: None,
        },
    }
}

fn turn(notice: Option<Notice>, overtaken: &[i64], is_needed: bool) -> Turn {
    Turn { overtaken: overtaken.to_vec(), notice, is_needed }
}

/// A turn in which this party is to be told something.
pub fn owed(party: Party, n: u128) -> Turn {
    turn(Some(notice(party, n)), &[], true)
}

async fn settle(trial: &Trial, turns: Vec<Turn>, now: i64) {
    let of = |turn| NoticeTurn { record: record(trial), source: Source::Calendar, turn };
    let notices = turns.into_iter().map(of).collect();
    let settlement = Settlement { notices, ..Settlement::default() };
    trial.store.settle(trial.lease().await, settlement, at(now)).await.unwrap();
}

async fn due(trial: &Trial, now: i64) -> Vec<DueNotice> {
    trial.store.due_notices(at(now), 10).await.unwrap()
}

async fn subjects(trial: &Trial, now: i64) -> Vec<String> {
    due(trial, now).await.into_iter().map(|one| one.mail.subject).collect()
}

async fn begin(trial: &Trial, seq: i64, now: i64) -> bool {
    trial.store.begin_notice(trial.workspace, seq, NODE, at(now), at(now + 60)).await.unwrap()
}

async fn end(trial: &Trial, seq: i64, sent: Sent, now: i64) {
    trial.store.settle_notice(trial.workspace, seq, NODE, sent, at(now)).await.unwrap();
}

fn later(until: i64, is_problem: bool) -> Sent {
    Sent::Later { until: at(until), why: "Busy.".to_owned(), is_problem }
}

async fn phases(trial: &Trial) -> Vec<Phase> {
    let entries = trial.store.ledger_of(trial.workspace, record(trial)).await.unwrap();
    entries.into_iter().map(|entry| entry.phase).collect()
}

async fn problems(trial: &Trial) -> Vec<String> {
    let page = trial.store.problems(trial.workspace, 10, None).await.unwrap();
    page.items.into_iter().map(|problem| problem.id).collect()
}

#[tokio::test]
async fn a_notice_is_due_until_it_is_begun_and_gone_once_it_is_sent() {
    let trial = Trial::start().await;
    settle(&trial, vec![owed(Party::Host, 1), owed(Party::Invitee, 2)], 1).await;
    // Worked out once more it has the same key.
    settle(&trial, vec![owed(Party::Host, 1)], 2).await;
    let all = due(&trial, 2).await;
    assert_eq!(all.len(), 2);
    let seq = all[0].seq;
    assert!(begin(&trial, seq, 2).await);
    assert!(!begin(&trial, seq, 3).await, "somebody has begun it");
    assert_eq!(subjects(&trial, 3).await, ["Moved 2"]);
    end(&trial, seq, Sent::Taken, 3).await;
    assert_eq!(subjects(&trial, 1_000).await, ["Moved 2"]);
    assert_eq!(trial.store.stats().await.unwrap().notices, 1);
    let expected = [Phase::Queued, Phase::Queued, Phase::Begun, Phase::Done];
    assert_eq!(phases(&trial).await, expected);
}

#[tokio::test]
async fn a_party_is_told_in_order_and_the_parties_do_not_wait_for_each_other() {
    let trial = Trial::start().await;
    settle(&trial, vec![owed(Party::Host, 1), owed(Party::Invitee, 2)], 1).await;
    let first = due(&trial, 1).await[0].seq;
    assert!(begin(&trial, first, 1).await);
    settle(&trial, vec![owed(Party::Host, 3), owed(Party::Invitee, 4)], 2).await;
    assert_eq!(subjects(&trial, 2).await, ["Moved 2"]);
    end(&trial, first, later(10, false), 3).await;
    assert_eq!(subjects(&trial, 9).await, ["Moved 2"]);
    assert_eq!(subjects(&trial, 10).await, ["Moved 2", "Moved 1"]);
    assert_eq!(trial.store.next_notice(at(9)).await.unwrap(), Some(at(10)));
    assert!(begin(&trial, first, 10).await);
    end(&trial, first, Sent::Taken, 11).await;
    assert!(subjects(&trial, 11).await.contains(&"Moved 3".to_owned()));
}

#[tokio::test]
async fn what_a_dead_node_had_begun_is_due_once_it_is_missed_or_after_its_time() {
    let trial = Trial::start().await;
    trial.store.join(alive(NODE), at(0)).await.unwrap();
    settle(&trial, vec![owed(Party::Host, 1)], 1).await;
    let seq = due(&trial, 1).await[0].seq;
    assert!(begin(&trial, seq, 1).await);
    assert_eq!(due(&trial, 60).await, []);
    assert_eq!(due(&trial, 61).await.len(), 1, "nothing was heard of it for a minute");
    assert_eq!(trial.store.break_off_notices(at(2)).await.unwrap(), 0, "it is alive");
    trial.store.beat(over(NODE), at(2)).await.unwrap();
    assert_eq!(trial.store.break_off_notices(at(3)).await.unwrap(), 1);
    let again = due(&trial, 3).await;
    assert_eq!((again.len(), again[0].key), (1, Uuid::from_u128(1)));
    let other = Uuid::from_u128(2);
    assert!(trial.store.begin_notice(trial.workspace, seq, other, at(3), at(63)).await.unwrap());
    end(&trial, seq, later(4, false), 3).await;
    assert_eq!(due(&trial, 4).await, [], "what the first one says late is not heard: the other one is at it");
}

#[tokio::test]
async fn what_is_overtaken_is_dropped_and_what_is_not_needed_then_is_not_queued() {
    let trial = Trial::start().await;
    settle(&trial, vec![owed(Party::Host, 1)], 1).await;
    let seq = due(&trial, 1).await[0].seq;
    settle(&trial, vec![turn(Some(notice(Party::Host, 2)), &[seq], false)], 2).await;
    assert_eq!(due(&trial, 1_000).await, []);
    assert_eq!(phases(&trial).await, [Phase::Queued, Phase::Dropped]);
}

#[tokio::test]
async fn what_was_handed_over_meanwhile_is_followed_by_what_is_true_now() {
    let trial = Trial::start().await;
    settle(&trial, vec![owed(Party::Host, 1)], 1).await;
    let seq = due(&trial, 1).await[0].seq;
    let unsent = trial.store.unsent_notices(trial.workspace, record(&trial)).await.unwrap();
    assert_eq!((unsent.len(), unsent[0].seq, unsent[0].before), (1, seq, notice(Party::Host, 1).before));
    assert!(begin(&trial, seq, 2).await);
    settle(&trial, vec![turn(Some(notice(Party::Host, 2)), &[seq], false)], 3).await;
    end(&trial, seq, Sent::Taken, 4).await;
    assert_eq!(subjects(&trial, 4).await, ["Moved 2"]);
}

#[tokio::test]
async fn a_refused_notice_is_a_problem_until_it_is_retried_or_dismissed() {
    let trial = Trial::start().await;
    settle(&trial, vec![owed(Party::Host, 1), owed(Party::Invitee, 2)], 1).await;
    for one in due(&trial, 1).await {
        assert!(begin(&trial, one.seq, 1).await);
        end(&trial, one.seq, Sent::Refused { why: "No such user.".to_owned() }, 2).await;
    }
    let [second, first] = problems(&trial).await.try_into().unwrap();
    assert_eq!(due(&trial, 1_000).await, []);
    assert!(trial.store.retry(trial.workspace, &first, at(3)).await.unwrap());
    assert_eq!(subjects(&trial, 3).await, ["Moved 1"]);
    assert!(trial.store.dismiss(trial.workspace, &second, at(4)).await.unwrap());
    assert!(!trial.store.dismiss(trial.workspace, &second, at(5)).await.unwrap());
    assert_eq!(problems(&trial).await, Vec::<String>::new());
    assert_eq!(subjects(&trial, 1_000).await, ["Moved 1"]);
}

#[tokio::test]
async fn one_that_is_tried_again_can_be_a_problem_meanwhile_and_is_none_once_sent() {
    let trial = Trial::start().await;
    settle(&trial, vec![owed(Party::Host, 1)], 1).await;
    let seq = due(&trial, 1).await[0].seq;
    for (n, is_problem) in [(1, false), (2, true)] {
        assert!(begin(&trial, seq, n).await);
        end(&trial, seq, later(n + 1, is_problem), n).await;
        assert_eq!(problems(&trial).await.len(), usize::from(is_problem));
    }
    assert_eq!(due(&trial, 3).await[0].attempts, 2);
    assert!(begin(&trial, seq, 3).await);
    end(&trial, seq, Sent::Taken, 3).await;
    assert_eq!(problems(&trial).await, Vec::<String>::new());
}

#[tokio::test]
async fn while_the_server_takes_nothing_all_that_is_due_is_put_off() {
    let trial = Trial::start().await;
    settle(&trial, vec![owed(Party::Host, 1), owed(Party::Invitee, 2)], 1).await;
    trial.store.put_off_notices(at(2), at(9)).await.unwrap();
    assert_eq!((due(&trial, 8).await.len(), due(&trial, 9).await.len()), (0, 2));
}

#[tokio::test]
async fn a_notice_is_reached_through_its_own_workspace_alone() {
    let trial = Trial::start().await;
    settle(&trial, vec![owed(Party::Host, 1)], 1).await;
    let seq = due(&trial, 1).await[0].seq;
    let other: WorkspaceId = trial.store.ensure_workspace("other", at(1)).await.unwrap().id;
    assert_eq!(trial.store.unsent_notices(other, record(&trial)).await.unwrap(), []);
    assert!(!trial.store.begin_notice(other, seq, NODE, at(1), at(61)).await.unwrap());
    assert!(begin(&trial, seq, 1).await);
    trial.store.settle_notice(other, seq, NODE, Sent::Taken, at(2)).await.unwrap();
    end(&trial, seq, Sent::Refused { why: "No.".to_owned() }, 2).await;
    let id = problems(&trial).await[0].clone();
    assert!(!trial.store.retry(other, &id, at(3)).await.unwrap());
    assert!(!trial.store.dismiss(other, &id, at(3)).await.unwrap());
    assert_eq!(trial.store.retry_all(other, at(3)).await.unwrap(), 0);
    assert_eq!(problems(&trial).await, [id]);
}
