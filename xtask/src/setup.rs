//! Set-up of the tools: each part once a machine, and only the parts a command needs.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::browser::Browser;
use crate::cache::Cache;
use crate::console::{Progress, heading};
use crate::engine::Engine;
use crate::failure::Failure;
use crate::node::Node;
use crate::process::{Cmd, path_with};
use crate::project::Project;
use crate::redis::Redis;
use crate::toolchain::{TARGET, WasmToolchain};
use crate::tools;

/// Something a command may need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    WasmTarget,
    WasmBindgen,
    Trunk,
    WasmOpt,
    Engine(Engine),
    Node,
    Redis,
    CargoDeny,
    Mdbook,
}

/// All parts, in the order they are got.
pub(crate) const ALL: [Part; 11] = [
    Part::WasmTarget,
    Part::WasmBindgen,
    Part::Trunk,
    Part::WasmOpt,
    Part::Engine(Engine::Chromium),
    Part::Engine(Engine::Firefox),
    Part::Engine(Engine::WebKit),
    Part::Node,
    Part::Redis,
    Part::CargoDeny,
    Part::Mdbook,
];

/// What it takes to build the page.
pub(crate) const PAGE: [Part; 4] = [
    Part::WasmTarget,
    Part::WasmBindgen,
    Part::Trunk,
    Part::WasmOpt,
];

/// The tools that were asked for, ready to use.
#[derive(Debug)]
pub(crate) struct Tools {
    toolchain: WasmToolchain,
    folders: Vec<PathBuf>,
    browsers: Vec<Browser>,
    lacking: Vec<(Engine, Failure)>,
    node: Option<Node>,
    redis: Option<Redis>,
    cargo_deny: Option<PathBuf>,
}

/// `cargo xtask setup`.
pub(crate) fn everything(project: &Project) -> Result<ExitCode, Failure> {
    Tools::get(project, &ALL)?;
    println!(
        "\nEverything is ready: `cargo xtask demo` runs the demo, `cargo xtask test` tests it all."
    );
    Ok(ExitCode::SUCCESS)
}

impl Tools {
    /// Gets the parts that are wanted, and skips what is there.
    pub(crate) fn get(project: &Project, wanted: &[Part]) -> Result<Self, Failure> {
        let mut tools = Self {
            toolchain: WasmToolchain::Native,
            folders: Vec::new(),
            browsers: Vec::new(),
            lacking: Vec::new(),
            node: None,
            redis: None,
            cargo_deny: None,
        };
        let parts: Vec<Part> = ALL
            .into_iter()
            .filter(|part| wanted.contains(part))
            .collect();
        if parts.is_empty() {
            return Ok(tools);
        }
        let cache = Cache::open()?;
        heading(&format!("Tools (kept in {})", cache.root().display()));
        let mut progress = Progress::new(parts.len());
        for part in parts {
            tools.add(part, project, &cache, &mut progress)?;
        }
        Ok(tools)
    }

    fn add(
        &mut self,
        part: Part,
        project: &Project,
        cache: &Cache,
        progress: &mut Progress,
    ) -> Result<(), Failure> {
        match part {
            Part::WasmTarget => {
                let title = format!("standard library for {TARGET}");
                self.toolchain = progress.step(&title, || WasmToolchain::ensure(cache))?;
            }
            Part::WasmBindgen => {
                let found = || tools::wasm_bindgen(project, cache);
                self.folders.push(progress.step("wasm-bindgen", found)?);
            }
            Part::Trunk => {
                self.folders
                    .push(progress.step("Trunk", || tools::trunk(cache))?);
            }
            Part::WasmOpt => {
                self.folders
                    .push(progress.step("wasm-opt", || tools::wasm_opt(cache))?);
            }
            Part::Engine(engine) => {
                let title = format!("{} and its driver", engine.title());
                let found = progress.step(&title, || Browser::ensure(engine, cache));
                match found {
                    Ok(browser) => self.browsers.push(browser),
                    // Everything else is tested in Chromium, and much needs it.
                    Err(failure) if engine == Engine::Chromium => return Err(failure),
                    Err(failure) => {
                        println!("      not to be had: {failure}");
                        self.lacking.push((engine, failure));
                    }
                }
            }
            Part::Node => self.node = Some(progress.step("Node.js", Node::ensure)?),
            Part::CargoDeny => {
                self.cargo_deny = Some(progress.step("cargo-deny", || tools::cargo_deny(cache))?);
            }
            Part::Mdbook => {
                self.folders
                    .push(progress.step("mdBook", || tools::mdbook(cache))?);
            }
            Part::Redis => self.redis = Some(progress.step("Redis", Redis::ensure)?),
        }
        Ok(())
    }

    /// The same tools with the nightly compiler, and with settings that only it has.
    pub(crate) fn smallest(mut self) -> Result<Self, Failure> {
        self.toolchain = WasmToolchain::nightly()?;
        Ok(self)
    }

    /// Cargo for wasm32, in the workspace's folder, with the tools on its `PATH`.
    pub(crate) fn wasm_cargo(&self, project: &Project) -> Result<Cmd, Failure> {
        self.equip(self.toolchain.cargo(), project)
    }

    /// Trunk, with the tools and the right Cargo on its `PATH`.
    pub(crate) fn trunk(&self, project: &Project) -> Result<Cmd, Failure> {
        let trunk = Cmd::new(self.program("trunk"));
        self.equip(self.toolchain.lead(trunk), project)
    }

    /// mdBook.
    pub(crate) fn mdbook(&self) -> Cmd {
        Cmd::new(self.program("mdbook"))
    }

    /// A program of the folders that were got, else whatever has this name on `PATH`.
    fn program(&self, name: &str) -> PathBuf {
        let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
        let mut programs = self.folders.iter().map(|folder| folder.join(&file));
        programs
            .find(|program| program.is_file())
            .unwrap_or_else(|| PathBuf::from(name))
    }

    /// Tells a child where Chromium and its driver are.
    pub(crate) fn with_browser(&self, cmd: Cmd) -> Cmd {
        self.with_engine(Engine::Chromium, cmd)
    }

    /// Tells a child which browser to use, and where it is.
    pub(crate) fn with_engine(&self, engine: Engine, cmd: Cmd) -> Cmd {
        let browser = self.browsers.iter().find(|it| it.engine() == engine);
        match browser {
            Some(browser) => browser.tell(cmd),
            None => cmd,
        }
    }

    /// Why an engine is not there that was asked for.
    pub(crate) fn lacks(&self, engine: Engine) -> Option<&Failure> {
        let lacking = self.lacking.iter().find(|(of, _)| *of == engine);
        lacking.map(|(_, why)| why)
    }

    /// Node.js, for what asked for it.
    pub(crate) fn node(&self) -> Result<&Node, Failure> {
        self.node.as_ref().ok_or_else(|| {
            Failure::new("Node.js was not among the tools", "run `cargo xtask setup`")
        })
    }

    /// Redis, for what asked for it.
    pub(crate) fn redis(&self) -> Result<&Redis, Failure> {
        self.redis
            .as_ref()
            .ok_or_else(|| Failure::new("Redis was not among the tools", "run `cargo xtask setup`"))
    }

    /// The program cargo-deny, for what asked for it.
    pub(crate) fn cargo_deny(&self) -> Result<&Path, Failure> {
        self.cargo_deny.as_deref().ok_or_else(|| {
            let advice = "run `cargo xtask setup`";
            Failure::new("cargo-deny was not among the tools", advice)
        })
    }

    fn equip(&self, cmd: Cmd, project: &Project) -> Result<Cmd, Failure> {
        let first: Vec<PathBuf> = self
            .folders
            .iter()
            .cloned()
            .chain(self.toolchain.bin().map(PathBuf::from))
            .collect();
        Ok(cmd
            .dir(&project.root)
            .env("PATH", path_with(&first)?)
            .env("CARGO_TARGET_DIR", self.toolchain.target_dir(project)))
    }
}
