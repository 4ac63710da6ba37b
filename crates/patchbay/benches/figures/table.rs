//! The table: as text for the terminal, and in Markdown.

use crate::figure::{Figure, Of};

impl Of {
    pub const ALL: [Self; 3] = [Self::Possible, Self::Reading, Self::Budget];

    /// What the shares are of, as a heading.
    pub const fn heading(self) -> &'static str {
        match self {
            Self::Possible => "Of what is possible",
            Self::Reading => "Of the time that reading the webhook takes",
            Self::Budget => "Of the budget",
        }
    }

    /// Which way is better.
    pub const fn better(self) -> &'static str {
        match self {
            Self::Possible => "more is better",
            Self::Reading | Self::Budget => "less is better",
        }
    }
}

/// The figures that are shares of the same.
pub fn of(figures: &[Figure], of: Of) -> impl Iterator<Item = &Figure> {
    figures.iter().filter(move |figure| figure.of == of)
}

/// A share, and the one that is aimed at.
pub fn share(figure: &Figure) -> String {
    let percent = |share: f64| format!("{:.*} %", usize::from(share < 0.1), share * 100.0);
    let aim = figure.aim.map(|aim| format!(" (aim: {} {})", bound(figure.of), percent(aim)));
    percent(figure.share) + &aim.unwrap_or_default()
}

const fn bound(of: Of) -> &'static str {
    match of {
        Of::Possible => "at least",
        Of::Reading | Of::Budget => "at most",
    }
}

pub fn plain(figures: &[Figure]) -> String {
    let wide = figures.iter().map(|figure| figure.what.chars().count()).max().unwrap_or(0);
    let row = |figure: &Figure| {
        format!("  {:wide$}  {}: {}, beside {}\n", figure.what, share(figure), figure.came_to, figure.limit)
    };
    let part = |group: Of| {
        let rows: String = of(figures, group).map(row).collect();
        format!("{}, {}:\n{rows}", group.heading(), group.better())
    };
    Of::ALL.into_iter().map(part).collect()
}

pub fn markdown(figures: &[Figure], run: &str) -> String {
    let row = |figure: &Figure| {
        format!("| {} | {} | {} | {} |\n", figure.what, figure.came_to, figure.limit, share(figure))
    };
    let part = |group: Of| {
        let rows: String = of(figures, group).map(row).collect();
        let heading = group.heading().to_lowercase();
        format!("\n| {heading}, {} | came to | beside | share |\n|---|---|---|---|\n{rows}", group.better())
    };
    let parts: String =
        Of::ALL.into_iter().filter(|group| of(figures, *group).next().is_some()).map(part).collect();
    format!("{run}.\n\n![Each figure as a share of its limit](pictures/figures.svg)\n{parts}")
}
