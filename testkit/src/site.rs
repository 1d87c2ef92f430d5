//! A server of files on loopback, with another server behind it or none.

use crate::{error::KitError, port::loopback};
use std::{
    fs,
    io::{self, Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

/// What is not a file, but answered by the server behind.
const BEHIND: [&str; 3] = ["/api/", "/ws", "/socket.io/"];
/// How long a browser may take to say what it wants: it opens connections ahead of time.
const PATIENCE: Duration = Duration::from_secs(30);
/// How large the head of a request may be, in bytes.
const HEAD: usize = 64 * 1024;

/// A running site, for a browser or two: a thread for each connection, which has one request. Dropping it frees its
/// port.
#[derive(Debug)]
pub struct Site {
    address: SocketAddr,
    stopping: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Site {
    /// Serves the files of `folder` on a free port; `/api/`, `/ws` and `/socket.io/` are answered with 503, as a proxy
    /// does whose server is down.
    pub fn serve(folder: impl Into<PathBuf>) -> Result<Self, KitError> {
        Self::before(folder, loopback(0), None)
    }

    /// Serves the files at an address, and has those three answered by the server `behind`, if there is one.
    pub fn before(
        folder: impl Into<PathBuf>,
        listen: SocketAddr,
        behind: Option<SocketAddr>,
    ) -> Result<Self, KitError> {
        let folder = folder.into();
        let failed =
            |error: io::Error| KitError::Wrong(format!("could not listen on {listen}: {error}"));
        let listener = TcpListener::bind(listen).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let stopping = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&stopping);
        let thread = thread::spawn(move || {
            for client in listener.incoming() {
                if stop.load(Ordering::Acquire) {
                    break;
                }
                let folder = folder.clone();
                // A connection that breaks is over, and nobody waits for it.
                thread::spawn(move || client.and_then(|client| answer(client, &folder, behind)));
            }
        });
        Ok(Self {
            address,
            stopping,
            thread: Some(thread),
        })
    }

    /// Where it listens.
    #[must_use]
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

/// Reads one request and answers it, or has it answered.
fn answer(mut client: TcpStream, folder: &Path, behind: Option<SocketAddr>) -> io::Result<()> {
    client.set_read_timeout(Some(PATIENCE))?;
    let Some((head, more)) = read_head(&mut client)? else {
        return Ok(());
    };
    client.set_read_timeout(None)?;
    let path = head.split(' ').nth(1).unwrap_or("/");
    if !BEHIND.iter().any(|behind| path.starts_with(behind)) {
        let file = file_of(path, folder).filter(|file| file.is_file());
        return match file {
            Some(file) => respond(&mut client, "200 OK", &file),
            None => respond(&mut client, "404 Not Found", &folder.join("404.html")),
        };
    }
    let Some(behind) = behind else {
        return respond(&mut client, "503 Service Unavailable", Path::new(""));
    };
    let mut server = TcpStream::connect(behind)?;
    server.write_all(for_one_request(&head).as_bytes())?;
    server.write_all(&more)?;
    join(&client, &server)
}

/// The head of a request, and what of its body came with it; `None` if there is no request.
fn read_head(client: &mut TcpStream) -> io::Result<Option<(String, Vec<u8>)>> {
    let mut read = Vec::new();
    let mut chunk = [0; 4096];
    while read.len() < HEAD {
        let length = client.read(&mut chunk)?;
        read.extend(chunk.iter().take(length));
        if let Some(end) = read.windows(4).position(|four| four == b"\r\n\r\n") {
            let more = read.split_off(end + 4);
            return Ok(String::from_utf8(read).ok().map(|head| (head, more)));
        }
        if length == 0 {
            break;
        }
    }
    Ok(None)
}

/// The head of a request after which the connection is over, unless it becomes a WebSocket.
fn for_one_request(head: &str) -> String {
    let is = |line: &str, name: &str| {
        line.split_once(':')
            .is_some_and(|(given, _)| given.eq_ignore_ascii_case(name))
    };
    if head.lines().any(|line| is(line, "upgrade")) {
        return head.to_owned();
    }
    let kept = head
        .lines()
        .filter(|line| !is(line, "connection") && !line.is_empty());
    kept.chain(["connection: close", ""])
        .flat_map(|line| [line, "\r\n"])
        .collect()
}

/// Carries both directions until they end.
fn join(client: &TcpStream, server: &TcpStream) -> io::Result<()> {
    for socket in [client, server] {
        socket.set_nodelay(true)?;
    }
    let carry = |mut from: &TcpStream, mut to: &TcpStream| {
        // However it ended, the other end is to know.
        let _ = io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Write);
    };
    thread::scope(|scope| {
        scope.spawn(|| carry(server, client));
        carry(client, server);
    });
    Ok(())
}

/// Answers with a file, or with nothing if it is not there.
fn respond(client: &mut TcpStream, status: &str, file: &Path) -> io::Result<()> {
    let (body, media_type) = (fs::read(file).unwrap_or_default(), media_type(file));
    let length = body.len();
    write!(
        client,
        "HTTP/1.1 {status}\r\ncontent-type: {media_type}\r\ncontent-length: {length}\r\n\
         cache-control: no-store\r\nconnection: close\r\n\r\n"
    )?;
    client.write_all(&body)
}

/// The file that `path` names, if it is one of the folder's; a folder is its index.
fn file_of(path: &str, folder: &Path) -> Option<PathBuf> {
    let path = path.split(['?', '#']).next()?.trim_start_matches('/');
    if path.split('/').any(|part| part == "..") {
        return None;
    }
    let file = folder.join(path);
    Some(if path.is_empty() || file.is_dir() {
        file.join("index.html")
    } else {
        file
    })
}

fn media_type(file: &Path) -> &'static str {
    match file.extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("woff2") => "font/woff2",
        Some("wasm") => "application/wasm",
        Some("json") => "application/json",
        _ => "text/plain; charset=utf-8",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What an empty site says to a request, with a server behind it that repeats what it hears, or none.
    fn said(request: &str, behind: bool) -> String {
        let server = TcpListener::bind(loopback(0)).unwrap();
        let address = behind.then(|| server.local_addr().unwrap());
        thread::spawn(move || {
            let (mut heard, _) = server.accept()?;
            io::copy(&mut heard.try_clone()?, &mut heard)
        });
        let site = Site::before("/nowhere", loopback(0), address).unwrap();
        let mut visitor = TcpStream::connect(site.address()).unwrap();
        visitor.write_all(request.as_bytes()).unwrap();
        visitor.shutdown(Shutdown::Write).unwrap();
        let mut said = String::new();
        visitor.read_to_string(&mut said).unwrap();
        said
    }

    #[test]
    fn requests_go_to_the_server_behind_one_by_one() {
        let request = "POST /api/tasks HTTP/1.1\r\nhost: a\r\nConnection: keep-alive\r\n\r\n{}";
        let passed = "POST /api/tasks HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n{}";
        assert_eq!(said(request, true), passed);
    }

    #[test]
    fn a_socket_goes_to_the_server_behind_as_it_is() {
        let request = "GET /ws HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n\u{1}";
        assert_eq!(said(request, true), request);
    }

    #[test]
    fn a_path_leads_to_a_file_of_the_folder_and_never_above_it() {
        let folder = std::env::temp_dir();
        assert_eq!(file_of("/a/b.js?v=1", &folder), Some(folder.join("a/b.js")));
        assert_eq!(file_of("/", &folder), Some(folder.join("index.html")));
        assert_eq!(file_of("/../etc/passwd", &folder), None);
    }

    #[test]
    fn without_a_server_behind_it_is_refused() {
        let status = |path: &str| said(&format!("GET {path} HTTP/1.1\r\n\r\n"), false);
        assert!(status("/api/tasks").starts_with("HTTP/1.1 503 "));
        assert!(status("/missing.js").starts_with("HTTP/1.1 404 "));
    }

    #[test]
    fn its_port_is_free_afterwards() {
        let site = Site::serve("/nowhere").unwrap();
        let address = site.address();
        drop(site);
        TcpListener::bind(address).unwrap();
    }
}
