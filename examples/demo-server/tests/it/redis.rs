//! A real Redis of a test's own.

use crate::client::in_time;
use std::{
    env, fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Stdio,
    sync::atomic::{AtomicU32, Ordering},
};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    net::{TcpListener, TcpStream},
    process::{Child, Command},
};

static COUNT: AtomicU32 = AtomicU32::new(0);

/// A running Redis that keeps what it was told in a folder of its own. It ends with this value.
#[derive(Debug)]
pub(crate) struct Redis {
    child: Child,
    port: u16,
    folder: PathBuf,
}

impl Redis {
    pub(crate) async fn start() -> Self {
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("redis-{}-{count}", std::process::id());
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&folder).unwrap();
        // A port that was free may be taken by the time that Redis wants it.
        loop {
            let probe = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
            let port = probe.local_addr().unwrap().port();
            drop(probe);
            if let Some(child) = launch(port, &folder).await {
                return Self {
                    child,
                    port,
                    folder,
                };
            }
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.port))
    }

    /// What servers are told.
    pub(crate) fn url(&self) -> String {
        format!("redis://{}/", self.address())
    }

    /// Kills it without warning.
    pub(crate) async fn kill(&mut self) {
        self.child.kill().await.unwrap();
    }

    /// Starts it where it was, with what it kept.
    pub(crate) async fn start_again(&mut self) {
        // Nobody else is given the port while there are connections of its former owner.
        self.child = launch(self.port, &self.folder).await.unwrap();
    }

    /// A copy of what it has kept so far.
    pub(crate) fn copy(&self) -> Copy {
        let folder = self.folder.with_extension("copy");
        copy_files(&self.folder, &folder);
        Copy(folder)
    }

    /// Makes it remember no more than the copy. It must not run.
    pub(crate) fn return_to(&self, copy: &Copy) {
        self.forget();
        copy_files(&copy.0, &self.folder);
    }

    /// Makes it forget everything that it kept. It must not run.
    pub(crate) fn forget(&self) {
        fs::remove_dir_all(&self.folder).unwrap();
        fs::create_dir_all(&self.folder).unwrap();
    }

    /// Says something to it, and gives the answer.
    pub(crate) async fn say<T: ::redis::FromRedisValue>(&self, words: &[&str]) -> T {
        let client = ::redis::Client::open(self.url()).unwrap();
        let mut connection = client.get_multiplexed_async_connection().await.unwrap();
        let mut command = ::redis::cmd(words[0]);
        for word in &words[1..] {
            command.arg(*word);
        }
        command.query_async(&mut connection).await.unwrap()
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        // The process ends by itself, as it was told to when it was started.
        drop(fs::remove_dir_all(&self.folder));
    }
}

/// What a Redis had kept at some time.
#[derive(Debug)]
pub(crate) struct Copy(PathBuf);

impl Drop for Copy {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

fn copy_files(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_files(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// None if the port is taken.
async fn launch(port: u16, folder: &Path) -> Option<Child> {
    let program = env::var_os("REDIS_SERVER").unwrap_or_else(|| "redis-server".into());
    let mut child = Command::new(program)
        .args(["--bind", "127.0.0.1", "--port", &port.to_string()])
        // Every write is on the disk before it is answered.
        .args([
            "--appendonly",
            "yes",
            "--appendfsync",
            "always",
            "--save",
            "",
        ])
        .arg("--dir")
        .arg(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect(
            "redis-server is not installed: run `cargo xtask setup`, or name it with REDIS_SERVER",
        );
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    loop {
        match in_time(lines.next_line()).await.unwrap() {
            Some(line) if line.contains("Ready to accept connections") => break,
            Some(_) => {}
            None => return None,
        }
    }
    // Its words are read to the end, so that it never waits to say more.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    TcpStream::connect(("127.0.0.1", port)).await.ok()?;
    Some(child)
}
