//! A pass: one batch taken the whole way, in two parts. The first settles the contacts, the second writes the rest.

mod settlement;

use domain::{
    contact::ContactQuery,
    decision::{Rulebook, lost_tags},
    email::Email,
    fault::Fault,
    ids::WorkspaceId,
    plan::{Wishes, plan, wants_activity},
    question::questions,
    record::{Facts, Record},
    settings::{CallSettings, MeetingSettings},
    source::System,
};
use jiff::Timestamp;
use store::{Lane, Lease, Links, Mark, Settlement, Status, StoreError, Taken};

use self::settlement::settlement;
use crate::{
    Engine,
    asking::{self, Young},
    back_off,
    delivery::{Delivery, Gained, Ready},
    doubt, ledger,
    node::Held,
    pace::{self, Waits},
    portal, reading, sample,
    session::{Line, Session},
    work::{End, Work},
};

/// Records in one batch: as many as HubSpot takes in one request.
const BATCH_MAX: usize = 100;

/// What taking up a batch came to.
pub enum Taking {
    /// There is nothing to do but what the lane has in hand.
    Idle,
    /// A batch that is ready to be written.
    Batch(Box<Prepared>),
}

/// A batch with its contacts settled: what is left touches its own records alone, so that other batches can be taken up
/// beside it.
pub struct Prepared {
    held: Held,
    works: Vec<Work>,
    marks: Vec<(i64, Mark)>,
    calls: CallSettings,
    meetings: MeetingSettings,
    line: Line,
    /// When HubSpot's connection was last changed.
    changed_at: Option<Timestamp>,
    standing: Lane,
    resting: Option<Timestamp>,
    ready: Ready,
    gained: Gained,
    waits: Waits,
    claimed: usize,
}

impl Prepared {
    /// What nobody else is to take until the batch is settled.
    pub fn taken(&self) -> Taken {
        let mut taken = Taken::default();
        for work in &self.works {
            taken.records.insert(work.record.id);
            taken.records.extend(&work.absorbed);
            taken.names.extend(work.names());
        }
        taken
    }

    /// Whether there is likely more to do at once. While nothing can be written there is no hurry: webhooks that arrive
    /// have the disk first.
    pub fn has_more(&self) -> bool {
        self.claimed == BATCH_MAX
            && matches!(self.line, Line::Open(_))
            && self.resting.is_none()
            && self.gained.fault.is_none()
    }
}

/// What a pass came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Passed {
    /// It was written, or waits.
    Done,
    /// The lane is parked: HubSpot does not answer, or not yes.
    Parked,
}

impl Engine {
    /// Takes up a batch: claim, read, fold, decide, ask, make contacts. What is in hand is left out; what
    /// is known of contacts from the batches just before is not asked again.
    ///
    /// A crash at any point leaves the envelopes unread and the creates begun: the next pass starts from there.
    pub(crate) async fn prepare(
        &self,
        held: &Held,
        in_hand: &Taken,
        young: &mut Young,
    ) -> Result<Taking, StoreError> {
        let workspace = held.lease().workspace;
        let batch = self.store.claim(workspace, in_hand.clone(), BATCH_MAX, self.now()).await?;
        let claimed = batch.items.len();
        let (mut works, marks) =
            reading::read(&self.store, workspace, batch.items, in_hand, self.now()).await?;
        if works.is_empty() && marks.is_empty() {
            return Ok(Taking::Idle);
        }
        self.ask_for_untold(workspace, &mut works).await?;
        let book = self.decide(workspace, &mut works).await?;
        let calls = book.settings;
        let meetings = self.store.meeting_settings(workspace).await?;
        let wishes = Wishes { calls: &calls, meetings: &meetings };
        let connection = self.store.connection(workspace, System::Hubspot).await?;
        let line = self.line_of(connection.as_ref(), Some(held));
        let standing = self.store.lane(workspace).await?;
        let now = self.now();
        let resting = standing.parked_until.filter(|until| *until > now && matches!(line, Line::Open(_)));
        let (mut ready, mut gained, mut waits) = (Ready::default(), Gained::default(), Waits::default());
        match &line {
            Line::Open(_) if resting.is_some() => hold(&mut works, &wishes, &standing.why, resting),
            Line::Open(session) => {
                let contacts = self.settle_contacts(session, held, &mut works, &wishes, young);
                let settled;
                (settled, waits) = Box::pin(pace::noting(contacts)).await;
                (ready, gained) = settled?;
            }
            Line::Shut(why) => hold(&mut works, &wishes, why, None),
        }
        let changed_at = connection.map(|connection| connection.changed_at);
        Ok(Taking::Batch(Box::new(Prepared {
            held: held.clone(),
            works,
            marks,
            calls,
            meetings,
            line,
            changed_at,
            standing,
            resting,
            ready,
            gained,
            waits,
            claimed,
        })))
    }

    /// Writes a batch: activities, deletes, and what came of it to the store.
    pub(crate) async fn finish(&self, prepared: Prepared) -> Result<Passed, StoreError> {
        let Prepared { held, mut works, calls, meetings, line, standing, mut gained, mut waits, .. } =
            prepared;
        let (lease, workspace) = (held.lease(), held.lease().workspace);
        let wishes = Wishes { calls: &calls, meetings: &meetings };
        if let Line::Open(session) = &line
            && prepared.resting.is_none()
        {
            let delivery = self.delivery(session, lease);
            let writing = delivery.carry_out(&mut works, &prepared.ready, &mut gained);
            let (written, more) = Box::pin(pace::noting(writing)).await;
            written?;
            waits.join(more);
            if let Some((words, at)) = session.pace.words(&waits) {
                for work in &mut works {
                    ledger::waited(work, &words, at);
                }
            }
        }
        if gained.has_success && standing.failures > 0 {
            self.store.unpark(lease).await?;
        }
        // A refused credential is told whatever went well before it: what it held up has no due time.
        let is_success = gained.has_success;
        let fault = gained.fault.filter(|fault| !is_success || matches!(fault, Fault::SignIn { .. }));
        let until = match &fault {
            Some(fault) => self.after_fault(lease, fault, prepared.changed_at).await?,
            None => prepared.resting,
        };
        let rests = works.iter().any(|work| matches!(work.end, End::Waits { until: None, .. }));
        let left = match &line {
            Line::Open(session) => session.pace.left(),
            Line::Shut(_) => None,
        };
        let sample = sample::begin(&prepared.marks, left);
        let notices = self.notices(workspace, &mut works, &meetings).await?;
        let settlement = settlement(works, (prepared.marks, sample), &wishes, until, self.now());
        let settlement = Settlement { notices, ..settlement };
        self.store.settle(lease, settlement, self.now()).await?;
        if rests {
            self.wake_if_connected_since(workspace, prepared.changed_at).await?;
        }
        metrics::counter!("patchbay_records_passed_total").increment(prepared.claimed as u64);
        Ok(if fault.is_some() { Passed::Parked } else { Passed::Done })
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
            work.moment = now;
            work.record.decide(&book, now);
        }
        Ok(book)
    }

    fn delivery<'a>(&'a self, session: &'a Session, lease: Lease) -> Delivery<'a> {
        let workspace = lease.workspace;
        Delivery { session, store: &self.store, gates: &self.gates, workspace, lease, clock: &self.clock }
    }

    /// Settles what was in doubt, finds the contacts, makes those that are missing, and keeps what was found out: the next
    /// batch may ask for the same people.
    async fn settle_contacts(
        &self,
        session: &Session,
        held: &Held,
        works: &mut [Work],
        wishes: &Wishes<'_>,
        young: &mut Young,
    ) -> Result<(Ready, Gained), StoreError> {
        let (lease, workspace) = (held.lease(), held.lease().workspace);
        portal::bind(works, session.portal.as_deref(), wishes, self.now());
        let doubts = doubt::settle(session, &self.store, workspace, works, self.now());
        let mut fault = match self.gates.pass(workspace, doubts).await {
            Ok(fault) => fault,
            Err(closed) => {
                for work in works.iter_mut() {
                    work.fail(&Fault::from(closed), self.now());
                }
                None
            }
        };
        let mut gained = Gained::default();
        match self.gates.pass(workspace, self.ask(session, workspace, works, wishes, young)).await {
            Ok(asked) => {
                gained.links.cut = asked.unlinks;
                fault = asked.fault.or(fault);
            }
            Err(closed) => works.iter_mut().for_each(|work| work.fail(&Fault::from(closed), self.now())),
        }
        let ready = self.delivery(session, lease).make_contacts(works, wishes, &mut gained).await?;
        if let Some(fault) = fault {
            gained.note(&fault);
        }
        let links = std::mem::take(&mut gained.links);
        if links != Links::default() {
            let links = Links { seen: Some(session.changed_at), ..links };
            self.store.link(lease, links, self.now()).await?;
        }
        Ok((ready, gained))
    }

    async fn ask(
        &self,
        session: &Session,
        workspace: WorkspaceId,
        works: &mut [Work],
        wishes: &Wishes<'_>,
        young: &mut Young,
    ) -> Asked {
        let now = self.now();
        let mut queries: Vec<ContactQuery> = Vec::new();
        let mut hosts: Vec<Email> = Vec::new();
        for work in works.iter_mut().filter(|work| work.goes_on()) {
            work.questions = questions(&work.record, wishes, work.moment);
            for query in work.questions.contact.iter().chain(&work.questions.companions) {
                if !queries.contains(query) {
                    queries.push(query.clone());
                }
            }
            let is_new = work.record.held.is_empty() && wants_activity(&work.record, wishes, work.moment);
            if is_new || !work.questions.companions.is_empty() {
                hosts.extend(owner_address(&work.record));
            }
        }
        let mut asked = Asked::default();
        let owners = match hosts.as_slice() {
            [] => Ok(session.owners_known().await),
            hosts => session.owners(hosts, now).await,
        };
        let found = asking::ask(session, &self.store, workspace, queries, young, now).await;
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
    async fn after_fault(
        &self,
        lease: Lease,
        fault: &Fault,
        changed_at: Option<Timestamp>,
    ) -> Result<Option<Timestamp>, StoreError> {
        let (workspace, now) = (lease.workspace, self.now());
        match fault {
            Fault::SignIn { why } => {
                self.refused(workspace, why, changed_at).await?;
                Ok(None)
            }
            Fault::Later { after, why } => {
                let failures = self.store.lane(workspace).await?.failures;
                let until = back_off::lane_resumes(now, failures, *after);
                self.store.park(lease, until, why.clone(), failures.saturating_add(1)).await?;
                tracing::warn!(workspace = workspace.0, until = %until, "lane parked: {why}");
                Ok(Some(until))
            }
            Fault::Never { .. } => Ok(None),
        }
    }

    /// Asks for a person, as HubSpot refuses the credential. Not the one that is there now, if somebody has just connected
    /// with another one.
    pub(crate) async fn refused(
        &self,
        workspace: WorkspaceId,
        why: &str,
        changed_at: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        let Some(seen) = changed_at else { return Ok(()) };
        let status = Status::NeedsAttention { reason: why.to_owned() };
        if self.store.set_status_if(workspace, System::Hubspot, seen, status, self.now()).await? {
            tracing::warn!(workspace = workspace.0, "HubSpot refuses the credential");
        }
        Ok(())
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
}

/// Lets each record that has something to be written wait.
fn hold(works: &mut [Work], wishes: &Wishes<'_>, why: &str, until: Option<Timestamp>) {
    for work in works {
        if !plan(&work.record, wishes, &work.answers, work.moment).steps.is_empty() || !work.open.is_empty() {
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
