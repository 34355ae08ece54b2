//! Who gets a connection: a cap on all, a cap for each address, and a reserve
//! for addresses that have none.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

use metrics::gauge;

use super::limits::EdgeLimits;

/// The count of open connections, by address.
#[derive(Debug)]
pub(super) struct Admission {
    limits: Arc<EdgeLimits>,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    total: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// Why a connection was not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// All places are taken.
    Full,
    /// The address has as many as one address may have.
    AddressFull,
}

impl Refusal {
    /// The refusal's name in metrics.
    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::AddressFull => "address_full",
        }
    }
}

/// One open connection's place; dropping it frees the place.
#[derive(Debug)]
pub(super) struct Seat {
    admission: Arc<Admission>,
    address: Option<IpAddr>,
}

impl Admission {
    pub(super) fn new(limits: Arc<EdgeLimits>) -> Arc<Self> {
        Arc::new(Self {
            limits,
            open: Mutex::default(),
        })
    }

    /// Takes a place for a connection from `address`.
    pub(super) fn admit(self: &Arc<Self>, address: IpAddr) -> Result<Seat, Refusal> {
        let address = address.to_canonical();
        let counted = (!self.limits.proxies.contains(&address)).then(|| network(address));
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let held = counted.and_then(|address| open.by_address.get(&address).copied());
        let newcomer = counted.is_some() && held.is_none();
        let places = self.limits.connections - if newcomer { 0 } else { self.limits.reserved };
        if open.total >= places {
            return Err(Refusal::Full);
        }
        if held.is_some_and(|held| held >= self.limits.per_address) {
            return Err(Refusal::AddressFull);
        }
        open.total += 1;
        if let Some(address) = counted {
            *open.by_address.entry(address).or_default() += 1;
        }
        gauge!("http_connections_open").increment(1);
        Ok(Seat {
            admission: Arc::clone(self),
            address: counted,
        })
    }

    /// Connections open now.
    pub(super) fn open(&self) -> usize {
        self.open
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .total
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        gauge!("http_connections_open").decrement(1);
        let mut open = self
            .admission
            .open
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        open.total = open.total.saturating_sub(1);
        let Some(address) = self.address else { return };
        if let Some(held) = open.by_address.get_mut(&address) {
            *held -= 1;
            if *held == 0 {
                open.by_address.remove(&address);
            }
        }
    }
}

/// What counts as one address: an IPv6 client commands a whole /64.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admission(connections: usize, reserved: usize, per_address: usize) -> Arc<Admission> {
        Admission::new(Arc::new(EdgeLimits {
            connections,
            reserved,
            per_address,
            proxies: vec![IpAddr::from([10, 0, 0, 1])],
            ..EdgeLimits::default()
        }))
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn an_address_gets_its_share_and_no_more() {
        let admission = admission(10, 2, 2);
        let seats = [
            admission.admit(ip("192.0.2.1")).unwrap(),
            admission.admit(ip("192.0.2.1")).unwrap(),
        ];
        assert_eq!(
            admission.admit(ip("::ffff:192.0.2.1")).unwrap_err(),
            Refusal::AddressFull
        );
        drop(seats);
        assert_eq!(admission.open(), 0);
        assert!(admission.admit(ip("192.0.2.1")).is_ok());
    }

    #[test]
    fn addresses_of_one_ipv6_network_share() {
        let admission = admission(10, 2, 1);
        let _seat = admission.admit(ip("2001:db8::1")).unwrap();
        assert_eq!(
            admission.admit(ip("2001:db8::ffff")).unwrap_err(),
            Refusal::AddressFull
        );
        assert!(admission.admit(ip("2001:db8:0:1::1")).is_ok());
    }

    #[test]
    fn the_reserve_is_for_newcomers() {
        let admission = admission(4, 2, 4);
        let _seats = [
            admission.admit(ip("192.0.2.1")).unwrap(),
            admission.admit(ip("192.0.2.1")).unwrap(),
        ];
        assert_eq!(admission.admit(ip("192.0.2.1")).unwrap_err(), Refusal::Full);
        let _newcomer = admission.admit(ip("192.0.2.2")).unwrap();
        let _another = admission.admit(ip("192.0.2.3")).unwrap();
        assert_eq!(admission.admit(ip("192.0.2.4")).unwrap_err(), Refusal::Full);
    }

    #[test]
    fn a_proxy_is_held_to_the_total_only() {
        let admission = admission(5, 1, 1);
        let _seats: Vec<_> = (0..4)
            .map(|_| admission.admit(ip("10.0.0.1")).unwrap())
            .collect();
        assert_eq!(admission.admit(ip("10.0.0.1")).unwrap_err(), Refusal::Full);
        assert!(admission.admit(ip("192.0.2.1")).is_ok());
    }
}
