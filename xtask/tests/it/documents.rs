//! README.md and `docs`: what they list is what there is.

use crate::{files_below, is_word, quoted, read, workspace};
use std::{collections::BTreeSet, fs};

const YEW: &str = "crates/realtime-yew";
const TEXT: &str = "crates/realtime-text";
const SUMMARY: &str = "site/SUMMARY.md";

#[test]
fn the_class_names_are_those_of_the_components() {
    let with_components = [(YEW, "realtime.css"), (TEXT, "realtime-text.css")];
    let used: BTreeSet<String> = with_components
        .into_iter()
        .flat_map(|(part, style)| {
            let folder = format!("{part}/src/components");
            let files = files_below(&folder, "rs");
            let of_file = move |file| class_names(&read(&format!("{folder}/{file}")));
            let of_style = class_names(&read(&format!("{part}/style/{style}")));
            files.into_iter().flat_map(of_file).chain(of_style)
        })
        .collect();
    let listed = class_names(&read("docs/COMPONENTS.md"));
    // The components put some together from a word: those end with the dashes before it.
    let missing: Vec<_> = used
        .iter()
        .filter(|name| !name.ends_with('-') && !listed.contains(*name))
        .collect();
    let gone: Vec<_> = listed
        .iter()
        .filter(|name| {
            let put_together = name
                .rfind("--")
                .is_some_and(|at| used.contains(&name[..at + 2]));
            !used.contains(*name) && !put_together
        })
        .collect();
    assert!(
        missing.is_empty() && gone.is_empty(),
        "docs/COMPONENTS.md lacks {missing:?}, and lists what is not there: {gone:?}"
    );
}

#[test]
fn every_hook_component_feature_and_version_is_listed() {
    let (readme, hooks) = (read("README.md"), read("docs/HOOKS.md"));
    let lib = read(&format!("{YEW}/src/lib.rs"));
    let exported = lib
        .split(|char| !is_word(char))
        .filter(|word| word.starts_with("use_"));
    for hook in exported {
        assert!(
            hooks.contains(&format!("| `{hook}(")),
            "docs/HOOKS.md lacks {hook}"
        );
    }
    let components = read(&format!("{YEW}/src/components.rs"));
    for props in components.split(|char| !is_word(char)) {
        if let Some(component) = props.strip_suffix("Props") {
            assert!(
                hooks.contains(&format!("| `<{component} ")),
                "docs/HOOKS.md lacks <{component} />"
            );
        }
    }
    for package in ["realtime-core", "realtime-yew"] {
        let manifest = read(&format!("crates/{package}/Cargo.toml"));
        for feature in features(&manifest) {
            let row = format!("| {package} | `{feature}` |");
            assert!(readme.contains(&row), "README.md lacks the row {row}");
        }
    }
    let workspace = read("Cargo.toml");
    let yew = value_of(&workspace, "yew = { version = ");
    let core = read("crates/realtime-core/Cargo.toml");
    let manifest = read(&format!("{YEW}/Cargo.toml"));
    let rust = value_of(&manifest, "rust-version = ");
    assert_eq!(rust, value_of(&core, "rust-version = "));
    let ours = value_of(&workspace, "version = ");
    let ours = ours.rsplit_once('.').map_or(ours, |(short, _)| short);
    let row = format!("| {ours} | {yew} | {rust} or later |");
    assert!(readme.contains(&row), "README.md lacks the row {row}");
}

#[test]
fn every_link_between_documents_leads_somewhere() {
    let mut checked = 0;
    for document in linked() {
        let text = read(&document);
        let folder = document.rsplit_once('/').map_or("", |(folder, _)| folder);
        for link in links(&text) {
            let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = match path {
                "" => document.clone(),
                path => format!("{folder}/{path}")
                    .trim_start_matches('/')
                    .to_owned(),
            };
            assert!(
                workspace().join(&target).exists(),
                "{document}: {link} leads to nothing"
            );
            if !anchor.is_empty() {
                let anchors = anchors(&read(&target));
                assert!(
                    anchors.contains(anchor),
                    "{document}: {target} has no heading #{anchor}"
                );
            }
            checked += 1;
        }
    }
    assert!(checked > 10, "only {checked} links were found");
}

/// The documents whose links are followed: at the top, in `docs`, of the crates; and the site's summary.
fn linked() -> Vec<String> {
    let entries = fs::read_dir(workspace()).expect("the workspace can be listed");
    let top = entries
        .filter_map(|entry| {
            entry
                .expect("it can be listed")
                .file_name()
                .into_string()
                .ok()
        })
        .filter(|name| name.ends_with(".md"));
    let below = ["docs", "crates"].into_iter().flat_map(|folder| {
        let files = files_below(folder, "md").into_iter();
        files.map(move |file| format!("{folder}/{file}"))
    });
    top.chain(below).chain([SUMMARY.to_owned()]).collect()
}

#[test]
fn contributors_are_told_every_step_of_the_test_command() {
    let source = read("xtask/src/steps.rs");
    let steps: Vec<&str> = source
        .lines()
        .filter_map(|line| line.strip_prefix("        name: \"")?.strip_suffix("\","))
        .collect();
    let document = read("CONTRIBUTING.md");
    let told: Vec<&str> = document
        .lines()
        .skip_while(|line| !line.starts_with("| step |"))
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .filter_map(|row| quoted(row).next())
        .collect();
    assert!(steps.len() > 10, "only {} steps were found", steps.len());
    assert_eq!(told, steps, "the table of steps in CONTRIBUTING.md");
}

#[test]
fn the_public_workflow_runs_our_commands_and_pins_what_it_uses() {
    let workflow = read(".github/workflows/ci.yml");
    for command in [".ci/run", "--only msrv", "--only publish", "semver-checks"] {
        assert!(workflow.contains(command), "ci.yml does not run {command}");
    }
    let mut uses = 0;
    for line in workflow.lines() {
        let Some((_, action)) = line.split_once("uses: ") else {
            continue;
        };
        let commit = action
            .split_once('@')
            .map_or("", |(_, commit)| word(commit));
        let pinned = commit.len() == 40 && commit.chars().all(|char| char.is_ascii_hexdigit());
        assert!(pinned, "ci.yml should name the commit of {action}");
        uses += 1;
    }
    assert!(uses > 3, "only {uses} actions were found");
    assert!(!workflow.contains("secrets."), "ci.yml needs no secret");
}

#[test]
fn every_crate_that_is_published_tells_what_registries_show() {
    let mut checked = 0;
    for file in files_below("crates", "toml") {
        let Some(name) = file.strip_suffix("/Cargo.toml") else {
            continue;
        };
        let manifest = read(&format!("crates/{file}"));
        let keys = ["description", "readme", "keywords", "categories", "include"];
        for key in keys {
            let line = format!("\n{key} = ");
            assert!(manifest.contains(&line), "crates/{file} lacks {key}");
        }
        assert!(
            manifest.contains("\n[package.metadata.docs.rs]\n"),
            "crates/{file} lacks what docs.rs is to build"
        );
        for text in ["LICENSE-MIT", "LICENSE-APACHE"] {
            let own = read(&format!("crates/{name}/{text}"));
            assert_eq!(own, read(text), "crates/{name}/{text}");
        }
        assert!(!read(&format!("crates/{name}/README.md")).is_empty());
        checked += 1;
    }
    assert!(checked > 1, "only {checked} crates were found");
}

#[test]
fn the_site_has_every_document() {
    let summary = read(SUMMARY);
    // A crate's README is for its page in the registry.
    let is_of_the_site =
        |document: &String| document != SUMMARY && !document.starts_with("crates/");
    for document in linked().into_iter().filter(is_of_the_site) {
        let link = format!("](../{document})");
        assert!(summary.contains(&link), "{SUMMARY} lacks {document}");
    }
}

#[test]
fn every_test_that_stands_for_a_promise_exists() {
    let tests: String = ["crates", "tests/scenarios"]
        .into_iter()
        .flat_map(|folder| {
            files_below(folder, "rs")
                .into_iter()
                .map(move |file| (folder, file))
        })
        .map(|(folder, file)| format!("// {file}\n{}", read(&format!("{folder}/{file}"))))
        .collect();
    for document in ["docs/CONSISTENCY.md", "docs/SERVER.md"] {
        let promises = read(document);
        let named = promises.lines().filter(|line| line.starts_with('>'));
        let mut checked = 0;
        for name in named.flat_map(quoted) {
            let exists = match name.ends_with(".rs") {
                true => tests.contains(&format!("/{name}\n")),
                false => tests.contains(&format!("fn {name}(")),
            };
            assert!(exists, "{document} names `{name}`: there is no such test");
            checked += 1;
        }
        assert!(checked > 40, "only {checked} tests were found");
    }
}

#[test]
fn the_limits_refusals_and_close_codes_of_the_hub_are_those_that_are_listed() {
    let document = read("docs/SERVER.md");
    let source = |file: &str| read(&format!("crates/realtime-server/src/{file}.rs"));
    let limits = source("limits");
    let limits = limits.lines().filter_map(|line| {
        let (name, _) = line.trim().strip_prefix("pub ")?.split_once(':')?;
        Some(format!("| `{name}` |"))
    });
    let refusals = source("refusal");
    let refusals = refusals.lines().filter_map(|line| {
        let (code, rest) = line.trim().strip_prefix("/// `")?.split_once('`')?;
        rest.starts_with(',').then(|| format!("`{code}`"))
    });
    let closings = source("outbox");
    let closings = closings.lines().filter_map(|line| {
        let (_, code) = line.trim().split_once(": Self = Self::new(")?;
        code.get(..4).map(str::to_owned)
    });
    let listed: Vec<_> = limits.chain(refusals).chain(closings).collect();
    assert!(listed.len() > 40, "only {listed:?} were found");
    for one in listed {
        assert!(document.contains(&one), "docs/SERVER.md lacks {one}");
    }
}

#[test]
fn the_servers_that_are_shown_are_those_that_are_tested() {
    let document = read("docs/SOCKETIO_SERVERS.md");
    let javascript = read("examples/socketio-minimal/server.js");
    let rust = read("examples/socketio-minimal/src/main.rs");
    let shown: Vec<_> = blocks(&document, "js").collect();
    assert_eq!(shown, [javascript.as_str()], "show server.js as it is");
    let shown: Vec<_> = blocks(&document, "rust,ignore").collect();
    assert_eq!(shown.len(), 4);
    for block in shown {
        assert!(rust.contains(block), "main.rs does not have this:\n{block}");
    }
}

#[test]
fn the_test_of_components_that_is_shown_is_one_that_runs() {
    let document = read("docs/TESTING.md");
    let test = read("crates/realtime-yew/tests/web/example.rs");
    let shown: Vec<_> = blocks(&document, "rust").collect();
    assert_eq!(shown.len(), 1);
    assert!(
        test.ends_with(shown[0]),
        "show tests/web/example.rs as it is"
    );
}

/// The first word of a text.
fn word(text: &str) -> &str {
    text.split_whitespace().next().unwrap_or_default()
}

/// The blocks of code in a language.
fn blocks<'a>(document: &'a str, language: &str) -> impl Iterator<Item = &'a str> {
    let fence = format!("\n```{language}\n");
    let starts: Vec<usize> = document
        .match_indices(&fence)
        .map(|(at, fence)| at + fence.len())
        .collect();
    starts.into_iter().filter_map(|start| {
        let rest = document.get(start..)?;
        rest.split_inclusive("\n```").next()?.strip_suffix("```")
    })
}

/// Class names, as well as custom properties without their dashes.
fn class_names(text: &str) -> BTreeSet<String> {
    text.split(|char: char| !is_word(char) && char != '-')
        .map(|word| word.strip_prefix("--").unwrap_or(word))
        .filter(|word| word.starts_with("rt-"))
        .map(str::to_owned)
        .collect()
}

fn features(manifest: &str) -> Vec<&str> {
    manifest
        .lines()
        .skip_while(|line| *line != "[features]")
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(" = "))
        .map(|(name, _)| name)
        .collect()
}

/// The text in quotes after `key` at the beginning of a line.
fn value_of<'a>(manifest: &'a str, key: &str) -> &'a str {
    let mut lines = manifest.lines().map(str::trim_start);
    let line = lines.find_map(|line| line.strip_prefix(key));
    line.and_then(|rest| rest.split('"').nth(1))
        .unwrap_or_else(|| panic!("Cargo.toml should have a line with {key}"))
}

/// Where the document's own links lead; links to other sites are not followed.
fn links(text: &str) -> impl Iterator<Item = &str> {
    text.split("](")
        .skip(1)
        .filter_map(|rest| rest.split_once(')'))
        .map(|(link, _)| link)
        .filter(|link| !link.contains(['\n', ' ']) && !link.contains("://"))
}

/// The headings, as links name them: small letters and dashes.
fn anchors(text: &str) -> BTreeSet<String> {
    text.lines()
        .filter(|line| line.starts_with('#'))
        .map(|line| {
            line.trim_start_matches('#')
                .trim()
                .to_lowercase()
                .chars()
                .filter(|char| is_word(*char) || matches!(char, ' ' | '-'))
                .map(|char| if char == ' ' { '-' } else { char })
                .collect()
        })
        .collect()
}

#[test]
fn the_documents_are_read_as_they_are_shown() {
    assert!(anchors("## Lists: `list:update`").contains("lists-listupdate"));
    assert_eq!(
        links("[a](b.md#c) [d](https://e.f)").collect::<Vec<_>>(),
        ["b.md#c"]
    );
    assert_eq!(quoted("a `b` c `d`").collect::<Vec<_>>(), ["b", "d"]);
    assert_eq!(
        features("[features]\n# x\na = []\nb = [\"c\"]\n\n[x]\ny = 1"),
        ["a", "b"]
    );
}
