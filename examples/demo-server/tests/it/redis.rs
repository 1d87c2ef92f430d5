//! A real Redis of a test's own.

use realtime_testkit::{KitError, RedisServer};
use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
};

/// A running Redis that keeps what it was told in a folder of its own. It ends with this value.
#[derive(Debug)]
pub(crate) struct Redis(Option<RedisServer>);

impl Redis {
    pub(crate) async fn start() -> Self {
        Self(Some(aside(RedisServer::start).await))
    }

    fn server(&self) -> &RedisServer {
        self.0.as_ref().unwrap()
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.server().address()
    }

    /// What servers are told.
    pub(crate) fn url(&self) -> String {
        self.server().url()
    }

    /// Kills it without warning.
    pub(crate) fn kill(&mut self) {
        self.0.as_mut().unwrap().kill().unwrap();
    }

    /// Starts it where it was, with what it kept.
    pub(crate) async fn start_again(&mut self) {
        let mut server = self.0.take().unwrap();
        self.0 = Some(aside(move || server.start_again().map(|()| server)).await);
    }

    /// A copy of what it has kept so far.
    pub(crate) fn copy(&self) -> Copy {
        let folder = self.server().folder().with_extension("copy");
        copy_files(self.server().folder(), &folder);
        Copy(folder)
    }

    /// Makes it remember no more than the copy. It must not run.
    pub(crate) fn return_to(&self, copy: &Copy) {
        self.forget();
        copy_files(&copy.0, self.server().folder());
    }

    /// Makes it forget everything that it kept. It must not run.
    pub(crate) fn forget(&self) {
        fs::remove_dir_all(self.server().folder()).unwrap();
        fs::create_dir_all(self.server().folder()).unwrap();
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

/// Waits for what blocks, on a thread for that: servers of the test go on meanwhile.
pub(crate) async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, KitError> + Send + 'static,
) -> T {
    tokio::task::spawn_blocking(work).await.unwrap().unwrap()
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
