//! App: one made from the template, with a place and ports of its own, as it runs.

use super::template::generate;
use realtime_e2e::{Http, KitError, eventually, free_port, workspace};
use std::{
    env, fs,
    fs::File,
    io,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

/// What is compiled already may take so long to be served.
const STARTS: Duration = Duration::from_secs(180);
/// Where the server listens, in the template.
const SERVER: &str = "127.0.0.1:3000";

/// A running app. Dropping it ends all of it.
#[derive(Debug)]
pub(crate) struct App {
    cargo: Child,
    url: String,
}

impl App {
    /// Generates an app and does what its reader is told to do: `cargo run`.
    pub(crate) fn start(name: &str) -> Result<Self, KitError> {
        let target = env::var_os("CARGO_TARGET_DIR")
            .map_or_else(|| workspace().join("target"), PathBuf::from);
        let folder = target.join("hello").join(name);
        let (server, page) = (free_port()?, free_port()?);
        let wrong = |what: &str, error: io::Error| KitError::Wrong(format!("{what}: {error}"));
        prepare(name, &folder, server).map_err(|error| wrong("could not make the app", error))?;
        let command = |program: &str, words: &[&str]| {
            let mut command = Command::new(program);
            command
                .args(words)
                .current_dir(&folder)
                // As in the workspace, so that what was compiled there is taken from there.
                .env("CARGO_TARGET_DIR", &target)
                .env("CARGO_PROFILE_DEV_DEBUG", "line-tables-only")
                .env("TRUNK_OFFLINE", "true")
                .env("TRUNK_SERVE_PORT", page.to_string())
                // Trunk takes it for a flag with a value and refuses values such as `1`.
                .env_remove("NO_COLOR")
                .stdin(Stdio::null());
            command
        };
        // Compiling takes as long as it takes, and says why it fails.
        let server = ("cargo", &["build", "--bin", "server"][..]);
        for (program, words) in [server, ("trunk", &["build"])] {
            let built = command(program, words).status();
            let built = built.map_err(|error| wrong(program, error))?;
            if !built.success() {
                let failed = format!("{program} {} failed: {built}", words.join(" "));
                return Err(KitError::Wrong(failed));
            }
        }
        let log = folder.with_extension("log");
        let file = File::create(&log).map_err(|error| wrong("could not write a log", error))?;
        let second = file.try_clone().map_err(|error| wrong("the log", error))?;
        let cargo = command("cargo", &["run"])
            .stdout(file)
            .stderr(second)
            // The server and Trunk end together.
            .process_group(0)
            .spawn()
            .map_err(|error| wrong("cargo", error))?;
        let url = format!("http://127.0.0.1:{page}");
        let app = Self { cargo, url };
        let http = Http::new(&app.url);
        let what = format!("the page is served, see {}", log.display());
        eventually(
            &what,
            STARTS,
            || http.get("/"),
            |answer| answer.status == 200,
        )?;
        Ok(app)
    }

    /// Where its page is.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for App {
    fn drop(&mut self) {
        let group = format!("-{}", self.cargo.id());
        let killed = Command::new("kill").args(["-KILL", "--", &group]).status();
        if let Err(error) = killed.and_then(|_| self.cargo.wait()) {
            eprintln!("could not end the app: {error}");
        }
    }
}
/// Generates it with the versions of the workspace, and leads its page to a server on a free port.
fn prepare(name: &str, folder: &Path, server: u16) -> io::Result<()> {
    let template = workspace().join("examples").join("hello");
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    let realtime = workspace().display().to_string();
    let answers = [("project-name", name), ("realtime", &*realtime)];
    generate(&template, folder, &answers)?;
    let lock = fs::read_to_string(template.join("Cargo.lock"))?;
    let own = |name: &str| format!("name = \"{name}\"\n");
    fs::write(
        folder.join("Cargo.lock"),
        lock.replace(&own("hello"), &own(name)),
    )?;
    for file in ["Trunk.toml", "src/bin/server.rs"] {
        let path = folder.join(file);
        let text = fs::read_to_string(&path)?;
        fs::write(path, text.replace(SERVER, &format!("127.0.0.1:{server}")))?;
    }
    Ok(())
}
