//! Where the sandbox listens.

use std::net::{Ipv4Addr, SocketAddr};

/// One address per provider; port 0 takes any free port.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    pub hubspot: SocketAddr,
    pub aircall: SocketAddr,
    pub scheduler: SocketAddr,
    pub calcom: SocketAddr,
    pub calendly: SocketAddr,
    pub mailbox_http: SocketAddr,
    pub mailbox_smtp: SocketAddr,
}

impl Default for Settings {
    fn default() -> Self {
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self {
            hubspot: any,
            aircall: any,
            scheduler: any,
            calcom: any,
            calendly: any,
            mailbox_http: any,
            mailbox_smtp: any,
        }
    }
}
