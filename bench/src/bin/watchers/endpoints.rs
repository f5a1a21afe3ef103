//! What is watched: one nginx on many loopback addresses, with a certificate of its own for each.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use notafter_bench::{Nginx, Result};
use notafter_cert::{Identifier, Span};
use notafter_lab::authority::{Authority, Validity};
use notafter_lab::port;
use notafter_net::Clock;

/// They are served until it is dropped.
pub(crate) struct Endpoints {
    _nginx: Nginx,
    /// Each with the same port.
    pub(crate) addresses: Vec<Ipv4Addr>,
    pub(crate) port: u16,
    /// The root that vouches for them, in PEM.
    pub(crate) root: PathBuf,
}

impl Endpoints {
    pub(crate) fn serve(folder: &Path, count: usize) -> Result<Self> {
        let now = Clock::system().now();
        let long = Validity { from: now - Span::days(400), to: now + Span::days(4_000) };
        let good = Validity { from: now - Span::days(10), to: now + Span::days(80) };
        let authority = Authority::new("watched", long)?;
        let root = folder.join("root.pem");
        std::fs::write(&root, authority.root_pem())?;
        let addresses: Vec<Ipv4Addr> = (0..count).map(address).collect::<Result<_>>()?;
        for address in &addresses {
            let pair = authority.issue(&[Identifier::Ip((*address).into())], good)?;
            std::fs::write(folder.join(format!("{address}.pem")), pair.chain_pem())?;
            std::fs::write(folder.join(format!("{address}.key")), pair.key_pem())?;
        }
        let port = port::free()?;
        let nginx = Nginx::start(folder, &configuration(port))?;
        Ok(Self { _nginx: nginx, addresses, port, root })
    }
}

fn address(index: usize) -> Result<Ipv4Addr> {
    let (third, fourth) = (u8::try_from(index / 250)?, u8::try_from(index % 250 + 1)?);
    Ok(Ipv4Addr::new(127, 1, third, fourth))
}

fn configuration(port: u16) -> String {
    format!(
        "worker_processes 2;\nuser root;\npid nginx.pid;\nerror_log error.log crit;\n\
         events {{ worker_connections 4096; }}\n\
         http {{\n access_log off;\n client_body_temp_path tmp; proxy_temp_path tmp;\n \
         fastcgi_temp_path tmp; uwsgi_temp_path tmp; scgi_temp_path tmp;\n \
         server {{ listen {port} ssl backlog=4096; ssl_protocols TLSv1.2 TLSv1.3;\n \
         ssl_certificate $server_addr.pem; ssl_certificate_key $server_addr.key; return 204; }}\n}}\n"
    )
}
