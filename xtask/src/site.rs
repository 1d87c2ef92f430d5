//! The site: the documents as a book by mdBook, with the API's documentation and the demo's page beside them.

use std::path::PathBuf;
use std::process::ExitCode;

use realtime_testkit::{Site, loopback};

use crate::console::heading;
use crate::demo;
use crate::failure::Failure;
use crate::files;
use crate::page;
use crate::project::Project;
use crate::server::{self, Server};
use crate::setup::{Part, Tools};

mod check;
mod link;
mod pages;

/// What it takes to build the site: what the demo's page takes, and mdBook.
pub(crate) const PARTS: [Part; 5] = [
    Part::WasmTarget,
    Part::WasmBindgen,
    Part::Trunk,
    Part::WasmOpt,
    Part::Mdbook,
];

/// The folder of the demo's page in the site.
const DEMO: &str = "demo";
/// The folder of what `cargo doc` makes in the site.
const RUSTDOC: &str = "rustdoc";
/// The crates that `site/api.md` leads to.
const DOCUMENTED: [&str; 4] = [
    "realtime-core",
    "realtime-server",
    "realtime-text",
    "realtime-yew",
];
/// mdBook's settings and the styles, which go beside the pages.
const SETTINGS: [&str; 2] = ["book.toml", "site.css"];

/// `cargo xtask site`: the site, the demo's server behind it, and a URL.
pub(crate) fn run(project: &Project, wanted: u16) -> Result<ExitCode, Failure> {
    let tools = Tools::get(project, &PARTS)?;
    heading("The site");
    let site = build(project, &tools)?;
    heading("The demo's server");
    server::build(project)?;
    let stop = demo::stop_signal()?;
    let mut behind = Server::start_behind(project)?;
    let port = server::free_port(wanted)?;
    let front = Site::before(site, loopback(port), Some(behind.address()))?;
    heading(&format!(
        "The site is at http://{}/  (Ctrl-C stops it)",
        front.address()
    ));
    demo::wait(&stop, || behind.ended())?;
    drop((front, behind));
    println!("\nStopped.");
    Ok(ExitCode::SUCCESS)
}

/// Builds the site and follows every link of its pages.
pub(crate) fn check(project: &Project, tools: &Tools) -> Result<(), Failure> {
    let checked = check::check(&build(project, tools)?)?;
    println!(
        "      {} links of {} pages lead to what is there",
        checked.links, checked.pages
    );
    Ok(())
}

/// Builds the site; gives its folder.
fn build(project: &Project, tools: &Tools) -> Result<PathBuf, Failure> {
    let work = project.target.join("site");
    let (source, site) = (work.join("src"), work.join("html"));
    files::remove_folder(&source)?;
    pages::write(&project.root, &source)?;
    for name in SETTINGS {
        files::copy_file(&project.root.join("site").join(name), &work.join(name))?;
    }
    tools.mdbook().arg("build").arg(&work).run()?;
    let crates = DOCUMENTED.iter().flat_map(|name| ["--package", name]);
    project
        .cargo()
        .args(["doc", "--no-deps", "--all-features"])
        .args(crates)
        .run()?;
    files::copy(&project.target.join("doc"), &site.join(RUSTDOC))?;
    let dist = site.join(DEMO);
    let dist = dist.to_string_lossy();
    // The page's own files are found beside it, wherever the site is put.
    let options = ["--release", "--public-url", "./", "--dist", &dist];
    page::build_with(project, tools, &options)?;
    Ok(site)
}
