//! nginx's virtual hosts, from its configuration files. Read without nginx's help, so that it works without root and
//! on a broken configuration; the deployer asks nginx itself.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use notafter_inventory::adopt::fact::{FilePair, Site, Software, Survey};

use super::machine::{Machine, join};
use super::{Discoverer, Meta, note, seen};
use crate::nginx::config::{Config, File, Listen};
use crate::nginx::syntax::{self, Directive};

/// nginx's virtual hosts.
pub(super) struct NginxSites;

/// Main configuration files of the usual builds.
const USUAL: [&str; 4] = [
    "/etc/nginx/nginx.conf",
    "/usr/local/etc/nginx/nginx.conf",
    "/usr/local/nginx/conf/nginx.conf",
    "/opt/nginx/conf/nginx.conf",
];
/// Files of one configuration that are read.
const MOST_FILES: usize = 4_000;
/// Includes of one configuration that are followed, whether they lead to files or not.
const MOST_INCLUDES: usize = 20_000;

impl Discoverer for NginxSites {
    fn meta(&self) -> Meta {
        Meta {
            name: "nginx",
            title: "nginx's virtual hosts with TLS",
            reads: &["/etc/nginx/nginx.conf and what it includes", "/proc/*/cmdline (nginx -c)"],
        }
    }

    fn discover(&self, machine: &Machine, survey: &mut Survey) {
        let mut mains = running(machine);
        mains.extend(USUAL.map(str::to_owned));
        let mut done = Vec::new();
        for main in mains {
            let Ok(real) = machine.resolve(&main) else { continue };
            if !done.contains(&real) {
                done.push(real);
                read(machine, survey, &main);
            }
        }
    }
}

/// Configuration files that running masters were started with: `nginx: master process nginx -c FILE`.
fn running(machine: &Machine) -> Vec<String> {
    let lines = super::command_lines(machine).into_iter();
    lines
        .filter_map(|line| {
            let command = line.strip_prefix("nginx: master process ")?;
            Some(join(super::option(command, "-p").unwrap_or("/etc/nginx"), super::option(command, "-c")?))
        })
        .collect()
}

fn read(machine: &Machine, survey: &mut Survey, main: &str) {
    let mut files = Vec::new();
    collect(machine, survey, main, &mut files);
    let Some(config) = Config::from_files(files) else { return };
    for file in config.circles().unwrap_or_default() {
        note(survey, &file.to_string_lossy(), "nginx would not take it: its includes lead back to it");
    }
    let servers = match config.servers() {
        Ok(servers) => servers,
        Err(error) => return note(survey, main, error.to_string()),
    };
    for server in servers {
        let mut listens: Vec<SocketAddr> =
            server.listens.iter().filter(|listen| listen.tls).map(socket).collect();
        listens.dedup();
        if listens.is_empty() {
            continue;
        }
        let pairs = server.pairs.iter().map(|pair| FilePair {
            certificate: machine.own(&pair.certificate.to_string_lossy()),
            key: Some(machine.own(&pair.key.to_string_lossy())),
            key_at: Some(format!("{}:{}", pair.key_at.0.display(), pair.key_at.1)),
        });
        survey.sites.push(Site {
            software: Software::Nginx,
            names: server.names.clone(),
            listens,
            pairs: pairs.collect(),
            config: server.file.to_string_lossy().into_owned(),
            main: Some(main.to_owned()).filter(|main| main != USUAL[0]),
        });
    }
}

/// The main file and everything it includes, each file once, a broken one left out and told.
fn collect(machine: &Machine, survey: &mut Survey, main: &str, files: &mut Vec<File>) {
    let base = main.rsplit_once('/').map_or("/", |(directory, _)| directory);
    let mut known = BTreeSet::from([main.to_owned()]);
    let mut waiting = vec![main.to_owned()];
    let mut followed = 0;
    while let Some(path) = waiting.pop() {
        if files.len() >= MOST_FILES || followed > MOST_INCLUDES {
            let why = format!(
                "it has more than {MOST_FILES} files or {MOST_INCLUDES} includes: what lies beyond was not read"
            );
            return note(survey, main, why);
        }
        let text = machine.read_text(&path);
        let Some(text) = seen(survey, &path, text) else { continue };
        match syntax::parse(&text) {
            Ok(directives) => includes(&directives, &mut |pattern| {
                followed += 1;
                if followed > MOST_INCLUDES {
                    return;
                }
                let named = machine.glob(&join(base, pattern));
                let named = seen(survey, pattern, named).unwrap_or_default().into_iter();
                waiting.extend(named.filter(|path| known.insert(path.clone())));
            }),
            Err(error) => {
                note(survey, &path, format!("nginx would not take it: {error}"));
                continue;
            }
        }
        files.push(File { path: PathBuf::from(path), text });
    }
}

fn includes(directives: &[Directive], found: &mut dyn FnMut(&str)) {
    for directive in directives {
        if let ("include", Some(pattern)) = (directive.name.as_str(), directive.arguments.first()) {
            found(pattern);
        }
        if let Some(block) = &directive.block {
            includes(&block.directives, found);
        }
    }
}

fn socket(listen: &Listen) -> SocketAddr {
    SocketAddr::new(listen.address.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)), listen.port)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn stage(files: &[(&str, &str)]) -> Survey {
        let directory = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = directory.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text.replace("ROOT", &directory.path().to_string_lossy())).unwrap();
        }
        let mut survey = Survey::default();
        NginxSites.discover(&Machine::new(directory.path(), vec![]), &mut survey);
        survey
    }

    const MAIN: &str = "events {}\nhttp { include conf.d/*.conf; include ROOT/etc/nginx/sites-enabled/*; }\n";

    #[test]
    fn virtual_hosts_are_found_through_includes() {
        let survey = stage(&[
            ("etc/nginx/nginx.conf", MAIN),
            ("etc/nginx/conf.d/a.conf", "server { listen 80; server_name plain.example; }"),
            (
                "etc/nginx/sites-enabled/shop",
                "server { listen 443 ssl; listen [::]:443 ssl; server_name shop.example www.shop.example;\n\
                 ssl_certificate /etc/letsencrypt/live/shop.example/fullchain.pem;\n\
                 ssl_certificate_key ROOT/etc/letsencrypt/live/shop.example/privkey.pem; }",
            ),
        ]);
        let [site] = survey.sites.as_slice() else { panic!("{survey:?}") };
        assert_eq!(site.names, ["shop.example", "www.shop.example"]);
        assert_eq!(site.listens, ["0.0.0.0:443".parse().unwrap()]);
        assert_eq!(site.pairs[0].certificate, "/etc/letsencrypt/live/shop.example/fullchain.pem");
        assert_eq!(site.pairs[0].key.as_deref(), Some("/etc/letsencrypt/live/shop.example/privkey.pem"));
        assert_eq!(site.config, "/etc/nginx/sites-enabled/shop");
        assert!(survey.unseen.is_empty(), "{:?}", survey.unseen);
    }

    /// It multiplied the servers, or the time.
    #[test]
    fn a_pattern_that_names_its_own_file_is_told_and_the_rest_is_read() {
        let survey = stage(&[
            ("etc/nginx/nginx.conf", MAIN),
            ("etc/nginx/conf.d/a.conf", "include conf.d/*.conf; server { listen 443 ssl; }"),
            ("etc/nginx/conf.d/b.conf", "server { listen 127.0.0.1:8443 ssl; }"),
        ]);
        let listens: Vec<String> = survey.sites.iter().map(|site| site.listens[0].to_string()).collect();
        assert_eq!(listens, ["127.0.0.1:8443", "0.0.0.0:443", "127.0.0.1:8443"]);
        assert_eq!(survey.unseen[0].what, "/etc/nginx/conf.d/a.conf");
        let many = "include nowhere;".repeat(MOST_INCLUDES + 1);
        let survey = stage(&[("etc/nginx/nginx.conf", &many), ("etc/nginx/nowhere", "")]);
        assert!(
            survey.unseen[0].why.contains("more than 4000 files or 20000 includes"),
            "{:?}",
            survey.unseen
        );
    }

    #[test]
    fn a_broken_file_is_told_and_the_others_are_read() {
        let survey = stage(&[
            ("etc/nginx/nginx.conf", MAIN),
            ("etc/nginx/conf.d/broken.conf", "server { listen 443 ssl;"),
            ("etc/nginx/conf.d/good.conf", "server { listen 127.0.0.1:8443 ssl; }"),
        ]);
        assert_eq!(survey.sites.len(), 1);
        assert_eq!(survey.unseen[0].what, "/etc/nginx/conf.d/broken.conf");
    }
}
