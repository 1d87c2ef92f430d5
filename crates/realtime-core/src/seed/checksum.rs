//! Checksum: tells a text that was damaged from one that was not. It is no signature.

/// FNV-1a of 64 bits, as sixteen digits.
pub(super) fn of(text: &str) -> String {
    let sum = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| {
        (sum ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    format!("{sum:016x}")
}

#[cfg(test)]
mod tests {
    #[test]
    fn it_is_the_published_sum() {
        assert_eq!(super::of(""), "cbf29ce484222325");
        assert_eq!(super::of("foobar"), "85944171f73967e8");
    }
}
