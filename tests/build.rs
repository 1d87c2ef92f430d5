//! List of the documents whose code blocks are to be compiled: the README and everything in `docs`.

use std::{env, error::Error, fmt::Write, fs, path::PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    let top = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("..");
    let docs = top.join("docs");
    println!("cargo::rerun-if-changed={}", docs.display());
    let mut documents = vec![top.join("README.md")];
    for entry in fs::read_dir(&docs)? {
        documents.push(entry?.path());
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
