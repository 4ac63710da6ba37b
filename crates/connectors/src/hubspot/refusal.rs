//! A refusal of HubSpot, read: what it means for the row and what to tell a person (reference/hubspot.md §6).

use domain::fault::Fault;
use jiff::SignedDuration;

use super::{
    pace::{Class, Policy, RateHeaders},
    property::KEY_PROPERTY,
    wire,
};

/// The field of a fault that lies in a contact, not in a property.
pub const ASSOCIATIONS: &str = "associations";
/// The field of a fault that lies in what the credential may do.
const SCOPES: &str = "scopes";
/// The property of whom a thing belongs to.
pub const OWNER: &str = "hubspot_owner_id";

/// Why a request, or one row of it, did not go through.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Trouble {
    /// Nothing was written, for a reason that lies not in the content.
    NotSent(Fault),
    /// It may have been written.
    InDoubt(Fault),
    /// Nothing was written, for what the content is.
    Refused(Refusal),
}

impl From<Trouble> for Fault {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::NotSent(fault) | Trouble::InDoubt(fault) => fault,
            Trouble::Refused(refusal) => refusal.fault(),
        }
    }
}

/// A refusal of the content.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Refusal {
    /// The HTTP status; of an entry of a batch, the one that its category would have.
    pub status: u16,
    error: Box<wire::Error>,
}

/// Something that exists already.
pub(super) struct Conflict {
    /// HubSpot's id of it, where it is told.
    pub id: Option<String>,
}

impl Trouble {
    /// Reads the answer to a whole request.
    pub(super) fn answered(status: u16, error: wire::Error, class: Class, rate: &RateHeaders) -> Self {
        let after = rate.retry_after;
        let later = |after, why: &str| Fault::Later { after, why: why.to_owned() };
        match status {
            300..=399 => Self::NotSent(Fault::never(
                "HubSpot's address answers with another address; it may be set wrong.",
            )),
            401 => Self::NotSent(Fault::SignIn { why: "HubSpot refuses the credential.".to_owned() }),
            403 => Self::NotSent(forbidden(&error)),
            // The lock lasts 2 s (§6.4).
            423 => Self::NotSent(later(
                Some(after.unwrap_or_default().max(SignedDuration::from_secs(2))),
                "HubSpot has locked the object for a moment.",
            )),
            429 => Self::NotSent(too_many(&error, class, rate)),
            477 => Self::NotSent(later(
                Some(after.unwrap_or(SignedDuration::from_mins(1))),
                "HubSpot is moving the account to another data centre.",
            )),
            408 | 500.. => {
                Self::InDoubt(later(after, &format!("HubSpot is out of order (status {status}).")))
            }
            _ => Self::Refused(Refusal { status, error: Box::new(error) }),
        }
    }

    /// Takes a missing scope for a matter of the credential: no other request of its kind will do better.
    pub(super) fn of_the_credential(self) -> Self {
        match self {
            Self::NotSent(Fault::Never { why, field: Some(field) }) if field == SCOPES => {
                Self::NotSent(Fault::SignIn { why: format!("{why} Give it that, and connect again.") })
            }
            other => other,
        }
    }

    /// Reads one entry of a batch's errors, which has a category in place of a status.
    pub(super) fn entry(error: wire::Error) -> Self {
        let status = match error.category.as_str() {
            "CONFLICT" | "OBJECT_ALREADY_EXISTS" => 409,
            "OBJECT_NOT_FOUND" => 404,
            "MISSING_SCOPES" => 403,
            "RATE_LIMIT" | "RATE_LIMITS" => 429,
            category if category.contains("INTERNAL") || category.contains("TIMEOUT") => 500,
            _ if error.error_type.starts_with("RATE_LIMIT") => 429,
            _ => 400,
        };
        Self::answered(status, error, Class::General, &RateHeaders::default())
    }
}

/// The limit that a 429 was for.
pub(super) fn policy(error: &wire::Error) -> Option<Policy> {
    let said = format!("{} {}", error.policy_name, error.message).to_uppercase();
    // The longer names first: `ten_secondly_rolling` holds `secondly`.
    [("DAILY", Policy::Daily), ("TEN_SECONDLY", Policy::Burst), ("SECONDLY", Policy::Second)]
        .into_iter()
        .find_map(|(word, policy)| said.contains(word).then_some(policy))
}

fn too_many(error: &wire::Error, class: Class, rate: &RateHeaders) -> Fault {
    let (usual, what) = match (policy(error), class) {
        // Until the headers or the portal's midnight tell better.
        (Some(Policy::Daily), _) => (SignedDuration::from_hours(1), "daily"),
        (Some(Policy::Second), _) | (None, Class::Search) => (SignedDuration::from_secs(1), "per-second"),
        (Some(Policy::Burst), _) | (None, Class::General) => {
            (rate.interval.unwrap_or(SignedDuration::from_secs(10)), "ten-second")
        }
    };
    Fault::Later {
        after: Some(rate.retry_after.unwrap_or(usual)),
        why: format!("HubSpot's {what} limit is reached."),
    }
}

fn forbidden(error: &wire::Error) -> Fault {
    let nested = error.errors.iter().flat_map(|error| error.context("requiredGranularScopes"));
    let mut scopes = error.context("requiredGranularScopes");
    scopes.extend(nested);
    scopes.sort();
    scopes.dedup();
    let lacks = |what: String| Fault::Never {
        why: format!("The HubSpot credential lacks {what}."),
        field: Some(SCOPES.to_owned()),
    };
    match scopes.as_slice() {
        [] => Fault::never(format!("HubSpot does not permit it{}.", in_its_words(error))),
        [scope] => lacks(format!("the scope {scope}")),
        scopes => lacks(format!("one of the scopes {}", scopes.join(", "))),
    }
}

impl Refusal {
    /// The fault, in plain words that name the property where one is known.
    pub(super) fn fault(&self) -> Fault {
        if !self.error.context("INVALID_OBJECT_IDS").is_empty() {
            return Fault::Never {
                why: "A contact that it was to be associated with is not in HubSpot any more.".to_owned(),
                field: Some(ASSOCIATIONS.to_owned()),
            };
        }
        let Some((property, code)) = self.property() else {
            let category = if self.error.category.is_empty() { "" } else { " " };
            let told = in_its_words(&self.error);
            return Fault::never(format!(
                "HubSpot refused it ({}{category}{}){told}.",
                self.status, self.error.category
            ));
        };
        let why = match code.as_str() {
            "PROPERTY_DOESNT_EXIST" if property == KEY_PROPERTY => format!(
                "HubSpot's property “{KEY_PROPERTY}” was deleted. Connect HubSpot again: that makes it anew."
            ),
            "PROPERTY_DOESNT_EXIST" => format!("HubSpot has no property “{property}”."),
            "INVALID_OPTION" => {
                format!("HubSpot's property “{property}” does not offer the value that was to be written.")
            }
            "READ_ONLY_VALUE" => format!("HubSpot does not let its property “{property}” be written."),
            _ if property == OWNER => "HubSpot does not take the owner that was to be written.".to_owned(),
            "INVALID_EMAIL" => {
                format!("HubSpot takes the address for invalid (property “{property}”).")
            }
            "MISSING_REQUIRED_PROPERTY" | "MISSING_CONDITIONAL_REQUIRED_PROPERTY" => format!(
                "A rule of the HubSpot account requires a value for the property “{property}”, and none is known."
            ),
            "CONFLICTING_UNIQUE_VALUE" => {
                format!("HubSpot has this value of the unique property “{property}” elsewhere already.")
            }
            "" => format!("HubSpot refused the value of the property “{property}”."),
            code => format!("HubSpot refused the value of the property “{property}” ({code})."),
        };
        Fault::Never { why, field: Some(property) }
    }

    /// Whether what was asked for is not there.
    pub(super) fn is_missing(&self) -> bool {
        matches!(self.status, 404 | 410)
    }

    /// What exists already, if that is why: same address, or same value of our key.
    pub(super) fn conflict(&self) -> Option<Conflict> {
        let is_conflict = self.status == 409 || self.error.category == "CONFLICT" || self.is_same_key();
        is_conflict.then(|| Conflict { id: self.existing_id() })
    }

    /// A unique property of the account's own may clash too: that says nothing about our row being there.
    fn is_same_key(&self) -> bool {
        details(&self.error)
            .iter()
            .filter(|detail| {
                code(detail) == "CONFLICTING_UNIQUE_VALUE"
                    || detail.message.contains("already has that value")
            })
            .any(|detail| property(detail).is_none_or(|name| name == KEY_PROPERTY || name == "email"))
    }

    fn existing_id(&self) -> Option<String> {
        let told = self.error.context("existingId").into_iter().next();
        let id = told.or_else(|| {
            let (_, rest) = self.error.message.split_once("Existing ID:")?;
            Some(rest.trim_start().chars().take_while(char::is_ascii_digit).collect())
        });
        id.filter(|id| !id.is_empty())
    }

    /// The property that was wrong and how.
    fn property(&self) -> Option<(String, String)> {
        let details = details(&self.error);
        let named = details.iter().find_map(|detail| Some((property(detail)?, code(detail).to_owned())));
        // How HubSpot words an unknown owner is unconfirmed (§4.1): one that names no property but speaks of an owner counts.
        let is_owner = || self.error.message.to_lowercase().contains("owner");
        named.or_else(|| is_owner().then(|| (OWNER.to_owned(), code(&self.error).to_owned())))
    }
}

/// The parts of an error that are about one property: as data, or as the list that some messages hold.
fn details(error: &wire::Error) -> Vec<wire::Error> {
    let mut details = error.errors.clone();
    if let Some(start) = error.message.find('[') {
        let listed =
            serde_json::Deserializer::from_str(&error.message[start..]).into_iter::<Vec<wire::Error>>();
        details.extend(listed.filter_map(Result::ok).take(1).flatten());
    }
    details.push(wire::Error { errors: Vec::new(), ..error.clone() });
    details
}

fn code(detail: &wire::Error) -> &str {
    if detail.code.is_empty() { &detail.error } else { &detail.code }
}

fn property(detail: &wire::Error) -> Option<String> {
    let named = ["propertyName", "properties"].iter().flat_map(|key| detail.context(key));
    named.chain([detail.name.clone()]).find(|name| !name.is_empty())
}

/// HubSpot's message, short, without addresses and numbers: it may be kept and logged.
fn in_its_words(error: &wire::Error) -> String {
    const CHARS_MAX: usize = 200;
    let is_private = |word: &&str| {
        word.contains('@') || word.contains('+') || word.bytes().filter(u8::is_ascii_digit).count() >= 7
    };
    let words: Vec<&str> =
        error.message.split_whitespace().map(|word| if is_private(&word) { "…" } else { word }).collect();
    let text: String = words.join(" ").chars().take(CHARS_MAX).collect();
    let text = text.trim_end_matches('.');
    if text.is_empty() { String::new() } else { format!(": {text}") }
}
