//! Owners: the users of the portal that records can belong to. Read-only by API.

use serde_json::{Value, json};

use super::refusal::Refusal;
use crate::answer::Answer;
use crate::asked::Asked;

#[derive(Clone, Debug)]
pub struct Owner {
    pub id: String,
    pub email: String,
    pub first_name: String,
    pub last_name: String,
    pub user_id: u64,
    /// Nobody's, but a list of tasks that a team works off.
    pub is_queue: bool,
    pub archived: bool,
}

impl Owner {
    fn new(id: &str, email: &str, first_name: &str, last_name: &str, user_id: u64) -> Self {
        let text = str::to_owned;
        let (first_name, last_name) = (text(first_name), text(last_name));
        Self {
            id: text(id),
            email: text(email),
            first_name,
            last_name,
            user_id,
            is_queue: false,
            archived: false,
        }
    }

    pub fn json(&self) -> Value {
        // A deactivated user has no userId any more; the owner id stays valid. A queue is no user.
        let user_id = (!self.archived && !self.is_queue).then_some(self.user_id);
        let kind = if self.is_queue { "QUEUE" } else { "PERSON" };
        json!({
            "id": self.id, "email": self.email, "type": kind, "firstName": self.first_name,
            "lastName": self.last_name, "userId": user_id, "userIdIncludingInactive": self.user_id,
            "createdAt": "2026-01-12T09:00:00Z", "updatedAt": "2026-01-12T09:00:00Z", "archived": self.archived,
        })
    }
}

/// Ada's e-mail is in mixed case, as people type it; Dan has left.
pub fn first_owners() -> Vec<Owner> {
    let mut dan = Owner::new("41629782", "dan@example.com", "Dan", "Moreau", 9_586_507);
    dan.archived = true;
    vec![
        Owner::new("41629779", "Ada@Example.com", "Ada", "Park", 9_586_504),
        Owner::new("41629780", "ben@example.com", "Ben", "Ito", 9_586_505),
        Owner::new("41629781", "chloe@example.com", "Chloé", "Petit", 9_586_506),
        dan,
    ]
}

pub fn list(owners: &[Owner], asked: &Asked) -> Answer {
    let archived = asked.param("archived") == Some("true");
    let email = asked.param("email").map(str::to_lowercase);
    let limit = asked.number("limit").unwrap_or(100).clamp(1, 500);
    let after = asked.number("after").unwrap_or(0);
    let fitting: Vec<&Owner> = owners
        .iter()
        .filter(|owner| owner.archived == archived)
        .filter(|owner| email.as_ref().is_none_or(|email| owner.email.to_lowercase() == *email))
        .collect();
    let results: Vec<Value> = fitting.iter().skip(after).take(limit).map(|owner| owner.json()).collect();
    let mut body = json!({"results": results});
    if after + limit < fitting.len() {
        body["paging"] = json!({"next": {"after": (after + limit).to_string()}});
    }
    Answer::json(200, body)
}

pub fn read(owners: &[Owner], id: &str, asked: &Asked) -> Result<Answer, Refusal> {
    let archived = asked.param("archived") == Some("true");
    let by_user = asked.param("idProperty") == Some("userId");
    let found = owners.iter().find(|owner| {
        owner.archived == archived && if by_user { owner.user_id.to_string() == id } else { owner.id == id }
    });
    found.map(|owner| Answer::json(200, owner.json())).ok_or_else(|| Refusal::not_found(id))
}

/// Makes an owner as the portal's admin would.
pub fn made(order: &Asked, count: usize) -> Option<Owner> {
    let email = order.text("email")?;
    let id = order.text("id").map_or_else(|| (41_700_000 + count).to_string(), str::to_owned);
    let user_id = 9_600_000 + u64::try_from(count).unwrap_or_default();
    let name = |field| order.text(field).unwrap_or_default();
    let is_queue = order.text("type") == Some("QUEUE");
    Some(Owner { is_queue, ..Owner::new(&id, email, name("first_name"), name("last_name"), user_id) })
}
