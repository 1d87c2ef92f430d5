//! Chance: numbers that no other page has drawn.

/// A number of the browser's, of 64 bits.
pub(crate) fn draw() -> u64 {
    let half = || u64::from((js_sys::Math::random() * f64::from(u32::MAX)) as u32);
    (half() << 32) | half()
}
