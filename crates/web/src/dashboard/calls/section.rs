//! The two pairs of sections of the Calls page: outcomes and call types, by kind of call and by tag (C3–C11, C16).

use domain::{ids::OutcomeId, kind::Kind};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{
    api::{
        lists::{
            Choice,
            reading::{self, Unread},
        },
        problem::Problem,
        rules::{Lists, RuleHead, call_type, outcome},
        settings::calls::{self, CallSettingsView},
    },
    dashboard::{form::Form, frame::Visit},
};

/// What a pair of sections is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Matter {
    /// Call outcomes.
    Outcome,
    /// Call types.
    CallType,
}

impl Matter {
    /// The matter that an address names.
    pub fn of(visit: &Visit) -> Result<Self, Problem> {
        match visit.scope.param("matter") {
            "outcomes" => Ok(Self::Outcome),
            "call-types" => Ok(Self::CallType),
            _ => Err(Problem::not_found("page")),
        }
    }

    /// The word in addresses.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Outcome => "outcomes",
            Self::CallType => "call-types",
        }
    }

    /// The field of the settings that holds one for each kind of call.
    pub const fn setting(self) -> &'static str {
        match self {
            Self::Outcome => "outcomes",
            Self::CallType => "call_types",
        }
    }

    /// What the form of the settings shows, as it is sent.
    pub fn shown(self, settings: &CallSettingsView) -> Value {
        let chosen = match self {
            Self::Outcome => &settings.outcomes,
            Self::CallType => &settings.call_types,
        };
        json!({ self.setting(): chosen })
    }

    /// The field of a rule that says what it leads to.
    pub const fn field(self) -> &'static str {
        match self {
            Self::Outcome => "outcome_id",
            Self::CallType => "call_type",
        }
    }

    /// What it is called.
    pub const fn noun(self) -> &'static str {
        match self {
            Self::Outcome => "outcome",
            Self::CallType => "call type",
        }
    }
}

/// A pair of sections: one choice by kind of call, and rules by tag.
pub struct Section {
    /// What it is about.
    pub matter: Matter,
    /// The kinds of call, each with its choice.
    pub kinds: Vec<KindRow>,
    /// The same, as the form sends it.
    pub as_shown: Value,
    /// What can be chosen now.
    pub choices: Vec<Choice>,
    /// The tags that have no rule yet.
    pub free_tags: Vec<Choice>,
    /// All tags.
    pub tags: Vec<Choice>,
    /// The rules, in the admin's order.
    pub rules: Vec<RuleRow>,
    /// Why a list is not as it is now.
    pub stale: Vec<String>,
    /// What was refused.
    pub form: Form,
}

/// A kind of call with its choice.
pub struct KindRow {
    /// Its word, and the field's name.
    pub word: &'static str,
    /// The field's name.
    pub field: String,
    /// In plain words.
    pub name: String,
    /// What is chosen; empty for None.
    pub chosen: String,
    /// What is chosen, if it cannot be chosen any more.
    pub gone: Option<Choice>,
    /// How the choice stands, if that is to be said.
    pub standing: Option<Standing>,
}

/// A rule.
pub struct RuleRow {
    /// Ours.
    pub id: String,
    /// The tag.
    pub tag: Choice,
    /// What it leads to.
    pub target: Choice,
    /// Its place in the order.
    pub position: i64,
    /// How it stands.
    pub standing: Standing,
}

/// How a rule or a choice stands, in words.
pub struct Standing {
    /// As the API says it.
    pub state: &'static str,
    /// In a word.
    pub word: &'static str,
    /// What that means.
    pub meaning: &'static str,
    /// The moment that the meaning ends with.
    pub at: Option<Timestamp>,
}

impl Standing {
    fn of(state: &'static str, effective_at: Option<Timestamp>, until: Option<Timestamp>) -> Self {
        let (word, meaning, at) = match state {
            "pending" => ("Pending", "takes effect at", effective_at),
            "outcome_leaving" => ("Leaving", "deleted in HubSpot, still used until", until),
            "outcome_deleted" => ("Not used", "the outcome was deleted in HubSpot", None),
            "tag_deleted" => ("Not used", "the tag was deleted in Aircall", None),
            _ => ("Active", "", None),
        };
        Self { state, word, meaning, at }
    }
}

impl RuleRow {
    fn of(head: RuleHead, target: Choice) -> Self {
        let standing = Standing::of(head.state, head.effective_at, head.until);
        Self { id: head.id, tag: head.tag, target, position: head.position, standing }
    }
}

impl Section {
    fn new(matter: Matter, choices: Vec<Choice>, tags: Vec<Choice>, rules: Vec<RuleRow>) -> Self {
        let is_free = |tag: &&Choice| rules.iter().all(|rule| rule.tag.id.0 != tag.id.0);
        let free_tags = tags.iter().filter(is_free).cloned().collect();
        let (kinds, stale, form) = (Vec::new(), Vec::new(), Form::default());
        Self { matter, kinds, as_shown: Value::Null, choices, free_tags, tags, rules, stale, form }
    }

    /// Whether something can be chosen now.
    pub fn has(&self, id: &str) -> bool {
        self.choices.iter().any(|choice| choice.id.0 == id)
    }

    fn kind(&self, kind: Kind, chosen: Option<&String>, label: impl Fn(&str) -> String) -> KindRow {
        let words = kind.words();
        let name = words.chars().take(1).flat_map(char::to_uppercase).chain(words.chars().skip(1)).collect();
        KindRow {
            word: kind.word(),
            field: format!("{}.{}", self.matter.setting(), kind.word()),
            name,
            chosen: chosen.cloned().unwrap_or_default(),
            gone: chosen.filter(|id| !self.has(id)).map(|id| Choice::new(id.as_str(), label(id))),
            standing: None,
        }
    }
}

/// Both pairs of sections, with the lists as they are now (C10), and the settings.
pub async fn sections(visit: &Visit) -> Result<([Section; 2], CallSettingsView), Problem> {
    let (app, scope) = (&visit.app, &visit.scope);
    let ws = scope.ws();
    // Boxed: three lines to providers are large, and each caller would carry them.
    let (outcomes, tags, types) = Box::pin(async {
        tokio::join!(reading::outcomes(app, ws), reading::tags(app, ws), reading::call_types(app, ws))
    })
    .await;
    let (outcomes, tags, types) = (outcomes?, tags?, types?);
    let settings = calls::current(app, scope).await?;
    let stale = [("HubSpot's outcomes", &outcomes.unread), ("Aircall's tags", &tags.unread)];
    let stale = stale.into_iter().filter_map(|(list, unread)| said(list, unread.as_ref())).collect();
    let lists = Lists { outcomes: outcomes.catalog, tags: tags.catalog };

    let rules = outcome::all(app, scope, &lists).await?;
    let rules = rules.into_iter().map(|rule| RuleRow::of(rule.head, rule.outcome)).collect();
    let mut by_outcome = Section::new(Matter::Outcome, outcomes.items, tags.items.clone(), rules);
    let label = |id: &str| lists.outcomes.label(&OutcomeId::from(id)).unwrap_or(id).to_owned();
    let kinds = Kind::ALL.map(|kind| {
        let chosen = settings.outcomes.get(kind.word()).and_then(Option::as_ref);
        let slot = settings.outcome_states.get(kind.word());
        let standing = slot.map(|slot| Standing::of(slot.state, slot.effective_at, slot.until));
        KindRow { standing, ..by_outcome.kind(kind, chosen, label) }
    });
    by_outcome.kinds = kinds.into();
    by_outcome.as_shown = Matter::Outcome.shown(&settings);
    by_outcome.stale = stale;

    let (types, unread) = match types {
        Ok(types) => (types, None),
        Err(unread) => (Vec::new(), Some(unread)),
    };
    let type_label = |value: &str| {
        let known = types.iter().find(|choice| choice.id.0 == value);
        known.map_or_else(|| value.to_owned(), |choice| choice.label.clone())
    };
    let rules = call_type::all(app, scope, &lists).await?;
    let target = |value: String| Choice::new(value.as_str(), type_label(&value));
    let rules = rules.into_iter().map(|rule| RuleRow::of(rule.head, target(rule.call_type))).collect();
    let mut by_type = Section::new(Matter::CallType, types.clone(), tags.items, rules);
    let kinds = Kind::ALL.map(|kind| {
        by_type.kind(kind, settings.call_types.get(kind.word()).and_then(Option::as_ref), type_label)
    });
    by_type.kinds = kinds.into();
    by_type.as_shown = Matter::CallType.shown(&settings);
    by_type.stale = said("HubSpot's call types", unread.as_ref()).into_iter().collect();
    Ok(([by_outcome, by_type], settings))
}

/// Says that a list could not be read, and why.
pub fn said(list: &str, unread: Option<&Unread>) -> Option<String> {
    let unread = unread?;
    Some(format!("{list} could not be read just now, so what was known before is shown. {}", unread.reason))
}
