//! `patchbay workspace`

use anyhow::{Context, Result, ensure};
use store::StoreError;

use crate::{clock::now, command, instance::open_store, settings::Usage};

/// As long as a label of a domain name may be: it stands in addresses.
const SLUG_MAX: usize = 63;

/// Makes a workspace: its connections, rules and records are its own.
///
/// # Errors
/// The word cannot stand in an address, there is such a workspace already, or the store does not open.
pub async fn run(options: command::Workspace) -> Result<()> {
    let slug = options.slug;
    is_slug(&slug).context(Usage)?;
    let store = open_store(&options.settings.check()?)?;
    let name = options.name.unwrap_or_else(|| slug.clone());
    let added = store.add_workspace(&slug, &name, now()).await;
    store.close().await;
    added.map_err(|error| match error {
        StoreError::Taken => anyhow::anyhow!("there is a workspace \"{slug}\" already"),
        error => error.into(),
    })?;
    println!("{slug}");
    Ok(())
}

/// Refuses what would have to be escaped in an address.
fn is_slug(slug: &str) -> Result<()> {
    let is_plain =
        slug.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    let is_framed = slug.starts_with('-') || slug.ends_with('-');
    ensure!(
        (1..=SLUG_MAX).contains(&slug.len()) && is_plain && !is_framed,
        "\"{slug}\" is not a word of small letters, digits and hyphens, {SLUG_MAX} of them at most"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_workspaces_word_stands_in_addresses_as_it_is() {
        for good in ["acme", "acme-2", "2"] {
            assert!(is_slug(good).is_ok(), "{good}");
        }
        for bad in ["", "Acme", "acme corp", "-acme", "acme-", "a/b", "ä", &"a".repeat(64)] {
            assert!(is_slug(bad).is_err(), "{bad}");
        }
    }
}
