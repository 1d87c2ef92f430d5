//! Database of an app and a user: what it is called.

/// No two pairs have the same name, whatever is in theirs.
pub(super) fn name(app: &str, user: &str) -> String {
    format!("realtime/{}/{app}/{user}", app.len())
}

#[cfg(test)]
mod tests {
    use super::name;

    #[test]
    fn no_two_users_share_a_database() {
        assert_ne!(name("a", "b/c"), name("a/b", "c"));
        assert_ne!(name("", "a"), name("a", ""));
    }
}
