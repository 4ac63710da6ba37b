//! Who works: the nodes that are alive, and which of them each lane belongs to. Pure.

use domain::ids::WorkspaceId;
use uuid::Uuid;

/// The nodes that take lanes, as one of them knows them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Roster {
    me: Uuid,
    nodes: Vec<Uuid>,
}

impl Roster {
    /// The nodes that take lanes, as `me` knows them.
    pub fn new(me: Uuid, nodes: Vec<Uuid>) -> Self {
        Self { me, nodes }
    }

    /// Whether a lane belongs to this node. All that know the same nodes agree; who joins takes its share of each of the
    /// others and nothing else moves, who leaves leaves its share to all.
    pub fn is_mine(&self, workspace: WorkspaceId) -> bool {
        let first = self.nodes.iter().max_by_key(|node| (weight(**node, workspace), **node));
        first == Some(&self.me)
    }
}

/// How much a node is drawn to a lane (rendezvous hashing): the same on each machine and in each version.
fn weight(node: Uuid, workspace: WorkspaceId) -> u64 {
    let (high, low) = node.as_u64_pair();
    mixed(mixed(mixed(high) ^ low) ^ workspace.0.cast_unsigned())
}

/// The finaliser of SplitMix64 (Steele, Lea and Flood, 2014): each bit of the number bears on each bit of the result.
const fn mixed(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LANES: i64 = 10_000;

    fn nodes(count: u128) -> Vec<Uuid> {
        (1..=count).map(Uuid::from_u128).collect()
    }

    fn lanes_of(me: Uuid, nodes: &[Uuid]) -> Vec<WorkspaceId> {
        let roster = Roster::new(me, nodes.to_vec());
        (1..=LANES).map(WorkspaceId).filter(|lane| roster.is_mine(*lane)).collect()
    }

    #[test]
    fn each_lane_belongs_to_one_node_and_the_shares_are_alike() {
        for count in [1, 2, 3, 8] {
            let nodes = nodes(count);
            let shares: Vec<usize> = nodes.iter().map(|node| lanes_of(*node, &nodes).len()).collect();
            assert_eq!(shares.iter().sum::<usize>(), 10_000);
            let even = 10_000 / nodes.len();
            assert!(shares.iter().all(|share| share.abs_diff(even) < even / 10), "{shares:?}");
        }
    }

    #[test]
    fn who_joins_takes_from_each_and_nothing_else_moves() {
        let (before, after) = (nodes(3), nodes(4));
        for node in &before {
            let (had, has) = (lanes_of(*node, &before), lanes_of(*node, &after));
            assert!(has.iter().all(|lane| had.contains(lane)));
            assert!(has.len() < had.len());
        }
    }

    #[test]
    fn a_node_that_is_not_among_those_who_take_lanes_has_none() {
        assert!(lanes_of(Uuid::from_u128(9), &nodes(3)).is_empty());
        assert!(lanes_of(Uuid::from_u128(9), &[]).is_empty());
    }
}
