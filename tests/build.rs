//! List of the documents whose code blocks are to be compiled: the README and everything in `docs`.

use std::{env, error::Error, fmt::Write, fs, path::PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    let top = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("..");
    let mut documents = vec![top.join("README.md")];
    for folder in ["docs", "docs/guides"].map(|folder| top.join(folder)) {
        println!("cargo::rerun-if-changed={}", folder.display());
        for entry in fs::read_dir(&folder)? {
            documents.push(entry?.path());
        }
    }
    documents.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    documents.sort();

    let mut modules = String::new();
    for path in documents {
        println!("cargo::rerun-if-changed={}", path.display());
        if !path.is_file() {
            continue;
        }
        let path = path.canonicalize()?;
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let name: String = stem
            .chars()
            .map(|char| {
                if char.is_ascii_alphanumeric() {
                    char.to_ascii_lowercase()
                } else {
                    '_'
                }
            })
            .collect();
        writeln!(
            modules,
            "#[doc = include_str!({path:?})]\nmod doc_{name} {{}}"
        )?;
    }
    fs::write(
        PathBuf::from(env::var("OUT_DIR")?).join("documents.rs"),
        modules,
    )?;
    Ok(())
}
