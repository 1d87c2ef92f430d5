//! ARCHITECTURE.md: its crates, modules, paths and import law; and the first line of every file.

use crate::{BUILT, files_below, is_word, quoted, read, workspace};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

/// The crates whose modules keep the import law.
const LIBRARIES: [&str; 2] = ["realtime-core", "realtime-yew"];

/// Where a path that the document names may begin: at the top, or in the crate that it is about.
const BASES: [&str; 6] = [
    "",
    "crates/realtime-core/src/",
    "crates/realtime-yew/src/",
    "crates/realtime-server/src/",
    "examples/demo-server/src/",
    "replication/src/",
];

/// How a first line does not begin: these ask what a file holds, and do not say it.
const NO_NOUNS: [&str; 32] = [
    "Because",
    "Being",
    "Between",
    "By",
    "Everything",
    "For",
    "From",
    "How",
    "If",
    "In",
    "Into",
    "Is",
    "It",
    "No",
    "Not",
    "Nothing",
    "On",
    "That",
    "There",
    "This",
    "To",
    "What",
    "Whatever",
    "When",
    "Where",
    "Whether",
    "Which",
    "Who",
    "Whoever",
    "Whose",
    "Why",
    "With",
];

/// Crates that stand for the browser, by the beginning of their names.
const BROWSER: [&str; 4] = ["gloo_", "js_sys", "wasm_bindgen", "web_sys"];

/// What a sans-IO crate has no business with.
const WORLD: [&str; 10] = [
    "SystemTime",
    "async",
    "gloo_net",
    "js_sys",
    "std::fs",
    "std::net",
    "std::thread",
    "std::time::Instant",
    "wasm_bindgen",
    "web_sys",
];

#[test]
fn the_document_is_short_enough_to_be_read() {
    let lines = read("ARCHITECTURE.md").lines().count();
    assert!(
        lines < 300,
        "ARCHITECTURE.md has {lines} lines: what a file holds, its first line says"
    );
}

#[test]
fn every_file_begins_with_the_noun_that_it_holds() {
    let mut checked = 0;
    for file in source_files() {
        let source = read(&file);
        let first = source.lines().next().unwrap_or_default();
        let says = first.strip_prefix("//! ").unwrap_or_else(|| {
            panic!("{file} should begin with a line `//! Noun: what the file holds`")
        });
        assert!(
            begins_with_a_noun(says),
            "{file} begins with `{says}`: let it begin with the noun that it holds"
        );
        checked += 1;
    }
    assert!(checked > 500, "only {checked} files were found");
}

#[test]
fn every_crate_and_every_layer_is_named_and_exists() {
    let document = read("ARCHITECTURE.md");
    let told: BTreeSet<String> = rows_under(&document, "## Crates")
        .filter_map(|row| quoted(row).next().map(str::to_owned))
        .collect();
    assert_eq!(told, members(), "the table of crates in ARCHITECTURE.md");
    for library in LIBRARIES {
        let told: BTreeSet<String> = law(&document, library).into_keys().collect();
        let there = imports(&format!("crates/{library}/src"));
        let there: BTreeSet<String> = there.into_keys().collect();
        assert_eq!(told, there, "the modules of {library} in ARCHITECTURE.md");
    }
}

#[test]
fn every_path_in_the_document_leads_somewhere() {
    let document = read("ARCHITECTURE.md");
    let is_path = |text: &&str| {
        let ends = [".rs", ".toml", ".md", ".js"];
        let plain = text
            .chars()
            .all(|char| is_word(char) || "/.-".contains(char));
        plain && (text.contains('/') || ends.iter().any(|end| text.ends_with(end)))
    };
    let mut checked = 0;
    for path in quoted(&document).filter(is_path) {
        assert!(
            BASES
                .iter()
                .any(|base| workspace().join(format!("{base}{path}")).exists()),
            "ARCHITECTURE.md names `{path}`, which is not there"
        );
        checked += 1;
    }
    assert!(checked > 60, "only {checked} paths were found");
}

/// All Rust files of the workspace, by their paths from the top.
fn source_files() -> Vec<String> {
    let folders = fs::read_dir(workspace()).expect("the workspace can be listed");
    let names = folders.map(|entry| entry.expect("the workspace can be listed").file_name());
    names
        .filter_map(|name| name.into_string().ok())
        .filter(|name| !name.starts_with('.') && !BUILT.contains(&name.as_str()))
        .filter(|name| workspace().join(name).is_dir())
        .flat_map(|folder| {
            let files = files_below(&folder, "rs").into_iter();
            files.map(move |file| format!("{folder}/{file}"))
        })
        .collect()
}

/// Whether a first line says a thing by its name. Sentences that begin with a verbal noun say what happens, and
/// the noun is the other: `Reader: …`, not `Reading …`. Before a colon it is a name: `Signing in: …`.
fn begins_with_a_noun(says: &str) -> bool {
    let word = word(says);
    let named = says
        .split_whitespace()
        .take(2)
        .any(|word| word.ends_with(':'));
    let happens = word.ends_with("ing") && !named && word != "Typing";
    !NO_NOUNS.contains(&word) && !happens
}

/// The folders of all members of the workspace.
fn members() -> BTreeSet<String> {
    let manifest = read("Cargo.toml");
    let list = manifest
        .lines()
        .find_map(|line| line.strip_prefix("members = "))
        .expect("the workspace has members");
    let mut members = BTreeSet::new();
    for member in list.split('"').skip(1).step_by(2) {
        let Some(folder) = member.strip_suffix("/*") else {
            members.insert(member.to_owned());
            continue;
        };
        let entries = fs::read_dir(workspace().join(folder)).expect("the folder can be listed");
        for entry in entries {
            let path = entry.expect("the folder can be listed").path();
            if path.join("Cargo.toml").is_file() {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                members.insert(format!("{folder}/{name}"));
            }
        }
    }
    let excluded = manifest
        .lines()
        .find_map(|line| line.strip_prefix("exclude = "))
        .unwrap_or_default();
    members.retain(|member| !excluded.contains(&format!("\"{member}\"")));
    members
}

#[test]
fn realtime_core_keeps_the_import_law() {
    check_law(LIBRARIES[0]);
}

#[test]
fn realtime_yew_keeps_the_import_law() {
    check_law(LIBRARIES[1]);
}

#[test]
fn the_core_names_no_clock_no_io_and_no_browser() {
    let core = "crates/realtime-core/src";
    for file in files_below(core, "rs") {
        let code = code(&read(&format!("{core}/{file}")));
        for name in WORLD {
            assert!(
                occurrences(&code, name).next().is_none(),
                "{file} names {name}: the core is told what it needs to know"
            );
        }
    }
}

/// What the law lets a module import.
#[derive(Debug, Default)]
struct Allowed {
    place: usize,
    imports: BTreeSet<String>,
}

fn check_law(name: &str) {
    let document = read("ARCHITECTURE.md");
    let law = law(&document, name);
    let found = imports(&format!("crates/{name}/src"));
    for (module, targets) in &found {
        let allowed = law
            .get(module)
            .unwrap_or_else(|| panic!("{name}: `{module}` has no row in the import law"));
        for (target, files) in targets {
            assert!(
                allowed.imports.contains(target),
                "{name}: `{module}` may not import `{target}`, but does in {files:?}"
            );
        }
    }
    for (module, allowed) in &law {
        for target in &allowed.imports {
            assert!(
                found
                    .get(module)
                    .is_some_and(|targets| targets.contains_key(target)),
                "{name}: the law lets `{module}` import `{target}`, but it does not: take it out"
            );
            let is_above = law
                .get(target)
                .is_none_or(|other| other.place < allowed.place);
            assert!(
                is_above,
                "{name}: `{target}` must stand above `{module}`, or the two may form a cycle"
            );
        }
    }
}

fn law(document: &str, name: &str) -> BTreeMap<String, Allowed> {
    let rows = rows_under(document, &format!("### Imports in {name}"));
    let law: BTreeMap<_, _> = rows
        .enumerate()
        .filter_map(|(place, row)| {
            let cells: Vec<&str> = row.split('|').collect();
            let [_, module, _, imports, _] = cells.as_slice() else {
                panic!("a row of the import law has three cells: {row}");
            };
            let allowed = Allowed {
                place,
                imports: quoted(imports).map(str::to_owned).collect(),
            };
            Some((quoted(module).next()?.to_owned(), allowed))
        })
        .collect();
    assert!(!law.is_empty(), "the import law of {name} was not found");
    law
}

/// Which module imports which, and in which files. Modules are those of the crate's root.
fn imports(source: &str) -> BTreeMap<String, BTreeMap<String, BTreeSet<String>>> {
    let exports = exports(&code(&read(&format!("{source}/lib.rs"))));
    let mut found: BTreeMap<String, BTreeMap<String, BTreeSet<String>>> = BTreeMap::new();
    for file in files_below(source, "rs") {
        let path: Vec<&str> = file.trim_end_matches(".rs").split('/').collect();
        let (Some(module), true) = (
            path.first(),
            file != "lib.rs" && !file.ends_with("tests.rs"),
        ) else {
            continue;
        };
        let code = code(&read(&format!("{source}/{file}")));
        let targets = found.entry((*module).to_owned()).or_default();
        let mut add = |name: &str| {
            let target = exports.get(name).map_or(name, String::as_str);
            if target != *module {
                let files = targets.entry(target.to_owned()).or_default();
                files.insert(file.clone());
            }
        };
        for rest in occurrences(&code, "crate::") {
            first_segments(rest).into_iter().for_each(&mut add);
        }
        for mut rest in occurrences(&code, "super::") {
            let mut steps = 1;
            while let Some(further) = rest.strip_prefix("super::") {
                (rest, steps) = (further, steps + 1);
            }
            if steps == path.len() {
                first_segments(rest).into_iter().for_each(&mut add);
            }
        }
        if BROWSER.iter().any(|name| names_crate(&code, name)) {
            add("browser");
        }
    }
    found
}

/// From a name that `lib.rs` exports to the module it is from.
fn exports(lib: &str) -> BTreeMap<String, String> {
    let mut exports = BTreeMap::new();
    for statement in lib.split(';') {
        let Some((_, path)) = statement.split_once("pub use ") else {
            continue;
        };
        let mut words = path
            .split(|char| !is_word(char))
            .filter(|word| !word.is_empty());
        if let Some(module) = words.next() {
            exports.extend(words.map(|word| (word.to_owned(), module.to_owned())));
        }
    }
    exports
}

/// What comes after each `path`, wherever that is not the end of a longer name or a macro's `$crate`.
fn occurrences<'a>(code: &'a str, path: &'a str) -> impl Iterator<Item = &'a str> {
    code.match_indices(path).filter_map(move |(at, _)| {
        let before = code.get(..at)?.chars().next_back();
        let rest = code.get(at + path.len()..)?;
        let ends = path.ends_with("::") || !rest.starts_with(is_word);
        let begins = !before.is_some_and(|char| is_word(char) || char == '$');
        let chained = path == "super::" && code.get(..at)?.ends_with("super::");
        (begins && ends && !chained).then_some(rest)
    })
}

/// Whether a crate whose name begins like this is named.
fn names_crate(code: &str, name: &str) -> bool {
    code.match_indices(name).any(|(at, _)| {
        let before = code.get(..at).and_then(|code| code.chars().next_back());
        !before.is_some_and(is_word)
    })
}

/// `a` of `a::b`; `a` and `c` of `{a::b, c}`.
fn first_segments(path: &str) -> Vec<&str> {
    let Some(group) = path.strip_prefix('{') else {
        return vec![word(path)];
    };
    let (mut depth, mut start, mut names) = (0, 0, Vec::new());
    for (at, char) in group.char_indices() {
        let ends = match char {
            '{' => {
                depth += 1;
                false
            }
            '}' | ',' if depth == 0 => true,
            '}' => {
                depth -= 1;
                false
            }
            _ => false,
        };
        if ends {
            names.push(word(group.get(start..at).unwrap_or_default().trim()));
            start = at + 1;
            if char == '}' {
                break;
            }
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

fn word(text: &str) -> &str {
    let end = text.find(|char| !is_word(char)).unwrap_or(text.len());
    text.get(..end).unwrap_or_default()
}

/// Source without comments and without the unit tests at its end.
fn code(source: &str) -> String {
    let mut kept = String::new();
    let mut lines = source.lines().peekable();
    while let Some(line) = lines.next() {
        let tests_begin = line == "#[cfg(test)]"
            && lines
                .peek()
                .is_some_and(|next| next.starts_with("mod ") && next.ends_with('{'));
        if tests_begin {
            break;
        }
        kept.push_str(line.split("//").next().unwrap_or_default());
        kept.push('\n');
    }
    kept
}

/// The rows of the first table under a heading.
fn rows_under<'a>(document: &'a str, heading: &str) -> impl Iterator<Item = &'a str> + use<'a> {
    let mut lines = document.lines();
    assert!(
        lines.any(|line| line == heading),
        "ARCHITECTURE.md should have the heading {heading}"
    );
    lines
        .take_while(|line| !line.starts_with('#'))
        .skip_while(|line| !line.starts_with('|'))
        .take_while(|line| line.starts_with('|'))
        .skip(2)
}

#[test]
fn first_lines_are_told_by_their_nouns() {
    for noun in [
        "Backoff: how long to wait",
        "Typing in one room",
        "The pump",
        "`bench core`: all",
    ] {
        assert!(begins_with_a_noun(noun), "{noun}");
    }
    for other in [
        "What may be tuned",
        "How long to wait",
        "Reading a list",
        "Whether it lives",
    ] {
        assert!(!begins_with_a_noun(other), "{other}");
    }
}

#[test]
fn paths_are_read_as_rust_reads_them() {
    assert_eq!(first_segments("query::EntryId"), ["query"]);
    assert_eq!(
        first_segments("{\n    id::{A, B},\n    time::Instant,\n};"),
        ["id", "time"]
    );
    let source =
        "use crate::id; // crate::no\n$crate::no;\n#[cfg(test)]\nmod tests {\n    use crate::no;";
    let code = code(source);
    assert_eq!(occurrences(&code, "crate::").count(), 1);
    assert_eq!(exports("pub use id::{A, B};\npub use key::C;")["B"], "id");
}
