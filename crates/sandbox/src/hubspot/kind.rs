//! The object types, and the association types between them.

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    Contacts,
    Calls,
    Meetings,
    Tasks,
    Notes,
}

impl Kind {
    pub const ALL: [Self; 5] = [Self::Contacts, Self::Calls, Self::Meetings, Self::Tasks, Self::Notes];

    /// A path takes the plural name or the type id.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.plural() == name || kind.type_id() == name || kind.singular() == name)
    }

    pub fn plural(self) -> &'static str {
        match self {
            Self::Contacts => "contacts",
            Self::Calls => "calls",
            Self::Meetings => "meetings",
            Self::Tasks => "tasks",
            Self::Notes => "notes",
        }
    }

    pub fn singular(self) -> &'static str {
        self.plural().trim_end_matches('s')
    }

    /// The name of the default association type to another: a meeting is a "meeting event" there.
    pub fn type_name(self, to: Self) -> String {
        let name = |kind: Self| if kind == Self::Meetings { "meeting_event" } else { kind.singular() };
        format!("{}_to_{}", name(self), name(to))
    }

    /// The name that error messages use.
    pub fn shouted(self) -> String {
        self.singular().to_uppercase()
    }

    pub fn type_id(self) -> &'static str {
        match self {
            Self::Contacts => "0-1",
            Self::Calls => "0-48",
            Self::Meetings => "0-47",
            Self::Tasks => "0-27",
            Self::Notes => "0-46",
        }
    }

    pub fn is_activity(self) -> bool {
        self != Self::Contacts
    }

    /// Contacts alone spell it without the prefix.
    pub fn modified_property(self) -> &'static str {
        if self == Self::Contacts { "lastmodifieddate" } else { "hs_lastmodifieddate" }
    }

    pub fn created_property(self) -> &'static str {
        if self == Self::Contacts { "createdate" } else { "hs_createdate" }
    }

    pub fn default_properties(self) -> &'static [&'static str] {
        match self {
            Self::Contacts => {
                &["createdate", "email", "firstname", "hs_object_id", "lastmodifieddate", "lastname"]
            }
            _ => &["hs_createdate", "hs_lastmodifieddate", "hs_object_id"],
        }
    }

    /// The property that identifies an owner-less record in lists.
    pub fn title_property(self) -> &'static str {
        match self {
            Self::Contacts => "email",
            Self::Calls => "hs_call_title",
            Self::Meetings => "hs_meeting_title",
            Self::Tasks => "hs_task_subject",
            Self::Notes => "hs_note_body",
        }
    }
}

/// HUBSPOT_DEFINED type ids; each pair has one id per direction.
const TYPES: [(u32, Kind, Kind); 8] = [
    (194, Kind::Calls, Kind::Contacts),
    (193, Kind::Contacts, Kind::Calls),
    (200, Kind::Meetings, Kind::Contacts),
    (199, Kind::Contacts, Kind::Meetings),
    (202, Kind::Notes, Kind::Contacts),
    (201, Kind::Contacts, Kind::Notes),
    (204, Kind::Tasks, Kind::Contacts),
    (203, Kind::Contacts, Kind::Tasks),
];

/// Types to companies, deals and tickets, which the sandbox does not hold: type, from, name of the other.
const ELSEWHERE: [(u32, Kind, &str); 8] = [
    (182, Kind::Calls, "COMPANY"),
    (206, Kind::Calls, "DEAL"),
    (220, Kind::Calls, "TICKET"),
    (188, Kind::Meetings, "COMPANY"),
    (212, Kind::Meetings, "DEAL"),
    (226, Kind::Meetings, "TICKET"),
    (279, Kind::Contacts, "COMPANY"),
    (1, Kind::Contacts, "COMPANY"),
];

/// From which object type an association type starts, and the type it leads to if the sandbox holds it.
pub fn ends_of(type_id: u32) -> Option<(Kind, Result<Kind, &'static str>)> {
    let here = TYPES.iter().find(|(id, ..)| *id == type_id).map(|(_, from, to)| (*from, Ok(*to)));
    here.or_else(|| ELSEWHERE.iter().find(|(id, ..)| *id == type_id).map(|(_, from, to)| (*from, Err(*to))))
}

/// The default association type of a pair.
pub fn type_between(from: Kind, to: Kind) -> Option<u32> {
    TYPES.iter().find(|(_, start, end)| *start == from && *end == to).map(|(id, ..)| *id)
}
