//! Samples: what is counted, how long it is kept, and what an idle workspace has.

use jiff::SignedDuration;
use store::{Load, Sample, Settlement};

use crate::{Trial, at, save};

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

fn read(webhooks: u64) -> Settlement {
    let mut sample = Sample { webhooks, ..Sample::default() };
    sample.spans.count(SignedDuration::from_secs(1));
    Settlement { sample, ..Settlement::default() }
}

impl Trial {
    async fn sampled(&self, from: i64, to: i64) -> Vec<(i64, u64)> {
        let samples = self.store.samples(self.workspace, at(from), at(to)).await.unwrap();
        samples.into_iter().map(|(began, sample)| (began.as_second(), sample.webhooks)).collect()
    }
}

#[tokio::test]
async fn what_is_done_within_five_minutes_adds_up_and_what_is_not_done_takes_no_row() {
    let trial = Trial::start().await;
    for (second, settlement) in
        [(10, read(2)), (299, read(3)), (300, read(4)), (900, Settlement::default()), (1_000, read(5))]
    {
        trial.store.settle(trial.lease().await, settlement, at(second)).await.unwrap();
    }
    assert_eq!(trial.sampled(0, 2_000).await, [(0, 5), (300, 4), (900, 5)]);
    assert_eq!(trial.sampled(300, 900).await, [(300, 4)]);
    let other = trial.store.ensure_workspace("other", at(0)).await.unwrap().id;
    assert!(trial.store.samples(other, at(0), at(2_000)).await.unwrap().is_empty());
}

#[tokio::test]
async fn samples_go_when_they_are_a_week_old() {
    let trial = Trial::start().await;
    for day in [0, 1, 9] {
        trial.store.settle(trial.lease().await, read(1), at(day * DAY + HOUR)).await.unwrap();
    }
    assert_eq!(trial.sampled(0, 20 * DAY).await, [(DAY + HOUR, 1), (9 * DAY + HOUR, 1)]);
}

#[tokio::test]
async fn how_a_workspace_stands_tells_the_oldest_that_is_unread_and_unwritten() {
    let trial = Trial::start().await;
    let load = async || trial.store.load(trial.workspace).await.unwrap();
    assert_eq!(load().await, Load::default());
    trial.append("bk_1", 50).await;
    trial.append("bk_2", 60).await;
    trial.save("bk_3", |save| save.unwritten_since = Some(at(20)), 70).await;
    trial.save("bk_4", |save| save.unwritten_since = Some(at(10)), 70).await;
    trial.save("bk_5", |_| {}, 70).await;
    let expected =
        Load { unread: 2, oldest_unread: Some(at(50)), unwritten: 2, oldest_unwritten: Some(at(10)) };
    assert_eq!(load().await, expected);
    let written = Settlement { saves: vec![save(trial.workspace, "bk_4")], ..Settlement::default() };
    trial.store.settle(trial.lease().await, written, at(80)).await.unwrap();
    assert_eq!(load().await.oldest_unwritten, Some(at(20)));
}
