//! Front of the site: serves its files, and passes on to the demo's server what the demo's page asks of it.
//!
//! For one person on loopback: a thread for each connection, which has one request.

use std::fs;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use super::link;

/// What the demo's server answers.
const BEHIND: [&str; 3] = ["/api/", "/ws", "/socket.io/"];
/// How long a browser may take to say what it wants: it opens connections ahead of time.
const PATIENCE: Duration = Duration::from_secs(30);
/// How large the head of a request may be, in bytes.
const HEAD: usize = 64 * 1024;

/// Serves the files of `site` as long as this process lives.
pub(super) fn serve(listener: TcpListener, site: PathBuf, behind: SocketAddr) {
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let site = site.clone();
            // A connection that breaks is over, and nobody waits for it.
            thread::spawn(move || answer(client, &site, behind));
        }
    });
}

/// Reads one request and answers it, or has it answered.
fn answer(mut client: TcpStream, site: &Path, behind: SocketAddr) -> io::Result<()> {
    client.set_read_timeout(Some(PATIENCE))?;
    let Some((head, more)) = read_head(&mut client)? else {
        return Ok(());
    };
    client.set_read_timeout(None)?;
    let path = head.split(' ').nth(1).unwrap_or("/");
    if BEHIND.iter().any(|behind| path.starts_with(behind)) {
        let mut server = TcpStream::connect(behind)?;
        server.write_all(for_one_request(&head).as_bytes())?;
        server.write_all(&more)?;
        return join(&client, &server);
    }
    let found =
        file_of(path, site).and_then(|file| Some((fs::read(&file).ok()?, media_type(&file))));
    let (status, (body, media_type)) = match found {
        Some(found) => ("200 OK", found),
        None => (
            "404 Not Found",
            (fs::read(site.join("404.html"))?, "text/html; charset=utf-8"),
        ),
    };
    let length = body.len();
    write!(
        client,
        "HTTP/1.1 {status}\r\ncontent-type: {media_type}\r\ncontent-length: {length}\r\n\
         cache-control: no-store\r\nconnection: close\r\n\r\n"
    )?;
    client.write_all(&body)
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

/// The file of the site that a path names; a folder is its index.
fn file_of(path: &str, site: &Path) -> Option<PathBuf> {
    let file = site.join(link::resolve("", path)?);
    Some(if file.is_dir() {
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

    /// What a front of an empty site says to a request, with a server behind it that repeats what it hears.
    fn said(request: &str) -> String {
        let listen = || TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let (front, server) = (listen(), listen());
        let address = |listener: &TcpListener| listener.local_addr().expect("it is bound");
        let (at, behind) = (address(&front), address(&server));
        thread::spawn(move || {
            let (mut heard, _) = server.accept()?;
            io::copy(&mut heard.try_clone()?, &mut heard)
        });
        serve(
            front,
            std::env::temp_dir().join("xtask-no-such-site"),
            behind,
        );
        let mut visitor = TcpStream::connect(at).expect("the front listens");
        visitor.write_all(request.as_bytes()).expect("it reads");
        visitor.shutdown(Shutdown::Write).expect("all was said");
        let mut said = String::new();
        visitor
            .read_to_string(&mut said)
            .expect("it answers in text");
        said
    }

    #[test]
    fn requests_of_the_demo_go_to_its_server_one_by_one() {
        let request = "POST /api/tasks HTTP/1.1\r\nhost: a\r\nConnection: keep-alive\r\n\r\n{}";
        let passed = "POST /api/tasks HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n{}";
        assert_eq!(said(request), passed);
    }

    #[test]
    fn a_socket_of_the_demo_goes_to_its_server_as_it_is() {
        let request = "GET /ws HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n\u{1}";
        assert_eq!(said(request), request);
    }

    #[test]
    fn a_path_leads_to_a_file_of_the_site_and_never_above_it() {
        let site = std::env::temp_dir();
        assert_eq!(file_of("/a/b.js?v=1", &site), Some(site.join("a/b.js")));
        assert_eq!(file_of("/", &site), Some(site.join("index.html")));
        assert_eq!(file_of("/../etc/passwd", &site), None);
    }
}
