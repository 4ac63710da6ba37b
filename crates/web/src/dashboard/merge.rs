//! What a form changes: set upon what stands now, which need not be what the form showed. Others may have saved meanwhile.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::form::Posted;
use crate::api::{body::Sent, problem::Problem};

/// The field in which a form brings along what it showed.
const FIELD: &str = "as_shown";

/// What was sent that is not as it was shown, for the API to set. A form that does not say what it showed changes all that
/// it sends.
///
/// # Errors
/// 409 where somebody else has changed the same meanwhile to something else.
pub fn changes(posted: &Posted, sent: &Value, now: &Value) -> Result<Sent, Problem> {
    let shown: Option<Value> = serde_json::from_str(posted.text(FIELD)).ok();
    let merged = merged("", shown.as_ref().or(Some(now)), Some(sent), Some(now))?;
    let Some(Value::Object(mut changes)) = merged else { return Ok(Value::Object(Map::new()).into()) };
    changes.retain(|name, value| now.get(name) != Some(value));
    Ok(Value::Object(changes).into())
}

/// What stands after a change of one who saw what was shown to what was sent, where others have it as it is now.
fn merged(
    path: &str,
    shown: Option<&Value>,
    sent: Option<&Value>,
    now: Option<&Value>,
) -> Result<Option<Value>, Problem> {
    if sent == shown || sent == now {
        return Ok(now.cloned());
    }
    if now == shown {
        return Ok(sent.cloned());
    }
    let (Some(Value::Object(shown)), Some(Value::Object(sent)), Some(Value::Object(now))) =
        (shown, sent, now)
    else {
        return Err(Problem::conflict(format!(
            "Somebody else has changed the same meanwhile ({path}), and nothing of yours was saved. Open the page again, \
             look at it, and save what you still want."
        )));
    };
    let names: BTreeSet<&String> = shown.keys().chain(sent.keys()).chain(now.keys()).collect();
    let mut all = Map::new();
    for name in names {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        if let Some(value) = merged(&path, shown.get(name), sent.get(name), now.get(name))? {
            all.insert(name.clone(), value);
        }
    }
    Ok(Some(Value::Object(all)))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    #[rstest]
    #[case::nobody_changed(json!({"a": 1}), json!({"a": 1}), json!({"a": 1}), json!({"a": 1}))]
    #[case::i_changed(json!({"a": 1, "b": 1}), json!({"a": 2, "b": 1}), json!({"a": 1, "b": 1}), json!({"a": 2, "b": 1}))]
    #[case::they_changed(json!({"a": 1}), json!({"a": 1}), json!({"a": 2}), json!({"a": 2}))]
    #[case::both_did_alike(json!({"a": 1}), json!({"a": 2}), json!({"a": 2}), json!({"a": 2}))]
    #[case::each_another(json!({"a": 1, "b": 1}), json!({"a": 2, "b": 1}), json!({"a": 1, "b": 2}), json!({"a": 2, "b": 2}))]
    #[case::each_another_entry(
        json!({"m": {"x": 1}}),
        json!({"m": {"x": 1, "y": 1}}),
        json!({"m": {"x": 1, "z": 1}}),
        json!({"m": {"x": 1, "y": 1, "z": 1}})
    )]
    #[case::i_took_one_out(json!({"m": {"x": 1, "y": 1}}), json!({"m": {"y": 1}}), json!({"m": {"x": 1, "y": 2}}), json!({"m": {"y": 2}}))]
    fn changes_of_both_stand(
        #[case] shown: Value,
        #[case] sent: Value,
        #[case] now: Value,
        #[case] stands: Value,
    ) {
        assert_eq!(merged("", Some(&shown), Some(&sent), Some(&now)).unwrap(), Some(stands));
    }

    #[rstest]
    #[case(json!({"a": 1}), json!({"a": 2}), json!({"a": 3}), "(a)")]
    #[case(json!({"m": {"x": 1}}), json!({"m": {"x": 2}}), json!({"m": {}}), "(m.x)")]
    #[case(json!({"l": [1]}), json!({"l": [1, 2]}), json!({"l": []}), "(l)")]
    fn what_both_changed_is_not_lost_without_a_word(
        #[case] shown: Value,
        #[case] sent: Value,
        #[case] now: Value,
        #[case] named: &str,
    ) {
        let refused = merged("", Some(&shown), Some(&sent), Some(&now)).unwrap_err();
        assert!(refused.detail().contains(named), "{}", refused.detail());
    }
}
