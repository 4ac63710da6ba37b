//! The version of HubSpot's API, and all its paths: a version is named here and nowhere else.

use std::str::FromStr;

/// Call outcomes: no dated path is known (reference/hubspot.md §2.3).
pub(super) const DISPOSITIONS: &str = "/calling/v1/dispositions";

/// A version of HubSpot's API. All have the same shapes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Version {
    /// Current since 2026-09-08. An admin's validation rules apply to what is written.
    #[default]
    V2026_09,
    /// Supported to about September 2027; no validation rules.
    V2026_03,
    /// The undated one, unsupported from September 2027; associations are of v4.
    V3,
}

impl Version {
    /// All versions, the newest first.
    pub const ALL: [Self; 3] = [Self::V2026_09, Self::V2026_03, Self::V3];

    /// The word in settings and in paths.
    pub const fn word(self) -> &'static str {
        match self {
            Self::V2026_09 => "2026-09",
            Self::V2026_03 => "2026-03",
            Self::V3 => "v3",
        }
    }

    /// Objects of a kind, e.g. `/crm/objects/2026-09/calls`.
    pub(super) fn objects(self, object: &str) -> String {
        self.crm("objects", object)
    }

    /// Whether all our work hangs on what the path is about: contacts, calls and meetings are read and written by the same
    /// scopes (reference/hubspot.md §1.2).
    pub(super) fn is_vital(self, path: &str) -> bool {
        ["contacts", "calls", "meetings"].iter().any(|object| path.starts_with(&self.objects(object)))
    }

    /// Properties of a kind of object.
    pub(super) fn properties(self, object: &str) -> String {
        self.crm("properties", object)
    }

    /// Owners.
    pub(super) fn owners(self) -> String {
        match self {
            Self::V3 => "/crm/v3/owners".to_owned(),
            dated => format!("/crm/owners/{}", dated.word()),
        }
    }

    /// What an object is associated with, of one kind. v3 has this as v4 only.
    pub(super) fn associations(self, from: &str, id: &str, to: &str) -> String {
        match self {
            Self::V3 => format!("/crm/v4/objects/{from}/{id}/associations/{to}"),
            dated => format!("{}/{id}/associations/{to}", dated.objects(from)),
        }
    }

    /// One association of an object. v3 has this as v4 only.
    pub(super) fn association(self, from: &str, id: &str, to: &str, to_id: &str) -> String {
        format!("{}/{to_id}", self.associations(from, id, to))
    }

    /// One association of an object, of the pair's default type.
    pub(super) fn default_association(self, from: &str, id: &str, to: &str, to_id: &str) -> String {
        format!("{}/{to_id}", self.associations(from, id, &format!("default/{to}")))
    }

    /// The account's own data.
    pub(super) fn account(self) -> String {
        format!("/account-info/{}/details", self.word())
    }

    /// Where tokens are given.
    pub(super) fn token(self) -> String {
        format!("/oauth/{}/token", self.word())
    }

    fn crm(self, what: &str, object: &str) -> String {
        match self {
            Self::V3 => format!("/crm/v3/{what}/{object}"),
            dated => format!("/crm/{what}/{}/{object}", dated.word()),
        }
    }
}

/// A word that names no version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0} is no version of HubSpot's API; 2026-09, 2026-03 and v3 are")]
pub struct UnknownVersion(String);

impl FromStr for Version {
    type Err = UnknownVersion;

    fn from_str(word: &str) -> Result<Self, UnknownVersion> {
        Self::ALL
            .into_iter()
            .find(|version| version.word() == word.trim())
            .ok_or_else(|| UnknownVersion(word.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_version_reads_back_from_its_word() {
        for version in Version::ALL {
            assert_eq!(version.word().parse(), Ok(version));
        }
        assert!("2025-09".parse::<Version>().is_err());
    }

    #[test]
    fn paths_carry_the_version_where_hubspot_wants_it() {
        assert_eq!(Version::V2026_09.objects("calls"), "/crm/objects/2026-09/calls");
        assert_eq!(Version::V3.objects("calls"), "/crm/v3/objects/calls");
        assert_eq!(
            Version::V2026_03.associations("contacts", "7", "calls"),
            "/crm/objects/2026-03/contacts/7/associations/calls"
        );
        assert_eq!(
            Version::V3.associations("contacts", "7", "calls"),
            "/crm/v4/objects/contacts/7/associations/calls"
        );
        assert_eq!(Version::V3.account(), "/account-info/v3/details");
        assert_eq!(Version::V3.token(), "/oauth/v3/token");
        assert_eq!(Version::V2026_09.token(), "/oauth/2026-09/token");
    }
}
