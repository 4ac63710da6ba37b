//! Titles from templates: words with places such as `{party}`.

use crate::text;

/// A template that was checked against the places it may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template<'a>(&'a str);

/// A place that a template may not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownPlace(pub String);

impl<'a> Template<'a> {
    /// Checks a template.
    ///
    /// # Errors
    /// Names the first place that is not among `places`, or the brace that is never closed.
    pub fn check(text: &'a str, places: &[&str]) -> Result<Self, UnknownPlace> {
        for part in text.split('{').skip(1) {
            match part.split_once('}') {
                Some((place, _)) if places.contains(&place) => {}
                Some((place, _)) => return Err(UnknownPlace(place.to_owned())),
                None => return Err(UnknownPlace(part.to_owned())),
            }
        }
        Ok(Self(text))
    }

    /// A template as stored; it was checked when it was set.
    pub fn stored(text: &'a str) -> Self {
        Self(text)
    }

    /// Fills the places. What is filled in is not read as a template again.
    pub fn fill(&self, value: impl Fn(&str) -> String) -> String {
        let mut parts = self.0.split('{');
        let mut out = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            match part.split_once('}') {
                Some((place, rest)) => {
                    out.push_str(&value(place));
                    out.push_str(rest);
                }
                None => out.push_str(part),
            }
        }
        text::title(&out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filled_in_value_is_not_a_template() {
        assert_eq!(Template::stored("to {party}").fill(|_| "{agent}".to_owned()), "to {agent}");
    }

    #[test]
    fn a_template_of_known_places_passes() {
        assert_eq!(Template::check("to {party}", &["party"]), Ok(Template("to {party}")));
        assert_eq!(Template::check("to {party", &["party"]), Err(UnknownPlace("party".to_owned())));
    }

    #[test]
    fn an_unknown_place_is_named() {
        assert_eq!(Template::check("{who} {party}", &["party"]), Err(UnknownPlace("who".to_owned())));
    }
}
