//! Text of a JSON tree.

use serde_json::Value;

/// A tree as text; its own `to_string` brings along a printer that indents.
pub(crate) fn text(tree: &Value) -> String {
    // A tree always turns into text.
    serde_json::to_string(tree).unwrap_or_default()
}
