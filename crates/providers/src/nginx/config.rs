//! What a running nginx is configured to do, read from what `nginx -T` prints.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use super::syntax::{self, Directive};

/// Includes are followed this deep.
const DEEPEST_INCLUDE: usize = 16;
/// Includes and files that are followed and read, a file as often as it is included: some thousand hosts with some snippets
/// each stay below.
const MOST_INCLUDED: usize = 50_000;
/// What is read of them.
const MOST_READ: usize = 256 << 20;
/// Servers of one configuration.
const MOST_SERVERS: usize = 100_000;

/// A whole configuration: the main file first, then the included ones, as nginx read them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    files: Vec<File>,
}

/// One file of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Where it lies.
    pub path: PathBuf,
    /// What nginx read.
    pub text: String,
}

/// One `server` block of the `http` context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// Its `server_name`s, lower case.
    pub names: Vec<String>,
    /// Where it listens.
    pub listens: Vec<Listen>,
    /// Its certificate and key files, its own or inherited from `http`.
    pub pairs: Vec<Pair>,
    /// The file in which the block begins.
    pub file: PathBuf,
    /// The first byte after its opening brace in that file.
    pub inside: usize,
}

/// One `listen` directive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listen {
    /// The address; `None` for every address.
    pub address: Option<IpAddr>,
    /// The port.
    pub port: u16,
    /// Whether TLS is spoken there.
    pub tls: bool,
    /// Whether it answers for names that no other server has.
    pub default: bool,
}

/// A certificate file and the key file that belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// `ssl_certificate`: leaf and intermediates.
    pub certificate: PathBuf,
    /// `ssl_certificate_key`.
    pub key: PathBuf,
    /// The file and the line that name the key.
    pub key_at: (PathBuf, usize),
}

/// What `nginx -T` printed cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// No file in it.
    #[error("nginx -T printed no configuration file")]
    Empty,
    /// One of the files is broken.
    #[error("{}: {error}", .file.display())]
    Syntax {
        /// Which.
        file: PathBuf,
        /// What is wrong in it.
        error: syntax::SyntaxError,
    },
    /// More than anybody writes: its files include one another again and again.
    #[error(
        "its includes multiply: they lead to more than {MOST_INCLUDED} files, {} MiB or {MOST_SERVERS} servers",
        MOST_READ >> 20
    )]
    Multiplies,
}

impl Config {
    /// From the standard output of `nginx -T`.
    ///
    /// # Errors
    /// When there is no file in it.
    pub fn from_dump(dump: &str) -> Result<Self, ConfigError> {
        const MARK: &str = "# configuration file ";
        let mut files: Vec<File> = Vec::new();
        for line in dump.split_inclusive('\n') {
            let path = line.strip_prefix(MARK).and_then(|rest| rest.trim_end().strip_suffix(':'));
            match (path, files.last_mut()) {
                (Some(path), _) => files.push(File { path: PathBuf::from(path), text: String::new() }),
                (None, Some(file)) => file.text.push_str(line),
                (None, None) => {}
            }
        }
        // nginx ends every file of the dump with one line break of its own.
        for file in &mut files {
            file.text.pop();
        }
        if files.is_empty() { Err(ConfigError::Empty) } else { Ok(Self { files }) }
    }

    /// From files that were read one by one, the main one first; `None` when there is none.
    #[must_use]
    pub fn from_files(files: Vec<File>) -> Option<Self> {
        (!files.is_empty()).then_some(Self { files })
    }

    /// The files, the main one first.
    #[must_use]
    pub fn files(&self) -> &[File] {
        &self.files
    }

    /// Where nginx writes the number of its master process, if it is written and absolute.
    #[must_use]
    pub fn pid_file(&self) -> Option<PathBuf> {
        let mut found = None;
        let read = self.walk(&mut Way::default(), &mut |_, directive| {
            if let ("pid", [path]) = (directive.name.as_str(), directive.arguments.as_slice()) {
                found = Some(PathBuf::from(path)).filter(|path| path.is_absolute());
            }
            false
        });
        read.ok().and(found)
    }

    /// Where the `http` block begins: its file and the first byte after its opening brace.
    ///
    /// # Errors
    /// When a file is broken.
    pub fn http(&self) -> Result<Option<(PathBuf, usize)>, ConfigError> {
        let mut found = None;
        self.walk(&mut Way::default(), &mut |file, directive| {
            if let ("http", Some(block)) = (directive.name.as_str(), &directive.block) {
                found = Some((file.path.clone(), block.inside));
            }
            false
        })?;
        Ok(found)
    }

    /// The `server` blocks of the `http` context, in the order in which nginx reads them.
    ///
    /// # Errors
    /// When a file is broken, or the includes multiply.
    pub fn servers(&self) -> Result<Vec<Server>, ConfigError> {
        let mut reading = Reading::default();
        self.walk(&mut Way::default(), &mut |file, directive| reading.take(file, directive, self.base()))?;
        reading.finish()
    }

    /// Files that are included while they are read, by themselves or by those that they include. nginx takes no such
    /// configuration; here the include that closes the circle is passed over.
    ///
    /// # Errors
    /// When a file is broken, or the includes multiply.
    pub fn circles(&self) -> Result<BTreeSet<PathBuf>, ConfigError> {
        let mut way = Way::default();
        self.walk(&mut way, &mut |_, _| true)?;
        Ok(way.circles)
    }

    /// Relative paths start at the directory of the main file.
    fn base(&self) -> &Path {
        self.files[0].path.parent().unwrap_or(Path::new("/"))
    }

    /// Calls `visit` for every directive in nginx's order, includes followed, ends of blocks told by an empty name;
    /// `visit` says whether the inside of the block is wanted.
    fn walk<'a>(
        &'a self,
        way: &mut Way<'a>,
        visit: &mut dyn FnMut(&File, &Directive) -> bool,
    ) -> Result<(), ConfigError> {
        self.walk_file(&self.files[0], way, visit)
    }

    fn walk_file<'a>(
        &'a self,
        file: &'a File,
        way: &mut Way<'a>,
        visit: &mut dyn FnMut(&File, &Directive) -> bool,
    ) -> Result<(), ConfigError> {
        if way.under_way.iter().any(|under_way| under_way.path == file.path) {
            way.circles.insert(file.path.clone());
            return Ok(());
        }
        way.spend(file.text.len())?;
        let directives = syntax::parse(&file.text)
            .map_err(|error| ConfigError::Syntax { file: file.path.clone(), error })?;
        way.under_way.push(file);
        self.walk_all(&directives, way, visit)?;
        way.under_way.pop();
        Ok(())
    }

    fn walk_all<'a>(
        &'a self,
        directives: &[Directive],
        way: &mut Way<'a>,
        visit: &mut dyn FnMut(&File, &Directive) -> bool,
    ) -> Result<(), ConfigError> {
        let Some(file) = way.under_way.last().copied() else { return Ok(()) };
        for directive in directives {
            if directive.name == "include" && way.under_way.len() <= DEEPEST_INCLUDE {
                way.spend(0)?;
                for included in self.included(directive) {
                    self.walk_file(included, way, visit)?;
                }
                continue;
            }
            let wanted = visit(file, directive);
            if let (true, Some(block)) = (wanted, &directive.block) {
                self.walk_all(&block.directives, way, visit)?;
                visit(file, &END);
            }
        }
        Ok(())
    }

    /// In the order of glob(3), which nginx takes.
    fn included(&self, directive: &Directive) -> Vec<&File> {
        let written = directive.arguments.first().map(String::as_str).unwrap_or_default();
        let named = self.base().join(written);
        if !written.contains(['*', '?', '[']) {
            return self.files.iter().filter(|file| file.path == named).collect();
        }
        let Ok(pattern) = glob::Pattern::new(&named.to_string_lossy()) else { return Vec::new() };
        let options = glob::MatchOptions { require_literal_separator: true, ..glob::MatchOptions::new() };
        let matches = |file: &&File| pattern.matches_path_with(&file.path, options);
        let mut included: Vec<&File> = self.files.iter().filter(matches).collect();
        included.sort_by_key(|file| file.path.as_os_str());
        included
    }
}

/// Where a walk through the files is, and what it has cost.
#[derive(Default)]
struct Way<'a> {
    under_way: Vec<&'a File>,
    circles: BTreeSet<PathBuf>,
    included: usize,
    read: usize,
}

impl Way<'_> {
    fn spend(&mut self, length: usize) -> Result<(), ConfigError> {
        self.included += 1;
        self.read += length;
        if self.included > MOST_INCLUDED || self.read > MOST_READ {
            Err(ConfigError::Multiplies)
        } else {
            Ok(())
        }
    }
}

static END: Directive = Directive { name: String::new(), arguments: Vec::new(), block: None, line: 0 };

/// Collects the servers while the configuration is walked.
#[derive(Default)]
struct Reading {
    inside_http: bool,
    http: Certificates,
    server: Option<(Server, Certificates, bool)>,
    servers: Vec<(Server, bool)>,
    too_many: bool,
}

#[derive(Default)]
struct Certificates {
    files: Vec<PathBuf>,
    keys: Vec<(PathBuf, (PathBuf, usize))>,
}

impl Reading {
    fn take(&mut self, file: &File, directive: &Directive, base: &Path) -> bool {
        match (directive.name.as_str(), &mut self.server) {
            ("http", None) => self.inside_http = true,
            ("server", None) if self.inside_http => {
                let inside = directive.block.as_ref().map_or(0, |block| block.inside);
                let server = Server {
                    names: Vec::new(),
                    listens: Vec::new(),
                    pairs: Vec::new(),
                    file: file.path.clone(),
                    inside,
                };
                self.server = Some((server, Certificates::default(), false));
            }
            ("", Some(_)) => self.end_of_server(),
            ("", None) => self.inside_http = false,
            (_, Some((server, certificates, tls))) => {
                take_in_server((server, certificates, tls), file, directive, base);
                return false;
            }
            (_, None) => {
                self.http.take(file, directive, base);
                return false;
            }
        }
        true
    }

    fn end_of_server(&mut self) {
        if let Some((mut server, certificates, tls)) = self.server.take() {
            let inherits = certificates.files.is_empty();
            server.pairs = certificates.pairs();
            for listen in &mut server.listens {
                listen.tls |= tls;
            }
            if server.listens.is_empty() {
                server.listens.push(Listen { address: None, port: 80, tls, default: false });
            }
            self.too_many |= self.servers.len() >= MOST_SERVERS;
            if !self.too_many {
                self.servers.push((server, inherits));
            }
        }
    }

    fn finish(self) -> Result<Vec<Server>, ConfigError> {
        if self.too_many {
            return Err(ConfigError::Multiplies);
        }
        let inherited = self.http.pairs();
        let complete = |(server, inherits): (Server, bool)| {
            if inherits { Server { pairs: inherited.clone(), ..server } } else { server }
        };
        Ok(self.servers.into_iter().map(complete).collect())
    }
}

fn take_in_server(
    (server, certificates, tls): (&mut Server, &mut Certificates, &mut bool),
    file: &File,
    directive: &Directive,
    base: &Path,
) {
    match directive.name.as_str() {
        "server_name" => {
            server.names.extend(directive.arguments.iter().map(|name| name.to_ascii_lowercase()));
        }
        "listen" => server.listens.extend(Listen::parse(&directive.arguments)),
        "ssl" => *tls = directive.arguments.first().is_some_and(|value| value == "on"),
        _ => certificates.take(file, directive, base),
    }
}

impl Certificates {
    fn take(&mut self, file: &File, directive: &Directive, base: &Path) {
        let Some(value) = directive.arguments.first() else { return };
        match directive.name.as_str() {
            "ssl_certificate" => self.files.push(base.join(value)),
            "ssl_certificate_key" => {
                self.keys.push((base.join(value), (file.path.clone(), directive.line)));
            }
            _ => {}
        }
    }

    /// nginx joins the first certificate with the first key, the second with the second. Values that are no files
    /// (variables, `data:`, `engine:`) are left out.
    fn pairs(&self) -> Vec<Pair> {
        let is_file = |path: &Path| {
            let name = path.to_string_lossy();
            !name.contains('$') && !name.contains("data:") && !name.contains("engine:")
        };
        self.files
            .iter()
            .zip(&self.keys)
            .filter(|(certificate, (key, _))| is_file(certificate) && is_file(key))
            .map(|(certificate, (key, at))| Pair {
                certificate: certificate.clone(),
                key: key.clone(),
                key_at: at.clone(),
            })
            .collect()
    }
}

impl Listen {
    fn parse(arguments: &[String]) -> Option<Self> {
        let (place, parameters) = arguments.split_first()?;
        if place.starts_with("unix:") {
            return None;
        }
        let (host, port) = match place.parse::<u16>() {
            Ok(port) => ("*", port),
            Err(_) if place.ends_with(']') => (place.as_str(), 80),
            Err(_) => match place.rsplit_once(':') {
                Some((host, port)) => (host, port.parse().ok()?),
                None => (place.as_str(), 80),
            },
        };
        let address = host.trim_matches(['[', ']']).parse::<IpAddr>().ok();
        let has = |name: &str| parameters.iter().any(|parameter| parameter == name);
        Some(Self {
            address: address.filter(|address| !address.is_unspecified()),
            port,
            tls: has("ssl") || has("quic"),
            default: has("default_server") || has("default"),
        })
    }
}

impl Server {
    /// Whether nginx would choose this server for the name by `server_name` (regular expressions are not tried).
    #[must_use]
    pub fn answers_for(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        self.names.iter().any(|name| {
            if let Some(suffix) = name.strip_prefix("*.") {
                host.strip_suffix(suffix).is_some_and(|rest| rest.ends_with('.'))
            } else if let Some(suffix) = name.strip_prefix('.') {
                host == suffix || host.strip_suffix(suffix).is_some_and(|rest| rest.ends_with('.'))
            } else if let Some(prefix) = name.strip_suffix(".*") {
                host.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('.'))
            } else {
                *name == host
            }
        })
    }

    /// Whether one of its names is a regular expression, which only nginx itself can try.
    #[must_use]
    pub fn has_patterns(&self) -> bool {
        self.names.iter().any(|name| name.starts_with('~'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DUMP: &str = "\
# configuration file /etc/nginx/nginx.conf:
events {}
http {
    ssl_certificate shared.pem;
    ssl_certificate_key shared.key;
    include sites-enabled/*;
}
stream { server { listen 9000; } }

# configuration file /etc/nginx/sites-enabled/shop:
server {
    listen 443 ssl default_server;
    listen [::1]:8443 ssl;
    server_name Shop.example *.shop.example;
    include snippets/pair.conf;
    location / { return 200; }
}
server { server_name plain.example; return 301 https://$host; }

# configuration file /etc/nginx/snippets/pair.conf:
ssl_certificate /etc/ssl/ec.pem; ssl_certificate_key /etc/ssl/ec.key;
ssl_certificate /etc/ssl/rsa.pem; ssl_certificate_key /etc/ssl/rsa.key;

";

    #[test]
    fn servers_carry_names_places_and_pairs_through_includes() {
        let config = Config::from_dump(DUMP).unwrap();
        let servers = config.servers().unwrap();
        assert_eq!(servers.len(), 2, "a stream server is none of ours");
        let shop = &servers[0];
        assert_eq!(shop.names, ["shop.example", "*.shop.example"]);
        assert_eq!(shop.listens[0], Listen { address: None, port: 443, tls: true, default: true });
        assert_eq!(shop.listens[1].address, Some("::1".parse().unwrap()));
        let keys: Vec<_> = shop.pairs.iter().map(|pair| pair.key.to_str().unwrap()).collect();
        assert_eq!(keys, ["/etc/ssl/ec.key", "/etc/ssl/rsa.key"]);
        let file = config.files().iter().find(|file| file.path == shop.file).unwrap();
        assert!(file.text[shop.inside..].starts_with("\n    listen 443"));
        assert_eq!(servers[1].listens[0].port, 80);
        assert_eq!(servers[1].pairs[0].certificate, Path::new("/etc/nginx/shared.pem"));
    }

    #[test]
    fn the_text_of_each_file_is_what_lies_on_disk() {
        let config = Config::from_dump(DUMP).unwrap();
        assert!(config.files()[0].text.ends_with("listen 9000; } }\n"));
        assert!(config.http().unwrap().unwrap().1 > 0);
    }

    #[test]
    fn names_are_matched_as_nginx_does() {
        let server = |names: &[&str]| Server {
            names: names.iter().map(ToString::to_string).collect(),
            listens: vec![],
            pairs: vec![],
            file: PathBuf::new(),
            inside: 0,
        };
        let table = [
            ("a.example", "A.example", true),
            ("*.a.example", "x.y.a.example", true),
            ("*.a.example", "a.example", false),
            (".a.example", "a.example", true),
            (".a.example", "x.a.example", true),
            (".a.example", "xa.example", false),
            ("www.*", "www.example", true),
            ("a.example", "b.example", false),
        ];
        for (name, host, expected) in table {
            assert_eq!(server(&[name]).answers_for(host), expected, "{name} {host}");
        }
    }

    #[test]
    fn nothing_and_broken_files_are_errors() {
        assert_eq!(Config::from_dump("nginx: [emerg] ..."), Err(ConfigError::Empty));
        let broken = Config::from_dump("# configuration file /a:\nhttp {\n").unwrap();
        assert!(matches!(broken.servers(), Err(ConfigError::Syntax { .. })));
    }

    fn config(files: &[(&str, &str)]) -> Config {
        let files =
            files.iter().map(|(path, text)| File { path: PathBuf::from(path), text: (*text).to_owned() });
        Config::from_files(files.collect()).unwrap()
    }

    /// A pattern that named its own file was followed sixteen deep, and each server told as often.
    #[test]
    fn an_include_that_leads_back_is_passed_over_and_named() {
        let config = config(&[
            ("/n/nginx.conf", "http { include sites/*; include other; }"),
            ("/n/sites/a", "server { listen 443 ssl; } include sites/*;"),
            ("/n/sites/b", "server { listen 444 ssl; }"),
            ("/n/other", "include other2;"),
            ("/n/other2", "include other;"),
        ]);
        let ports: Vec<u16> = config.servers().unwrap().iter().map(|server| server.listens[0].port).collect();
        assert_eq!(ports, [443, 444, 444], "b is read from the main file and from a");
        let circles: Vec<PathBuf> = config.circles().unwrap().into_iter().collect();
        assert_eq!(circles, [Path::new("/n/other"), Path::new("/n/sites/a")]);
    }

    /// Ten files that each include the next one ten times are ten thousand million.
    #[test]
    fn includes_that_multiply_meet_a_budget() {
        let names: Vec<String> = (0..11).map(|number| format!("/n/{number}")).collect();
        let texts: Vec<String> = (1..12).map(|number| format!("include {number};\n").repeat(10)).collect();
        let files: Vec<(&str, &str)> =
            names.iter().map(String::as_str).zip(texts.iter().map(String::as_str)).collect();
        assert_eq!(config(&files).servers(), Err(ConfigError::Multiplies));
        let (large, many) = ("#".repeat(4 << 20), "include large;".repeat(100));
        let files = [("/n/nginx.conf", many.as_str()), ("/n/large", &large)];
        assert_eq!(config(&files).servers(), Err(ConfigError::Multiplies));
        let servers = format!("http {{ {} }}", "server{}".repeat(MOST_SERVERS + 1));
        assert_eq!(config(&[("/n/nginx.conf", &servers)]).servers(), Err(ConfigError::Multiplies));
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, ..Default::default() })]

        /// Nothing that a file may hold makes the reader panic, and what it points at lies on a character.
        #[test]
        fn any_text_is_read_or_refused(text in "([a-z_]{1,6}|[ \n;{}'\"\\\\#$*:~.]|server|http|listen|include|é){0,60}") {
            let dump = format!("# configuration file /etc/nginx/nginx.conf:\n{text}\n");
            if let Ok(servers) = Config::from_dump(&dump).unwrap().servers() {
                for server in servers {
                    proptest::prop_assert!(text.is_char_boundary(server.inside));
                }
            }
        }
    }
}
