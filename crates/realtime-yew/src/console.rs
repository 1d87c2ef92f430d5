//! Console of the browser: what goes wrong, each cause once, for whoever builds the app.

use crate::error::RealtimeError;
use realtime_core::{ConnectionError, Fault, is_invisible};
use std::{cell::RefCell, rc::Rc};

/// How many causes are told; a server that goes on to find new ones is not to flood the console.
const MOST: usize = 50;

/// How much of a text is told, in characters.
const LONGEST: usize = 400;

/// Writes a line to the console.
pub(crate) type Warn = Rc<dyn Fn(&str)>;

/// Makes what writes to the console. An app that wants nothing there has none of these, and so carries
/// neither the code nor the texts of errors that it does not show itself.
pub(crate) type OpenConsole = fn(Warn) -> Rc<dyn Tell>;

/// Whoever is told what goes wrong.
pub(crate) trait Tell {
    /// Tells of an error that no handle shows.
    fn error(&self, error: &RealtimeError);

    /// Tells why there is no connection.
    fn connection(&self, error: &ConnectionError);
}

/// Tells each cause once, short, and with nothing in it that the console or its reader would obey.
struct Console {
    warn: Warn,
    told: RefCell<Vec<String>>,
}

/// Tells `warn`.
pub(crate) fn open(warn: Warn) -> Rc<dyn Tell> {
    Rc::new(Console {
        warn,
        told: RefCell::default(),
    })
}

impl Tell for Console {
    fn error(&self, error: &RealtimeError) {
        self.tell(&cause(error), &error.to_string());
    }

    fn connection(&self, error: &ConnectionError) {
        let text = error.to_string();
        self.tell(&text, &text);
    }
}

impl Console {
    /// Tells `text`, unless it has told of `cause` before.
    fn tell(&self, cause: &str, text: &str) {
        let is_last = {
            let mut told = self.told.borrow_mut();
            let cause = short(cause);
            if told.len() >= MOST || told.contains(&cause) {
                return;
            }
            told.push(cause);
            told.len() == MOST
        };
        (self.warn)(&short(text));
        if is_last {
            (self.warn)("nothing more is told here; see `RealtimeOptions::with_on_error`");
        }
    }
}

/// What two errors have in common that are for one reason: mostly all of their text, but not what a
/// parser says of each payload.
fn cause(error: &RealtimeError) -> String {
    match error {
        RealtimeError::Fault(Fault::Payload { event, .. }) => format!("data of {event}"),
        RealtimeError::Unsent { event, .. } => format!("sending {event}"),
        RealtimeError::Encode { event, .. } => format!("writing {event}"),
        error => error.to_string(),
    }
}

/// The beginning of a text on one line, with what cannot be seen written out.
fn short(text: &str) -> String {
    let mut short = String::new();
    for (count, c) in text.chars().enumerate() {
        if count == LONGEST {
            short.push('…');
            break;
        }
        if is_invisible(c) || matches!(c, '\u{2028}' | '\u{2029}') {
            short.extend(c.escape_default());
        } else {
            short.push(c);
        }
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;
    use realtime_core::{ChannelError, DecodeError, EventName};

    fn console() -> (Console, Rc<RefCell<Vec<String>>>) {
        let lines = Rc::<RefCell<Vec<String>>>::default();
        let seen = Rc::clone(&lines);
        let console = Console {
            warn: Rc::new(move |line| seen.borrow_mut().push(line.to_owned())),
            told: RefCell::default(),
        };
        (console, lines)
    }

    fn payload(event: &str, says: &str) -> RealtimeError {
        RealtimeError::Fault(Fault::Payload {
            event: EventName::from(event),
            channel: None,
            error: DecodeError::new("data", says),
        })
    }

    #[test]
    fn each_cause_is_told_once() {
        let (console, lines) = console();
        for says in ["expected a number at 7", "expected a number at 8"] {
            console.error(&payload("stock:update", says));
        }
        console.error(&payload("task:update", "no id"));
        for limit in [1, 1, 2] {
            let error = ChannelError::TooMany { limit };
            console.error(&RealtimeError::Fault(Fault::Channel(error)));
        }
        assert_eq!(lines.borrow().len(), 4, "{lines:?}");
    }

    #[test]
    fn a_line_is_short_and_shows_what_would_be_obeyed() {
        let (console, lines) = console();
        let evil = format!("\u{1b}[31m\n\u{202e}{}", "x".repeat(100_000));
        console.error(&payload("a", &evil));
        let line = lines.borrow()[0].clone();
        assert!(line.chars().count() < 500, "{}", line.len());
        assert!(line.contains(r"\u{1b}[31m\n\u{202e}"), "{line}");
    }

    #[test]
    fn whoever_goes_on_finding_new_causes_is_told_no_more() {
        let (console, lines) = console();
        for n in 0..10_000 {
            console.error(&payload(&format!("event-{n}"), "no"));
        }
        assert_eq!(lines.borrow().len(), MOST + 1);
        assert_eq!(console.told.borrow().len(), MOST);
    }
}
