//! Load: what a stress list is to be like.

use realtime_demo_types::{STRESS_RATES, STRESS_ROWS};

/// A number of rows and a rate of changes, both among those that are offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Load {
    rows: u32,
    per_second: u32,
}

impl Load {
    pub(crate) fn new(rows: u32, per_second: u32) -> Option<Self> {
        let is_offered = STRESS_ROWS.contains(&rows) && STRESS_RATES.contains(&per_second);
        is_offered.then_some(Self { rows, per_second })
    }

    /// The load of a channel such as `stress:1000:50`.
    pub(crate) fn of(channel: &str) -> Option<Self> {
        let (rows, per_second) = channel.strip_prefix("stress:")?.split_once(':')?;
        let load = Self::new(rows.parse().ok()?, per_second.parse().ok()?)?;
        // One list has one name: not `+50` nor `050`.
        (load.channel() == channel).then_some(load)
    }

    pub(crate) const fn rows(self) -> u32 {
        self.rows
    }

    pub(crate) const fn per_second(self) -> u32 {
        self.per_second
    }

    pub(crate) fn channel(self) -> String {
        format!("stress:{}:{}", self.rows, self.per_second)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_load_has_one_name_and_only_offered_ones_have_any() {
        let load = Load::of("stress:1000:50").expect("it is offered");
        assert_eq!((load.rows(), load.per_second()), (1_000, 50));
        assert_eq!(load.channel(), "stress:1000:50");
        for other in [
            "stress",
            "stress:",
            "stress:1000",
            "stress:1000:",
            "stress:1000:51",
            "stress:999:50",
            "stress:1000:050",
            "stress:+1000:50",
            "stress:1000:50:1",
            "room:1000:50",
            "stress:99999999999:50",
        ] {
            assert_eq!(Load::of(other), None, "{other}");
        }
    }
}
