//! cargo-deny: licences, sources, duplicates and advisories of the dependencies, against `deny.toml`.

use std::path::Path;

use crate::failure::Failure;
use crate::process::Cmd;
use crate::project::Project;
use crate::setup::Tools;

/// What can be checked by what is here alone.
const LOCAL: [&str; 3] = ["bans", "licenses", "sources"];

/// Checks it all. Advisories come from a database elsewhere: where it cannot be had they are not checked, which is
/// said and is no failure.
pub(crate) fn check(project: &Project, tools: &Tools) -> Result<(), Failure> {
    let program = tools.cargo_deny()?;
    deny(project, program)
        .arg("check")
        .args(LOCAL)
        .run()
        .map_err(|failure| {
            failure.advise("take another crate or version, or say in deny.toml why this one may be")
        })?;
    if deny(project, program)
        .args(["fetch", "db"])
        .capture()
        .is_err()
    {
        println!("      not checked: advisories, as their database cannot be fetched;");
        println!("      `cargo-deny fetch db` says why");
        return Ok(());
    }
    deny(project, program)
        .args(["check", "--disable-fetch", "advisories"])
        .run()
        .map_err(|failure| {
            failure
                .advise("update what is named above, or say in deny.toml why it does no harm here")
        })
}

fn deny(project: &Project, program: &Path) -> Cmd {
    Cmd::new(program)
        .args(["--locked", "--log-level", "warn"])
        .dir(&project.root)
}
