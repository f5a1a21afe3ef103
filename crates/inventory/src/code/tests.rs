//! Files against inventories: what they change, what they leave alone, and what is wrong with them.

use notafter_cert::Time;

use super::*;
use crate::model::channel::stage::KINDS;
use crate::model::{
    Automation, BusinessHours, Labels, LineageId, Mode, OwnerId, PlaceId, Renewal, Renewer, VersionId,
};
use crate::plan::renew::SHED_FROM;

pub(super) const NOW: Time = Time::from_unix_seconds(1_796_000_000);
pub(super) const ASIDE: Aside<'_> = Aside { now: NOW, ownerships: &[] };
const EXAMPLE: &str = include_str!("../../../../docs/examples/inventory.toml");

/// An inventory that writes are carried out on, as a store would.
pub(super) struct Stage {
    pub(super) present: Present,
    counter: u8,
}

impl Stage {
    pub(super) fn new() -> Self {
        let default = Owner {
            id: OwnerId::from_bytes([0xdd; 16]),
            name: "default".to_owned(),
            contacts: Vec::new(),
            owns: Vec::new(),
            hours: BusinessHours::default(),
            acknowledge: None,
        };
        Self { present: Present { owners: vec![default], ..Present::default() }, counter: 0 }
    }

    pub(super) fn plan(&mut self, text: &str, prune: Prune) -> Result<Changes, Mistakes> {
        let counter = &mut self.counter;
        let mut random = || {
            *counter += 1;
            [*counter; 10]
        };
        plan(text, (&self.present, KINDS), prune, NOW, &mut random)
    }

    pub(super) fn apply(&mut self, text: &str) -> Changes {
        let changes = self.plan(text, Prune::Written).unwrap();
        self.carry_out(&changes);
        changes
    }

    pub(super) fn carry_out(&mut self, changes: &Changes) {
        let present = &mut self.present;
        for write in changes.writes.clone() {
            match write {
                Write::PutChannel(new) => put(&mut present.channels, new, |one| one.id),
                Write::PutOwner(new) => put(&mut present.owners, new, |one| one.id),
                Write::PutIssuer(new) => put(&mut present.issuers, new, Issuer::id),
                Write::PutLineage(new) => put(&mut present.lineages, *new, |one| one.id),
                Write::PutCriticality(new) => put(&mut present.criticalities, new, |one| one.label.clone()),
                Write::PutEndpoint(new) => put(&mut present.endpoints, new, |one| one.id),
                Write::PutPlace(new) => put(&mut present.places, new, |one| one.id),
                Write::RemovePlace(id) => present.places.retain(|one| one.id != id),
                Write::RemoveCriticality(label) => present.criticalities.retain(|one| one.label != label),
                Write::RemoveEndpoint(id) => present.endpoints.retain(|one| one.id != id),
                Write::RemoveLineage(id) => present.lineages.retain(|one| one.id != id),
                Write::RemoveIssuer(id) => present.issuers.retain(|one| one.id() != id),
                Write::RemoveOwner(id) => present.owners.retain(|one| one.id != id),
                Write::RemoveChannel(id) => present.channels.retain(|one| one.id != id),
            }
        }
        present.manifest = changes.manifest.clone();
    }

    fn owner_of_endpoint(&self, target: &str) -> &str {
        let endpoint = self.present.endpoints.iter().find(|one| one.target.to_string() == target).unwrap();
        &self.present.owners.iter().find(|owner| owner.id == endpoint.owner_id).unwrap().name
    }
}

fn put<T, K: PartialEq>(all: &mut Vec<T>, new: T, id: impl Fn(&T) -> K) {
    match all.iter_mut().find(|one| id(one) == id(&new)) {
        Some(old) => *old = new,
        None => all.push(new),
    }
}

pub(super) fn shown(changes: &Changes) -> String {
    changes.differences.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_example_is_applied_once_and_reads_back() {
    let mut stage = Stage::new();
    let first = stage.apply(EXAMPLE);
    insta::assert_snapshot!("example_added", shown(&first));
    assert_eq!(
        first.secrets.iter().map(|secret| secret.0.as_str()).collect::<Vec<_>>(),
        ["env:EAB_HMAC", "env:SMTP_PASSWORD", "file:/etc/notafter/pager.key"]
    );
    let again = stage.apply(EXAMPLE);
    assert_eq!((again.differences, again.writes), (Vec::new(), Vec::new()));
    let printed = print(&stage.present, KINDS, ASIDE);
    insta::assert_snapshot!("example_printed", printed);
    let back = stage.apply(&printed);
    assert_eq!((shown(&back), back.writes), (String::new(), Vec::new()), "{printed}");
    assert_eq!(print(&stage.present, KINDS, ASIDE), printed);
}

#[test]
fn owners_follow_from_rules_places_and_the_default() {
    let mut stage = Stage::new();
    stage.apply(EXAMPLE);
    let table = [
        ("shop.example:443", "payments"),
        ("smtp://mail.example.org:25", "default"),
        ("10.0.0.7:8443", "payments"),
        // Implied by a place: the lineage's owner answers for it.
        ("www.shop.example:443", "payments"),
        ("192.0.2.7:443", "payments"),
    ];
    for (target, owner) in table {
        assert_eq!(stage.owner_of_endpoint(target), owner, "{target}");
    }
    let moved = EXAMPLE.replace("owns = [\"*.pay.example\", \"shop.example\"]", "owns = [\"*.pay.example\"]");
    let changes = stage.apply(&moved);
    assert_eq!(stage.owner_of_endpoint("shop.example:443"), "default");
    insta::assert_snapshot!("rule_changed", shown(&changes));
    let web = stage.present.places.iter().find(|place| place.name == "web").unwrap();
    assert_eq!(web.owner_id, OwnerId::from_bytes([0xdd; 16]), "a place belongs to its lineage's owner");
}

#[test]
fn changes_keep_identity_state_and_versions() {
    let mut stage = Stage::new();
    stage.apply(EXAMPLE);
    let version = VersionId::from_bytes([9; 16]);
    let shop = stage.present.lineages.iter_mut().find(|lineage| lineage.name == "shop").unwrap();
    shop.current = Some(version);
    shop.renewal.forced_at = Some(NOW);
    let id = shop.id;
    let issuer = stage.present.issuers.iter_mut().find(|issuer| issuer.name() == "inhouse").unwrap();
    let Issuer::Acme(account) = issuer else { unreachable!() };
    account.account_url = Some("https://ca.example.org/acme/acct/1".to_owned());
    let text = EXAMPLE
        .replace("identifiers = [\"shop.example\", \"www.shop.example\"]\nissuer = \"letsencrypt\"\nhttp01 = { solver = \"nginx\" }\nshedding = \"split\"", "watch = { renewer = \"lego\", chain_file = \"/etc/lego/shop.crt\" }")
        .replace("https://ca.example.org/acme/directory", "https://ca2.example.org/acme/directory")
        .replace("criticality = \"high\"", "criticality = \"low\"")
        .replace("full_chain = \"/srv/api/tls/chain.pem\"", "full_chain = \"/srv/api/chain.pem\"");
    let changes = stage.apply(&text);
    insta::assert_snapshot!("changed", shown(&changes));
    let shop = stage.present.lineages.iter().find(|lineage| lineage.name == "shop").unwrap();
    assert_eq!((shop.id, shop.current, shop.renewal.forced_at), (id, Some(version), Some(NOW)));
    assert!(matches!(&shop.mode, Mode::WatchOnly(automation) if automation.identifiers.len() == 2));
    let issuer = stage.present.issuers.iter().find(|issuer| issuer.name() == "inhouse").unwrap();
    assert_eq!(issuer.acme().unwrap().account_url, None, "an account does not move to another CA");
    let back = stage.apply(EXAMPLE);
    assert!(!back.writes.is_empty());
    let shop = stage.present.lineages.iter().find(|lineage| lineage.name == "shop").unwrap();
    assert_eq!((shop.id, shop.current), (id, Some(version)));
}

#[test]
fn only_what_a_file_wrote_is_removed() {
    let mut stage = Stage::new();
    stage.apply(EXAMPLE);
    stage.present.lineages.push(by_hand("mine", Labels::new()));
    let from = |name: &str| Labels::from([(SHED_FROM.to_owned(), name.to_owned())]);
    stage.present.lineages.push(by_hand("mine-shed", from("mine")));
    stage.present.lineages.push(by_hand("shop-shed-2", from("shop")));
    let short = "[[owner]]\nname = \"payments\"\n";
    let changes = stage.plan(short, Prune::Written).unwrap();
    insta::assert_snapshot!("removed", shown(&changes));
    assert_eq!(changes.left_alone, ["lineage mine"]);
    stage.carry_out(&changes);
    let names: Vec<&str> = stage.present.lineages.iter().map(|lineage| lineage.name.as_str()).collect();
    assert_eq!(names, ["mine", "mine-shed"], "what notafter keeps apart of a lineage goes with it alone");
    let pruned = stage.plan(short, Prune::Everything).unwrap();
    assert!(shown(&pruned).contains("- lineage mine"));
    stage.carry_out(&pruned);
    assert!(stage.present.lineages.is_empty());
    let owners: Vec<&str> = stage.present.owners.iter().map(|owner| owner.name.as_str()).collect();
    assert_eq!(owners, ["default", "payments"]);
    assert!(stage.present.places.is_empty() && stage.present.endpoints.is_empty());
}

#[test]
fn an_empty_file_takes_back_all_that_files_wrote() {
    let mut stage = Stage::new();
    stage.apply(EXAMPLE);
    stage.apply("");
    let Present { owners, channels, issuers, criticalities, endpoints, lineages, places, manifest } =
        &stage.present;
    assert_eq!(owners.len(), 1);
    assert!(owners[0].contacts.is_empty());
    assert_eq!((channels.len(), issuers.len(), criticalities.len(), endpoints.len()), (0, 0, 0, 0));
    assert_eq!((lineages.len(), places.len(), manifest.0.len()), (0, 0, 0));
}

#[test]
fn what_is_left_alone_must_not_lose_what_it_refers_to() {
    let mut stage = Stage::new();
    stage.apply(EXAMPLE);
    let mut mine = by_hand("mine", Labels::new());
    let shop = stage.present.lineages.iter().find(|lineage| lineage.name == "shop").unwrap();
    mine.mode = shop.mode.clone();
    mine.owner_id = shop.owner_id;
    stage.present.lineages.push(mine);
    let error = stage.plan("", Prune::Written).unwrap_err();
    insta::assert_snapshot!("dangling", error.to_string());
    // Its owner may go: the rules name another one.
    let issuers = EXAMPLE.split("[[endpoint]]").next().unwrap();
    let without_owner = issuers.replace("name = \"payments\"", "name = \"others\"");
    let changes = stage.plan(&without_owner, Prune::Written).unwrap();
    assert!(
        shown(&changes).contains("~ lineage mine\n    owner: \"payments\" -> \"others\""),
        "{}",
        shown(&changes)
    );
}

#[test]
fn adopted_things_that_a_file_mentions_become_the_files() {
    let mut stage = Stage::new();
    stage.present.lineages.push(by_hand("blog", Labels::new()));
    let text =
        "[[lineage]]\nname = \"blog\"\nwatch = { renewer = \"certbot\", chain_file = \"/etc/blog.pem\" }\n";
    let changes = stage.apply(text);
    assert_eq!((shown(&changes), changes.writes.len()), (String::new(), 0));
    let Mode::WatchOnly(automation) = &stage.present.lineages[0].mode else { panic!("mode changed") };
    assert_eq!((automation.identifiers.len(), automation.habit_permille), (1, Some(667)));
    stage.apply("");
    assert!(stage.present.lineages.is_empty());
}

fn by_hand(name: &str, labels: Labels) -> Lineage {
    Lineage {
        id: LineageId::new(NOW, [u8::try_from(name.len()).unwrap(); 10]),
        owner_id: OwnerId::from_bytes([0xdd; 16]),
        name: name.to_owned(),
        labels,
        mode: Mode::WatchOnly(Automation {
            renewer: Renewer::Certbot,
            identifiers: vec!["blog.example".parse().unwrap()],
            chain_file: "/etc/blog.pem".to_owned(),
            key_file: None,
            config_file: None,
            trigger: None,
            habit_permille: Some(667),
            ping: None,
        }),
        current: None,
        renewal: Renewal::default(),
        rehearsed: None,
    }
}

/// The first place in the file decided, and `get` prints them in another order.
#[test]
fn an_endpoint_of_two_places_has_one_owner_in_whatever_order_a_file_names_them() {
    let lineage = |name: &str, owner: &str| {
        format!(
            "[[lineage]]\nname = \"{name}\"\n{owner}watch = {{ renewer = \"certbot\", chain_file = \"/{name}.pem\" }}\n\
             [[lineage.place]]\nname = \"web\"\ndeployer = \"files\"\nendpoints = [\"192.0.2.7:443\"]\n"
        )
    };
    let (one, two) = (lineage("one", "owner = \"team\"\n"), lineage("two", ""));
    for lineages in [format!("{one}{two}"), format!("{two}{one}")] {
        let mut stage = Stage::new();
        stage.apply(&format!("[[owner]]\nname = \"team\"\n{lineages}"));
        assert_eq!(stage.owner_of_endpoint("192.0.2.7:443"), "team");
        let printed = print(&stage.present, KINDS, ASIDE);
        assert_eq!(shown(&stage.apply(&printed)), "");
    }
}

/// What was made by hand stayed with the default owner whatever the rules said, and was read back as if somebody had
/// written that.
#[test]
fn a_rule_reaches_what_was_made_by_hand_and_nothing_is_pinned_by_reading_it_back() {
    let mut stage = Stage::new();
    stage.present.lineages.push(by_hand("blog", Labels::new()));
    let from = Labels::from([(SHED_FROM.to_owned(), "blog".to_owned())]);
    stage.present.lineages.push(by_hand("blog-shed", from));
    let piece = "[[endpoint]]\ntarget = \"blog.example:443\"\n[[endpoint]]\ntarget = \"192.0.2.7:443\"\n";
    let changes = stage.plan(piece, Prune::Nothing).unwrap();
    stage.carry_out(&changes);
    let mut place = Place {
        id: PlaceId::new(NOW, [7; 10]),
        owner_id: OwnerId::from_bytes([0xdd; 16]),
        lineage_id: stage.present.lineages[0].id,
        name: "web".to_owned(),
        deployer: "files".to_owned(),
        settings: serde_json::json!({}),
        endpoints: vec!["192.0.2.7:443".parse().unwrap()],
    };
    stage.present.places.push(place.clone());
    let changes = stage.apply("[[owner]]\nname = \"team\"\nowns = [\"blog.example\"]\n");
    insta::assert_snapshot!(shown(&changes), @r#"
    + owner team
        owns: ["blog.example"]
    ~ endpoint 192.0.2.7:443
        owner: "default" -> "team"
    ~ endpoint blog.example:443
        owner: "default" -> "team"
    ~ lineage blog
        owner: "default" -> "team"
    "#);
    let team = stage.present.owners.iter().find(|owner| owner.name == "team").unwrap().id;
    let Present { lineages, places, endpoints, .. } = &stage.present;
    place.owner_id = team;
    assert_eq!(places, &[place]);
    assert!(
        lineages
            .iter()
            .map(|one| one.owner_id)
            .chain(endpoints.iter().map(|one| one.owner_id))
            .all(|id| id == team)
    );
    assert!(!print(&stage.present, KINDS, ASIDE).contains("owner ="));
    let again =
        stage.plan("[[owner]]\nname = \"team\"\nowns = [\"blog.example\"]\n", Prune::Written).unwrap();
    assert_eq!(again.writes, []);
    // What else drifted away from the rules, such as the names that a watched certificate carries, was written by nobody.
    stage.present.lineages[0].owner_id = OwnerId::from_bytes([0xdd; 16]);
    assert!(!print(&stage.present, KINDS, ASIDE).contains("owner ="));
}

/// An owner that a file says stays said, where the rules would say the same and when they change.
#[test]
fn an_owner_that_a_file_says_is_read_back_and_outlives_the_rule() {
    let mut stage = Stage::new();
    let text = |owns: &str| {
        format!(
            "[[owner]]\nname = \"team\"\n{owns}\n[[endpoint]]\ntarget = \"blog.example\"\nowner = \"team\"\n"
        )
    };
    stage.apply(&text("owns = [\"blog.example\"]\n"));
    assert_eq!(
        print(&stage.present, KINDS, ASIDE),
        text("owns = [\"blog.example\"]\n").replace("blog.example\"\nowner", "blog.example:443\"\nowner")
    );
    stage.apply(&text(""));
    assert_eq!(stage.owner_of_endpoint("blog.example:443"), "team");
    let silent = text("").replace("owner = \"team\"\n", "");
    let changes = stage.apply(&silent);
    insta::assert_snapshot!(shown(&changes), @r#"
    ~ endpoint blog.example:443
        owner: "team" -> "default"
    "#);
    assert!(!print(&stage.present, KINDS, ASIDE).contains("owner ="));
}

/// A kind declares its settings once; what a file says of them is held against that.
#[test]
fn a_channel_is_read_as_its_kind_declares_it() {
    let text = r#"
[[channel]]
name = "whole"
kind = "webhook"
url = "https://hook.example"
mirrors = ["https://a.example", "https://b.example"]
hmac = "env:HOOK"
tags = ["tls"]
labels = { team = "web" }

[[channel]]
name = "torn"
kind = "webhook"
url = "hook.example"
mirrors = ["https://a.example", "gopher://b.example"]
hmac = "s3cret"
tags = "tls"
labels = { team = 1 }
mirror = "https://c.example"

[[channel]]
name = "empty"
kind = "webhook"

[[channel]]
name = "nowhere"
kind = "webhook"
url = "https://nowhere.example"

[[channel]]
name = "mail"
kind = "smtp"
host = "mail.example"
from = "a@b.example"
port = 0
trust = "root.pem"
"#;
    let error = Stage::new().plan(text, Prune::Written).unwrap_err();
    insta::assert_snapshot!("channel_mistakes", error.to_string());
    let mut stage = Stage::new();
    let whole = text.split("\n\n").next().unwrap();
    let changes = stage.apply(whole);
    assert_eq!(changes.secrets, [SecretRef("env:HOOK".to_owned())]);
    assert_eq!(print(&stage.present, KINDS, ASIDE).trim(), whole.trim());
}

/// The address of a webhook, which may be its only secret, had to stand in the file.
#[test]
fn an_address_that_is_a_secret_may_be_referred_to() {
    let hook = |door: &str| {
        format!(
            "[[channel]]\nname = \"hook\"\nkind = \"webhook\"\nurl = \"https://hook.example\"\ndoor = \"{door}\"\n"
        )
    };
    for (door, secrets) in
        [("env:HOOK", vec!["env:HOOK"]), ("file:/etc/hook", vec!["file:/etc/hook"]), ("https://hook", vec![])]
    {
        let mut stage = Stage::new();
        let secrets: Vec<SecretRef> = secrets.into_iter().map(|name| SecretRef(name.to_owned())).collect();
        assert_eq!(stage.apply(&hook(door)).secrets, secrets);
        assert_eq!(print(&stage.present, KINDS, ASIDE).trim(), hook(door).trim());
    }
    let error = Stage::new().plan(&hook("env:"), Prune::Written).unwrap_err().to_string();
    insta::assert_snapshot!(error, @r"
    the inventory file has a mistake; nothing was applied
    line 5: `door` of channel `hook` is no web address
       why: messages are posted over HTTP
      hint: begin it with https://, or write `env:NAME` or `file:/PATH` where it is a secret
    ");
}

#[test]
fn a_secret_in_the_settings_of_a_place_is_read_too_and_never_written_out() {
    let text = r#"
[[lineage]]
name = "java"
watch = { renewer = "certbot", chain_file = "/etc/java.pem" }
[[lineage.place]]
name = "store"
deployer = "files"
settings = { pkcs12 = { path = "/srv/java.p12", password = "env:P12" } }
"#;
    let changes = Stage::new().apply(text);
    assert_eq!(changes.secrets, [SecretRef("env:P12".to_owned())]);
    let plain =
        Stage::new().plan(&text.replace("env:P12", "hunter2"), Prune::Written).unwrap_err().to_string();
    assert!(plain.contains("a secret must not stand in the file itself"), "{plain}");
    assert!(!plain.contains("hunter2"), "{plain}");
}

#[test]
fn one_thing_is_printed_by_kind_and_name() {
    let mut stage = Stage::new();
    stage.apply(EXAMPLE);
    let one = |kind, name| describe_one(&stage.present, KINDS, (kind, name), ASIDE);
    assert!(one(Kind::Lineage, Some("shop")).unwrap().starts_with("[[lineage]]\nname = \"shop\""));
    assert_eq!(one(Kind::Place, Some("web")), one(Kind::Place, Some("shop/web")));
    assert_eq!(one(Kind::Lineage, Some("nope")), None);
    assert_eq!(one(Kind::Issuer, None).unwrap().matches("[[issuer]]").count(), 2);
    assert!(stage.present.channels.iter().any(|channel| channel.kind == "webhook"));
}

/// `[[lineage.place]]` stood alone: a table without a lineage, which `apply` refuses.
#[test]
fn a_place_that_was_printed_alone_is_read_back_and_changes_nothing() {
    let mut stage = Stage::new();
    stage.apply(&EXAMPLE.replace("\nowner = \"payments\"", ""));
    // Nothing in it was written by a file: a piece says nothing about the rest.
    stage.present.manifest = Manifest::default();
    let text = describe_one(&stage.present, KINDS, (Kind::Place, Some("shop/web")), ASIDE).unwrap();
    assert_eq!(
        (text.matches("[[lineage]]").count(), text.matches("[[lineage.place]]").count()),
        (1, 1),
        "{text}"
    );
    let back = stage.plan(&text, Prune::Written).unwrap();
    assert_eq!((shown(&back), back.writes), (String::new(), Vec::new()), "{text}");
    let every = describe_one(&stage.present, KINDS, (Kind::Place, None), ASIDE).unwrap();
    assert_eq!(every.matches("[[lineage.place]]").count(), stage.present.places.len(), "{every}");
    let back = stage.plan(&every, Prune::Written).unwrap();
    assert_eq!((shown(&back), back.writes), (String::new(), Vec::new()), "{every}");
    assert_eq!(describe_one(&stage.present, KINDS, (Kind::Place, Some("shop/nope")), ASIDE), None);
}

/// What `issue --endpoint` entered was removed by a file whose place names it, and came back with the next apply.
#[test]
fn an_endpoint_that_only_a_place_names_survives_pruning() {
    const FILE: &str = r#"
        [[issuer]]
        name = "ca"
        directory = "https://ca.example/dir"

        [[lineage]]
        name = "shop"
        identifiers = ["shop.example"]
        issuer = "ca"

        [[lineage.place]]
        name = "web"
        deployer = "files"
        settings = { key = "/k.pem", full_chain = "/c.pem" }
        endpoints = ["shop.example:443"]
    "#;
    let mut stage = Stage::new();
    let by_hand = stage.plan(FILE, Prune::Nothing).unwrap();
    stage.carry_out(&by_hand);
    assert_eq!(stage.present.endpoints.len(), 1);
    for _ in 0..2 {
        let changes = stage.plan(FILE, Prune::Everything).unwrap();
        assert_eq!(changes.differences, [], "the file says what is there");
        stage.carry_out(&changes);
        assert_eq!(stage.present.endpoints.len(), 1);
    }
}

mod properties {
    use std::fmt::Write as _;

    use proptest::prelude::*;

    use super::*;

    /// A file with some of a few things, each with some of its keys.
    fn any_file() -> impl Strategy<Value = String> {
        let owner = (0..3usize, any::<bool>(), prop::option::of(0..3usize));
        let endpoint = (0..4usize, prop::option::of(0..3usize), 0..3usize);
        // Which one is watched is fixed: names that were once managed stay known as observed.
        let lineage = (0..3usize, Just(()), prop::option::of(0..3usize), 0..3usize, any::<u8>());
        (
            prop::collection::vec(owner, 0..4),
            prop::collection::vec(endpoint, 0..5),
            prop::collection::vec(lineage, 0..4),
        )
            .prop_map(|(owners, endpoints, lineages)| text(&owners, &endpoints, &lineages))
    }

    type OwnerPart = (usize, bool, Option<usize>);
    type EndpointPart = (usize, Option<usize>, usize);
    type LineagePart = (usize, (), Option<usize>, usize, u8);

    fn text(owners: &[OwnerPart], endpoints: &[EndpointPart], lineages: &[LineagePart]) -> String {
        let mut file =
            "[[channel]]\nname = \"mail\"\nkind = \"smtp\"\nhost = \"h\"\nfrom = \"f\"\n".to_owned();
        file.push_str("[[issuer]]\nname = \"ca\"\ndirectory = \"https://ca.example/dir\"\n");
        let mut named = BTreeSet::new();
        let mut rules = BTreeSet::new();
        for (number, told, rule) in owners.iter().filter(|owner| named.insert(owner.0)) {
            write!(file, "[[owner]]\nname = \"o{number}\"\n").unwrap();
            if *told {
                file.push_str("contacts = [{ channel = \"mail\" }]\n");
            }
            let patterns = ["*.example", "*.pay.example", "a.pay.example"];
            if let Some(rule) = rule.filter(|rule| rules.insert(*rule)) {
                writeln!(file, "owns = [\"{}\"]", patterns[rule]).unwrap();
            }
        }
        let owner = |wanted: &Option<usize>| wanted.filter(|wanted| named.contains(wanted));
        let mut seen = BTreeSet::new();
        for (number, wanted, level) in endpoints.iter().filter(|endpoint| seen.insert(endpoint.0)) {
            let target = ["a.pay.example", "b.pay.example:8443", "smtp://mail.example", "[2001:db8::1]:443"];
            writeln!(file, "[[endpoint]]\ntarget = \"{}\"", target[*number]).unwrap();
            owner(wanted).iter().for_each(|owner| writeln!(file, "owner = \"o{owner}\"").unwrap());
            writeln!(file, "criticality = \"{}\"", ["low", "normal", "high"][*level]).unwrap();
        }
        let mut seen = BTreeSet::new();
        for (number, (), wanted, places, byte) in lineages.iter().filter(|one| seen.insert(one.0)) {
            writeln!(file, "[[lineage]]\nname = \"l{number}\"").unwrap();
            owner(wanted).iter().for_each(|owner| writeln!(file, "owner = \"o{owner}\"").unwrap());
            if *number == 2 {
                file.push_str("watch = { renewer = \"lego\", chain_file = \"/c.pem\" }\n");
            } else {
                writeln!(file, "identifiers = [\"l{number}.pay.example\"]\nissuer = \"ca\"").unwrap();
                writeln!(file, "keep_versions = {}\nreuse_key = {}", byte % 5, byte % 2 == 0).unwrap();
            }
            for place in 0..*places {
                let endpoint = ["a.pay.example", "l.pay.example", "10.0.0.1:8443"][(place + number) % 3];
                writeln!(file, "[[lineage.place]]\nname = \"p{place}\"\ndeployer = \"files\"").unwrap();
                writeln!(file, "settings = {{ a = {byte}, b = [1.5, true] }}\nendpoints = [\"{endpoint}\"]")
                    .unwrap();
            }
        }
        file
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        /// Whatever was there before: afterwards it is what the file says, once and for all.
        #[test]
        fn files_are_idempotent_convergent_and_read_back(first in any_file(), second in any_file()) {
            let mut stage = Stage::new();
            stage.apply(&first);
            stage.apply(&second);
            let again = stage.apply(&second);
            prop_assert_eq!((shown(&again), again.writes), (String::new(), Vec::new()));
            let mut fresh = Stage::new();
            fresh.apply(&second);
            let printed = print(&stage.present, KINDS, ASIDE);
            prop_assert_eq!(&printed, &print(&fresh.present, KINDS, ASIDE), "the past shows through");
            let back = stage.apply(&printed);
            prop_assert_eq!((shown(&back), back.writes), (String::new(), Vec::new()));
            prop_assert_eq!(print(&stage.present, KINDS, ASIDE), printed);
        }

        /// Hostile text is told, never a panic.
        #[test]
        fn any_text_is_read_or_refused(text in "(\\[\\[(owner|endpoint|lineage|place)\\]\\]\n|[a-z]{1,8} = (\"[a-z.:/*]{0,9}\"|\\{ a = 1 \\}|[0-9]{1,3}|\\[\"x\", 2\\])\n|.{0,20}\n){0,12}") {
            drop(Stage::new().plan(&text, Prune::Everything));
        }
    }
}
