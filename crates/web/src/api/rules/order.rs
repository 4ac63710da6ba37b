//! The admin's order of rules: 0, 1, 2 and so on, whatever is asked for. Pure.

use domain::rule::Rule;

/// The rules in their new order once `rule` stands at `position`, or last if it asks for no place or for one beyond.
pub fn placed(mut others: Vec<Rule>, rule: Rule, position: Option<i64>) -> Vec<Rule> {
    let last = others.len();
    let place = position.map_or(last, |position| usize::try_from(position).unwrap_or(0).min(last));
    others.insert(place, rule);
    closed_up(others)
}

/// The rules in their order, without gaps between their positions.
pub fn closed_up(mut rules: Vec<Rule>) -> Vec<Rule> {
    for (rule, position) in rules.iter_mut().zip(0..) {
        rule.position = position;
    }
    rules
}

#[cfg(test)]
mod tests {
    use domain::{
        ids::{RuleId, TagId},
        rule::Target,
    };
    use jiff::Timestamp;
    use rstest::rstest;
    use uuid::Uuid;

    use super::*;

    fn rule(n: u8) -> Rule {
        Rule {
            id: RuleId(Uuid::from_bytes([n; 16])),
            tag: TagId(n.to_string()),
            target: Target::CallType("x".to_owned()),
            set_at: Timestamp::UNIX_EPOCH,
            position: i64::from(n) * 5,
        }
    }

    #[rstest]
    #[case(Some(0), "3 0 1 2")]
    #[case(Some(1), "0 3 1 2")]
    #[case(Some(3), "0 1 2 3")]
    #[case(Some(99), "0 1 2 3")]
    #[case(Some(i64::MAX), "0 1 2 3")]
    #[case(Some(-1), "3 0 1 2")]
    #[case(Some(i64::MIN), "3 0 1 2")]
    #[case(None, "0 1 2 3")]
    fn a_rule_goes_where_it_is_put_and_the_others_close_up(
        #[case] position: Option<i64>,
        #[case] order: &str,
    ) {
        let placed = placed((0..3).map(rule).collect(), rule(3), position);
        let tags: Vec<&str> = placed.iter().map(|rule| rule.tag.as_str()).collect();
        assert_eq!(tags.join(" "), order);
        assert!(placed.iter().map(|rule| rule.position).eq(0..4));
    }
}
