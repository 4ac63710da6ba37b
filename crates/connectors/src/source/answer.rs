//! An answer to a host's question, whatever JSON it came as.

use domain::booking::AnswerValue;
use serde_json::Value;

use super::text;

/// Reads an answer; `None` if nothing was answered.
pub(crate) fn answer(value: &Value) -> Option<AnswerValue> {
    match value {
        Value::Bool(truth) => Some(AnswerValue::Truth(*truth)),
        Value::Number(number) => Some(AnswerValue::Number(number.to_string())),
        Value::String(_) => text(value).map(AnswerValue::Text),
        Value::Array(choices) => {
            let choices: Vec<String> = choices.iter().filter_map(choice).collect();
            (!choices.is_empty()).then_some(AnswerValue::Many(choices))
        }
        Value::Null | Value::Object(_) => None,
    }
}

fn choice(value: &Value) -> Option<String> {
    match value {
        Value::Array(_) | Value::Object(_) | Value::Null => None,
        one => answer(one)?.for_people(),
    }
}
