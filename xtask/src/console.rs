//! Console: what the person at the terminal sees; headings, numbered steps, elapsed time.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

/// Prints a heading, in bold where the terminal can.
pub(crate) fn heading(text: &str) {
    let colour = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    if colour {
        println!("\n\x1b[1m{text}\x1b[0m");
    } else {
        println!("\n{text}");
    }
}

/// Numbered steps with the time each took.
#[derive(Debug)]
pub(crate) struct Progress {
    total: usize,
    done: usize,
}

impl Progress {
    pub(crate) fn new(total: usize) -> Self {
        Self { total, done: 0 }
    }

    /// Announces the next step, runs it, and prints the one-line outcome it returns.
    pub(crate) fn step<T, E>(
        &mut self,
        title: &str,
        body: impl FnOnce() -> Result<(T, String), E>,
    ) -> Result<T, E> {
        self.done += 1;
        let (done, total) = (self.done, self.total);
        println!("[{done}/{total}] {title}");
        let started = Instant::now();
        let (value, outcome) = body()?;
        println!("      {outcome} ({})", seconds(started.elapsed()));
        Ok(value)
    }
}

/// A duration as people read it: `0.4 s`, `12.3 s`, `4 min 5 s`.
pub(crate) fn seconds(elapsed: Duration) -> String {
    let whole = elapsed.as_secs();
    if whole >= 60 {
        format!("{} min {} s", whole / 60, whole % 60)
    } else {
        format!("{:.1} s", elapsed.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_seconds_then_as_minutes() {
        assert_eq!(seconds(Duration::from_millis(420)), "0.4 s");
        assert_eq!(seconds(Duration::from_secs(245)), "4 min 5 s");
    }
}
