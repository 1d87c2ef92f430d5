//! Ports and addresses of loopback.

use crate::error::KitError;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};

/// An address of this machine's own network; port 0 takes a free one.
#[must_use]
pub fn loopback(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

/// A port that nobody listens to, for programs that cannot choose one themselves.
pub fn free_port() -> Result<u16, KitError> {
    TcpListener::bind(loopback(0))
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(|error| KitError::Wrong(format!("the system gives no free port: {error}")))
}

/// Where a server says that it listens, if it says so in this line.
#[must_use]
pub fn announced_address(line: &str) -> Option<SocketAddr> {
    let (_, rest) = line.split_once("listening on http://")?;
    rest.split(['/', ' ']).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_read_from_the_announcement() {
        let address = Some(loopback(4567));
        for line in [
            "listening on http://127.0.0.1:4567",
            "INFO listening on http://127.0.0.1:4567/ (dist)",
        ] {
            assert_eq!(announced_address(line), address);
        }
        assert_eq!(announced_address("starting"), None);
    }
}
