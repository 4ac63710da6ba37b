//! Forms: an order as a browser without scripts can give it, and what it was answered.
//!
//! A form posts to `/_sandbox/form` what the order is, where to go back to, and the order's members as fields: a dot in
//! a name leads into a member or, by number, into a list that is there; `[]` at its end makes a list, `#` a number; an empty field is none.

use std::fmt::Write;

use axum::body::Bytes;
use serde_json::{Value, json};

use super::html::{Html, attribute};
use crate::answer::{Answer, Content};
use crate::asked::Asked;

pub const PATH: &str = "/_sandbox/form";

/// A form under construction. `order` is a method and a path below `/_sandbox`.
pub struct Form {
    inside: String,
}

impl Form {
    pub fn new(back: &str, order: &str) -> Self {
        Self { inside: format!("{}{}", hidden("back", back), hidden("order", order)) }
    }

    /// Members that nobody types.
    #[must_use]
    pub fn with(mut self, members: &Value) -> Self {
        self.inside.push_str(&hidden("json", &members.to_string()));
        self
    }

    #[must_use]
    pub fn field(self, label: &str, name: &str, value: &str) -> Self {
        self.typed("text", label, name, value)
    }

    #[must_use]
    pub fn typed(mut self, kind: &str, label: &str, name: &str, value: &str) -> Self {
        let _ = write!(
            self.inside,
            "<label><span>{}</span><input type=\"{kind}\" name=\"{}\" value=\"{}\" placeholder=\"{}\"></label>",
            Html::text(label).0,
            attribute(name),
            attribute(value),
            attribute(label)
        );
        self
    }

    /// Choices as value and label.
    #[must_use]
    pub fn select<'a>(
        mut self,
        label: &str,
        name: &str,
        choices: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Self {
        let options = choices.into_iter().map(|(value, label)| {
            format!("<option value=\"{}\">{}</option>", attribute(value), Html::text(label).0)
        });
        let options = options.collect::<Vec<_>>().concat();
        let _ = write!(
            self.inside,
            "<label><span>{}</span><select name=\"{}\">{options}</select></label>",
            Html::text(label).0,
            attribute(name)
        );
        self
    }

    /// Ends the form with its button; the class is `main`, `bad` or none.
    pub fn button(self, label: &str, class: &str) -> Html {
        Html(format!(
            "<form method=\"post\" action=\"{PATH}\">{}<button class=\"{class}\">{}</button></form>",
            self.inside,
            Html::text(label).0
        ))
    }
}

/// A hidden field.
pub fn hidden(name: &str, value: &str) -> String {
    format!("<input type=\"hidden\" name=\"{}\" value=\"{}\">", attribute(name), attribute(value))
}

/// Text as one part of an order's path.
pub fn part(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}

/// The order that a form gives, and where to go back to; none if it gives none.
pub fn read(asked: &Asked) -> Option<(Asked, String)> {
    let (mut order, mut back) = (None, "/".to_owned());
    let mut members = match asked.form("json") {
        Some(members) => serde_json::from_str(&members).ok()?,
        None => json!({}),
    };
    for (name, value) in url::form_urlencoded::parse(&asked.body) {
        match name.as_ref() {
            "order" => order = Some(value.into_owned()),
            // A place of this address alone.
            "back" if value.starts_with('/') && !value.starts_with("//") && !value.contains('\\') => {
                back = value.into_owned();
            }
            "back" | "json" => {}
            name if !value.trim().is_empty() => put(&mut members, name, value.trim()),
            _ => {}
        }
    }
    let order = order?;
    let (method, path) = order.split_once(' ')?;
    let body = Bytes::from(members.to_string());
    let ordered = Asked {
        method: method.to_owned(),
        path: format!("/_sandbox{path}"),
        query: Vec::new(),
        headers: asked.headers.clone(),
        body,
        json: Some(members),
    };
    Some((ordered, back))
}

fn put(members: &mut Value, name: &str, value: &str) {
    let (name, is_list) = name.strip_suffix("[]").map_or((name, false), |name| (name, true));
    let (name, is_number) = name.strip_suffix('#').map_or((name, false), |name| (name, true));
    let mut place = members;
    for part in name.split('.') {
        if !place.is_object() && !place.is_array() {
            *place = json!({});
        }
        let found = match place {
            Value::Array(list) => part.parse::<usize>().ok().and_then(|n| list.get_mut(n)),
            members => Some(&mut members[part]),
        };
        let Some(found) = found else { return };
        place = found;
    }
    let number = value.parse::<i64>().ok().filter(|_| is_number);
    let value = number.map_or_else(|| json!(value), |number| json!(number));
    match (is_list, place.as_array_mut()) {
        (true, Some(list)) => list.push(value),
        (true, None) => *place = json!([value]),
        (false, _) => *place = value,
    }
}

/// Back to the page, or what was wrong.
pub fn answered(answer: &Answer, back: &str) -> Answer {
    if answer.status < 400 {
        return Answer { status: 303, headers: Vec::new(), content: Content::Nothing }.with("location", back);
    }
    let said: Value = serde_json::from_slice(&answer.body()).unwrap_or_default();
    let said = ["error", "message"].iter().find_map(|name| said[name].as_str()).unwrap_or("refused");
    let mut body = Html("<h1>That did not work</h1>".to_owned());
    body += Html::note(said);
    body += Html::link(back, "Back");
    Answer { status: answer.status, ..Answer::html(super::whole("That did not work", &body.0)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn posted(body: &str) -> Option<(Asked, String)> {
        read(&Asked {
            method: "POST".to_owned(),
            path: PATH.to_owned(),
            query: Vec::new(),
            headers: axum::http::HeaderMap::new(),
            body: Bytes::from(body.to_owned()),
            json: None,
        })
    }

    #[test]
    fn fields_become_the_members_of_an_order() {
        let body = "order=POST+/calls/7/tags&back=/%3Fx%3D1&json=%7B%22a%22%3A1%7D&name=bad+call&by.email=a%40b&n%23=5&tags%5B%5D=x&tags%5B%5D=y&none=";
        let (asked, back) = posted(body).expect("an order");
        assert_eq!(
            (asked.method.as_str(), asked.path.as_str(), back.as_str()),
            ("POST", "/_sandbox/calls/7/tags", "/?x=1")
        );
        let members = json!({"a": 1, "name": "bad call", "by": {"email": "a@b"}, "n": 5, "tags": ["x", "y"]});
        assert_eq!(asked.json, Some(members));
    }

    #[test]
    fn a_form_leads_back_to_its_own_address_alone() {
        for back in ["//evil.example", "https://evil.example", "/%5Cevil.example"] {
            let (_, back) = posted(&format!("order=GET+/state&back={back}")).expect("an order");
            assert_eq!(back, "/");
        }
        assert!(posted("back=/").is_none());
    }
}
