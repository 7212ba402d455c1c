//! Which addresses may be asked.
//!
//! A record that names a machine of our own network must not make this program ask it. A
//! host is looked up once, and the addresses that were looked at are the ones that are
//! connected to, so that a name cannot change its mind in between.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

/// That a host is not on the public net.
#[derive(Debug, thiserror::Error)]
#[error("{host} is at {address}, which is not on the public net")]
pub struct NotPublic {
    /// The host that was to be asked.
    pub host: String,
    /// Where it is.
    pub address: IpAddr,
}

/// Looks hosts up, and refuses those that have an address which is not public.
#[derive(Debug)]
pub(super) struct PublicOnly {
    /// Addresses that the operator has named, public or not, by host.
    pub(super) named: BTreeMap<String, SocketAddr>,
}

impl Resolver for PublicOnly {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let host = uri.host().unwrap_or_default();
        if let Some(address) = self.named.get(&host.to_ascii_lowercase()) {
            let mut found = self.empty();
            found.push(*address);
            return Ok(found);
        }
        let found = DefaultResolver::default().resolve(uri, config, timeout)?;
        match found.iter().find(|address| !is_public(address.ip())) {
            None => Ok(found),
            Some(address) => {
                let refused = NotPublic { host: host.to_owned(), address: address.ip() };
                Err(ureq::Error::Other(Box::new(refused)))
            }
        }
    }
}

/// Whether an address is one of the public net: of the registries of special-purpose
/// addresses (RFC 6890) none, and no multicast.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(a: Ipv4Addr) -> bool {
    let [first, second, third, _] = a.octets();
    let special = a.is_private()
        || a.is_loopback()
        || a.is_link_local()
        || a.is_documentation()
        || a.is_multicast()
        || first == 0
        // Reserved, and broadcast.
        || first >= 240
        // Carriers' own networks.
        || (first == 100 && (64..128).contains(&second))
        || (first == 192 && second == 0 && third == 0)
        // Benchmarks.
        || (first == 198 && (18..20).contains(&second));
    !special
}

fn is_public_v6(a: Ipv6Addr) -> bool {
    if let Some(v4) = a.to_ipv4_mapped() {
        return is_public_v4(v4);
    }
    let s = a.segments();
    let v4 = |high: u16, low: u16| {
        Ipv4Addr::new((high >> 8) as u8, high as u8, (low >> 8) as u8, low as u8)
    };
    match s {
        // An IPv4 address behind a translator, or a tunnel to one.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => {
            is_public_v4(v4(high, low))
        }
        // Documentation, and the tunnels of Teredo.
        [0x2001, 0xdb8 | 0, ..] | [0x3fff, ..] => false,
        // Of all else only what is handed out as unicast.
        [first, ..] => (0x2000..0x4000).contains(&first),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_public_net_are_public() {
        for public in ["1.1.1.1", "8.8.8.8", "100.128.0.1", "172.32.0.1", "2606:4700::1111"] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
        for special in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "198.18.0.1",
            "192.0.2.1",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001:db8::1",
            "fe80::1",
            "fd00::1",
            "ff02::1",
        ] {
            assert!(!is_public(special.parse().unwrap()), "{special}");
        }
    }
}
