//! Small charts of the last 24 hours, drawn here as SVG: bars in slots of five minutes. Pure.

use jiff::{SignedDuration, Timestamp};

/// Slots of five minutes within 24 hours.
const SLOTS: i64 = 288;
/// The width of a slot, of which a part is left free.
const SLOT: i64 = 2;
/// The height of the highest bar.
const HEIGHT: u64 = 96;
/// Room above it for a label.
const TOP: u64 = 12;
/// A bar that stands for more than nothing is seen.
const BAR_MIN: u64 = 2;

/// A chart.
pub struct Chart {
    /// A word for its parts' ids.
    pub id: &'static str,
    /// What it is of.
    pub title: &'static str,
    /// What it shows, in a sentence.
    pub summary: String,
    /// What the two kinds of bars stand for; the second may be empty.
    pub keys: [&'static str; 2],
    /// The bars.
    pub bars: Vec<Bar>,
    /// Lines across it, with what they stand for.
    pub marks: Vec<Mark>,
    /// The same in figures: when, and a text for each kind.
    pub rows: Vec<(Timestamp, [String; 2])>,
}

/// A bar.
pub struct Bar {
    /// Where it begins.
    pub x: i64,
    /// Where it ends above.
    pub y: u64,
    /// How high it is.
    pub height: u64,
    /// Whether it is of the second kind.
    pub is_other: bool,
}

/// A line across a chart.
pub struct Mark {
    /// How far down.
    pub y: u64,
    /// What it stands for.
    pub label: String,
}

/// What is drawn in one slot: how much of the first kind, and of the second, of so much at most.
pub struct Slot {
    /// When it begins.
    pub at: Timestamp,
    /// How much of the first kind, and of the second behind or above it.
    pub values: [u64; 2],
    /// The same for people.
    pub words: [String; 2],
}

impl Chart {
    /// The width of all slots.
    #[expect(clippy::unused_self, reason = "templates reach it through the chart")]
    pub fn width(&self) -> i64 {
        SLOTS * SLOT
    }

    /// Where the bars stand.
    #[expect(clippy::unused_self, reason = "templates reach it through the chart")]
    pub fn floor(&self) -> u64 {
        TOP + HEIGHT
    }

    /// Draws slots up to `now`, the second kind standing on the first where they are `stacked`, else behind it. `most` is
    /// as much as the height stands for.
    pub fn draw(&mut self, slots: Vec<Slot>, most: u64, stacked: bool, now: Timestamp) {
        let height = |value: u64| match value {
            0 => 0,
            value => (value.min(most) * HEIGHT).div_ceil(most.max(1)).max(BAR_MIN),
        };
        for Slot { at, values: [one, other], words } in slots {
            let age = now.duration_since(at).as_secs() / SignedDuration::from_mins(5).as_secs();
            let x = (SLOTS - 1 - age).clamp(0, SLOTS - 1) * SLOT;
            let one = height(one);
            let (foot, other) = if stacked { (one, height(other)) } else { (0, height(other)) };
            let floor = TOP + HEIGHT;
            let behind = Bar { x, y: floor.saturating_sub(foot + other), height: other, is_other: true };
            let before = Bar { x, y: floor - one, height: one, is_other: false };
            self.bars.extend([behind, before].into_iter().filter(|bar| bar.height > 0));
            self.rows.push((at, words));
        }
    }

    /// Draws a line at a value.
    pub fn mark(&mut self, value: u64, most: u64, label: impl Into<String>) {
        let y = TOP + HEIGHT - (value.min(most) * HEIGHT) / most.max(1);
        self.marks.push(Mark { y, label: label.into() });
    }
}

/// The next round number at or above: 1, 2 or 5 with zeros.
pub fn round_up(value: u64) -> u64 {
    let mut unit = 1_u64;
    loop {
        for step in [1, 2, 5] {
            let round = unit.saturating_mul(step);
            if round >= value {
                return round;
            }
        }
        unit = unit.saturating_mul(10);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart() -> Chart {
        let (bars, marks, rows) = (Vec::new(), Vec::new(), Vec::new());
        Chart { id: "c", title: "C", summary: String::new(), keys: ["", ""], bars, marks, rows }
    }

    fn slot(at: &str, values: [u64; 2]) -> Slot {
        Slot { at: at.parse().unwrap(), values, words: [String::new(), String::new()] }
    }

    #[test]
    fn the_newest_slot_is_at_the_right_and_bars_stand_on_the_floor() {
        let mut chart = chart();
        let now = "2026-11-20T10:03:00Z".parse().unwrap();
        let slots = vec![slot("2026-11-19T10:05:00Z", [10, 0]), slot("2026-11-20T10:00:00Z", [5, 5])];
        chart.draw(slots, 10, true, now);
        let bars: Vec<_> = chart.bars.iter().map(|bar| (bar.x, bar.y, bar.height, bar.is_other)).collect();
        assert_eq!(bars, [(0, 12, 96, false), (574, 12, 48, true), (574, 60, 48, false)]);
        assert!(chart.bars.iter().all(|bar| bar.y + bar.height <= chart.floor() && bar.x < chart.width()));
    }

    #[test]
    fn little_is_seen_and_too_much_is_cut_off() {
        let mut chart = chart();
        let now = "2026-11-20T10:00:00Z".parse().unwrap();
        chart.draw(vec![slot("2026-11-20T10:00:00Z", [1, 5_000])], 1_000, false, now);
        let heights: Vec<_> = chart.bars.iter().map(|bar| bar.height).collect();
        assert_eq!(heights, [96, 2]);
    }

    #[test]
    fn scales_end_at_round_numbers() {
        assert_eq!([0, 1, 3, 11, 49, 51, 1_000].map(round_up), [1, 1, 5, 20, 50, 100, 1_000]);
    }
}
