//! The browser engines that tests run in.

/// An engine, by a browser that is built on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Engine {
    Chromium,
    Firefox,
    #[value(name = "webkit")]
    WebKit,
}

impl Engine {
    /// The word for it on the command line, and in the environment of the end-to-end tests.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Chromium => "chromium",
            Self::Firefox => "firefox",
            Self::WebKit => "webkit",
        }
    }

    /// What people call it.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Chromium => "Chromium",
            Self::Firefox => "Firefox",
            Self::WebKit => "WebKit",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::ValueEnum;

    #[test]
    fn every_engine_is_found_by_its_name() {
        for engine in Engine::value_variants() {
            assert_eq!(Engine::from_str(engine.name(), false).as_ref(), Ok(engine));
        }
        assert!(Engine::from_str("trident", false).is_err());
    }
}
