//! Notices on their way: owed in the commit that settles a booking, sent beside the lanes, whatever HubSpot does.

use std::{sync::Arc, time::Duration};

use connectors::mail::{NotTaken, PATIENCE, Post};
use domain::{
    ids::WorkspaceId,
    notice::{LATE_AFTER, has_news, is_on, owed},
    settings::MeetingSettings,
    source::System,
};
use jiff::Timestamp;
use store::{DueNotice, NoticeTurn, Sent, Status, StoreError};
use tokio::{sync::watch, task::JoinSet};

use crate::{Engine, back_off, scheduler::told, work::Work};

/// Mails that are handed over at once: one that hangs holds up a few others only, and no server minds so many lines.
const AT_ONCE: usize = 4;

/// After so long without a receipt a notice counts as broken off, though this process lives, and goes out again: longer than
/// handing it over may take.
const BROKEN_OFF_AFTER: Duration = Duration::from_secs(PATIENCE.as_secs() + 15);

/// From this failure in a row on a person is told; a server that was away for a moment is nobody's problem.
const PROBLEM_FROM: u32 = 3;

/// The bell may be missed; the database is looked at again after this.
const LOOK_AGAIN: Duration = Duration::from_secs(30);

/// How long a farewell to the mail server and what is being handed over may take once a stop was asked for.
const STOP_PATIENCE: Duration = Duration::from_secs(6);

/// How long nothing is looked at after the store failed.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

impl Engine {
    /// Works out what the bookings of a batch owe their parties, and enters it into their records.
    pub(crate) async fn notices(
        &self,
        workspace: WorkspaceId,
        works: &mut [Work],
        settings: &MeetingSettings,
    ) -> Result<Vec<NoticeTurn>, StoreError> {
        let mut turns = Vec::new();
        for work in works.iter_mut().filter(|work| has_news(&work.record)) {
            let mut unsent = self.store.unsent_notices(workspace, work.record.id).await?;
            for absorbed in &work.absorbed {
                unsent.extend(self.store.unsent_notices(workspace, *absorbed).await?);
            }
            let Some(owed) =
                owed(&work.record, settings, &unsent, self.post.is_some(), work.heard_at, self.now())
            else {
                continue;
            };
            work.record.told = Some(owed.told);
            let (record, source) = (work.record.id, work.record.source);
            turns.extend(owed.turns.into_iter().map(|turn| NoticeTurn { record, source, turn }));
        }
        Ok(turns)
    }

    /// Sends what is due until told to stop; does nothing without a mail server.
    pub(crate) async fn send_notices(&self, mut stop: watch::Receiver<bool>) {
        let Some(post) = &self.post else { return };
        let mut roster = self.node.roster();
        roster.mark_changed();
        let mut sending = JoinSet::new();
        loop {
            let now = self.now();
            let begun = self.begin_due(post, &mut sending, now).await.unwrap_or_else(|error| {
                tracing::error!("the store does not answer: {error}");
                0
            });
            if begun > 0 && sending.len() < AT_ONCE {
                continue;
            }
            if sending.is_empty() {
                post.rest().await;
            }
            let wait = self.until_next(now).await;
            tokio::select! {
                biased;
                () = told(&mut stop) => break,
                Ok(()) = roster.changed() => self.break_off_notices().await,
                Some(_) = sending.join_next() => {}
                () = self.store.notices_rung(), if sending.len() < AT_ONCE => {}
                () = tokio::time::sleep(wait), if sending.len() < AT_ONCE => {}
            }
        }
        let rest = async {
            while sending.join_next().await.is_some() {}
            post.rest().await;
        };
        // What is cut off here is due again later, under the same key.
        let _ = tokio::time::timeout(STOP_PATIENCE, rest).await;
    }

    /// What a node had begun that is gone is due at once.
    async fn break_off_notices(&self) {
        if let Err(error) = self.store.break_off_notices(self.now()).await {
            tracing::error!("the store does not answer: {error}");
        }
    }

    /// Begins what is due, as far as there is room; says how many.
    async fn begin_due(
        &self,
        post: &Arc<Post>,
        sending: &mut JoinSet<()>,
        now: Timestamp,
    ) -> Result<usize, StoreError> {
        let room = AT_ONCE.saturating_sub(sending.len());
        if room == 0 {
            return Ok(0);
        }
        let mut begun = 0;
        for notice in self.store.due_notices(now, room).await? {
            let until = now.saturating_add(BROKEN_OFF_AFTER).unwrap_or(Timestamp::MAX);
            if self.store.begin_notice(notice.workspace, notice.seq, self.node.id(), now, until).await? {
                begun += 1;
                let (engine, post) = (self.clone(), Arc::clone(post));
                sending.spawn(async move { engine.send_notice(&post, notice).await });
            }
        }
        Ok(begun)
    }

    /// Hands one notice over and enters what came of it. A crash in between sends it once more, under the same `Message-ID`.
    async fn send_notice(&self, post: &Post, notice: DueNotice) {
        if let Err(error) = self.try_notice(post, &notice).await {
            tracing::error!(workspace = notice.workspace.0, record = %notice.record, "a notice is not entered: {error}");
        }
    }

    async fn try_notice(&self, post: &Post, notice: &DueNotice) -> Result<(), StoreError> {
        let (workspace, seq) = (notice.workspace, notice.seq);
        let sent = match self.needless(notice).await? {
            Some(why) => Sent::Dropped { why },
            None => match post.send(notice.key, &notice.mail, self.now()).await {
                Ok(()) => Sent::Taken,
                Err(not_taken) => self.after(notice, not_taken).await?,
            },
        };
        let result = match &sent {
            Sent::Taken => "sent",
            Sent::Later { .. } => "later",
            Sent::Refused { .. } => "refused",
            Sent::Dropped { .. } => "dropped",
        };
        metrics::counter!("patchbay_notices_total", "result" => result).increment(1);
        self.store.settle_notice(workspace, seq, self.node.id(), sent, self.now()).await
    }

    /// Why a notice is not to be sent any more, if it is not: time has passed, or somebody wants no mails.
    async fn needless(&self, notice: &DueNotice) -> Result<Option<String>, StoreError> {
        if notice.over_at <= self.now() {
            return Ok(Some("The meeting's time has passed.".to_owned()));
        }
        let settings = self.store.meeting_settings(notice.workspace).await?;
        if !is_on(&settings, notice.source) {
            return Ok(Some("Notices were turned off.".to_owned()));
        }
        let source = self.store.connection(notice.workspace, System::Source(notice.source)).await?;
        let is_gone = source.is_none_or(|source| source.status == Status::Disconnected);
        Ok(is_gone.then(|| format!("{} was disconnected.", notice.source.name())))
    }

    /// What becomes of a notice that was not taken.
    async fn after(&self, notice: &DueNotice, not_taken: NotTaken) -> Result<Sent, StoreError> {
        let (workspace, record) = (notice.workspace.0, notice.record);
        let now = self.now();
        let until = back_off::next_attempt(now, notice.attempts, None);
        // The words may repeat the address: they are for the admin, not for the log.
        let why = match not_taken {
            NotTaken::Refused { why } => {
                tracing::warn!(workspace, record = %record, "the mail server refuses a notice");
                return Ok(Sent::Refused { why });
            }
            NotTaken::Unready { why } => {
                tracing::warn!(workspace, record = %record, until = %until, "the mail server takes no mail");
                self.store.put_off_notices(now, until).await?;
                why
            }
            NotTaken::Later { why } => {
                tracing::warn!(workspace, record = %record, until = %until, "the mail server did not take a notice");
                why
            }
        };
        if now.duration_since(notice.heard_at) > LATE_AFTER {
            return Ok(Sent::Refused { why: format!("{why} It was tried for a day.") });
        }
        Ok(Sent::Later { until, why, is_problem: notice.attempts + 1 >= PROBLEM_FROM })
    }

    async fn until_next(&self, now: Timestamp) -> Duration {
        match self.store.next_notice(now).await {
            Ok(Some(at)) => {
                Duration::try_from(at.duration_since(self.now())).unwrap_or_default().min(LOOK_AGAIN)
            }
            Ok(None) => LOOK_AGAIN,
            Err(_) => AFTER_FAILURE,
        }
    }
}
