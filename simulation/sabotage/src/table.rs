//! Table: how rules are written down, each with its cuts.

/// Makes the rules of a table: what a rule says, its name, and its cuts. `{off}` in a cut asks whether a
/// test has switched the rule off.
macro_rules! rules {
    ($($(#[$says:meta])* $name:ident { $($file:literal: $text:literal => $instead:literal,)+ })+) => {
        /// One rule.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Rule {
            $($(#[$says])* $name,)+
        }

        impl Rule {
            /// All rules.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// Where the core keeps it.
            #[must_use]
            pub const fn cuts(self) -> &'static [Cut] {
                match self {
                    $(Self::$name => &[$(Cut {
                        file: $file,
                        text: $text,
                        instead: $instead,
                    },)+],)+
                }
            }
        }
    };
}

pub(crate) use rules;
