//! Hello: the app of the README, held against its files, and against the template made of them.

use crate::{files_below, read};
use std::collections::BTreeSet;

const HELLO: &str = "examples/hello";
/// Under so many lines of Rust it stays one glance.
const LINES: usize = 150;

#[test]
fn the_readme_shows_every_file_of_the_app_as_it_is() {
    let readme = read("README.md");
    let mut files: Vec<String> = files_below(&format!("{HELLO}/src"), "rs")
        .into_iter()
        .map(|file| format!("src/{file}"))
        .collect();
    files.extend(["Cargo.toml", "Trunk.toml", "index.html"].map(str::to_owned));
    for file in files {
        let (_, language) = file.rsplit_once('.').expect("it has an extension");
        let language = match language {
            "rs" => "rust,ignore",
            other => other,
        };
        let text = read(&format!("{HELLO}/{file}"));
        let shown = format!("\n`{file}`:\n```{language}\n{text}```\n");
        assert!(
            readme.contains(&shown),
            "README.md should show {file} as:{shown}"
        );
    }
}

#[test]
fn server_and_page_together_are_short() {
    let folder = format!("{HELLO}/src");
    let files = files_below(&folder, "rs").into_iter();
    let lines: usize = files
        .map(|file| read(&format!("{folder}/{file}")).lines().count())
        .sum();
    assert!(lines < LINES, "{lines} lines of Rust");
}

#[test]
fn the_template_is_the_app_but_for_its_name_and_where_the_sdk_is() {
    let template = read(&format!("{HELLO}/Cargo.toml.liquid"));
    let made = template
        .replace("{{project-name}}", "hello")
        .replace("{{realtime}}", "../..");
    assert_eq!(made, read(&format!("{HELLO}/Cargo.toml")));
    let asked = read(&format!("{HELLO}/cargo-generate.toml"));
    assert!(asked.contains("\nrealtime = {"), "{asked}");
}

#[test]
fn the_app_is_built_as_the_weighed_pages_are() {
    let (app, workspace) = (read(&format!("{HELLO}/Cargo.toml")), read("Cargo.toml"));
    for heading in ["[profile.page]", "[profile.page.package.serde_json]"] {
        let settings = |manifest: &str| -> Vec<String> {
            let lines = manifest.lines().skip_while(|line| *line != heading).skip(1);
            lines
                .take_while(|line| !line.is_empty())
                .map(str::to_owned)
                .collect()
        };
        assert!(!settings(&workspace).is_empty(), "no {heading}");
        assert_eq!(settings(&app), settings(&workspace), "{heading}");
    }
    let parameters = |path: &str| -> String {
        let page = read(path);
        let (_, rest) = page
            .split_once("data-wasm-opt-params=\"")
            .expect("it is optimised");
        rest.split('"').next().unwrap_or_default().to_owned()
    };
    assert_eq!(
        parameters(&format!("{HELLO}/index.html")),
        parameters("examples/demo/index.html")
    );
}

/// So it needs nothing that the workspace does not have at hand, and the same wasm-bindgen.
#[test]
fn the_app_is_tested_with_the_versions_of_the_workspace() {
    let (app, workspace) = (read(&format!("{HELLO}/Cargo.lock")), read("Cargo.lock"));
    let (app, workspace) = (packages(&app), packages(&workspace));
    let others: Vec<_> = app
        .difference(&workspace)
        .filter(|(name, _)| *name != "hello")
        .collect();
    assert!(
        others.is_empty(),
        "copy Cargo.lock to {HELLO} and run `cargo check` there: {others:?}"
    );
}

fn packages(lock: &str) -> BTreeSet<(&str, &str)> {
    let lines: Vec<&str> = lock.lines().collect();
    lines
        .windows(2)
        .filter_map(|pair| {
            let name = pair[0].strip_prefix("name = ")?.trim_matches('"');
            let version = pair[1].strip_prefix("version = ")?.trim_matches('"');
            Some((name, version))
        })
        .collect()
}
