//! ARCHITECTURE.md: a line for every file, and the import law.

use crate::{files_below, is_word, quoted, read};
use std::collections::{BTreeMap, BTreeSet};

/// The folders whose every file has its line.
const FOLDERS: [&str; 19] = [
    "crates/realtime-core/src",
    "crates/realtime-yew/src",
    "benches/core/src",
    "benches/driver/src",
    "benches/pages/src",
    "benches/server/src",
    "examples/demo-types/src",
    "examples/demo-server/src",
    "examples/demo-balancer/src",
    "examples/demo/src",
    "examples/socketio-minimal/src",
    "fuzz/targets/src",
    "interop/src",
    "simulation/src",
    "simulation/sabotage/src",
    "size/meter/src",
    "size/pages/src",
    "tests/src",
    "xtask/src",
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
fn every_source_file_has_a_line_and_every_line_a_file() {
    let document = read("ARCHITECTURE.md");
    for folder in FOLDERS {
        let told: BTreeSet<String> = rows_under(&document, &format!("### `{folder}`"))
            .filter_map(|row| quoted(row).next().map(str::to_owned))
            .collect();
        let there: BTreeSet<String> = files_below(folder, "rs").into_iter().collect();
        let untold: Vec<_> = there.difference(&told).collect();
        let gone: Vec<_> = told.difference(&there).collect();
        assert!(
            untold.is_empty() && gone.is_empty(),
            "{folder}: give these a line in ARCHITECTURE.md: {untold:?}; and take these out: {gone:?}"
        );
    }
}

#[test]
fn the_files_to_open_exist() {
    let document = read("ARCHITECTURE.md");
    let mut checked = 0;
    for row in rows_under(&document, "## Which file to open for …") {
        let base = match row.split('|').nth(2).unwrap_or_default().trim() {
            cell if cell.starts_with("core") => FOLDERS[0],
            cell if cell.starts_with("yew") => FOLDERS[1],
            _ => continue,
        };
        let there = files_below(base, "rs");
        let paths = quoted(row).filter(|path| path.ends_with(".rs") && !path.contains(['…', '*']));
        for path in paths {
            assert!(
                there.iter().any(|file| file == path),
                "{path} is named, but is not below {base}"
            );
            checked += 1;
        }
    }
    assert!(checked > 20, "only {checked} paths were found in the table");
}

#[test]
fn realtime_core_keeps_the_import_law() {
    check_law("realtime-core");
}

#[test]
fn realtime_yew_keeps_the_import_law() {
    check_law("realtime-yew");
}

#[test]
fn the_core_names_no_clock_no_io_and_no_browser() {
    for file in files_below(FOLDERS[0], "rs") {
        let code = code(&read(&format!("{}/{file}", FOLDERS[0])));
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
            let mut names = quoted(row).map(str::to_owned);
            let module = names.next()?;
            let allowed = Allowed {
                place,
                imports: names.collect(),
            };
            Some((module, allowed))
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
