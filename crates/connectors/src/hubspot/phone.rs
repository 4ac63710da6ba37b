//! Finding contacts by number: many numbers in one search, each candidate checked (reference/hubspot.md §10.2).

use std::collections::{BTreeSet, HashMap};

use domain::{fault::Fault, phone::Phone};

use super::{
    Hubspot,
    contact::{CONTACTS, Contact, MODIFIED_AT, PROPERTIES, by_activity},
    search::RESULTS_MAX,
    wire::{Filter, Search},
};

/// Hold numbers without country code, HubSpot's own reading of `phone` and of `mobilephone`.
const SEARCHABLE: [&str; 2] =
    ["hs_searchable_calculated_phone_number", "hs_searchable_calculated_mobile_number"];

/// A number, and the country by which numbers without a country code are read.
type Asked = (Phone, Option<String>);

impl Hubspot {
    /// Searches contacts by number, in as few searches as the limits allow. Searches lag behind writes.
    ///
    /// With each number goes the country (two letters) by which numbers without a country code are read. The most
    /// recently active contact comes first; a number that nobody has is left out.
    pub async fn contacts_by_phone(
        &self,
        phones: &[(Phone, Option<String>)],
    ) -> Result<HashMap<Phone, Vec<Contact>>, Fault> {
        let mut waiting: Vec<&[Asked]> = packs(phones);
        let mut found: HashMap<Phone, Vec<Contact>> = HashMap::new();
        while let Some(pack) = waiting.pop() {
            let search = search(pack);
            let first = self.search_page(CONTACTS, &search).await?;
            if first.total.is_some_and(|total| total > RESULTS_MAX) && pack.len() > 1 {
                // A switchboard's number must not crowd out the others.
                let (one, other) = pack.split_at(pack.len() / 2);
                waiting.extend([one, other]);
                continue;
            }
            let objects = self.search_on(CONTACTS, search, first).await?;
            let candidates: Vec<Contact> = objects.iter().map(Contact::read).collect();
            for (phone, country) in pack {
                let has_it = |contact: &&Contact| contact.has_phone(phone, country.as_deref());
                let matching: Vec<&Contact> = candidates.iter().filter(has_it).collect();
                if !matching.is_empty() {
                    found.entry(phone.clone()).or_default().extend(matching.into_iter().cloned());
                }
            }
        }
        for contacts in found.values_mut() {
            by_activity(contacts);
            contacts.dedup_by(|one, other| one.id == other.id);
        }
        Ok(found)
    }
}

/// Cuts the numbers into runs that each fit one search.
fn packs(phones: &[Asked]) -> Vec<&[Asked]> {
    let mut packs = Vec::new();
    let mut rest = phones;
    while !rest.is_empty() {
        // Each number more makes the body longer, so the last that fits can be found by halving.
        let counts: Vec<usize> = (1..=rest.len()).collect();
        let count = counts.partition_point(|count| search(&rest[..*count]).fits()).max(1);
        let (pack, others) = rest.split_at(count);
        packs.push(pack);
        rest = others;
    }
    packs
}

/// One search for all of these: two groups, one for each searchable property.
fn search(pack: &[Asked]) -> Search<'static> {
    let forms: BTreeSet<String> =
        pack.iter().flat_map(|(phone, _)| phone.searchable()).map(|form| form.to_lowercase()).collect();
    let forms: Vec<String> = forms.into_iter().collect();
    let groups = SEARCHABLE.map(|property| vec![Filter::is_in(property, forms.clone())]);
    Search::new(groups.into(), PROPERTIES, MODIFIED_AT)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(digits: &str) -> Asked {
        (Phone::read(digits, None).expect("a number"), None)
    }

    #[test]
    fn numbers_share_a_search_until_its_body_is_full() {
        let phones: Vec<Asked> = (0..100).map(|n| asked(&format!("+1415555{n:04}"))).collect();
        let packs = packs(&phones);
        assert_eq!(packs.iter().map(|pack| pack.len()).sum::<usize>(), 100);
        assert_eq!(packs.len(), 2);
        for pack in packs {
            let body = serde_json::to_string(&search(pack)).expect("a body");
            assert!(body.chars().count() <= 3_000, "{} characters", body.chars().count());
        }
    }

    #[test]
    fn numbers_with_many_forms_stay_within_a_hundred_values() {
        let phones: Vec<Asked> = (0..80).map(|n| asked(&format!("+443308186{n:03}"))).collect();
        for pack in packs(&phones) {
            assert!(search(pack).filter_groups[0].filters[0].values.len() <= 100);
            assert!(search(pack).fits());
        }
    }
}
