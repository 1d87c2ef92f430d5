//! One connection: a thread for each direction.

use super::{
    fault::LinkId,
    shared::{Passage, Shared, Way},
};
use std::{
    io::{Read, Write},
    net::{Shutdown, SocketAddr, TcpStream},
    sync::Arc,
    thread,
    time::Duration,
};

/// Bytes read at once, and so the most that is held per direction.
const PIECE: usize = 16 * 1024;
/// How long a server may take to let the proxy in.
const PATIENCE: Duration = Duration::from_secs(5);

/// Serves a client until its connection is over, by the first of these servers that is alive.
pub(super) fn run(shared: &Arc<Shared>, client: TcpStream, servers: &[SocketAddr]) {
    let connect = |server| TcpStream::connect_timeout(server, PATIENCE).ok();
    let Some(server) = servers.iter().find_map(connect) else {
        shared.count(|stats| stats.unreachable += 1);
        return;
    };
    // Without this, small frames would wait for the other side's acknowledgements.
    let _ = client.set_nodelay(true);
    let _ = server.set_nodelay(true);
    let (client, server) = (Arc::new(client), Arc::new(server));
    let Some(id) = shared.enter(&client, &server) else {
        return;
    };
    let answers = {
        let (shared, client, server) =
            (Arc::clone(shared), Arc::clone(&client), Arc::clone(&server));
        thread::spawn(move || pump(&shared, id, Way::ToClient, &server, &client))
    };
    pump(shared, id, Way::ToServer, &client, &server);
    if shared.is_half_open(id) {
        // The client has given it up, so there is nobody left to be silent to.
        let _ = client.shutdown(Shutdown::Both);
    }
    if answers.join().is_err() {
        eprintln!("a thread of the proxy panicked");
    }
    shared.leave(id);
}

/// Carries one direction until its end.
fn pump(shared: &Shared, id: LinkId, way: Way, mut from: &TcpStream, mut to: &TcpStream) {
    let mut buffer = vec![0; PIECE];
    let mut is_first = true;
    loop {
        // A reset is an end like another.
        let count = from.read(&mut buffer).unwrap_or(0);
        let piece = buffer.get(..count).unwrap_or_default();
        if way == Way::ToServer && is_first && asks_for_socket(piece) {
            shared.is_socket(id);
        }
        is_first = false;
        match shared.await_passage(id, way, piece) {
            Passage::Pass if piece.is_empty() => {
                let _ = to.shutdown(Shutdown::Write);
                return;
            }
            Passage::Pass => {
                if to.write_all(piece).is_err() && !shared.is_half_open(id) {
                    // Nobody takes it any more: tell the sender.
                    let _ = from.shutdown(Shutdown::Both);
                    return;
                }
            }
            Passage::Lost if piece.is_empty() => return,
            Passage::Lost => {}
            Passage::Ended => return,
        }
    }
}

/// Whether this beginning of a connection asks for a WebSocket.
fn asks_for_socket(piece: &[u8]) -> bool {
    let head = String::from_utf8_lossy(piece).to_ascii_lowercase();
    head.lines()
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_once(':'))
        .any(|(name, value)| name == "upgrade" && value.trim() == "websocket")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_websocket_is_known_by_its_upgrade() {
        let asks = |text: &str| asks_for_socket(text.as_bytes());
        assert!(asks(
            "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n\r\n"
        ));
        assert!(!asks(
            "GET /upgrade HTTP/1.1\r\nHost: x\r\n\r\nUpgrade: websocket"
        ));
        assert!(!asks(""));
    }
}
