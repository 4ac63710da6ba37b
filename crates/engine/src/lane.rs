//! A lane: one workspace's work, done by one node at a time. One pass takes a batch the whole way.

use domain::{
    contact::ContactQuery,
    decision::{Rulebook, lost_tags},
    email::Email,
    fault::Fault,
    ids::WorkspaceId,
    plan::{Wishes, plan, wants_activity},
    question::questions,
    record::{Facts, Record},
    source::System,
    why,
};
use jiff::Timestamp;
use store::{Mark, RecordSave, RecordState, Sample, Settlement, Status, StoreError};

use crate::{
    Engine, asking, back_off,
    delivery::{Delivery, Gained},
    doubt, ledger, portal, reading, sample,
    session::{Line, Session},
    work::{End, Work},
};

/// Records in one batch: as many as HubSpot takes in one request.
pub const BATCH_MAX: usize = 100;

/// What a pass came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Passed {
    /// There was nothing to do.
    Idle,
    /// A whole batch: there is likely more.
    Full,
    /// Less than a batch.
    Some,
    /// The lane is parked: HubSpot does not answer, or not yes.
    Parked,
}

impl Engine {
    /// Takes one batch the whole way: claim, read, fold, ask, plan, deliver, record.
    ///
    /// A crash at any point leaves the envelopes unread and the creates begun: the next pass starts from there.
    pub(crate) async fn pass(&self, workspace: WorkspaceId) -> Result<Passed, StoreError> {
        let batch = self.store.claim(workspace, BATCH_MAX, self.now()).await?;
        if batch.items.is_empty() {
            return Ok(Passed::Idle);
        }
        let claimed = batch.items.len();
        let (mut works, marks) = reading::read(&self.store, workspace, batch.items).await?;
        let book = self.decide(workspace, &mut works).await?;
        let meetings = self.store.meeting_settings(workspace).await?;
        let wishes = Wishes { calls: &book.settings, meetings: &meetings };
        let connection = self.store.connection(workspace, System::Hubspot).await?;
        let line = self.line_of(connection.as_ref());
        let standing = self.store.lane(workspace).await?;
        let now = self.now();
        let resting = standing.parked_until.filter(|until| *until > now && matches!(line, Line::Open(_)));
        let mut gained = Gained::default();
        match &line {
            Line::Open(_) if resting.is_some() => hold(&mut works, &wishes, &standing.why, resting, now),
            Line::Open(session) => {
                // What was waited for before this batch is none of its.
                session.pace.take_wait();
                gained = self.deliver(session, workspace, &mut works, &wishes).await?;
                if let Some((words, at)) = session.pace.take_wait() {
                    for work in &mut works {
                        ledger::waited(work, &words, at);
                    }
                }
            }
            Line::Shut(why) => hold(&mut works, &wishes, why, None, now),
        }
        if gained.has_success && standing.failures > 0 {
            self.store.unpark(workspace).await?;
        }
        // A refused credential is told whatever went well before it: what it held up has no due time.
        let is_success = gained.has_success;
        let fault = gained.fault.take().filter(|fault| !is_success || matches!(fault, Fault::SignIn { .. }));
        let changed_at = connection.map(|connection| connection.changed_at);
        let until = match &fault {
            Some(fault) => self.after_fault(workspace, fault, changed_at).await?,
            None => resting,
        };
        if !gained.links.is_empty() && self.changed_at(workspace).await? != changed_at {
            // Another account may be connected by now, in which these ids mean somebody else.
            gained.links.clear();
        }
        let rests = works.iter().any(|work| matches!(work.end, End::Waits { until: None, .. }));
        let left = match &line {
            Line::Open(session) => session.pace.left(),
            Line::Shut(_) => None,
        };
        let sample = sample::begin(&marks, left);
        let settlement = self.settlement(works, (marks, sample), gained, &wishes, until);
        self.store.settle(workspace, settlement, self.now()).await?;
        if rests {
            self.wake_if_connected_since(workspace, changed_at).await?;
        }
        metrics::counter!("patchbay_records_passed_total").increment(claimed as u64);
        Ok(match fault {
            Some(_) => Passed::Parked,
            // While nothing can be written there is no hurry: webhooks that arrive have the disk first.
            None if claimed == BATCH_MAX && matches!(line, Line::Open(_)) && resting.is_none() => {
                Passed::Full
            }
            None => Passed::Some,
        })
    }

    /// Decides what is to be decided, by the rules of now.
    async fn decide(&self, workspace: WorkspaceId, works: &mut [Work]) -> Result<Rulebook, StoreError> {
        let mut book = self.store.rulebook(workspace, self.settings.outcome_delay).await?;
        // A tag that went missing was taken off, or deleted in Aircall (C9): only a list read after the webhook tells. The
        // reading is one for the whole batch.
        if works.iter().any(|work| is_tag_missing(&work.record, &book))
            && self.refresh_tags(workspace).await?
        {
            book.tags = self.store.tag_catalog(workspace).await?;
        }
        let now = self.now();
        for work in works {
            work.record.decide(&book, now);
        }
        Ok(book)
    }

    async fn deliver(
        &self,
        session: &Session,
        workspace: WorkspaceId,
        works: &mut [Work],
        wishes: &Wishes<'_>,
    ) -> Result<Gained, StoreError> {
        portal::bind(works, session.portal.as_deref(), wishes, self.now());
        let mut fault = match self.gates.pass(workspace, doubt::settle(session, works, self.now())).await {
            Ok(fault) => fault,
            Err(closed) => {
                for work in works.iter_mut() {
                    work.fail(&Fault::from(closed), self.now());
                }
                None
            }
        };
        let mut unlinks = Vec::new();
        match self.gates.pass(workspace, self.ask(session, workspace, works, wishes)).await {
            Ok(asked) => {
                unlinks = asked.unlinks;
                fault = asked.fault.or(fault);
            }
            Err(closed) => works.iter_mut().for_each(|work| work.fail(&Fault::from(closed), self.now())),
        }
        let delivery =
            Delivery { session, store: &self.store, gates: &self.gates, workspace, clock: &self.clock };
        let mut gained = delivery.carry_out(works, wishes).await?;
        gained.unlinks.extend(unlinks);
        if let Some(fault) = fault {
            gained.note(&fault);
        }
        Ok(gained)
    }

    async fn ask(
        &self,
        session: &Session,
        workspace: WorkspaceId,
        works: &mut [Work],
        wishes: &Wishes<'_>,
    ) -> Asked {
        let now = self.now();
        let mut queries: Vec<ContactQuery> = Vec::new();
        let mut hosts: Vec<Email> = Vec::new();
        for work in works.iter_mut().filter(|work| work.goes_on()) {
            work.questions = questions(&work.record, wishes, now);
            for query in work.questions.contact.iter().chain(&work.questions.companions) {
                if !queries.contains(query) {
                    queries.push(query.clone());
                }
            }
            let is_new = work.record.held.is_empty() && wants_activity(&work.record, wishes, now);
            if is_new || !work.questions.companions.is_empty() {
                hosts.extend(owner_address(&work.record));
            }
        }
        let mut asked = Asked::default();
        let owners = match hosts.as_slice() {
            [] => Ok(session.owners_known().await),
            hosts => session.owners(hosts, now).await,
        };
        let found = asking::ask(session, &self.store, workspace, queries, now).await;
        asked.unlinks = found.unlinks;
        asked.fault = found.fault.or(owners.as_ref().err().cloned());
        for work in works.iter_mut().filter(|work| work.goes_on()) {
            let answer = |query: &ContactQuery| found.answers.get(query).cloned().transpose();
            let contact = work.questions.contact.as_ref().map_or(Ok(None), answer);
            let companions: Result<Vec<_>, Fault> =
                work.questions.companions.iter().filter_map(|query| answer(query).transpose()).collect();
            match (contact, companions, &owners) {
                (Ok(contact), Ok(companions), Ok(owners)) => {
                    work.answers.contact = contact;
                    work.answers.companions = companions;
                    work.answers.owners = owners.clone();
                }
                (Err(fault), ..) | (_, Err(fault), _) => work.fail(&fault, now),
                (.., Err(fault)) => work.fail(fault, now),
            }
        }
        asked
    }

    /// Parks the lane, or asks for a person, after HubSpot failed as a whole.
    pub(crate) async fn after_fault(
        &self,
        workspace: WorkspaceId,
        fault: &Fault,
        changed_at: Option<Timestamp>,
    ) -> Result<Option<Timestamp>, StoreError> {
        let now = self.now();
        match fault {
            // Not the credential that is there now, if somebody has just connected with another one.
            Fault::SignIn { .. } if self.changed_at(workspace).await? != changed_at => Ok(None),
            Fault::SignIn { why } => {
                let status = Status::NeedsAttention { reason: why.clone() };
                self.store.set_status(workspace, System::Hubspot, status, now).await?;
                tracing::warn!(workspace = workspace.0, "HubSpot refuses the credential");
                Ok(None)
            }
            Fault::Later { after, why } => {
                let failures = self.store.lane(workspace).await?.failures;
                let until = back_off::lane_resumes(now, failures, *after);
                self.store.park(workspace, until, why.clone(), failures.saturating_add(1)).await?;
                tracing::warn!(workspace = workspace.0, until = %until, "lane parked: {why}");
                Ok(Some(until))
            }
            Fault::Never { .. } => Ok(None),
        }
    }

    /// When HubSpot's connection was last changed.
    async fn changed_at(&self, workspace: WorkspaceId) -> Result<Option<Timestamp>, StoreError> {
        let connection = self.store.connection(workspace, System::Hubspot).await?;
        Ok(connection.map(|connection| connection.changed_at))
    }

    /// Wakes what was laid to rest by a connection that was changed meanwhile: who changed it woke only what lay there then.
    async fn wake_if_connected_since(
        &self,
        workspace: WorkspaceId,
        changed_at: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        let connection = self.store.connection(workspace, System::Hubspot).await?;
        let is_new = connection
            .is_some_and(|one| one.status == Status::Connected && Some(one.changed_at) != changed_at);
        if is_new {
            self.store.wake(workspace, self.now()).await?;
        }
        Ok(())
    }

    fn settlement(
        &self,
        works: Vec<Work>,
        (marks, sample): (Vec<(i64, Mark)>, Sample),
        gained: Gained,
        wishes: &Wishes<'_>,
        parked_until: Option<Timestamp>,
    ) -> Settlement {
        let now = self.now();
        let mut settlement = Settlement {
            marks,
            sample,
            links: gained.links,
            unlinks: gained.unlinks,
            ..Settlement::default()
        };
        for mut work in works {
            let record = work.record.id;
            let mut done = sample::of(&work, now);
            settlement.marks.append(&mut work.marks);
            settlement.ledger.append(&mut work.ledger);
            // A step of a record that was absorbed is kept under that one's id until this is settled.
            let holders: Vec<_> = work.absorbed.iter().copied().chain([record]).collect();
            for key in work.closed.drain(..) {
                settlement.closed.extend(holders.iter().map(|holder| (*holder, key.clone())));
            }
            settlement.absorbed.append(&mut work.absorbed);
            let save = save(work, wishes, now, parked_until);
            done.problems += u64::from(done.is_news() && save.state == RecordState::Problem);
            settlement.sample.add(&done);
            settlement.saves.push(save);
        }
        settlement
    }
}

/// Lets each record that has something to be written wait.
fn hold(works: &mut [Work], wishes: &Wishes<'_>, why: &str, until: Option<Timestamp>, now: Timestamp) {
    for work in works {
        if !plan(&work.record, wishes, &work.answers, now).steps.is_empty() || !work.open.is_empty() {
            work.end = End::Waits { why: why.to_owned(), until };
        }
    }
}

/// What asking came to, beyond the answers.
#[derive(Default)]
struct Asked {
    unlinks: Vec<domain::contact::ContactKey>,
    fault: Option<Fault>,
}

/// How the record is kept after its pass.
fn save(work: Work, wishes: &Wishes<'_>, now: Timestamp, parked_until: Option<Timestamp>) -> RecordSave {
    let own_due = work.record.due_at(now);
    let sentence = why::record(&work.record, wishes, now);
    let is_awaited = work.record.held.is_empty()
        && !wants_activity(&work.record, wishes, now)
        && !why::is_left_out(&work.record, wishes)
        && !why::is_over(&work.record);
    let lacks = work.record.lacks(now);
    let unwritten_since = match work.end {
        End::Again | End::Waits { .. } => Some(work.since.unwrap_or(now)),
        End::Settled | End::Elsewhere(_) | End::Problem(_) => None,
    };
    let (state, why, due_at, problem, attempts) = match work.end {
        End::Settled if is_awaited && let Some(field) = lacks => {
            let reason = format!("The call has ended, and Aircall has not said {field}.");
            (RecordState::Problem, reason.clone(), own_due, Some(reason), 0)
        }
        End::Settled if is_awaited => (RecordState::Waiting, sentence, own_due, None, 0),
        End::Settled => (RecordState::Logged, sentence, own_due, None, 0),
        End::Elsewhere(why) => (RecordState::Logged, why, own_due, None, 0),
        End::Again => (RecordState::Waiting, sentence, Some(now), None, work.attempts),
        // While the lane is parked a failure is HubSpot's, not the record's: it is tried as soon as the lane resumes.
        End::Waits { why, until: Some(_) } if parked_until.is_some() => {
            (RecordState::Waiting, why, parked_until, None, work.attempts)
        }
        End::Waits { why, until } => {
            (RecordState::Waiting, why, earliest(until, own_due), None, work.attempts.saturating_add(1))
        }
        End::Problem(why) => (RecordState::Problem, why.clone(), own_due, Some(why), work.attempts),
    };
    let mut keys = work.keys;
    keys.push(work.record.external_id.clone());
    keys.sort();
    keys.dedup();
    RecordSave { record: work.record, keys, state, why, attempts, due_at, unwritten_since, problem }
}

fn earliest(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    [one, other].into_iter().flatten().min()
}

fn is_tag_missing(record: &Record, book: &Rulebook) -> bool {
    match (&record.facts, record.decision()) {
        (Facts::Call(call), Some(decision)) => {
            lost_tags(call, decision).iter().any(|tag| !book.tags.is_deleted(tag))
        }
        _ => false,
    }
}

/// Whose owner is looked for: the agent's or the host's.
fn owner_address(record: &Record) -> Option<Email> {
    match &record.facts {
        Facts::Call(call) => call.agent().and_then(|agent| agent.email.clone()),
        Facts::Booking(booking) => {
            booking.standing().and_then(|standing| standing.facts.host).and_then(|host| host.email)
        }
    }
}
