//! Contact properties that are no place for answers (M1, M2, M8).

/// Why an answer was withheld.
pub const WITHHELD: &str = "It says who or whose the contact is, and an answer does not replace that. Map the question to \
    another property in the settings for meetings.";

/// Contact properties that say who or whose a contact is, or that we write when we make one.
const OWN: [&str; 9] = [
    "email",
    "hs_additional_emails",
    "firstname",
    "lastname",
    "hubspot_owner_id",
    "hs_object_id",
    "hs_merged_object_ids",
    "hs_calculated_merged_vids",
    "patchbay_key",
];

/// Whether answers may go into a contact property, as far as its name tells.
pub fn takes_answers(property: &str) -> bool {
    !OWN.contains(&property)
}
