//! `size`: what pages weigh, from a bare one to the demo, against the budget in `size/budget.toml`.

use std::path::{Component, Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, builder::PossibleValuesParser};

use crate::console::heading;
use crate::failure::Failure;
use crate::hello;
use crate::page;
use crate::process::Cmd;
use crate::project::Project;
use crate::setup::{self, Tools};

/// The page with the least that an app with live rows can do with, and no SDK.
const BARE: &str = "bare";
/// The demo's page, which Trunk builds by itself.
const DEMO: &str = "demo";
/// The app that the README shows, which is built as printed.
const HELLO: &str = "hello";
/// The list, taken over from a server's page: the one program with a feature of its own.
const HYDRATED: &str = "list-hydrate";
/// How its link asks for it.
const HYDRATION: &str = "data-cargo-features=\"hydration\"";
/// The page with one list, which most others add something to.
const LIST: &str = "list";

/// One page to weigh.
#[derive(Debug)]
struct Page {
    name: &'static str,
    /// The page it is compared with.
    over: &'static str,
    /// Whether `test` weighs it too: each takes as long to link and to optimise as the demo.
    tested: bool,
}

const fn page(name: &'static str, over: &'static str, tested: bool) -> Page {
    Page { name, over, tested }
}

/// The small pages, which are programs of the package in `size/pages`.
const PAGES: [Page; 16] = [
    page("query", BARE, false),
    page(LIST, BARE, true),
    page("list-query", LIST, false),
    page("list-list", LIST, true),
    page("list-rows", LIST, false),
    page("list-presence", LIST, false),
    page("list-typing", LIST, false),
    page("list-mutation", LIST, false),
    page("list-components", LIST, false),
    page("list-window", LIST, false),
    page("list-socketio", LIST, false),
    page("list-persist", LIST, false),
    page("list-tabs", LIST, false),
    page("list-text", LIST, false),
    page(HYDRATED, LIST, false),
    page("everything", BARE, false),
];

/// What `size` is asked to do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub(crate) struct SizeOptions {
    /// Weigh just these, and what they are compared with
    #[arg(long, value_name = "PAGE", value_delimiter = ',', value_parser = names())]
    pub(crate) only: Vec<String>,
    /// Make today's sizes the budget
    #[arg(long, conflicts_with = "smallest")]
    pub(crate) accept: bool,
    /// Build with unstable settings of the nightly compiler instead: the standard library rebuilt for size, panics
    /// without a word. Held against no budget
    #[arg(long)]
    pub(crate) smallest: bool,
}

impl SizeOptions {
    fn wants(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|wanted| wanted == name)
    }
}

/// What pages are called.
fn names() -> PossibleValuesParser {
    PAGES
        .iter()
        .map(|page| page.name)
        .chain([HELLO, DEMO])
        .into()
}

/// `cargo xtask size`: every page, and the demo.
pub(crate) fn run(project: &Project, options: &SizeOptions) -> Result<ExitCode, Failure> {
    let tools = Tools::get(project, &setup::PAGE)?;
    let wanted = |page: &Page| options.wants(page.name);
    if options.smallest {
        let tools = tools.smallest()?;
        let words = build_all(project, &tools, wanted)?;
        heading("what they weigh with the compiler's unstable settings");
        let budget = project.target.join("size/smallest.toml");
        write(&budget, "tolerance = 1.0\n")?;
        weigh(project, &budget, true, &words)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut words = build_all(project, &tools, wanted)?;
    if options.wants(HELLO) {
        words.push(build_hello(project, &tools)?);
    }
    if options.wants(DEMO) {
        heading("the demo");
        page::build(project, &tools, true)?;
        words.push(word(DEMO, BARE, &project.dist()));
    }
    heading("what they weigh");
    weigh(project, &budget(project), options.accept, &words)?;
    Ok(ExitCode::SUCCESS)
}

/// The step of `test`: a few pages, and the demo if it has been built.
pub(crate) fn check(project: &Project, tools: &Tools) -> Result<(), Failure> {
    let mut words = build_all(project, tools, |page| page.tested)?;
    words.push(build_hello(project, tools)?);
    if project.dist().join("index.html").is_file() {
        words.push(word(DEMO, BARE, &project.dist()));
    }
    weigh(project, &budget(project), false, &words)
}

fn budget(project: &Project) -> PathBuf {
    project.root.join("size/budget.toml")
}

/// Builds the bare page and those that are wanted; how each is called for the meter.
fn build_all(
    project: &Project,
    tools: &Tools,
    wanted: impl Fn(&Page) -> bool,
) -> Result<Vec<String>, Failure> {
    let link = rust_link(project)?;
    let bare = build(project, tools, &link, BARE)?;
    let mut words = vec![format!("{BARE}={}", bare.display())];
    // What a page is compared with must be there too.
    let needed = |page: &&Page| {
        let below = |other: &Page| wanted(other) && other.over == page.name;
        wanted(page) || PAGES.iter().any(below)
    };
    for page in PAGES.iter().filter(needed) {
        let folder = build(project, tools, &link, page.name)?;
        words.push(word(page.name, page.over, &folder));
    }
    Ok(words)
}

/// Builds the README's app, and says how it is called for the meter.
fn build_hello(project: &Project, tools: &Tools) -> Result<String, Failure> {
    heading("the app of the README");
    let dist = project.target.join("size").join(HELLO);
    let options = ["--release", "--dist", &dist.to_string_lossy()];
    page::build_in(&hello::folder(project), project, tools, &options)?;
    Ok(word(HELLO, BARE, &dist))
}

fn word(name: &str, over: &str, folder: &Path) -> String {
    format!("{name}:{over}={}", folder.display())
}

/// Builds one page as the demo is built; the folder it is in.
fn build(project: &Project, tools: &Tools, link: &str, name: &str) -> Result<PathBuf, Failure> {
    heading(&format!("the page {name}"));
    let folder = project.target.join("size");
    let dist = folder.join(name);
    let html = folder.join(format!("{name}.html"));
    // Trunk takes an absolute path for one below the document.
    let manifest = way(&folder, &project.root).join("size/pages/Cargo.toml");
    let link = match name {
        HYDRATED => &format!("{link} {HYDRATION}"),
        _ => link,
    };
    write(&html, &document(link, &manifest, name))?;
    let (html, dir) = (html.to_string_lossy(), dist.to_string_lossy());
    page::build_with(project, tools, &["--release", "--dist", &dir, &html])?;
    Ok(dist)
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let folder = path.parent().unwrap_or(path);
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(path, text))
        .map_err(|error| {
            Failure::new(
                format!("could not write {}: {error}", path.display()),
                "check that the folder can be written to, or set CARGO_TARGET_DIR",
            )
        })
}

/// The relative path from one absolute folder to another.
fn way(from: &Path, to: &Path) -> PathBuf {
    let shared = from.components().zip(to.components());
    let shared = shared.take_while(|(from, to)| from == to).count();
    let up = from.components().skip(shared).map(|_| Component::ParentDir);
    up.chain(to.components().skip(shared)).collect()
}

/// The smallest document that Trunk builds a program of `manifest` for.
fn document(link: &str, manifest: &Path, name: &str) -> String {
    let manifest = manifest.display();
    format!(
        "<!doctype html><html><head><title>{name}</title>\
         <link data-trunk rel=\"rust\" href=\"{manifest}\" data-bin=\"{name}\" {link} />\
         </head><body></body></html>\n"
    )
}

/// How the demo's page asks to be built: so are the small ones.
fn rust_link(project: &Project) -> Result<String, Failure> {
    let path = project.root.join("examples/demo/index.html");
    let html = std::fs::read_to_string(&path).unwrap_or_default();
    attributes(&html).ok_or_else(|| {
        Failure::new(
            format!(
                "{} has no `<link data-trunk rel=\"rust\" …/>`",
                path.display()
            ),
            "put it back: the weighed pages are built as it says",
        )
    })
}

/// The attributes of the document's link to its Rust program, but for which program that is.
fn attributes(html: &str) -> Option<String> {
    let (before, rest) = html.split_once("rel=\"rust\"")?;
    let (_, start) = before.rsplit_once("<link")?;
    let (end, _) = rest.split_once("/>")?;
    let lines = start.lines().chain(end.lines()).map(str::trim);
    let kept: Vec<&str> = lines
        .filter(|line| !line.is_empty() && *line != "data-trunk" && !line.starts_with("href="))
        .collect();
    Some(kept.join(" "))
}

fn weigh(project: &Project, budget: &Path, accept: bool, words: &[String]) -> Result<(), Failure> {
    let cargo: Cmd = project
        .cargo()
        .args(["run", "--quiet", "--profile", "tool"]);
    let accept: &[&str] = if accept { &["--accept"] } else { &[] };
    cargo
        .args(["--package", "realtime-size-meter", "--"])
        .arg(budget)
        .args(accept)
        .args(words)
        .run()
        .map_err(|failure| {
            failure.advise(
                "make the pages smaller, or run `cargo xtask size --accept`, commit size/budget.toml \
                 and say in the message what the bytes are for",
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: &str) -> String {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        std::fs::read_to_string(root.join(path)).expect("a file of the workspace can be read")
    }

    #[test]
    fn every_page_is_a_program_and_is_compared_with_one_that_comes_before() {
        let programs = read("size/pages/Cargo.toml");
        let budget = read("size/budget.toml");
        for (at, page) in PAGES.iter().enumerate() {
            let over = PAGES[..at].iter().find(|other| other.name == page.over);
            assert!(over.is_some() || page.over == BARE, "{page:?}");
            assert!(
                programs.contains(&format!("name = \"{}\"", page.name)),
                "{page:?}"
            );
            let has_budget = budget.contains(&format!("[pages.{}]", page.name));
            assert!(has_budget || !page.tested, "{page:?}");
        }
        assert_eq!(programs.matches("[[bin]]").count(), PAGES.len() + 1);
        for page in [BARE, HELLO, DEMO] {
            assert!(budget.contains(&format!("[pages.{page}]")), "{page}");
        }
    }

    #[test]
    fn a_page_is_built_as_the_demo_is() {
        let link = attributes(&read("examples/demo/index.html")).expect("the demo has a program");
        assert!(
            link.contains("data-cargo-profile-release=\"page\""),
            "{link}"
        );
        assert!(link.contains("data-wasm-opt="), "{link}");
        let document = document(&link, Path::new("/w/Cargo.toml"), "list");
        assert_eq!(document.matches("href=").count(), 1, "{document}");
        assert!(
            document.contains("href=\"/w/Cargo.toml\" data-bin=\"list\""),
            "{document}"
        );
    }

    #[test]
    fn the_way_from_one_folder_to_another_goes_up_and_down() {
        let way = |from, to| way(Path::new(from), Path::new(to));
        assert_eq!(way("/w/target/size", "/w"), Path::new("../.."));
        assert_eq!(
            way("/built/size", "/source/project"),
            Path::new("../../source/project")
        );
    }

    #[test]
    fn a_document_without_a_program_has_no_attributes() {
        assert_eq!(attributes("<link rel=\"css\" />"), None);
    }
}
