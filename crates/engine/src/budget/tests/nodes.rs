//! Several nodes on one account: whatever their clocks, their distance and their deaths, no limit is exceeded.

use super::*;

/// A node with clocks that are off, at a distance from the store.
fn node() -> impl Strategy<Value = Node> {
    let ways = prop::collection::vec(way(), 0..250);
    let clocks = (-5_000_i64..5_000, -5_000_i64..5_000);
    (ways, clocks, 0_i64..200, 1_usize..8, 5_usize..40, 0_i64..5_000).prop_map(
        |(ways, (steady_ms, wall_ms), store_ms, abreast, loses, from)| {
            let ways = ways.into_iter().map(|way| Way { others: 0, ..way });
            Node { steady_ms, wall_ms, abreast, store_ms, loses, from, ..Node::new(ways) }
        },
    )
}

fn world() -> impl Strategy<Value = World> {
    let deaths = prop::collection::btree_map(0_i64..60_000, 0_usize..8, 0..6);
    (prop::collection::vec(node(), 2..5), -100_000_i64..100_000, deaths).prop_map(
        |(nodes, store_ms, deaths)| World {
            store_ms,
            deaths: deaths.into_iter().collect(),
            ..World::new(110, nodes)
        },
    )
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("World").field("store_ms", &self.store_ms).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Node {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Node").finish_non_exhaustive()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 64, ..ProptestConfig::default() })]

    #[test]
    fn no_window_of_an_account_with_several_nodes_holds_more_than_its_allowance(mut world in world()) {
        let count: usize = world.nodes.iter().map(|node| node.ways.len()).sum();
        world.run();
        prop_assert_eq!(world.account.arrivals.len(), count);
        world.account.assert_whole();
    }

    #[test]
    fn no_day_of_an_account_with_several_nodes_is_overrun(mut world in world(), daily in 20_usize..400) {
        world.account.daily = Some(daily);
        world.run();
        prop_assert!(world.account.arrivals.len() <= daily, "{}", world.account.arrivals.len());
        world.account.assert_whole();
    }
}

fn drain(count: usize) -> Node {
    let way = Way { there_ms: 25, back_ms: 25, ..Way::default() };
    Node { store_ms: 2, abreast: 8, ..Node::new(vec![way; count]) }
}

#[test]
fn two_nodes_with_work_for_one_account_share_its_allowance_and_use_nearly_all_of_it() {
    let mut world = World::new(110, vec![drain(800), drain(800)]);
    world.run();
    world.account.assert_whole();
    let upto = |node: &Node, ms: i64| node.sent.iter().filter(|at| **at <= ms).count();
    let (one, other) = (upto(&world.nodes[0], 70_000), upto(&world.nodes[1], 70_000));
    assert!(one.abs_diff(other) < 110, "{one} and {other}");
    assert!(one + other > 770 * 98 / 100, "{one} and {other} of 770");
    assert!(world.keepings < 1_600 / 4, "{} keepings", world.keepings);
}

#[test]
fn two_nodes_that_search_share_the_five_of_a_second_and_use_nearly_all_of_them() {
    let searching = |count: usize| {
        let way = Way { there_ms: 25, back_ms: 25, is_search: true, ..Way::default() };
        Node { store_ms: 2, abreast: 2, ..Node::new(vec![way; count]) }
    };
    let mut world = World::new(110, vec![searching(100), searching(100)]);
    world.run();
    world.account.assert_whole();
    let upto = |node: &Node, ms: i64| node.sent.iter().filter(|at| **at <= ms).count();
    let (one, other) = (upto(&world.nodes[0], 20_000), upto(&world.nodes[1], 20_000));
    assert!(one.min(other) >= 30, "{one} and {other}");
    assert!(one + other >= 90, "{one} and {other} of 100");
}

#[test]
fn a_page_on_another_node_waits_less_than_two_seconds_for_a_lane_that_uses_all_there_is() {
    for from in (1_000..60_000).step_by(1_370) {
        let page = Node { from, abreast: 1, ..drain(1) };
        let mut world = World::new(110, vec![drain(1_000), page]);
        world.run();
        world.account.assert_whole();
        let waited = world.nodes[1].sent[0] - from;
        assert!(waited < 2_000, "{waited} ms at {from}");
    }
}

/// Sends as fast as a node may from `from` on, each request counted at once; returns when.
fn send(node: &mut Lone, from: i64, count: usize) -> Vec<i64> {
    let mut now = from;
    let mut sent = Vec::new();
    while sent.len() < count {
        match node.spend(Class::General, now) {
            Ok(ticket) => {
                node.answered(ticket, 200, &RateHeaders::default(), now);
                sent.push(now);
            }
            Err(until) => now = until.as_millisecond() - at(0).as_millisecond(),
        }
    }
    sent
}

#[test]
fn what_a_node_sent_just_before_it_died_counts_when_it_may_have_arrived_at_the_latest() {
    let mut node = Lone::new("UTC");
    node.spend(Class::General, 0).unwrap();
    for _ in 1..AHEAD {
        node.spend(Class::General, 999).unwrap();
    }
    let mut arrivals = vec![1_448; AHEAD - 1];
    node.restart(1_000);
    arrivals.extend(send(&mut node, 1_449, 250));
    assert!(Account::peak(&arrivals, 10_000) <= 100, "{}", Account::peak(&arrivals, 10_000));
}

#[test]
fn what_was_told_in_a_report_that_never_arrived_is_not_forgotten() {
    let mut node = Lone::new("UTC");
    let mut arrivals = send(&mut node, 0, AHEAD);
    node.share.report(moment(10));
    arrivals.extend(send(&mut node, 20, 250));
    assert!(Account::peak(&arrivals, 10_000) <= 100, "{}", Account::peak(&arrivals, 10_000));
}

#[test]
fn a_node_waits_for_another_that_has_taken_all_there_is() {
    let mut node = Lone::new("UTC");
    let mut arrivals = send(&mut node, 0, 60);
    // Another node, on the same row.
    node.share = Share::new(TimeZone::UTC);
    arrivals.extend(send(&mut node, arrivals[59], 140));
    assert!(Account::peak(&arrivals, 10_000) <= 100, "{}", Account::peak(&arrivals, 10_000));
}
