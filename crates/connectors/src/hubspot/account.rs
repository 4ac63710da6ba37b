//! What an account is and what can be picked in it: owners, call outcomes, call types.

use domain::{
    email::Email,
    fault::Fault,
    ids::{OutcomeId, OwnerId},
};

use super::{
    Hubspot,
    refusal::Trouble,
    version::DISPOSITIONS,
    wire::{self, Dispositions, Page, Property},
};

/// An account of HubSpot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its number.
    pub portal_id: String,
    /// Its time zone by IANA name, which may be an old one such as `US/Eastern`; its day ends by it.
    pub time_zone: String,
    /// Where people see it, e.g. `app-eu1.hubspot.com`.
    pub ui_domain: String,
}

/// Somebody whom things can belong to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// HubSpot's id as an owner, which is not the one as a user.
    pub id: OwnerId,
    /// The person's address; a queue is nobody's.
    pub email: Option<Email>,
}

impl Hubspot {
    /// Asks who the credential speaks for: the cheapest way to see that it works.
    pub async fn account(&self) -> Result<Account, Fault> {
        let account: wire::Account = self.get(&self.settings.version.account(), &[]).await?;
        let or = |text: String, other: &str| if text.is_empty() { other.to_owned() } else { text };
        if account.portal_id.is_empty() {
            return Err(Fault::never("HubSpot's answer does not say which account it is."));
        }
        Ok(Account {
            portal_id: account.portal_id,
            time_zone: or(account.time_zone, "UTC"),
            ui_domain: or(account.ui_domain, "app.hubspot.com"),
        })
    }

    /// Lists the owners, all pages: those who are there, or those who have left.
    pub async fn owners(&self, archived: bool) -> Result<Vec<Owner>, Fault> {
        let path = self.settings.version.owners();
        let archived_word = archived.to_string();
        let mut owners = Vec::new();
        let mut after: Option<String> = None;
        loop {
            let mut query = vec![("limit", "100"), ("archived", archived_word.as_str())];
            query.extend(after.as_deref().map(|after| ("after", after)));
            let page: Page<wire::Owner> = self.get(&path, &query).await?;
            let next = page.next().filter(|next| Some(next) != after.as_ref());
            let is_asked_for =
                |owner: &wire::Owner| owner.archived.unwrap_or(archived) == archived && !owner.id.is_empty();
            owners.extend(page.results.into_iter().filter(is_asked_for).map(|owner| Owner {
                email: Email::read(&owner.email).filter(|_| owner.kind != "QUEUE"),
                id: OwnerId(owner.id),
            }));
            if next.is_none() {
                return Ok(owners);
            }
            after = next;
        }
    }

    /// Lists the call outcomes that can be picked, default and custom, with their labels.
    pub async fn outcomes(&self) -> Result<Vec<(OutcomeId, String)>, Fault> {
        let listed = match self.get(DISPOSITIONS, &[]).await {
            Ok(Dispositions::Bare(listed) | Dispositions::Wrapped { results: listed }) => listed,
            // The undated path may go; the property's own options are there in some accounts only (§2.3).
            Err(Trouble::Refused(refusal)) if refusal.is_missing() => {
                let options = self.options("hs_call_disposition").await?;
                let listed: Vec<_> =
                    options.into_iter().map(|(value, label)| (OutcomeId(value), label)).collect();
                return if listed.is_empty() { Err(refusal.fault()) } else { Ok(listed) };
            }
            Err(trouble) => return Err(trouble.into()),
        };
        let standing = listed.into_iter().filter(|one| one.deleted != Some(true) && !one.id.is_empty());
        Ok(standing.map(|one| (OutcomeId(one.id), one.label)).collect())
    }

    /// Lists the call types as value and label; empty where the account has not turned them on.
    pub async fn call_types(&self) -> Result<Vec<(String, String)>, Fault> {
        self.options("hs_activity_type").await.map_err(Fault::from)
    }

    /// The options of a property of calls; none where there is no such property.
    async fn options(&self, property: &str) -> Result<Vec<(String, String)>, Trouble> {
        let path = format!("{}/{property}", self.settings.version.properties("calls"));
        let property: Property = match self.get(&path, &[]).await {
            Err(Trouble::Refused(refusal)) if refusal.is_missing() => return Ok(Vec::new()),
            read => read?,
        };
        let offered =
            property.options.into_iter().filter(|one| one.hidden != Some(true) && !one.value.is_empty());
        Ok(offered.map(|one| (one.value, one.label)).collect())
    }
}
