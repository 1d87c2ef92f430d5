//! The feature matrix: each library with each set of features its users may choose.

/// One library with one set of features.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Combination {
    pub(crate) package: &'static str,
    pub(crate) features: &'static str,
}

const fn with(package: &'static str, features: &'static str) -> Combination {
    Combination { package, features }
}

/// A library must not choose Yew's renderer, so `realtime-yew` has no features for it: what its users
/// turn on is a feature of Yew itself.
pub(crate) const MATRIX: [Combination; 19] = [
    with("realtime-core", ""),
    with("realtime-core", "socketio"),
    with("realtime-core", "tabs"),
    with("realtime-core", "testing"),
    with("realtime-core", "socketio,testing"),
    with("realtime-server", ""),
    with("realtime-server", "text"),
    with("realtime-text", ""),
    with("realtime-text", "yew"),
    with("realtime-text", "persist"),
    with("realtime-yew", ""),
    with("realtime-yew", "http"),
    with("realtime-yew", "persist"),
    with("realtime-yew", "socketio"),
    with("realtime-yew", "tabs"),
    with("realtime-yew", "testing"),
    with("realtime-yew", "yew/csr"),
    with("realtime-yew", "yew/ssr"),
    with("realtime-yew", "yew/hydration"),
];

impl Combination {
    /// Arguments for Cargo. Clippy rather than a plain check, as it can deny warnings in our own crates
    /// without building everybody else's again.
    pub(crate) fn arguments(&self) -> Vec<&'static str> {
        let mut arguments = vec!["clippy", "--package", self.package, "--no-default-features"];
        if !self.features.is_empty() {
            arguments.extend(["--features", self.features]);
        }
        arguments
    }

    /// Whether browsers run it, too.
    pub(crate) fn is_for_browsers(&self) -> bool {
        self.package != "realtime-server"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_without_features_asks_for_none() {
        let arguments = with("realtime-core", "").arguments();
        assert!(!arguments.contains(&"--features"));
        let arguments = with("realtime-yew", "yew/ssr").arguments();
        assert!(arguments.ends_with(&["--features", "yew/ssr"]));
    }
}
