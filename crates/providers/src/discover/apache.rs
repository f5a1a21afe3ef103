//! Apache's virtual hosts, from its configuration files (httpd's `core`, `mod_so` and `mod_ssl` directives).

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use notafter_inventory::adopt::fact::{FilePair, Site, Software, Survey};

use super::machine::{Machine, join};
use super::{Discoverer, Meta, note, seen};

/// Apache's virtual hosts.
pub(super) struct Apache;

/// Main configuration files and the server roots of the builds that use them.
const USUAL: [(&str, &str); 5] = [
    ("/etc/apache2/apache2.conf", "/etc/apache2"),
    ("/etc/apache2/httpd.conf", "/etc/apache2"),
    ("/etc/httpd/conf/httpd.conf", "/etc/httpd"),
    ("/usr/local/apache2/conf/httpd.conf", "/usr/local/apache2"),
    ("/usr/local/etc/apache24/httpd.conf", "/usr/local"),
];
const DEEPEST_INCLUDE: usize = 16;
/// Files of one configuration that are read, a file as often as it is included.
const MOST_FILES: usize = 4_000;
/// Includes of one configuration that are followed, whether they lead to files or not.
const MOST_INCLUDES: usize = 20_000;
/// Sections within sections; Apache's own contexts nest five deep.
const DEEPEST_SECTION: usize = 64;
/// Virtual hosts of one configuration.
const MOST_HOSTS: usize = 50_000;
/// What variables may add to one configuration: each may be made of others, twice of each.
const MOST_GROWTH: usize = 16 << 20;

impl Discoverer for Apache {
    fn meta(&self) -> Meta {
        Meta {
            name: "apache",
            title: "Apache's virtual hosts with TLS",
            reads: &[
                "/etc/apache2/apache2.conf or /etc/httpd/conf/httpd.conf and what it includes",
                "/proc/*/cmdline (apache2 -f)",
            ],
        }
    }

    fn discover(&self, machine: &Machine, survey: &mut Survey) {
        let usual = USUAL.map(|(main, root)| (main.to_owned(), root.to_owned()));
        let mut done = Vec::new();
        for (main, root) in running(machine).into_iter().chain(usual) {
            let Ok(real) = machine.resolve(&main) else { continue };
            if done.contains(&real) {
                continue;
            }
            done.push(real);
            let mut reader = Reader::new(machine, survey, (&main, &root));
            reader.file(&main, 0);
            let global = std::mem::take(&mut reader.global);
            let hosts = std::mem::take(&mut reader.hosts);
            let other = Some(main).filter(|main| USUAL.iter().all(|(usual, _)| usual != main));
            let sites = hosts.into_iter().filter_map(|host| host.site(&global));
            survey.sites.extend(sites.map(|site| Site { main: other.clone(), ..site }));
        }
    }
}

/// Main files that running servers were started with, and their server roots: `/usr/sbin/apache2 -d ROOT -f FILE`.
fn running(machine: &Machine) -> Vec<(String, String)> {
    let lines = super::command_lines(machine);
    let mut found: Vec<(String, String)> = lines
        .iter()
        .filter_map(|line| {
            let program = line.split(' ').next()?.rsplit('/').next()?;
            let built_for = match program {
                "apache2" => "/etc/apache2",
                "httpd" => "/etc/httpd",
                _ => return None,
            };
            let root = super::option(line, "-d").unwrap_or(built_for);
            Some((join(root, super::option(line, "-f")?), root.to_owned()))
        })
        .collect();
    // Its children have the same line.
    found.dedup();
    found
}

/// What a virtual host, or the main server, says about TLS.
#[derive(Clone, Default)]
struct Host {
    config: String,
    places: Vec<String>,
    names: Vec<String>,
    engine: Option<bool>,
    certificates: Vec<String>,
    /// With the lines that name them, as `FILE:LINE`.
    keys: Vec<(String, String)>,
}

impl Host {
    /// A host without `SSLEngine on` of its own or of the main server speaks no TLS.
    fn site(self, global: &Self) -> Option<Site> {
        if !self.engine.or(global.engine).unwrap_or(false) {
            return None;
        }
        let own = if self.certificates.is_empty() { global } else { &self };
        // Certificates and keys belong together by their order; a missing key lies in the certificate's file.
        let pairs = own.certificates.iter().enumerate().map(|(at, certificate)| FilePair {
            certificate: certificate.clone(),
            key: Some(own.keys.get(at).map_or(certificate, |(key, _)| key).clone()),
            key_at: own.keys.get(at).map(|(_, line)| line.clone()),
        });
        Some(Site {
            software: Software::Apache,
            pairs: pairs.collect(),
            listens: self.places.iter().filter_map(|place| socket(place)).collect(),
            names: self.names,
            config: self.config,
            main: None,
        })
    }
}

/// `*:443`, `_default_:443`, `192.0.2.1:443`, `[::]:443`; a name would have to be resolved, and is left out.
fn socket(place: &str) -> Option<SocketAddr> {
    let (host, port) = match place.rsplit_once(':') {
        Some((host, port)) if !place.ends_with(']') => (host, port.parse().ok()?),
        _ => (place, 443),
    };
    let everywhere = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
    match host {
        "*" | "_default_" => Some(SocketAddr::new(everywhere, port)),
        host => Some(SocketAddr::new(host.trim_matches(['[', ']']).parse().ok()?, port)),
    }
}

/// The lines that say something, with the number of each one's first: a line that ends with a backslash goes on.
fn directives(text: &str) -> Vec<(usize, String)> {
    let mut found: Vec<(usize, String)> = Vec::new();
    let mut goes_on = false;
    for (number, line) in (1..).zip(text.lines()) {
        let (part, continues) = line.strip_suffix('\\').map_or((line, false), |part| (part, true));
        match found.last_mut().filter(|_| goes_on) {
            Some((_, whole)) => *whole += part,
            None => found.push((number, part.to_owned())),
        }
        if let (true, Some((_, whole))) = (continues, found.last_mut()) {
            whole.push(' ');
        }
        goes_on = continues;
    }
    found.retain(|(_, line)| !line.trim().is_empty() && !line.trim_start().starts_with('#'));
    found
}

struct Reader<'a> {
    machine: &'a Machine,
    survey: &'a mut Survey,
    main: String,
    root: String,
    variables: BTreeMap<String, String>,
    modules: BTreeSet<String>,
    files: usize,
    includes: usize,
    grown: usize,
    global: Host,
    hosts: Vec<Host>,
}

impl<'a> Reader<'a> {
    fn new(machine: &'a Machine, survey: &'a mut Survey, (main, root): (&str, &str)) -> Self {
        let mut variables = BTreeMap::new();
        // Debian starts Apache with these; `unset` and shell logic do not concern paths of certificates.
        for line in machine.read_text(&join(root, "envvars")).unwrap_or_default().lines() {
            if let Some((name, value)) = line.trim().strip_prefix("export ").and_then(|it| it.split_once('='))
            {
                variables.insert(name.to_owned(), value.replace("$SUFFIX", "").trim_matches('"').to_owned());
            }
        }
        Self {
            machine,
            survey,
            main: main.to_owned(),
            root: root.to_owned(),
            variables,
            modules: BTreeSet::new(),
            files: 0,
            includes: 0,
            grown: 0,
            global: Host::default(),
            hosts: vec![],
        }
    }

    fn file(&mut self, path: &str, depth: usize) {
        self.files += 1;
        if depth > DEEPEST_INCLUDE {
            return note(self.survey, path, "too many nested includes: they may go in circles");
        }
        if self.files > MOST_FILES {
            return self.too_much(format!("its includes lead to more than {MOST_FILES} files"));
        }
        let text = self.machine.read_text(path);
        let Some(text) = seen(self.survey, path, text) else { return };
        let mut sections: Vec<Section> = Vec::new();
        for (number, line) in directives(&text) {
            let Some(line) = self.expand(line.trim()) else {
                let most = MOST_GROWTH >> 20;
                return self.too_much(format!(
                    "its variables, put into one another, make more than {most} MiB of it"
                ));
            };
            let words = words(&line);
            let Some((name, arguments)) = words.split_first() else { continue };
            let name = name.to_ascii_lowercase();
            if let Some(section) = name.strip_prefix("</") {
                self.close(&mut sections, section.trim_end_matches('>'));
            } else if let Some(section) = name.strip_prefix('<') {
                if sections.len() >= DEEPEST_SECTION || self.hosts.len() >= MOST_HOSTS {
                    let why = format!(
                        "its sections are nested more than {DEEPEST_SECTION} deep, or it has more than {MOST_HOSTS} virtual hosts"
                    );
                    return self.too_much(why);
                }
                let section = self.open(section.trim_end_matches('>'), arguments, path);
                sections.push(section);
            } else if sections.iter().all(|section| section.applies) {
                self.directive(&mut sections, (&name, arguments), (path, number), depth);
            }
        }
        // A virtual host that the file does not close is as broken for Apache as for us: told, and taken as it is.
        if !sections.is_empty() {
            note(
                self.survey,
                path,
                format!("Apache would not take it: <{}> is not closed", sections[0].name),
            );
            let host = sections.into_iter().find_map(|section| section.host);
            self.hosts.extend(host);
        }
    }

    /// A budget is spent: told once, by the main file.
    fn too_much(&mut self, why: String) {
        note(self.survey, &self.main, format!("{why}: what lies beyond was not read"));
    }

    fn open(&self, name: &str, arguments: &[String], path: &str) -> Section {
        let argument = arguments.first().map_or("", |word| word.trim_end_matches('>'));
        let applies = match name {
            "ifmodule" => self.has_module(argument),
            "ifdefine" => match argument.strip_prefix('!') {
                Some(wanted) => !self.variables.contains_key(wanted),
                None => self.variables.contains_key(argument),
            },
            _ => true,
        };
        let host = (name == "virtualhost").then(|| Host {
            config: path.to_owned(),
            places: arguments.iter().map(|word| word.trim_end_matches('>').to_owned()).collect(),
            ..Host::default()
        });
        Section { name: name.to_owned(), applies, host }
    }

    fn close(&mut self, sections: &mut Vec<Section>, name: &str) {
        let Some(at) = sections.iter().rposition(|section| section.name == name) else { return };
        let applied = sections.iter().all(|section| section.applies);
        for section in sections.drain(at..) {
            self.hosts.extend(section.host.filter(|_| applied));
        }
    }

    /// Modules may be built in, which no file tells: only those that matter here are required to be loaded.
    fn has_module(&self, argument: &str) -> bool {
        let (negated, wanted) = match argument.strip_prefix('!') {
            Some(wanted) => (true, wanted),
            None => (false, argument),
        };
        let plain = wanted.trim_start_matches("mod_").trim_end_matches(".c").trim_end_matches("_module");
        let present = !["ssl", "gnutls"].contains(&plain) || self.modules.contains(plain);
        present != negated
    }

    fn directive(
        &mut self,
        sections: &mut [Section],
        (name, arguments): (&str, &[String]),
        (file, line): (&str, usize),
        depth: usize,
    ) {
        let Some(argument) = arguments.first().cloned() else { return };
        match name {
            "include" | "includeoptional" => return self.include(&argument, depth),
            "serverroot" => return self.root = argument,
            "define" => {
                let value = arguments.get(1).cloned().unwrap_or_default();
                return drop(self.variables.insert(argument, value));
            }
            "loadmodule" => {
                self.modules.insert(argument.trim_end_matches("_module").to_owned());
                return;
            }
            _ => {}
        }
        let root = self.root.clone();
        let machine = self.machine;
        let path = |text: &str| machine.own(&join(&root, text));
        let host = sections.iter_mut().rev().find_map(|section| section.host.as_mut());
        let host = host.unwrap_or(&mut self.global);
        match name {
            "servername" | "serveralias" => host.names.extend(arguments.iter().map(|name| plain_name(name))),
            "sslengine" => host.engine = Some(!argument.eq_ignore_ascii_case("off")),
            "sslcertificatefile" => host.certificates.push(path(&argument)),
            "sslcertificatekeyfile" => host.keys.push((path(&argument), format!("{file}:{line}"))),
            _ => {}
        }
    }

    fn include(&mut self, pattern: &str, depth: usize) {
        self.includes += 1;
        if self.includes > MOST_INCLUDES {
            return self.too_much(format!("it has more than {MOST_INCLUDES} includes"));
        }
        let mut pattern = join(&self.root, pattern);
        // A directory means everything below it (core: Include).
        if self.machine.list(&pattern).is_ok() {
            pattern = join(&pattern, "*");
        }
        let named = self.machine.glob(&pattern);
        for path in seen(self.survey, &pattern, named).unwrap_or_default() {
            self.file(&path, depth + 1);
        }
    }

    /// Nothing where its variables have grown beyond the budget.
    fn expand(&mut self, line: &str) -> Option<String> {
        let mut expanded = String::with_capacity(line.len());
        let mut rest = line;
        while let Some((before, after)) = rest.split_once("${") {
            let Some((name, after)) = after.split_once('}') else { break };
            expanded.push_str(before);
            match self.variables.get(name) {
                Some(value) => {
                    self.grown += value.len();
                    if self.grown > MOST_GROWTH {
                        return None;
                    }
                    expanded.push_str(value);
                }
                None => expanded.push_str(&format!("${{{name}}}")),
            }
            rest = after;
        }
        expanded.push_str(rest);
        Some(expanded)
    }
}

struct Section {
    name: String,
    applies: bool,
    host: Option<Host>,
}

/// `https://shop.example:443` and `shop.example:443` are the name `shop.example`.
fn plain_name(text: &str) -> String {
    let host = text.split_once("://").map_or(text, |(_, rest)| rest);
    host.split(':').next().unwrap_or(host).to_ascii_lowercase()
}

fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quote = None;
    for c in line.chars() {
        match (c, quote) {
            (c, Some(open)) if c == open => quote = None,
            ('"' | '\'', None) => quote = Some(c),
            (c, None) if c.is_whitespace() => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            (c, _) => word.push(c),
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
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
            fs::write(path, text).unwrap();
        }
        let mut survey = Survey::default();
        Apache.discover(&Machine::new(directory.path(), vec![]), &mut survey);
        survey
    }

    const MAIN: &str = "ServerRoot \"/etc/apache2\"\nIncludeOptional mods-enabled/*.load\nInclude ports.conf\n\
                        IncludeOptional sites-enabled/*.conf\n";
    const SITE: &str = "<IfModule mod_ssl.c>\n<VirtualHost *:443 [2001:db8::1]:8443>\n  ServerName \
        https://Shop.example:443\n  ServerAlias www.shop.example \\\n    api.shop.example\n  SSLEngine on\n\
        SSLCertificateFile ${CERTS}/shop.pem\n SSLCertificateKeyFile ssl/shop.key\n <Directory />\n  Require all \
        granted\n </Directory>\n</VirtualHost>\n</IfModule>\n<VirtualHost *:80>\nServerName plain.example\n\
        </VirtualHost>\n";

    #[test]
    fn virtual_hosts_are_found_through_includes_and_variables() {
        let survey = stage(&[
            ("etc/apache2/apache2.conf", MAIN),
            ("etc/apache2/envvars", "unset HOME\nexport CERTS=/srv/certs$SUFFIX\n"),
            (
                "etc/apache2/mods-enabled/ssl.load",
                "LoadModule ssl_module /usr/lib/apache2/modules/mod_ssl.so\n",
            ),
            ("etc/apache2/ports.conf", "Listen 80\n<IfModule ssl_module>\nListen 443\n</IfModule>\n"),
            ("etc/apache2/sites-enabled/shop.conf", SITE),
        ]);
        let [site] = survey.sites.as_slice() else { panic!("{survey:?}") };
        assert_eq!(site.names, ["shop.example", "www.shop.example", "api.shop.example"]);
        assert_eq!(site.listens, ["0.0.0.0:443".parse().unwrap(), "[2001:db8::1]:8443".parse().unwrap()]);
        assert_eq!(site.pairs[0].certificate, "/srv/certs/shop.pem");
        assert_eq!(site.pairs[0].key.as_deref(), Some("/etc/apache2/ssl/shop.key"));
        assert!(survey.unseen.is_empty(), "{:?}", survey.unseen);
    }

    /// An nginx with `-c FILE` was read, an Apache with `-f FILE` was not: what it read was nobody's, or taken from it.
    #[test]
    fn an_apache_that_was_started_with_another_main_file_was_not_read() {
        let line = "/usr/sbin/apache2\0-d\0/srv/ap\0-f\0apache.conf\0-k\0start\0";
        let site = "<VirtualHost 127.0.0.1:9450>\nServerName shop.example\nSSLEngine on\nSSLCertificateFile \
                    tls/shop.pem\n</VirtualHost>\n";
        let survey = stage(&[
            ("proc/7/cmdline", line),
            ("proc/8/cmdline", line),
            ("proc/9/cmdline", "/usr/sbin/apache2\0-k\0start\0"),
            ("srv/ap/apache.conf", &format!("ServerRoot /srv/ap\n{site}")),
        ]);
        let [site] = survey.sites.as_slice() else { panic!("{survey:?}") };
        assert_eq!(site.main.as_deref(), Some("/srv/ap/apache.conf"));
        assert_eq!(site.pairs[0].certificate, "/srv/ap/tls/shop.pem");
        assert!(survey.unseen.is_empty(), "{:?}", survey.unseen);
    }

    #[test]
    fn a_host_behind_a_module_that_is_not_loaded_does_not_exist() {
        let survey =
            stage(&[("etc/apache2/apache2.conf", MAIN), ("etc/apache2/sites-enabled/shop.conf", SITE)]);
        assert!(survey.sites.is_empty());
    }

    #[test]
    fn certificates_of_the_main_server_are_inherited_and_broken_files_are_told() {
        let survey = stage(&[(
            "etc/httpd/conf/httpd.conf",
            "ServerRoot /etc/httpd\nSSLCertificateFile /a.pem\n<VirtualHost _default_:443>\nSSLEngine on\n",
        )]);
        assert_eq!(survey.sites[0].pairs[0].certificate, "/a.pem");
        assert_eq!(survey.sites[0].pairs[0].key.as_deref(), Some("/a.pem"));
        assert!(survey.unseen[0].why.contains("virtualhost"), "{:?}", survey.unseen);
    }

    /// Forty lines of `Define` made a terabyte.
    #[test]
    fn variables_that_double_one_another_meet_a_budget() {
        let mut text = "Define a0 aaaaaaaaaa\n".to_owned();
        for number in 1..40 {
            let before = format!("${{a{}}}", number - 1);
            text += &format!("Define a{number} {before}{before}\n");
        }
        let survey = stage(&[("etc/apache2/apache2.conf", &text)]);
        assert_eq!(survey.unseen.len(), 1);
        insta::assert_snapshot!(format!("{}: {}", survey.unseen[0].what, survey.unseen[0].why), @"/etc/apache2/apache2.conf: its variables, put into one another, make more than 16 MiB of it: what lies beyond was not read");
    }

    #[test]
    fn includes_that_multiply_and_sections_without_end_meet_a_budget() {
        let many = "Include sites/*\n".repeat(20);
        let survey = stage(&[
            ("etc/apache2/apache2.conf", &many),
            ("etc/apache2/sites/a", &many),
            ("etc/apache2/sites/b", &many),
        ]);
        assert!(
            survey.unseen.iter().any(|it| it.why.contains("more than 4000 files")),
            "{:?}",
            survey.unseen
        );
        let survey = stage(&[("etc/apache2/apache2.conf", &"Include nowhere\n".repeat(30_000))]);
        assert!(survey.unseen[0].why.contains("more than 20000 includes"), "{:?}", survey.unseen);
        let survey = stage(&[("etc/apache2/apache2.conf", &"<IfModule x>\n".repeat(30_000))]);
        assert!(survey.unseen[0].why.contains("nested more than 64 deep"), "{:?}", survey.unseen);
    }

    #[test]
    fn an_include_of_itself_ends() {
        let survey = stage(&[("etc/apache2/apache2.conf", "Include apache2.conf\n")]);
        assert!(survey.unseen.iter().any(|it| it.why.contains("nested")));
    }

    /// A line that goes on counted as one, and those behind it were found too early.
    #[test]
    fn the_line_that_names_a_key_is_known_behind_lines_that_go_on() {
        let text = "# a \\\n comment\nServerAlias a \\\r\n b\\\n c\n\n  SSLCertificateKeyFile /k\n";
        let found: Vec<(usize, String)> = directives(text);
        assert_eq!(found[0], (3, "ServerAlias a   b  c".to_owned()));
        assert_eq!((found[1].0, found[1].1.trim(), found.len()), (7, "SSLCertificateKeyFile /k", 2));
    }
}
