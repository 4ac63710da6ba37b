//! The chart: a bar for each figure, as long as its share of its limit, with both numbers beneath.

use std::fmt::Write;

use crate::{
    figure::{Figure, Of},
    table::{of, share},
};

const WIDTH: f64 = 760.0;
const MARGIN: f64 = 24.0;
/// The track is the limit: a bar that would be longer ends with it, and its number says how much longer.
const TRACK: f64 = WIDTH - 2.0 * MARGIN;
const HEAD: f64 = 34.0;
const ROW: f64 = 56.0;
const BAR: f64 = 10.0;

/// The colours of both themes. Bars of what is to be long and of what is to be short differ, and their headings say which.
const STYLE: &str = "\
    text { font: 13px system-ui, sans-serif; fill: #1f2328 }
    .heading { font-size: 15px; font-weight: 600 }
    .small { font-size: 12px; fill: #59636e }
    .right { text-anchor: end }
    .paper { fill: #ffffff }
    .track { fill: #e6eaef }
    .more { fill: #1a7f64 }
    .less { fill: #3b6fb6 }
    .aim { stroke: #1f2328; stroke-width: 2 }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3 }
      .small { fill: #9198a1 }
      .paper { fill: #0d1117 }
      .track { fill: #262c36 }
      .more { fill: #3fb996 }
      .less { fill: #6ea8fe }
      .aim { stroke: #e6edf3 }
    }";

pub fn draw(figures: &[Figure], run: &str) -> String {
    let (mut drawn, mut y) = (String::new(), MARGIN);
    for group in Of::ALL.into_iter().filter(|group| of(figures, *group).next().is_some()) {
        y += HEAD;
        let heading = format!("{}: {}", group.heading(), group.better());
        drawn += &text("heading", MARGIN, y - 14.0, &heading);
        for figure in of(figures, group) {
            drawn += &row(figure, y);
            y += ROW;
        }
    }
    // When and of what, then where.
    for line in run.splitn(2, ": ") {
        y += 18.0;
        drawn += &text("small", MARGIN, y, line);
    }
    let height = y + MARGIN;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" role=\"img\">
  <title>Patchbay's figures, each as a share of its limit</title>
  <style>
    {STYLE}
  </style>
  <rect class=\"paper\" width=\"{WIDTH}\" height=\"{height}\" rx=\"8\"/>
{drawn}</svg>
"
    )
}

/// A figure, from its upper edge at `y`: what it is and its share, the bar, and what it came to beside what.
fn row(figure: &Figure, y: f64) -> String {
    let (bar_y, colour) = (y + 18.0, if figure.of == Of::Possible { "more" } else { "less" });
    let mut drawn = text("", MARGIN, y + 12.0, &figure.what);
    drawn += &text("right", WIDTH - MARGIN, y + 12.0, &share(figure));
    drawn += &bar("track", bar_y, TRACK);
    drawn += &bar(colour, bar_y, (figure.share.clamp(0.0, 1.0) * TRACK).max(2.0));
    if let Some(aim) = figure.aim {
        let x = MARGIN + aim.clamp(0.0, 1.0) * TRACK;
        let (from, to) = (bar_y - 3.0, bar_y + BAR + 3.0);
        let _ =
            writeln!(drawn, "  <line class=\"aim\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{from}\" y2=\"{to}\"/>");
    }
    drawn
        + &text("small", MARGIN, bar_y + BAR + 15.0, &format!("{}, beside {}", figure.came_to, figure.limit))
}

fn bar(class: &str, y: f64, width: f64) -> String {
    format!(
        "  <rect class=\"{class}\" x=\"{MARGIN}\" y=\"{y}\" width=\"{width:.1}\" height=\"{BAR}\" rx=\"2\"/>\n"
    )
}

fn text(class: &str, x: f64, y: f64, says: &str) -> String {
    let class = if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") };
    format!("  <text{class} x=\"{x}\" y=\"{y}\">{}</text>\n", html(says))
}

fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
