//! Notes, as a visitor sees and writes them.

use super::Visitor;
use crate::KitError;
use serde_json::json;

/// The fields of the page.
const BODY: &str = ".notes textarea";

impl Visitor {
    /// The text, as it stands in the field.
    pub fn notes(&self) -> Result<String, KitError> {
        self.eval(
            "return document.querySelector(arguments[0]).value",
            json!([BODY]),
        )
    }

    /// Whether it is `saved`, `saving`, `unsaved`, `offline`, `loading` or in `error`.
    pub fn notes_state(&self) -> Result<String, KitError> {
        let script =
            "return document.querySelector(arguments[0]).closest('.rt-text').dataset.state";
        self.eval(script, json!([BODY]))
    }

    /// Types behind what is there.
    pub fn write_note(&self, text: &str) -> Result<(), KitError> {
        self.type_into(BODY, text)
    }

    /// Puts the caret before the letter of this number.
    pub fn go_to_note(&self, place: usize) -> Result<(), KitError> {
        let script = "const field = document.querySelector(arguments[0]); field.focus(); \
            field.setSelectionRange(arguments[1], arguments[1]); \
            field.dispatchEvent(new Event('select', { bubbles: true }));";
        self.eval::<()>(script, json!([BODY, place]))
    }

    /// Where the caret is.
    pub fn note_caret(&self) -> Result<usize, KitError> {
        self.eval(
            "return document.querySelector(arguments[0]).selectionStart",
            json!([BODY]),
        )
    }

    /// The names at the carets of others.
    pub fn carets(&self) -> Result<Vec<String>, KitError> {
        self.texts(".rt-text__name")
    }
}
