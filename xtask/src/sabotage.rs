//! Sabotage: a copy of the core in which each rule can be broken, and the simulation over that copy.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use crate::failure::Failure;
use crate::files;
use crate::process::Cmd;
use crate::project::Project;
use crate::steps::{Outcome, counted};

const CORE: &str = "crates/realtime-core";
const RULES: &str = "simulation/sabotage";
/// What the copy is made of, beside the workspace's own two files.
const PARTS: [&str; 3] = [
    "crates/realtime-core/Cargo.toml",
    "crates/realtime-core/src",
    "simulation",
];

/// Cargo, with such a command, over the copy, which is brought up to date.
pub(crate) fn cargo(project: &Project, command: &str) -> Result<Cmd, Failure> {
    let copy = project.target.join("sabotage");
    bring_up_to_date(&project.root, &copy)?;
    Ok(project
        .cargo()
        .arg(command)
        .arg("--manifest-path")
        .arg(copy.join("Cargo.toml"))
        .arg("--target-dir")
        .arg(copy.join("target"))
        .args(["--profile", "simulation"]))
}

/// The tests that only mean something over the copy.
pub(crate) fn step(project: &Project) -> Outcome {
    counted(cargo(project, "test").map(|cargo| {
        cargo
            .args(["--package", "realtime-simulation", "--test", "broken"])
            .args(["--", "--ignored"])
    }))
}

/// Makes `copy` a workspace of the core, with the cuts of all rules in it, and the simulation. A file that
/// is as it should be is left alone, so that Cargo builds only what has changed.
fn bring_up_to_date(root: &Path, copy: &Path) -> Result<(), Failure> {
    let mut wanted = BTreeSet::new();
    for part in PARTS {
        files::list(root, Path::new(part), &mut wanted)?;
    }
    let mut gone = BTreeSet::new();
    for part in PARTS {
        files::list(copy, Path::new(part), &mut gone)?;
    }
    for file in gone.difference(&wanted) {
        fs::remove_file(copy.join(file)).map_err(|error| files::unable("remove", file, &error))?;
    }
    wanted.insert("Cargo.toml".into());
    wanted.insert("Cargo.lock".into());
    for file in &wanted {
        let text = altered(file, files::read(&root.join(file))?)?;
        let to = copy.join(file);
        if fs::read_to_string(&to).is_ok_and(|there| there == text) {
            continue;
        }
        files::write(&to, &text)?;
    }
    Ok(())
}

/// A file as the copy has it.
fn altered(file: &Path, text: String) -> Result<String, Failure> {
    let core = Path::new(CORE);
    if file == Path::new("Cargo.toml") {
        return Ok(workspace(&text));
    }
    if file == core.join("Cargo.toml") {
        let rules = format!("[dependencies]\nrealtime-sabotage = {{ path = \"../../{RULES}\" }}\n");
        return replaced(file, &text, "[dependencies]\n", &rules);
    }
    if file == Path::new(RULES).join("src/lib.rs") {
        return replaced(
            file,
            &text,
            "IS_ASKED: bool = false",
            "IS_ASKED: bool = true",
        );
    }
    let Ok(source) = file.strip_prefix(core.join("src")) else {
        return Ok(text);
    };
    let parts: Vec<_> = source.iter().filter_map(OsStr::to_str).collect();
    realtime_sabotage::cut(&parts.join("/"), &text)
        .map_err(|misfit| Failure::new(misfit.to_string(), format!("mend {RULES}/src/rule.rs")))
}

fn replaced(file: &Path, text: &str, old: &str, new: &str) -> Result<String, Failure> {
    if text.matches(old).count() == 1 {
        return Ok(text.replace(old, new));
    }
    let what = format!("`{}` does not stand once in {}", old.trim(), file.display());
    Err(Failure::new(what, "mend xtask/src/sabotage.rs"))
}

/// The workspace's manifest, for the few members of the copy.
fn workspace(manifest: &str) -> String {
    let mut lines = Vec::new();
    for line in manifest.lines() {
        if line.starts_with("members = ") {
            lines.push(format!(
                "members = [\"{CORE}\", \"simulation\", \"{RULES}\"]"
            ));
        } else if !line.starts_with("default-members = ") && !line.starts_with("exclude = ") {
            lines.push(line.to_owned());
        }
    }
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use realtime_sabotage::Rule;
    use std::path::PathBuf;

    fn root() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
    }

    #[test]
    fn every_cut_fits_the_core_as_it_is() {
        let sources = root().join(CORE).join("src");
        let mut misfits = Vec::new();
        for cut in Rule::ALL.iter().flat_map(|rule| rule.cuts()) {
            let source = fs::read_to_string(sources.join(cut.file)).unwrap_or_default();
            misfits.extend(realtime_sabotage::cut(cut.file, &source).err());
        }
        let said: Vec<String> = misfits.iter().map(ToString::to_string).collect();
        assert!(said.is_empty(), "{}", said.join("\n"));
    }

    #[test]
    fn the_copy_is_a_workspace_of_three() {
        let manifest =
            fs::read_to_string(root().join("Cargo.toml")).expect("the workspace has one");
        let copy = workspace(&manifest);
        assert!(copy.contains(
            r#"members = ["crates/realtime-core", "simulation", "simulation/sabotage"]"#
        ));
        assert!(!copy.contains("default-members") && !copy.contains("exclude"));
        assert!(copy.contains("[profile.simulation]"));
    }

    #[test]
    fn the_copy_of_the_core_asks_for_its_rules_and_says_so() {
        let of = |file: &str| {
            let text = fs::read_to_string(root().join(file)).expect("the file is there");
            altered(Path::new(file), text).expect("it fits")
        };
        assert!(of("crates/realtime-core/Cargo.toml").contains("realtime-sabotage = { path"));
        assert!(of("simulation/sabotage/src/lib.rs").contains("IS_ASKED: bool = true"));
        let waking = of("crates/realtime-core/src/client/waking.rs");
        assert!(waking.contains("realtime_sabotage::off(realtime_sabotage::Rule::ReadFirst)"));
    }
}
