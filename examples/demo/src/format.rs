//! Numbers and reasons as people read them.

use realtime_yew::{
    MutateError,
    realtime_core::{MutationError, SendError},
};

/// Why a change was not made. The server's own words are for people; the codes beside them are not.
pub(crate) fn reason(error: &MutateError) -> String {
    match error {
        MutateError::Mutation(MutationError::Send(SendError::Server(refusal))) => {
            refusal.message.to_string()
        }
        other => other.to_string(),
    }
}

/// A price with two decimals: `101.50`.
pub(crate) fn price(price: f64) -> String {
    format!("{price:.2}")
}

/// A whole number in groups of three digits: `100,000`.
pub(crate) fn count(count: u64) -> String {
    let digits = count.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A change with its sign: `+1.50`, `−0.25`, `0.00`.
pub(crate) fn signed(change: f64) -> String {
    format!("{}{:.2}", sign(change), change.abs())
}

/// A change in per cent with its sign: `+1.50 %`.
pub(crate) fn percent(change: f64) -> String {
    format!("{}\u{a0}%", signed(change))
}

/// The sign of what is left after rounding, with the minus that is as wide as a plus.
fn sign(change: f64) -> &'static str {
    const HALF: f64 = 0.005;
    if change >= HALF {
        "+"
    } else if change <= -HALF {
        "−"
    } else {
        ""
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_has_two_decimals() {
        assert_eq!(price(101.5), "101.50");
        assert_eq!(price(9.0), "9.00");
    }

    #[test]
    fn a_count_has_its_digits_in_groups() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(count(number), text);
        }
    }

    #[test]
    fn a_change_has_a_sign_unless_it_is_nothing() {
        assert_eq!(signed(1.5), "+1.50");
        assert_eq!(signed(-0.25), "−0.25");
        assert_eq!(signed(0.0), "0.00");
        assert_eq!(signed(-0.001), "0.00");
        assert_eq!(percent(-2.0), "−2.00\u{a0}%");
    }
}
