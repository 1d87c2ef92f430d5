//! The pages that are compared.

use serde::{Deserialize, Serialize};

/// A page, which does the same as the others in its own way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Page {
    Dom,
    React,
    ReactBatched,
    YewSimple,
    Yew,
    DomWindow,
    ReactWindow,
    ReactWindowBatched,
    YewWindow,
    YewPartial,
}

impl Page {
    pub(crate) const ALL: [Self; 10] = [
        Self::Dom,
        Self::React,
        Self::ReactBatched,
        Self::YewSimple,
        Self::Yew,
        Self::DomWindow,
        Self::ReactWindow,
        Self::ReactWindowBatched,
        Self::YewWindow,
        Self::YewPartial,
    ];

    /// The word for it in tables and on command lines.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Dom => "dom",
            Self::React => "react",
            Self::ReactBatched => "react-batched",
            Self::YewSimple => "yew-simple",
            Self::Yew => "yew",
            Self::DomWindow => "dom-window",
            Self::ReactWindow => "react-window",
            Self::ReactWindowBatched => "react-window-batched",
            Self::YewWindow => "yew-window",
            Self::YewPartial => "yew-partial",
        }
    }

    /// What it is made of.
    pub(crate) const fn about(self) -> &'static str {
        match self {
            Self::Dom => "(a) hand-written DOM code, changes written once a frame",
            Self::React => {
                "(b) React, TanStack Query, socket.io-client; `setQueryData` for each event, memoised rows"
            }
            Self::ReactBatched => "(b) the same, the events of a frame applied together",
            Self::YewSimple => "(c) this SDK, `use_realtime_list` and memoised rows",
            Self::Yew => {
                "(c) this SDK, `use_realtime_list` on its order and `use_realtime_item` in each row"
            }
            Self::DomWindow => "(a) hand-written DOM code, only the rows in view",
            Self::ReactWindow => "(b) React as above with TanStack Virtual, an event at a time",
            Self::ReactWindowBatched => "(b) the same, the events of a frame applied together",
            Self::YewWindow => "(d) this SDK, `VirtualList` and `use_realtime_item` in each row",
            Self::YewPartial => {
                "(c) `yew` over Socket.IO, for partial updates without versions from a server that acknowledges nothing"
            }
        }
    }

    /// Where the server has it, without the parameters of a run.
    pub(crate) const fn path(self) -> &'static str {
        match self {
            Self::Dom => "/dom/plain.html?",
            Self::React => "/react/plain.html?",
            Self::ReactBatched => "/react/plain.html?batched=1&",
            Self::YewSimple => "/yew-simple/?",
            Self::Yew => "/yew-plain/?",
            Self::DomWindow => "/dom/window.html?",
            Self::ReactWindow => "/react/virtual.html?",
            Self::ReactWindowBatched => "/react/virtual.html?batched=1&",
            Self::YewWindow => "/yew-window/?",
            Self::YewPartial => "/yew-partial/?",
        }
    }

    /// Whether only the rows in view have elements.
    pub(crate) const fn is_windowed(self) -> bool {
        matches!(
            self,
            Self::DomWindow | Self::ReactWindow | Self::ReactWindowBatched | Self::YewWindow
        )
    }

    /// Whether it shows partial updates only.
    pub(crate) const fn is_partial(self) -> bool {
        matches!(self, Self::YewPartial)
    }

    /// The hand-written page that does the same work.
    pub(crate) const fn floor(self) -> Self {
        if self.is_windowed() {
            Self::DomWindow
        } else {
            Self::Dom
        }
    }

    /// The React page, as the pattern has it, that does the same work.
    pub(crate) const fn rival(self) -> Self {
        if self.is_windowed() {
            Self::ReactWindow
        } else {
            Self::React
        }
    }

    /// Whether another page is the same files with another parameter.
    pub(crate) const fn is_variant(self) -> bool {
        matches!(self, Self::ReactBatched | Self::ReactWindowBatched)
    }

    /// Its colour in plots: one for each technique, lighter where events are batched or rows simple.
    pub(crate) const fn colour(self) -> &'static str {
        match self {
            Self::Dom | Self::DomWindow => "#57606a",
            Self::React | Self::ReactWindow => "#1f6feb",
            Self::ReactBatched | Self::ReactWindowBatched => "#79b8ff",
            Self::Yew | Self::YewWindow | Self::YewPartial => "#2da44e",
            Self::YewSimple => "#94d3a2",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_compared_with_pages_that_show_as_many_rows() {
        for page in Page::ALL {
            assert_eq!(page.floor().is_windowed(), page.is_windowed());
            assert_eq!(page.rival().is_windowed(), page.is_windowed());
        }
    }

    #[test]
    fn names_in_results_are_those_on_command_lines() {
        for page in Page::ALL {
            let written = serde_json::to_value(page).unwrap();
            assert_eq!(written, page.name());
        }
    }
}
