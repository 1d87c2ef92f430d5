//! The edits one after another, with their times: what a failure is explained from.

use super::{Edit, Fate, Ticket};
use std::{
    fmt,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

const DAY: u64 = 24 * 60 * 60;

/// Everything that was asked, in the order of its beginning.
#[derive(Clone, Debug)]
pub(super) struct Journal {
    start: Instant,
    /// The same moment on the clock that logs tell: since midnight, UTC.
    start_of_day: Duration,
    lines: Vec<Line>,
}

#[derive(Clone, Debug)]
struct Line {
    by: String,
    edit: Edit,
    begun: Duration,
    ended: Option<Duration>,
    fate: Fate,
    words: String,
}

impl Default for Journal {
    fn default() -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.unwrap_or_default();
        Self {
            start: Instant::now(),
            start_of_day: Duration::new(now.as_secs() % DAY, now.subsec_nanos()),
            lines: Vec::new(),
        }
    }
}

impl Journal {
    /// The ticket of the edit that is begun next.
    pub(super) fn next(&self) -> Ticket {
        Ticket(self.lines.len())
    }

    pub(super) fn begin(&mut self, by: &str, edit: Edit) {
        self.lines.push(Line {
            by: by.into(),
            edit,
            begun: self.start.elapsed(),
            ended: None,
            fate: Fate::Unknown,
            words: String::new(),
        });
    }

    /// Gives the edit that ended.
    pub(super) fn end(&mut self, ticket: Ticket, fate: Fate, words: String) -> Option<&Edit> {
        let line = self.lines.get_mut(ticket.0)?;
        line.ended = Some(self.start.elapsed());
        line.fate = fate;
        line.words = words;
        Some(&line.edit)
    }

    pub(super) fn fate(&self, ticket: Ticket) -> Fate {
        let line = self.lines.get(ticket.0);
        line.map_or(Fate::Unknown, |line| line.fate)
    }

    pub(super) fn count(&self, fate: Fate) -> usize {
        self.lines.iter().filter(|line| line.fate == fate).count()
    }

    /// What was asked of one task, but for its creation.
    pub(super) fn of_task(&self, id: &str) -> String {
        let lines = self.lines.iter().enumerate();
        let of_it = lines.filter(|(_, line)| line.edit.task() == Some(id));
        let texts: Vec<String> = of_it.map(|(number, line)| line.text(number)).collect();
        texts.join("\n")
    }
}

impl fmt::Display for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.start_of_day.as_secs();
        let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
        let millis = self.start_of_day.subsec_millis();
        writeln!(
            f,
            "second 0 is {hour:02}:{minute:02}:{second:02}.{millis:03} UTC"
        )?;
        for (number, line) in self.lines.iter().enumerate() {
            writeln!(f, "{}", line.text(number))?;
        }
        Ok(())
    }
}

impl Line {
    fn text(&self, number: usize) -> String {
        let begun = self.begun.as_secs_f64();
        let ended = match self.ended {
            Some(ended) => format!("{:7.3} s", ended.as_secs_f64()),
            None => "whenever".to_owned(),
        };
        let Self {
            by,
            edit,
            fate,
            words,
            ..
        } = self;
        format!("  #{number} {begun:7.3} s to {ended} {by}: {edit:?}: {fate:?} {words}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_is_told_with_who_when_and_how_it_ended() {
        let mut journal = Journal {
            start_of_day: Duration::from_millis(3_723_004),
            ..Journal::default()
        };
        journal.begin("Ada", Edit::Create("One".into()));
        let ticket = journal.next();
        journal.begin("Lin", Edit::Rename("t1".into(), "Two".into()));
        let ended = journal.end(ticket, Fate::Unknown, "it shows \"Three\"".into());
        assert_eq!(ended, Some(&Edit::Rename("t1".into(), "Two".into())));
        assert_eq!(journal.end(Ticket(2), Fate::Done, String::new()), None);
        let text = journal.to_string();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "second 0 is 01:02:03.004 UTC");
        assert!(
            lines[1].ends_with(r#"s to whenever Ada: Create("One"): Unknown "#),
            "{text}"
        );
        let end = r#"Lin: Rename("t1", "Two"): Unknown it shows "Three""#;
        assert!(lines[2].ends_with(end), "{text}");
        assert_eq!(journal.of_task("t1"), lines[2]);
        assert_eq!(journal.count(Fate::Unknown), 2);
    }
}
