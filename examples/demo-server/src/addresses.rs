//! Addresses: how many connections are open from each.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// How many connections are open from each address.
#[derive(Clone, Debug, Default)]
pub(crate) struct Addresses(Arc<Mutex<HashMap<IpAddr, usize>>>);

/// A place among the connections of an address, given up when it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    of: Addresses,
    address: IpAddr,
}

impl Addresses {
    /// A place for one more connection, if the address has fewer than `most`.
    pub(crate) fn admit(&self, address: IpAddr, most: usize) -> Option<Place> {
        // One subscriber has a whole network of IPv6 addresses.
        let address = match address.to_canonical() {
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                IpAddr::from([a, b, c, d, 0, 0, 0, 0])
            }
            address => address,
        };
        let mut open = self.lock();
        let count = open.entry(address).or_default();
        if *count >= most {
            return None;
        }
        *count += 1;
        Some(Place {
            of: self.clone(),
            address,
        })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.of.lock();
        if let Some(count) = open.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_so_many_places_and_others_have_theirs() {
        let addresses = Addresses::default();
        let admit = |address: &str| addresses.admit(address.parse().unwrap(), 2);
        let places = [admit("192.0.2.1"), admit("::ffff:192.0.2.1")];
        assert!(places.iter().all(Option::is_some));
        assert!(admit("192.0.2.1").is_none());
        assert!(admit("192.0.2.2").is_some());
        drop(places);
        assert!(admit("192.0.2.1").is_some());
        assert!(addresses.lock().is_empty(), "nothing is kept of those gone");
    }

    #[test]
    fn a_network_of_ipv6_addresses_counts_as_one() {
        let addresses = Addresses::default();
        let admit = |address: &str| addresses.admit(address.parse().unwrap(), 1);
        let _place = admit("2001:db8:0:1::1").unwrap();
        assert!(admit("2001:db8:0:1:ffff::2").is_none());
        assert!(admit("2001:db8:0:2::1").is_some());
    }
}
