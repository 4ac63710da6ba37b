//! The admin's order of rules: what else moves when one is put somewhere. Pure.

use domain::{ids::RuleId, rule::Rule};

/// The rules that step down so that a new one can stand at `position`: none, if nobody stands there.
pub fn make_room(rules: &[Rule], position: i64) -> Vec<Rule> {
    if !rules.iter().any(|rule| rule.position == position) {
        return Vec::new();
    }
    rules
        .iter()
        .filter(|rule| rule.position >= position)
        .map(|rule| at(rule, rule.position.saturating_add(1)))
        .collect()
}

/// The other rules that move when `id` goes to `position`: those between its old place and its new one, by one each.
pub fn moved(rules: &[Rule], id: RuleId, position: i64) -> Vec<Rule> {
    let Some(from) = rules.iter().find(|rule| rule.id == id).map(|rule| rule.position) else {
        return Vec::new();
    };
    rules
        .iter()
        .filter(|rule| rule.id != id)
        .filter_map(|rule| match rule.position {
            here if position <= here && here < from => Some(at(rule, here.saturating_add(1))),
            here if from < here && here <= position => Some(at(rule, here.saturating_sub(1))),
            _ => None,
        })
        .collect()
}

fn at(rule: &Rule, position: i64) -> Rule {
    Rule { position, ..rule.clone() }
}

#[cfg(test)]
mod tests {
    use domain::{ids::TagId, rule::Target};
    use jiff::Timestamp;
    use uuid::Uuid;

    use super::*;

    fn rules() -> Vec<Rule> {
        (0..3_u8)
            .map(|n| Rule {
                id: RuleId(Uuid::from_bytes([n; 16])),
                tag: TagId(n.to_string()),
                target: Target::CallType("x".to_owned()),
                set_at: Timestamp::UNIX_EPOCH,
                position: n.into(),
            })
            .collect()
    }

    /// The tags in order once the rule of the first tag went to that position.
    fn order_after(tag: usize, position: i64) -> Vec<String> {
        let mut rules = rules();
        let id = rules[tag].id;
        let moved = moved(&rules, id, position);
        rules[tag].position = position;
        for one in moved {
            let there = rules.iter_mut().find(|rule| rule.id == one.id).unwrap();
            *there = one;
        }
        rules.sort_by_key(|rule| rule.position);
        rules.into_iter().map(|rule| rule.tag.0).collect()
    }

    #[test]
    fn a_rule_moved_up_pushes_the_others_down() {
        assert_eq!(order_after(2, 0), ["2", "0", "1"]);
    }

    #[test]
    fn a_rule_moved_down_lets_the_others_up() {
        assert_eq!(order_after(0, 1), ["1", "0", "2"]);
        assert_eq!(order_after(0, 99), ["1", "2", "0"]);
    }

    #[test]
    fn a_new_rule_moves_nobody_from_a_free_place() {
        assert!(make_room(&rules(), 3).is_empty());
        assert_eq!(make_room(&rules(), 1).len(), 2);
    }
}
