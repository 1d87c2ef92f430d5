//! Table of servers, in docs/SOCKETIO.md: each cell stands for interop cases that there are.

use crate::{files_below, quoted, read};
use std::collections::{BTreeMap, BTreeSet};

/// The peers that have a column, as the table and as the code call them.
const COLUMNS: [(&str, &str); 3] = [
    ("node", "Node"),
    ("socketioxide", "Oxide"),
    ("envelope", "Envelope"),
];
const CASES: &str = "interop/src/cases";

#[test]
fn each_cell_stands_for_cases_that_there_are() {
    let cases = cases();
    let mut named = BTreeSet::new();
    for (row, marks) in rows(&read("docs/SOCKETIO.md")) {
        for case in &row {
            let peers = cases.get(case).unwrap_or_else(|| {
                panic!("docs/SOCKETIO.md names the interop case `{case}`: there is none")
            });
            for ((column, peer), mark) in COLUMNS.iter().zip(&marks) {
                assert_eq!(
                    mark == "✓",
                    peers.contains(*peer),
                    "docs/SOCKETIO.md has {mark} for `{case}` with {column}, but it is played with {peers:?}"
                );
            }
            assert!(
                named.insert(case.clone()),
                "docs/SOCKETIO.md has `{case}` twice"
            );
        }
    }
    let has_column =
        |peers: &BTreeSet<String>| COLUMNS.iter().any(|(_, peer)| peers.contains(*peer));
    let missing: Vec<_> = cases
        .iter()
        .filter(|(case, peers)| has_column(peers) && !named.contains(*case))
        .collect();
    assert!(
        missing.is_empty(),
        "docs/SOCKETIO.md lacks the interop cases {missing:?}"
    );
}

/// From the cases' names to the peers that they are played with. Several may have one name.
fn cases() -> BTreeMap<String, BTreeSet<String>> {
    let mut cases: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in files_below(CASES, "rs") {
        let source = read(&format!("{CASES}/{file}"));
        for case in source
            .lines()
            .filter_map(|line| line.strip_prefix("    \""))
        {
            if let Some((name, rest)) = case.split_once("\" on ") {
                let (peers, _) = rest.split_once(" => ").expect("the peers end");
                let peers = peers.split(',').map(|peer| peer.trim().to_owned());
                cases.entry(name.to_owned()).or_default().extend(peers);
            }
        }
    }
    assert!(cases.len() > 30, "only {} cases were found", cases.len());
    cases
}

/// The rows of the table: the cases, and the mark in each column.
fn rows(document: &str) -> Vec<(Vec<String>, Vec<String>)> {
    let (_, section) = document
        .split_once("\n## Servers\n")
        .expect("the section is there");
    let mut lines = section.lines().skip_while(|line| !line.starts_with('|'));
    let header = lines.next().expect("the table is there");
    let columns: Vec<_> = quoted(header).collect();
    assert_eq!(columns, COLUMNS.map(|(column, _)| column));
    let rows: Vec<_> = lines
        .skip(1)
        .take_while(|line| line.starts_with('|'))
        .map(|line| {
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            let cases = quoted(cells[2]).map(str::to_owned).collect();
            let marks: Vec<String> = cells[3..6].iter().map(|cell| (*cell).to_owned()).collect();
            assert!(
                marks.iter().all(|mark| ["✓", "–"].contains(&mark.as_str())),
                "{line}: a cell is ✓ or –"
            );
            (cases, marks)
        })
        .collect();
    assert!(rows.len() > 10, "only {} rows were found", rows.len());
    rows
}
