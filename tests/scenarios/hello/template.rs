//! Template: what cargo-generate does with a folder, as far as this one needs it.

use std::{fs, io, path::Path};

/// What the template asks for, with answers.
pub(crate) type Answers<'a> = [(&'a str, &'a str)];

/// Copies a template to `to`, with its answers put in. What the template says is to be ignored stays behind.
pub(crate) fn generate(from: &Path, to: &Path, answers: &Answers<'_>) -> io::Result<()> {
    let settings = fs::read_to_string(from.join("cargo-generate.toml"))?;
    let (_, ignored) = settings.split_once("ignore = ").unwrap_or_default();
    let ignored: Vec<&str> = ignored
        .lines()
        .next()
        .unwrap_or_default()
        .split('"')
        .skip(1)
        .step_by(2)
        .chain(["cargo-generate.toml"])
        .collect();
    copy(from, to, &ignored, answers)
}

fn copy(from: &Path, to: &Path, ignored: &[&str], answers: &Answers<'_>) -> io::Result<()> {
    fs::create_dir_all(to)?;
    let mut entries = fs::read_dir(from)?.collect::<io::Result<Vec<_>>>()?;
    // A file that ends with `.liquid` replaces the one of the name before that.
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name().to_string_lossy().into_owned();
        let (path, to) = (entry.path(), to.join(name.trim_end_matches(".liquid")));
        if ignored.contains(&&*name) {
            continue;
        }
        if entry.file_type()?.is_dir() {
            copy(&path, &to, &[], answers)?;
            continue;
        }
        let mut text = fs::read_to_string(&path)?;
        for (word, answer) in answers {
            text = text.replace(&format!("{{{{{word}}}}}"), answer);
        }
        fs::write(to, text)?;
    }
    Ok(())
}
