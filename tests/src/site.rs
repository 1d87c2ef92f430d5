//! A server that has the page but nothing behind it: files are served, everything else is refused.

use realtime_testkit::{KitError, loopback};
use std::{
    fs,
    io::{self, BufRead, BufReader, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

/// How long a browser may take to say what it wants.
const PATIENCE: Duration = Duration::from_secs(5);

/// A running site. Dropping it frees its port.
#[derive(Debug)]
pub struct Site {
    address: SocketAddr,
    stopping: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Site {
    /// Serves the files of `folder` on a free port; `/api`, `/ws` and `/socket.io` are answered with 503, as a proxy does whose
    /// server is down.
    pub fn serve(folder: impl Into<PathBuf>) -> Result<Self, KitError> {
        let folder = folder.into();
        let failed =
            |error: io::Error| KitError::Wrong(format!("could not serve the page: {error}"));
        let listener = TcpListener::bind(loopback(0)).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let stopping = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&stopping);
        let thread = thread::spawn(move || {
            for stream in listener.incoming() {
                if stop.load(Ordering::Acquire) {
                    break;
                }
                let folder = folder.clone();
                // A thread each: browsers open sockets ahead of time and say nothing on them.
                thread::spawn(move || stream.and_then(|stream| answer(stream, &folder)));
            }
        });
        Ok(Self {
            address,
            stopping,
            thread: Some(thread),
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::Release);
        // Wakes the thread from its wait for the next visitor.
        drop(TcpStream::connect(self.address));
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            eprintln!("the thread of the site at {} panicked", self.address);
        }
    }
}

/// Reads one request and answers it.
fn answer(mut stream: TcpStream, folder: &Path) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    for line in lines {
        if line?.is_empty() {
            break;
        }
    }
    let path = request.split(' ').nth(1).unwrap_or("/");
    let Some(file) = file_of(path, folder).filter(|file| file.is_file()) else {
        let status = if is_behind(path) {
            "503 Service Unavailable"
        } else {
            "404 Not Found"
        };
        return respond(&mut stream, status, "text/plain", b"");
    };
    respond(&mut stream, "200 OK", media_type(&file), &fs::read(file)?)
}

fn respond(stream: &mut TcpStream, status: &str, media_type: &str, body: &[u8]) -> io::Result<()> {
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\ncontent-type: {media_type}\r\ncontent-length: {length}\r\n\
         cache-control: no-store\r\nconnection: close\r\n\r\n"
    )?;
    stream.write_all(body)?;
    stream.flush()
}

/// Whether `path` belongs to what is not there.
fn is_behind(path: &str) -> bool {
    ["/api", "/ws", "/socket.io"]
        .iter()
        .any(|behind| path.starts_with(behind))
}

/// The file that `path` names, if it is one of the folder's.
fn file_of(path: &str, folder: &Path) -> Option<PathBuf> {
    let path = path.split(['?', '#']).next()?.trim_start_matches('/');
    if is_behind(&format!("/{path}")) || path.split('/').any(|part| part == "..") {
        return None;
    }
    Some(folder.join(if path.is_empty() { "index.html" } else { path }))
}

fn media_type(file: &Path) -> &'static str {
    match file.extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript",
        Some("css") => "text/css",
        Some("wasm") => "application/wasm",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use realtime_testkit::Http;

    #[test]
    fn a_path_never_leaves_the_folder() {
        let folder = Path::new("/dist");
        assert_eq!(file_of("/", folder), Some("/dist/index.html".into()));
        assert_eq!(file_of("/a/b.js?v=1", folder), Some("/dist/a/b.js".into()));
        assert_eq!(file_of("/../etc/passwd", folder), None);
        assert_eq!(file_of("/api/tasks", folder), None);
    }

    #[test]
    fn what_lies_behind_the_page_is_refused_and_the_port_is_free_afterwards() {
        let site = Site::serve("/nowhere").unwrap();
        let address = site.address();
        let http = Http::new(format!("http://{address}"));
        assert_eq!(http.get("/api/tasks").unwrap().status, 503);
        assert_eq!(http.get("/missing.js").unwrap().status, 404);
        drop(site);
        assert!(http.get("/api/tasks").is_err());
    }
}
