//! Retention: what goes after its days, what stays all the same, and who sweeps.

use domain::{
    contact::ContactKey,
    email::Email,
    ids::{ContactId, RecordId, StepKey, WorkspaceId},
    notice::Party,
    retention::Retention,
    source::Source,
};
use jiff::Timestamp;
use serde_json::json;
use store::{
    Begin, EnvelopeState, Filter, LedgerEntry, Links, Mark, NewEnvelope, NoticeTurn, Old, OpenStep, Phase,
    RecordState, Settlement, Store, Taken,
};

use crate::{Trial, at, envelope, notices::owed, save};

const DAY: i64 = 86_400;

fn day(n: i64) -> Timestamp {
    at(n * DAY)
}

async fn keep(store: &Store, workspace: WorkspaceId, retention: Retention) {
    let before = store.retention(workspace).await.unwrap();
    assert!(store.change_retention(workspace, before, retention).await.unwrap());
}

impl Trial {
    async fn keeps(&self, webhooks_days: Option<u16>, records_days: Option<u16>) {
        let retention = Retention { webhooks_days, records_days };
        keep(&self.store, self.workspace, retention).await;
    }

    /// Sweeps all there is; says how many webhooks, records and contacts went.
    async fn sweep(&self, now: Timestamp) -> [u64; 3] {
        let mut all = [0; 3];
        for (old, gone) in Old::ALL.into_iter().zip(&mut all) {
            let mut from = None;
            loop {
                let swept = self.store.sweep(self.workspace, old, from, now).await.unwrap();
                *gone += swept.gone;
                from = swept.next;
                if from.is_none() {
                    break;
                }
            }
        }
        all
    }

    /// A record with a webhook that was read into it, and an attempt in its ledger.
    async fn logged(&self, external_id: &str, on: i64) -> RecordId {
        let seq = self.append(external_id, on * DAY).await;
        let save = save(self.workspace, external_id);
        let record = save.record.id;
        let settlement = Settlement {
            saves: vec![save],
            marks: vec![(seq, Mark::Read(record))],
            ledger: vec![attempt(record)],
            ..Settlement::default()
        };
        self.store.settle(self.lease().await, settlement, day(on)).await.unwrap();
        record
    }

    async fn is_there(&self, record: RecordId) -> bool {
        self.store.record(self.workspace, record).await.unwrap().is_some()
    }

    async fn webhooks_of(&self, record: RecordId) -> usize {
        self.store.envelopes_of(self.workspace, record).await.unwrap().len()
    }
}

fn attempt(record: RecordId) -> LedgerEntry {
    LedgerEntry {
        record,
        at: day(0),
        step: "calcom:bk_1".to_owned(),
        what: "Create meeting".to_owned(),
        phase: Phase::Done,
        object: Some(("meetings".to_owned(), "501".to_owned())),
        request: json!(null),
        answer: json!(null),
    }
}

fn email(address: &str) -> ContactKey {
    ContactKey::Email(Email::read(address).unwrap())
}

#[tokio::test]
async fn nothing_goes_where_nobody_said_so() {
    let trial = Trial::start().await;
    let record = trial.logged("bk_1", 0).await;
    assert!(trial.store.due_sweeps(day(5_000)).await.unwrap().is_empty());
    assert_eq!(trial.sweep(day(5_000)).await, [0; 3]);
    assert_eq!((trial.is_there(record).await, trial.webhooks_of(record).await), (true, 1));
}

#[tokio::test]
async fn webhooks_go_after_their_days_and_the_record_stays() {
    let trial = Trial::start().await;
    trial.keeps(Some(90), None).await;
    let (old, young) = (trial.logged("bk_1", 9).await, trial.logged("bk_2", 10).await);
    assert_eq!(trial.sweep(day(100)).await, [1, 0, 0]);
    assert_eq!((trial.is_there(old).await, trial.webhooks_of(old).await), (true, 0));
    assert_eq!((trial.is_there(young).await, trial.webhooks_of(young).await), (true, 1));
}

#[tokio::test]
async fn webhooks_that_are_not_done_with_stay() {
    let trial = Trial::start().await;
    let workspace = trial.workspace;
    trial.keeps(Some(1), Some(30)).await;
    trial.append("bk_1", 0).await;
    let kept = NewEnvelope { state: EnvelopeState::Kept, ..envelope(workspace, "bk_2", 0) };
    trial.store.append(kept).await.unwrap();
    let wrong = trial.append("bk_3", 0).await;
    let unreadable = Mark::Unreadable { field: "start".to_owned(), problem: "is missing".to_owned() };
    let ignored = trial.append("bk_4", 0).await;
    let marks = vec![(wrong, unreadable), (ignored, Mark::Ignored)];
    let settlement = Settlement { marks, ..Settlement::default() };
    trial.store.settle(trial.lease().await, settlement, day(0)).await.unwrap();
    assert_eq!(trial.sweep(day(5_000)).await, [1, 0, 0]);
    let to_read =
        async || trial.store.claim(workspace, Taken::default(), 10, day(0)).await.unwrap().items.len();
    assert_eq!(to_read().await, 1);
    assert_eq!(trial.store.replay(workspace, at(0), day(1), None, day(0)).await.unwrap(), 2);
    assert_eq!(to_read().await, 3);
}

#[tokio::test]
async fn a_record_goes_with_all_that_hangs_on_it_but_its_ids() {
    let trial = Trial::start().await;
    let workspace = trial.workspace;
    trial.keeps(None, Some(30)).await;
    let first = trial.logged("bk_0", 0).await;
    let record = trial.logged("bk_1", 0).await;
    // One that was merged into it.
    let mut both = save(workspace, "bk_1");
    both.keys.push("bk_0".to_owned());
    let settlement = Settlement { saves: vec![both], absorbed: vec![first], ..Settlement::default() };
    trial.store.settle(trial.lease().await, settlement, day(1)).await.unwrap();
    assert_eq!(trial.store.ledger_of(workspace, record).await.unwrap().len(), 2);
    let neighbour = trial.logged("bk_2", 2).await;

    assert_eq!(trial.sweep(day(31)).await, [2, 0, 0], "not changed for thirty days, and no more");
    assert_eq!(trial.sweep(day(32)).await, [0, 1, 0]);
    assert!(!trial.is_there(record).await && !trial.is_there(first).await);
    assert!(trial.store.ledger_of(workspace, record).await.unwrap().is_empty());
    assert!(trial.store.ledger_of(workspace, first).await.unwrap().is_empty());
    assert!(trial.store.holders(workspace, "meetings", "501").await.unwrap().contains(&neighbour));
    let found = Filter { search: Some("bk_1".to_owned()), ..Filter::default() };
    assert!(trial.store.records(workspace, found).await.unwrap().items.is_empty());
    assert_eq!((trial.is_there(neighbour).await, trial.webhooks_of(neighbour).await), (true, 1));

    // A lane that is given more of it, by any of its ids, is told.
    for id in ["bk_0", "bk_1", "bk_3"] {
        trial.append(id, 40 * DAY).await;
    }
    let claimed = trial.store.claim(workspace, Taken::default(), 10, day(40)).await.unwrap();
    let told: Vec<(String, bool)> =
        claimed.items.into_iter().map(|item| (item.subject, item.is_swept)).collect();
    // Both ids are one record's: whichever comes first stands for both.
    let expected = [("bk_0", true), ("bk_3", false)].map(|(id, is_swept)| (id.to_owned(), is_swept));
    assert_eq!(told, expected);
}

#[tokio::test]
async fn a_record_stays_while_anything_of_it_is_open() {
    let trial = Trial::start().await;
    trial.keeps(Some(1), Some(30)).await;
    let states: [fn(&mut store::RecordSave); 4] = [
        |save| save.state = RecordState::Waiting,
        |save| save.state = RecordState::Problem,
        |save| save.due_at = Some(day(9_000)),
        |save| save.unwritten_since = Some(day(0)),
    ];
    let mut open = Vec::new();
    for (n, state) in states.into_iter().enumerate() {
        open.push(trial.save(&format!("bk_{n}"), state, 0).await);
    }
    let begun = trial.save("begun", |_| {}, 0).await;
    let step = OpenStep {
        record: begun,
        key: StepKey::from("calcom:begun"),
        begun_at: day(0),
        step: json!({ "create": { "object": "meetings" } }),
    };
    let intent = Begin { steps: vec![step], ..Begin::default() };
    trial.store.begin(trial.lease().await, intent, day(0)).await.unwrap();
    let unread = trial.save("unread", |_| {}, 0).await;
    trial.append("unread", 0).await;
    let untold = trial.save("untold", |_| {}, 0).await;
    let turn = NoticeTurn { record: untold, source: Source::Calcom, turn: owed(Party::Host, 1) };
    let settlement = Settlement { notices: vec![turn], ..Settlement::default() };
    trial.store.settle(trial.lease().await, settlement, day(0)).await.unwrap();
    open.extend([begun, unread, untold]);
    let settled = trial.save("settled", |_| {}, 0).await;
    assert_eq!(trial.sweep(day(5_000)).await, [0, 1, 0]);
    assert!(!trial.is_there(settled).await);
    for record in open {
        assert!(trial.is_there(record).await, "{record}");
    }
}

#[tokio::test]
async fn contacts_are_forgotten_but_for_those_in_doubt() {
    let trial = Trial::start().await;
    let workspace = trial.workspace;
    trial.keeps(None, Some(30)).await;
    let keys = ["old@example.net", "young@example.net", "doubt@example.net"].map(email);
    for (key, on) in [(&keys[0], 0), (&keys[1], 5), (&keys[2], 0)] {
        let links = Links { made: vec![(key.clone(), ContactId::from("42"))], ..Links::default() };
        trial.store.link(trial.lease().await, links, day(on)).await.unwrap();
    }
    let begin = Begin { contacts: vec![keys[2].clone()], ..Begin::default() };
    trial.store.begin(trial.lease().await, begin, day(0)).await.unwrap();
    assert_eq!(trial.sweep(day(31)).await, [0, 0, 1]);
    let known = trial.store.contacts(workspace, &keys).await.unwrap();
    assert!(!known.contains_key(&keys[0]) && known.len() == 2);
}

#[tokio::test]
async fn a_great_backlog_goes_in_parts_and_only_that_of_its_workspace() {
    let trial = Trial::start().await;
    let other = trial.store.ensure_workspace("other", at(0)).await.unwrap().id;
    trial.keeps(Some(1), Some(30)).await;
    for n in 0..130 {
        trial.logged(&format!("bk_{n}"), 0).await;
    }
    let elsewhere = NewEnvelope { state: EnvelopeState::Ignored, ..envelope(other, "bk_1", 0) };
    trial.store.append(elsewhere).await.unwrap();
    let part = trial.store.sweep(trial.workspace, Old::Records, None, day(99)).await.unwrap();
    assert!(part.gone > 0 && part.gone < 130 && part.next.is_some(), "{part:?}");
    assert_eq!(trial.sweep(day(99)).await, [130, 130 - part.gone, 0]);
    let store = &trial.store;
    let all = Retention { webhooks_days: Some(1), records_days: None };
    keep(store, other, all).await;
    let rest = store.sweep(other, Old::Webhooks, None, day(99)).await.unwrap();
    assert_eq!(rest.gone, 1, "it was the other's to keep");
}

#[tokio::test]
async fn a_workspace_is_swept_by_one_at_a_time_and_again_when_its_time_has_come() {
    let trial = Trial::start().await;
    let (store, workspace) = (&trial.store, trial.workspace);
    trial.keeps(Some(1), None).await;
    assert_eq!(store.due_sweeps(day(9)).await.unwrap(), [workspace]);
    assert!(store.take_sweep(workspace, day(9)).await.unwrap());
    assert!(!store.take_sweep(workspace, day(9)).await.unwrap());
    assert!(store.due_sweeps(day(9)).await.unwrap().is_empty());
    // Who took it is still at it.
    trial.logged("bk_1", 0).await;
    let later = at(9 * DAY + 3_000);
    assert_eq!(store.sweep(workspace, Old::Webhooks, None, later).await.unwrap().gone, 1);
    assert!(store.due_sweeps(at(9 * DAY + 3_600)).await.unwrap().is_empty());
    assert_eq!(store.due_sweeps(at(9 * DAY + 6_600)).await.unwrap(), [workspace]);
    trial.keeps(Some(2), None).await;
    assert_eq!(store.due_sweeps(later).await.unwrap(), [workspace], "what is set now is looked at at once");
}
