//! Searches: within their limits, page by page (reference/hubspot.md §1.4). They lag behind writes.

use std::collections::BTreeSet;

use super::{
    Class, Hubspot,
    refusal::Trouble,
    wire::{Filter, FilterGroup, Object, Page, Search, Sort},
};

/// Characters of a search's body.
pub(super) const BODY_CHARS_MAX: usize = 3_000;
/// Values of one `IN`.
pub(super) const VALUES_MAX: usize = 100;
/// Results of one search over all its pages; beyond, HubSpot answers 400.
pub(super) const RESULTS_MAX: u64 = 10_000;
/// Results of one page.
const PAGE_MAX: u32 = 200;

impl<'a> Search<'a> {
    /// A search that gives the most recently changed first, so that a cut-off loses the oldest.
    pub(super) fn new(
        groups: Vec<Vec<Filter<'a>>>,
        properties: &'a [&'a str],
        modified_at: &'static str,
    ) -> Self {
        Self {
            filter_groups: groups.into_iter().map(|filters| FilterGroup { filters }).collect(),
            properties,
            sorts: vec![Sort { property_name: modified_at, direction: "DESCENDING" }],
            limit: PAGE_MAX,
            after: None,
        }
    }

    /// Whether HubSpot would take the body, on its last page too.
    pub(super) fn fits(&self) -> bool {
        let last = Self { after: Some(RESULTS_MAX.to_string()), ..self.clone() };
        let values_max = self
            .filter_groups
            .iter()
            .flat_map(|group| &group.filters)
            .map(|filter| filter.values.len())
            .max()
            .unwrap_or_default();
        values_max <= VALUES_MAX
            && serde_json::to_string(&last).is_ok_and(|body| body.chars().count() <= BODY_CHARS_MAX)
    }
}

impl<'a> Filter<'a> {
    /// Equals, whatever the case.
    pub(super) fn equals(property_name: &'a str, value: String) -> Self {
        Self { property_name, operator: "EQ", value: Some(value), values: Vec::new() }
    }

    /// Holds the value as a word.
    pub(super) fn has_token(property_name: &'a str, value: String) -> Self {
        Self { property_name, operator: "CONTAINS_TOKEN", value: Some(value), values: Vec::new() }
    }

    /// Is one of these, which must be in lower case.
    pub(super) fn is_in(property_name: &'a str, values: Vec<String>) -> Self {
        Self { property_name, operator: "IN", value: None, values }
    }
}

impl Hubspot {
    /// Reads the first page.
    pub(super) async fn search_page(
        &self,
        object: &str,
        search: &Search<'_>,
    ) -> Result<Page<Object>, Trouble> {
        let path = format!("{}/search", self.settings.version.objects(object));
        self.post(Class::Search, &path, search).await
    }

    /// Reads the pages after the first, to the cap. Each object comes once, though pages shift while they are read.
    pub(super) async fn search_on(
        &self,
        object: &str,
        mut search: Search<'_>,
        first: Page<Object>,
    ) -> Result<Vec<Object>, Trouble> {
        let mut seen = BTreeSet::new();
        let mut found = Vec::new();
        let mut page = first;
        loop {
            let after = page.next();
            let is_new = |object: &Object| object.archived != Some(true) && seen.insert(object.id.clone());
            found.extend(page.results.into_iter().filter(is_new));
            let is_within = |after: &String| after.parse::<u64>().is_ok_and(|after| after < RESULTS_MAX);
            let Some(after) = after.filter(is_within).filter(|after| search.after.as_ref() != Some(after))
            else {
                return Ok(found);
            };
            search.after = Some(after);
            page = self.search_page(object, &search).await?;
        }
    }

    /// Reads all pages, to the cap.
    pub(super) async fn search_all(&self, object: &str, search: Search<'_>) -> Result<Vec<Object>, Trouble> {
        let first = self.search_page(object, &search).await?;
        self.search_on(object, search, first).await
    }
}
