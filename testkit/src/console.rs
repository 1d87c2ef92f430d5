//! Console: what pages say on it, and which of it is an error.

use serde::Deserialize;
use serde_json::{Value, json};

/// Lines kept per browser.
const LINES: usize = 5_000;

/// Keeps what a page says on its console, and the errors that nobody catches, for drivers that do not tell. What
/// the browser itself reports, such as a failed request, is not among it.
const KEEP: &str = r#"
    if (window.realtimeConsole) return;
    const lines = window.realtimeConsole = [];
    const keep = (level, source, message) => lines.push({ level, source, message: String(message) });
    for (const [name, level] of [['error', 'SEVERE'], ['warn', 'WARNING']]) {
        const say = console[name];
        console[name] = (...words) => {
            keep(level, 'console-api', words.map(String).join(' '));
            say.apply(console, words);
        };
    }
    addEventListener('error', event => keep('SEVERE', 'javascript', event.message));
    addEventListener('unhandledrejection', event => keep('SEVERE', 'javascript', event.reason));
"#;

/// The command that makes a page keep what it says.
pub(crate) fn keep() -> Value {
    json!({"script": KEEP, "args": []})
}

/// The command that reads what a page has kept, each line once.
pub(crate) fn read() -> Value {
    json!({"script": "return window.realtimeConsole?.splice(0) ?? []", "args": []})
}

/// One line of a browser's console.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Entry {
    /// `SEVERE`, `WARNING`, `INFO` or `DEBUG`.
    pub level: String,
    /// Who says it: `console-api`, `javascript`, `network` …
    #[serde(default)]
    pub source: String,
    /// The text, with the place in front.
    pub message: String,
}

impl Entry {
    /// Whether it is an error, whoever reports it.
    pub fn is_error(&self) -> bool {
        self.level == "SEVERE"
    }

    /// Whether the browser itself reports that something could not be reached, which pages cannot prevent.
    pub fn is_network_failure(&self) -> bool {
        const SIGNS: [&str; 3] = [
            "Failed to load resource",
            "WebSocket connection to",
            "net::ERR_",
        ];
        self.source != "console-api" && SIGNS.iter().any(|sign| self.message.contains(sign))
    }
}

/// All that one browser has said.
#[derive(Debug, Default)]
pub(crate) struct Console {
    entries: Vec<Entry>,
}

impl Console {
    /// Takes the driver's list of new lines.
    pub(crate) fn take(&mut self, lines: &Value) {
        let lines = lines.as_array().map(Vec::as_slice).unwrap_or_default();
        let room = LINES.saturating_sub(self.entries.len());
        let new = lines
            .iter()
            .filter_map(|line| Entry::deserialize(line).ok());
        self.entries.extend(new.take(room));
    }

    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(level: &str, source: &str, message: &str) -> Entry {
        Entry {
            level: level.into(),
            source: source.into(),
            message: message.into(),
        }
    }

    #[test]
    fn a_failed_socket_is_a_network_failure_and_a_panic_is_not() {
        let socket = "http://x/demo.js 3:9 WebSocket connection to 'ws://x/ws' failed: ";
        assert!(entry("SEVERE", "javascript", socket).is_network_failure());
        assert!(
            entry(
                "SEVERE",
                "network",
                "http://x/api/tasks - Failed to load resource: net::ERR_FAILED"
            )
            .is_network_failure()
        );
        assert!(
            !entry(
                "SEVERE",
                "console-api",
                "panicked at src/list.rs: Failed to load resource"
            )
            .is_network_failure()
        );
        assert!(
            !entry("SEVERE", "javascript", "Uncaught RuntimeError: unreachable")
                .is_network_failure()
        );
    }

    #[test]
    fn only_severe_lines_are_errors() {
        assert!(entry("SEVERE", "javascript", "x").is_error());
        assert!(!entry("WARNING", "console-api", "x").is_error());
    }

    #[test]
    fn lines_are_kept_in_order_and_other_shapes_are_left_out() {
        let mut console = Console::default();
        console.take(&json!([{"level": "INFO", "message": "a", "timestamp": 1}, 7]));
        console.take(&json!([{"level": "INFO", "message": "b"}]));
        let said: Vec<_> = console
            .entries()
            .iter()
            .map(|line| line.message.as_str())
            .collect();
        assert_eq!(said, ["a", "b"]);
    }
}
