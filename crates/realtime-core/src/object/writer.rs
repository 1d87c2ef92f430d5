//! Writer of a JSON object, from what is JSON already.

/// A text as JSON.
pub(crate) fn quoted(text: &str) -> String {
    // A text always turns into JSON.
    serde_json::to_string(text).unwrap_or_default()
}

/// Writes an object field by field.
#[derive(Default)]
pub(crate) struct ObjectWriter(String);

impl ObjectWriter {
    /// A field that is a text, if there is one.
    pub(crate) fn text(&mut self, name: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.raw(name, &quoted(text));
        }
    }

    /// A field whose value is JSON.
    pub(crate) fn raw(&mut self, name: &str, json: &str) {
        self.0.push(if self.0.is_empty() { '{' } else { ',' });
        self.0.push_str(&quoted(name));
        self.0.push(':');
        self.0.push_str(json);
    }

    #[cfg(feature = "socketio")]
    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn end(mut self) -> String {
        if self.0.is_empty() {
            self.0.push('{');
        }
        self.0.push('}');
        self.0
    }

    /// Ends with the fields of another object.
    #[cfg(feature = "socketio")]
    pub(crate) fn end_with(mut self, object: &str) -> String {
        if self.0.is_empty() {
            return object.to_owned();
        }
        let rest = object.strip_prefix('{').unwrap_or(object).trim_start();
        if rest != "}" {
            self.0.push(',');
        }
        self.0.push_str(rest);
        self.0
    }
}
