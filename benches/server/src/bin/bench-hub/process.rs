//! Process: what one takes of the machine, as Linux tells it.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::{error::Error, fs, io, time::Duration};

/// Ticks of a processor's time in a second, the same on every Linux.
const TICKS: u64 = 100;

/// A process, by its number.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Process(u32);

impl Process {
    pub(crate) fn of(id: u32) -> Self {
        Self(id)
    }

    /// The bytes that it has resident.
    pub(crate) fn memory(self) -> io::Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
        let kilobytes: Option<u64> = kilobytes.and_then(|number| number.parse().ok());
        kilobytes.map(|kilobytes| kilobytes * 1024).ok_or_else(|| {
            io::Error::other("the system does not say how much memory a process has")
        })
    }

    /// How long it has kept processors busy.
    pub(crate) fn busy(self) -> io::Result<Duration> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.0))?;
        // The name in brackets may hold spaces; user and system time are the 12th and 13th words after it.
        let words = stat.rsplit_once(") ").map(|(_, words)| words.split(' '));
        let ticks: u64 = words
            .into_iter()
            .flatten()
            .skip(11)
            .take(2)
            .filter_map(|word| word.parse::<u64>().ok())
            .sum();
        Ok(Duration::from_millis(ticks * 1_000 / TICKS))
    }
}

/// Lets this process, and those that it starts, have that many files open.
pub(crate) fn raise_limit(files: u64) -> Result<(), Box<dyn Error>> {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    if maximum.is_some_and(|most| most < files) {
        return Err(format!(
            "{files} open files are needed, and at most {} are allowed: raise the hard limit (ulimit -Hn), or ask for fewer connections",
            maximum.unwrap_or_default()
        )
        .into());
    }
    setrlimit(
        Resource::Nofile,
        Rlimit {
            current: maximum,
            maximum,
        },
    )?;
    Ok(())
}
