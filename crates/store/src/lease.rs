//! Leases: which node holds a workspace's lane. Each has an epoch, and what is written under an older one is refused.

use domain::ids::WorkspaceId;
use jiff::Timestamp;
use uuid::Uuid;

use crate::{
    Result, Store, StoreError, column,
    database::{Connection, Rows, params},
};

/// The right to work a lane. It is good as long as its node is alive and nobody took the lane after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// Whose lane.
    pub workspace: WorkspaceId,
    /// Which node holds it.
    pub node: Uuid,
    /// Which taking it is.
    pub epoch: i64,
}

/// Free is what nobody holds, or a node that is not alive any more; a node's own is taken anew.
const TAKE: &str = "INSERT INTO leases (workspace, node, epoch) VALUES ($1, $2, 1)
    ON CONFLICT (workspace) DO UPDATE SET node = excluded.node, epoch = leases.epoch + 1
        WHERE leases.node IS NULL OR leases.node = excluded.node
            OR NOT EXISTS (SELECT 1 FROM nodes n WHERE n.id = leases.node AND n.until > $3)
    RETURNING epoch";

const GIVE_BACK: &str =
    "UPDATE leases SET node = NULL WHERE workspace = $1 AND node = $2 AND epoch = COALESCE($3, epoch)";

impl Lease {
    /// Goes on only if the lane is still this node's, and keeps others from taking it before the transaction ends.
    pub(crate) fn hold(self, connection: &Connection) -> Result<()> {
        connection.hold(self.workspace)?;
        let sql = "SELECT epoch FROM leases WHERE workspace = $1 AND node = $2 AND epoch = $3";
        let values = params![self.workspace.0, self.node.to_string(), self.epoch];
        match connection.first(sql, values, |row| row.get::<i64>(0))? {
            Some(_) => Ok(()),
            None => Err(StoreError::Moved),
        }
    }
}

impl Store {
    /// Takes a workspace's lane for a node; `None` if another one that is alive holds it.
    pub async fn take(&self, workspace: WorkspaceId, node: Uuid, now: Timestamp) -> Result<Option<Lease>> {
        self.write(move |connection| {
            connection.hold(workspace)?;
            let clock = column::micros(connection.clock(now)?);
            let values = params![workspace.0, node.to_string(), clock];
            let epoch = connection.first(TAKE, values, |row| row.get(0))?;
            Ok(epoch.map(|epoch| Lease { workspace, node, epoch }))
        })
        .await
    }

    /// Gives lanes back: others can take them at once. What was taken by another meanwhile stays theirs.
    pub async fn release(&self, leases: Vec<Lease>) -> Result<()> {
        let of = |lease: &Lease| (lease.workspace, lease.node, Some(lease.epoch));
        self.give_back(leases.iter().map(of).collect()).await
    }

    /// Gives back lanes that stand in a node's name though it does not work them: it was cut off, and is alive again.
    pub async fn disown(&self, node: Uuid, lanes: Vec<WorkspaceId>) -> Result<()> {
        self.give_back(lanes.into_iter().map(|lane| (lane, node, None)).collect()).await
    }

    /// Gives lanes back that stand in these nodes' names, under this epoch where one is given, and tells the others.
    async fn give_back(&self, mut lanes: Vec<(WorkspaceId, Uuid, Option<i64>)>) -> Result<()> {
        // In one order for all, so that two who hold several rows do not wait for each other.
        lanes.sort_by_key(|(workspace, ..)| workspace.0);
        let workspaces: Vec<WorkspaceId> = lanes.iter().map(|(workspace, ..)| *workspace).collect();
        self.write(move |connection| {
            let mut rows = Rows::default();
            for (workspace, node, epoch) in &lanes {
                rows.add(params![workspace.0, node.to_string(), epoch]);
            }
            connection.run_each(GIVE_BACK, &rows)
        })
        .await?;
        self.ring_others(&workspaces);
        Ok(())
    }

    /// Writes for a lane; `Moved` if it is not this node's any more.
    pub(crate) async fn write_for<T, F>(&self, lease: Lease, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
    {
        let work = move |connection: &Connection| {
            lease.hold(connection)?;
            work(connection)
        };
        self.write_held(lease.workspace, work, |_| {}).await
    }
}
