//! How commands ask other servers: the flags of those that do.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::outside::{Client, Terms};

/// How other servers are asked.
#[derive(Debug, Args)]
pub(super) struct Outside {
    /// Address or mailbox that whoever is asked may write to; it goes with every request.
    #[arg(long, env = "SERVICEMAP_CONTACT", value_name = "TEXT", value_parser = contact)]
    contact: Option<String>,
    /// Seconds that a request may take.
    #[arg(long, value_name = "SECONDS", default_value_t = 15, value_parser = clap::value_parser!(u64).range(1..=300))]
    timeout: u64,
    /// The address of a host, instead of looking it up. Only hosts that are named here may
    /// be in a private network.
    #[arg(long = "resolve", value_name = "HOST=ADDRESS[:PORT]", value_parser = named)]
    named: Vec<(String, SocketAddr)>,
    /// Certificates (PEM) that are trusted instead of those of the system.
    #[arg(long, value_name = "FILE")]
    authorities: Option<PathBuf>,
}

impl Outside {
    /// The client of these flags.
    pub(super) fn client(&self) -> Result<Client, Box<dyn std::error::Error>> {
        let read = |path: &PathBuf| {
            std::fs::read(path).map_err(|e| format!("{} cannot be read: {e}", path.display()))
        };
        let terms = Terms {
            timeout: Duration::from_secs(self.timeout),
            contact: self.contact.clone(),
            named: self.named.iter().cloned().collect::<BTreeMap<_, _>>(),
            authorities: self.authorities.as_ref().map(read).transpose()?,
        };
        Ok(Client::new(&terms)?)
    }
}

fn contact(text: &str) -> Result<String, String> {
    // It goes into a header.
    let plain = text.bytes().all(|b| (0x20..0x7f).contains(&b)) && !text.contains(['(', ')']);
    if plain { Ok(text.to_owned()) } else { Err("plain ASCII without brackets".to_owned()) }
}

fn named(text: &str) -> Result<(String, SocketAddr), String> {
    let form = || "HOST=ADDRESS or HOST=ADDRESS:PORT, such as book.example=10.0.0.7".to_owned();
    let (host, address) = text.split_once('=').ok_or_else(form)?;
    let alone = || address.parse::<IpAddr>().map(|ip| SocketAddr::new(ip, 443));
    let address = address.parse().or_else(|_| alone()).map_err(|_| form())?;
    Ok((host.to_ascii_lowercase(), address))
}
