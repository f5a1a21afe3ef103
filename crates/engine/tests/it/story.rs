//! The stage of stories: weeks on a staged clock with everything real but time. A CA of the lab issues, TLS servers of
//! the lab serve what the deployer installs, a mail server of the lab takes what owners are told.

use std::fmt::Write;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use notafter_cert::path::Anchors;
use notafter_cert::{Certificate, Span, Time};
use notafter_engine::context::Context;
use notafter_engine::driver::Driver;
use notafter_engine::open::{self, Installation, open_with};
use notafter_engine::operate;
use notafter_engine::settings::Settings;
use notafter_engine::tasks::{self, renew::Case};
use notafter_inventory::model::{Actor, Lineage};
use notafter_lab::acme_ca::{AcmeCa, Options};
use notafter_lab::authority::{Authority, Identity, Validity};
use notafter_lab::fleet::Fleet;
use notafter_lab::port;
use notafter_lab::smtp_sink::{self, Mail, SmtpSink};
use notafter_lab::tls_server::{Files, TlsServer};
use notafter_net::Clock;
use notafter_net::dns::Resolver;
use notafter_net::limits::AddressPolicy;
use notafter_net::observe::{self as network, Network};
use notafter_net::trust::Trust;
use notafter_tls::Target;
use notafter_tls::observation::Outcome;
use serde_json::{Value, json};
use tempfile::TempDir;

/// A Wednesday.
const START: &str = "2026-11-25T03:00:00Z";

/// Who is told first, and who when nobody answers.
pub(crate) const CONTACTS: [&str; 2] = ["oncall@shop.example", "lead@shop.example"];

/// One line for each letter.
pub(crate) fn told(letters: &[Letter]) -> String {
    letters.iter().map(|letter| format!("{} {}: {}\n", letter.at, letter.to, letter.subject)).collect()
}

/// One lineage with one server.
pub(crate) struct Shop {
    /// Its names; the first is where it serves.
    pub(crate) names: &'static [&'static str],
    /// How long its certificates live.
    pub(crate) lifetime: Span,
    /// What becomes of the others when a name is dead: `wait` or `split`.
    pub(crate) shedding: &'static str,
    /// Whether the command that shall reload its server has an effect.
    pub(crate) reloads: bool,
}

/// What shops serve when a story begins.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    /// A certificate of some earlier day.
    Good,
    /// One of an authority that nobody trusts.
    Untrusted,
}

/// A message that somebody got.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Letter {
    pub(crate) at: Time,
    pub(crate) to: String,
    pub(crate) subject: String,
    pub(crate) body: String,
}

/// How people are told.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ways {
    /// By mail, and by a program that says nothing to anybody in these stories: two paths.
    Two,
    /// By mail alone.
    Mail,
}

/// The stage.
pub(crate) struct Story {
    pub(crate) ca: AcmeCa,
    pub(crate) clock: Clock,
    pub(crate) installation: Installation,
    driver: Driver,
    pub(crate) mail: SmtpSink,
    servers: Vec<TlsServer>,
    /// Everything that was sent, the mails of setting the stage first.
    letters: Mutex<Vec<Letter>>,
    /// How many of them set the stage.
    prologue: Mutex<usize>,
    folder: TempDir,
    ways: Ways,
    /// The shortest step of the clock.
    pub(crate) stride: Span,
}

impl Story {
    /// Shops that serve a certificate of some earlier day, and an installation that keeps them alive from now on. A dead
    /// name is one that begins with `dead.`.
    pub(crate) async fn begin(shops: &[Shop]) -> Self {
        Self::begin_set(shops, |_| ()).await
    }

    /// The same with other settings.
    pub(crate) async fn begin_set(shops: &[Shop], set: impl FnOnce(&mut Settings)) -> Self {
        let story = Self::on_stage(shops, (Before::Good, Ways::Two), set).await;
        story.pass(Span::hours(1)).await;
        story
    }

    /// The same with mail alone.
    pub(crate) async fn begin_with_mail_alone(shops: &[Shop], set: impl FnOnce(&mut Settings)) -> Self {
        let story = Self::on_stage(shops, (Before::Good, Ways::Mail), set).await;
        story.pass(Span::hours(1)).await;
        story
    }

    /// Shops on machines that are new: until their first certificate arrives they serve what nobody trusts.
    pub(crate) async fn of_new_machines(shops: &[Shop]) -> Self {
        Self::on_stage(shops, (Before::Untrusted, Ways::Two), |_| ()).await
    }

    async fn on_stage(
        shops: &[Shop],
        (before, ways): (Before, Ways),
        set: impl FnOnce(&mut Settings),
    ) -> Self {
        let folder = folder();
        let clock = Clock::staged(START.parse().unwrap());
        let now = clock.now();
        let http01 = port::free().unwrap();
        let ca = AcmeCa::start(Options::loopback(clock.clone(), http01)).await.unwrap();
        let whole = Validity { from: now - Span::days(1), to: now + Span::days(89) };
        let earlier = Authority::new("before", whole).unwrap();
        let mut servers = Vec::new();
        for shop in shops {
            let names: Vec<_> = shop.names.iter().map(|name| name.parse().unwrap()).collect();
            servers.push(serve(&folder, shop.names[0], &earlier.issue(&names, whole).unwrap()).await);
        }
        let mut roots = ca.roots_pem();
        if before == Before::Good {
            roots += &earlier.root_pem();
        }
        std::fs::write(folder.path().join("roots.pem"), roots).unwrap();
        let mut settings = settings(&folder, http01, shops, &servers);
        set(&mut settings);
        let installation = open::open(&settings, clock.clone()).await.unwrap();
        let story = Self::set(installation, folder, (ca, servers), ways).await;
        story.apply(&story.inventory(shops, http01)).await;
        story
    }

    /// A fleet whose automation works, looked at but not renewed by us. The clock moves by six hours at least: what is
    /// due within them is done late and together.
    pub(crate) async fn of_fleet(size: usize, sharing: usize) -> Self {
        let folder = folder();
        let clock = Clock::staged(START.parse().unwrap());
        let ca = AcmeCa::start(Options::loopback(clock.clone(), port::free().unwrap())).await.unwrap();
        let fleet = Fleet::sharing(clock.clone(), size, sharing).unwrap();
        std::fs::write(folder.path().join("roots.pem"), fleet.root_pem()).unwrap();
        let root = Anchors::from_pem("fleet", fleet.root_pem().as_bytes()).unwrap();
        let endpoint = |target| format!("[[endpoint]]\ntarget = \"{target}\"\ncriticality = \"low\"\n\n");
        let endpoints: String = fleet.targets().map(endpoint).collect();
        let settings = settings(&folder, 80, &[], &[]);
        let resolver = Resolver::system(Span::seconds(2));
        let installation =
            open_with(&settings, clock, resolver, Arc::new(fleet), &Trust::of(root)).await.unwrap();
        let mut story = Self::set(installation, folder, (ca, Vec::new()), Ways::Two).await;
        story.stride = Span::hours(6);
        story.apply(&endpoints).await;
        story
    }

    /// A server whose name this resolver is asked for at every look, watched and not renewed by us.
    pub(crate) async fn found_by(resolver: Resolver, name: &str) -> Self {
        let folder = folder();
        let clock = Clock::staged(START.parse().unwrap());
        let ca = AcmeCa::start(Options::loopback(clock.clone(), port::free().unwrap())).await.unwrap();
        let long = Validity { from: clock.now() - Span::days(1), to: clock.now() + Span::days(397) };
        let authority = Authority::new("watched", long).unwrap();
        let server = serve(&folder, name, &authority.issue(&[name.parse().unwrap()], long).unwrap()).await;
        let endpoint = format!("[[endpoint]]\ntarget = \"{name}:{}\"\n", server.address().port());
        std::fs::write(folder.path().join("roots.pem"), authority.root_pem()).unwrap();
        let root = Anchors::from_pem("watched", authority.root_pem().as_bytes()).unwrap();
        let network = Network::new(network::Options {
            resolver: resolver.clone(),
            policy: AddressPolicy::Server { private_allowed: true },
            clock: clock.clone(),
            within: Span::seconds(10),
            vantage: "local".to_owned(),
        });
        let settings = settings(&folder, 80, &[], &[]);
        let installation =
            open_with(&settings, clock, resolver, Arc::new(network), &Trust::of(root)).await.unwrap();
        let story = Self::set(installation, folder, (ca, vec![server]), Ways::Two).await;
        story.apply(&endpoint).await;
        story
    }

    async fn set(
        installation: Installation,
        folder: TempDir,
        (ca, servers): (AcmeCa, Vec<TlsServer>),
        ways: Ways,
    ) -> Self {
        let mail =
            SmtpSink::start("127.0.0.1:0".parse().unwrap(), smtp_sink::Options::default()).await.unwrap();
        let driver = Driver::new(Arc::clone(&installation.context));
        let clock = installation.context.clock.clone();
        let (letters, prologue, stride) = (Mutex::default(), Mutex::default(), Span::ZERO);
        let story =
            Self { ca, clock, installation, driver, mail, servers, letters, prologue, folder, ways, stride };
        story.people_are_reachable().await;
        story
    }

    pub(crate) fn context(&self) -> &Context {
        &self.installation.context
    }

    /// Runs what is due in the order of time. The clock stands still while the CA looks for an answer.
    pub(crate) async fn until(&self, end: Time) {
        loop {
            let (mut ran, mut next) = (0, None);
            for task in tasks::ALL {
                let due = self.context().store.next_due(task.kind).await.unwrap();
                match due.is_some_and(|due| due <= self.clock.now()) {
                    true => ran += self.driver.turn(task).await.unwrap(),
                    false => next = [next, due].into_iter().flatten().min(),
                }
            }
            self.note();
            if ran > 0 {
                continue;
            }
            self.ca.validations().wait_for(|under_way| *under_way == 0).await.unwrap();
            match next {
                Some(due) if due <= end => self.clock.advance_to(due.max(self.clock.now() + self.stride)),
                _ => return self.clock.advance_to(end),
            }
        }
    }

    pub(crate) async fn pass(&self, span: Span) {
        self.until(self.clock.now() + span).await;
    }

    /// What people were told since the stage was set; the weekly digests are no alerts.
    pub(crate) fn letters(&self) -> Vec<Letter> {
        let letters = self.letters.lock().unwrap();
        let told = letters.iter().skip(*self.prologue.lock().unwrap());
        told.filter(|letter| !letter.subject.starts_with("DIGEST")).cloned().collect()
    }

    pub(crate) async fn lineage(&self, name: &str) -> Option<Lineage> {
        self.context().store.lineage_named(&self.context().scope, name).await.unwrap()
    }

    /// The instant at which the lineage is renewed.
    pub(crate) async fn due(&self, name: &str) -> Time {
        let id = self.lineage(name).await.unwrap().id;
        let case = Case::load(self.context(), id).await.unwrap().unwrap();
        case.plan(self.clock.now()).due_at
    }

    /// The certificate that this name's server shows.
    pub(crate) async fn served(&self, shop: usize, name: &str) -> Certificate {
        let address = self.servers[shop].address();
        let mut target = Target::tls(name.parse().unwrap(), address.port());
        target.sni = Some(name.to_owned());
        match self.context().eye.look(&target, address).await.outcome {
            Outcome::Served(served) => Certificate::parse(&served.chain[0]).unwrap(),
            Outcome::Failed(failure) => panic!("{failure:?}"),
        }
    }

    /// A server on loopback with this identity, judged by this root; its endpoint is the whole inventory from now on.
    pub(crate) async fn watch(&mut self, identity: &Identity, root_pem: &str) {
        let server = serve(&self.folder, "watched", identity).await;
        let root = self.folder.path().join("watched-root.pem");
        std::fs::write(&root, root_pem).unwrap();
        let endpoint =
            format!("[[endpoint]]\ntarget = \"{}\"\ntrust = \"{}\"\n", server.address(), root.display());
        self.servers.push(server);
        self.apply(&endpoint).await;
    }

    /// Another identity on the server that is watched.
    pub(crate) fn replace(&self, identity: &Identity) {
        write(&files(&self.folder, "watched"), identity);
        self.servers.last().unwrap().reload().unwrap();
    }

    /// Somebody reloads a shop's server.
    pub(crate) fn reload(&self, shop: usize) {
        self.servers[shop].reload().unwrap();
    }

    pub(crate) async fn operate(&self, name: &str, args: Value) -> Value {
        let ada = Actor::Person("ada".to_owned());
        operate::call(self.context(), &ada, name, args).await.unwrap()
    }

    pub(crate) async fn apply(&self, text: &str) {
        let file = json!({ "text": format!("{}{text}", self.people()), "prune": "written" });
        self.operate("inventory.apply", json!({ "file": file, "secrets": {} })).await;
    }

    fn people(&self) -> String {
        let mut contacts: Vec<String> =
            CONTACTS.iter().map(|to| format!("{{ channel = \"mail\", to = \"{to}\" }}")).collect();
        let mut second = "";
        if self.ways == Ways::Two {
            second = "[[channel]]\nname = \"second\"\nkind = \"command\"\nprogram = \"/bin/true\"\nprove = \"never\"\n\n";
            contacts.push("{ channel = \"second\" }".to_owned());
        }
        format!(
            "{second}[[channel]]\nname = \"mail\"\nkind = \"smtp\"\nhost = \"127.0.0.1\"\nport = {}\ntls = \"none\"\n\
             from = \"notafter@shop.example\"\n\n[[owner]]\nname = \"default\"\ncontacts = [{}]\n\n",
            self.mail.address().port(),
            contacts.join(", ")
        )
    }

    /// Every path is proved, and nothing is told but what a story is about.
    async fn people_are_reachable(&self) {
        self.apply("").await;
        tasks::ensure(self.context()).await.unwrap();
        self.prove_paths().await;
        self.pass(Span::hours(1)).await;
        *self.prologue.lock().unwrap() = self.mail.mails().len();
    }

    /// Somebody asks for the proof of every path, reads what arrives, and says so.
    pub(crate) async fn prove_paths(&self) {
        let known = self.mail.mails().len();
        self.operate("alert.test", json!({ "channel": null, "owner": null })).await;
        for mail in self.mail.mails().iter().skip(known) {
            let body = mail.body();
            let code = body.lines().find_map(|line| line.trim().strip_prefix("notafter alert confirm "));
            self.operate("alert.confirm", json!({ "code": code.unwrap() })).await;
        }
    }

    fn inventory(&self, shops: &[Shop], http01: u16) -> String {
        let roots = self.folder.path().join("roots.pem");
        let mut text = format!(
            "[[issuer]]\nname = \"lab\"\ndirectory = \"{}\"\ntrust = \"{}\"\nterms_agreed = true\n\n",
            self.ca.directory_url(),
            roots.display()
        );
        for (shop, server) in shops.iter().zip(&self.servers) {
            let name = shop.names[0];
            self.ca.settings(|settings| {
                let profile = notafter_acme::server::Profile {
                    description: "a lifetime of its own".to_owned(),
                    lifetime: shop.lifetime,
                };
                settings.profiles.insert(name.to_owned(), profile);
            });
            let Files { chain, key } = files(&self.folder, name);
            let reload = if shop.reloads {
                format!("exec 3<>/dev/tcp/127.0.0.1/{}; head -c1 <&3 | grep -qF +", server.control().port())
            } else {
                "true".to_owned()
            };
            let place = json!([key, chain]);
            write!(
                text,
                "[[lineage]]\nname = \"{name}\"\nidentifiers = {}\nissuer = \"lab\"\nprofile = \"{name}\"\n\
                 shedding = \"{}\"\nhttp01 = {{ solver = \"listener\", listen = \"127.0.0.1:{http01}\" }}\n\n\
                 [[lineage.place]]\nname = \"web\"\ndeployer = \"files\"\nendpoints = [\"{name}:{}\"]\n\
                 settings = {{ key = {}, full_chain = {}, reload = {{ command = [\"bash\", \"-c\", \"{reload}\"] }} }}\n\n",
                json!(shop.names),
                shop.shedding,
                server.address().port(),
                place[0],
                place[1],
            )
            .unwrap();
        }
        text
    }

    /// Takes down what was said since the last time.
    fn note(&self) {
        let mails = self.mail.mails();
        let mut letters = self.letters.lock().unwrap();
        let at = self.clock.now();
        let known = letters.len();
        letters.extend(mails.iter().skip(known).map(|mail| letter(at, mail)));
    }
}

fn letter(at: Time, mail: &Mail) -> Letter {
    Letter { at, to: mail.to[0].clone(), subject: mail.header("Subject").unwrap(), body: mail.body() }
}

/// In memory where the machine has room there: a story of weeks is thousands of transactions, and no disk is its subject.
fn folder() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

fn files(folder: &TempDir, name: &str) -> Files {
    let path = |end: &str| -> PathBuf { folder.path().join(format!("{name}.{end}")) };
    Files { chain: path("pem"), key: path("key") }
}

fn write(files: &Files, identity: &Identity) {
    std::fs::write(&files.chain, identity.chain_pem()).unwrap();
    std::fs::write(&files.key, identity.key_pem()).unwrap();
}

async fn serve(folder: &TempDir, name: &str, identity: &Identity) -> TlsServer {
    let files = files(folder, name);
    write(&files, identity);
    TlsServer::from_files("127.0.0.1:0".parse().unwrap(), files).await.unwrap()
}

/// Every name leads to loopback: for challenges, and for the server that it is served by. A dead name leads to an
/// address where nobody answers.
fn settings(folder: &TempDir, http01: u16, shops: &[Shop], servers: &[TlsServer]) -> Settings {
    let mut resolve = Vec::new();
    for (shop, server) in shops.iter().zip(servers) {
        for name in shop.names {
            let last = if name.starts_with("dead.") { 9 } else { 1 };
            resolve.push(format!("{name}:{http01}:{}", Ipv4Addr::new(127, 0, 0, last)));
        }
        resolve.push(format!("{}:{}:127.0.0.1", shop.names[0], server.address().port()));
    }
    let path = |name: &str| folder.path().join(name);
    Settings {
        data: Some(path("data")),
        key_encryption_key: Some(path("kek")),
        trust: path("roots.pem").display().to_string(),
        http01_port: http01,
        resolve,
        ..Settings::default()
    }
}
