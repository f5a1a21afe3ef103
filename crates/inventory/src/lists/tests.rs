use std::collections::BTreeSet;

use notafter_cert::Time;
use proptest::prelude::*;

use super::*;
use crate::code::{Present, Prune, plan};
use crate::model::{BusinessHours, Owner, OwnerId};

fn convert(format: &str, text: &str) -> Converted {
    let converted = Format::named(format).unwrap().convert(text).unwrap();
    applied(&converted);
    converted
}

/// Whatever is made is taken by `apply` beside its owners.
fn applied(converted: &Converted) {
    let owner = |name: &str, number: u8| Owner {
        id: OwnerId::from_bytes([number; 16]),
        name: name.to_owned(),
        contacts: Vec::new(),
        owns: Vec::new(),
        hours: BusinessHours::default(),
        acknowledge: None,
    };
    let named = converted.owners.iter().zip(1..).map(|(name, number)| owner(name, number));
    let present = Present { owners: named.chain([owner("default", 0xdd)]).collect(), ..Present::default() };
    let mut count = 0_u32;
    let mut random = || {
        count += 1;
        let mut bytes = [0; 10];
        bytes[..4].copy_from_slice(&count.to_be_bytes());
        bytes
    };
    let now = Time::from_unix_seconds(1_796_000_000);
    let planned = plan(&converted.toml, (&present, &[]), Prune::Nothing, now, &mut random);
    let differences = planned.map(|changes| changes.differences.len());
    assert_eq!(differences, Ok(converted.endpoints), "{}", converted.toml);
}

/// As a person is told it.
fn told(converted: &Converted) -> String {
    let Converted { toml, endpoints, owners, left_out, not_kept } = converted;
    let mut text = format!("{toml}---\n{endpoints} endpoints, owners {owners:?}\n");
    for LeftOut { line, what, why } in left_out {
        text += &format!("line {line}: {what}: {why}\n");
    }
    for NotKept { what, lines } in not_kept {
        text += &format!("not kept (lines {lines:?}): {what}\n");
    }
    text
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the test looks at the source folder")]
fn the_folder_and_the_list_are_the_same() {
    let entries = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src/lists")).unwrap();
    let files: BTreeSet<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter_map(|name| name.strip_suffix(".rs").map(|name| name.replace('_', "-")))
        .filter(|name| !["mod", "authority", "read", "tests"].contains(&name.as_str()))
        .collect();
    let listed: BTreeSet<String> = ALL.iter().map(|format| format.name.to_owned()).collect();
    assert_eq!(files, listed);
}

#[test]
fn a_table_with_commas() {
    insta::assert_snapshot!(told(&convert(
        "csv",
        "\u{feff}Target,Port,Owner,Criticality,Label.service,Labels,Trust,Room\r\n\
         shop.example,,web,high,checkout,site=east; tier=1,,A1\r\n\
         https://www.shop.example:8443/path?q=1,,web,,,,,\r\n\
         mail.example,587,,,,,,\r\n\
         smtp://mail.example,587,mail ops,,,,,\r\n\
         10.0.0.7,8443,payments,LOW,,,/etc/ssl/house.pem,\r\n\
         \"shop.example\",443,other,normal,\"check\nout\",site=west,,\r\n\
         # ask ada,,,,,,,\r\n\
         http://plain.example,,,,,,,\r\n\
         ada:secret@db.example:x,,,,,,,\r\n\
         bad_.exa mple,,,,,,,\r\n\
         good.example,99999,,,,,,\r\n\
         ,,web,,,,,\r\n\
         ,,,,,,,\r\n\
         more.example,,,urgent,,,relative.pem,,beyond\r\n"
    )));
}

#[test]
fn tables_with_semicolons_and_tabs_are_read_too() {
    for text in ["host;owner\nshop.example;web\n", "host\towner\nshop.example\tweb\n", "host\nshop.example"] {
        let converted = convert("csv", text);
        assert_eq!((converted.endpoints, converted.left_out.len()), (1, 0), "{text}");
    }
}

/// What a spreadsheet would run, or a terminal obey, is in no label and no message.
#[test]
fn formulas_and_control_characters_come_through_in_no_way() {
    let converted = convert(
        "csv",
        "target,label.a,label.b,label.c,label.notafter/shed-from\n\
         shop.example,=cmd|' /C calc'!A0,\"two\nlines\",\u{202e}evil,x\n\
         =HYPERLINK(\"http://evil.example\"),,,,\n\
         \u{1b}[2Jred.example,,,,\n\
         <script>alert(1)</script>,,,,\n",
    );
    insta::assert_snapshot!(told(&converted));
    assert!(!told(&converted).replace('\n', "").contains(char::is_control));
}

#[test]
fn groups_of_prometheus_targets_as_yaml_and_as_json() {
    let yaml = convert(
        "file-sd",
        "- targets: ['shop.example:443', 'https://www.shop.example/health']\n  labels:\n    team: web\n    \
         __meta_region: east\n- targets:\n    - plain.example:80\n  labels: {__scheme__: http}\n- labels: {}\n\
         - targets: [shop.example, {a: b}, '[2001:db8::1]:8443']\n  labels: {team: other, site: x}\n",
    );
    insta::assert_snapshot!("file_sd", told(&yaml));
    let json = convert(
        "file-sd",
        "[\n  {\"targets\": [\"shop.example:443\"], \"labels\": {\"team\": \"m\\u00fcnchen \\ud83d\\ude00\"}},\n  \
         {\n\t\"targets\": [\"ftp://x.example\", 7],\n    \"labels\": {\"n\": 3}}\n]\n",
    );
    insta::assert_snapshot!("file_sd_json", told(&json));
}

#[test]
fn a_configuration_of_gatus() {
    let text = "
alerting:
  slack: {webhook-url: 'https://hooks.example/secret'}
defaults: &usual
  interval: 5m
  alerts: [{type: slack}]
endpoints:
  - name: shop
    group: core
    url: https://ada:secret@shop.example/health
    <<: *usual
    conditions:
      - '[STATUS] == 200'
      - '[CERTIFICATE_EXPIRATION] > 48h'
    extra-labels: {service: checkout}
  - {name: mail, url: 'starttls://mail.example:587', client: {insecure: true}}
  - name: ldap
    url: tls://ldap.example:636
  - {name: paused, enabled: false, url: 'https://paused.example'}
  - {name: ping, url: 'icmp://192.0.2.1'}
  - {name: names, url: 'dns.example', dns: {query-name: a.example, query-type: A}}
  - {name: secret, url: 'https://${HOST}/'}
  - {name: lost}
  - {name: again, url: 'https://shop.example'}
suites:
  - name: login
    endpoints:
      - {name: first, url: 'https://login.example'}
external-endpoints:
  - {name: pushed, token: abc}
";
    let converted = convert("gatus", text);
    insta::assert_snapshot!(told(&converted));
    assert!(!told(&converted).contains("secret@"));
}

#[test]
fn a_backup_of_uptime_kuma() {
    let text = r##"{
  "version": "1.23.11",
  "notificationList": [{"id": 1, "config": "{\"token\": \"hush\"}"}],
  "monitorList": [
    {"id": 1, "name": "Shop", "type": "http", "url": "https://shop.example/health", "active": 1, "interval": 60,
     "expiryNotification": true, "notificationIDList": {"1": true},
     "tags": [{"name": "team", "value": "web", "color": "#059669"}, {"name": "prod", "value": ""}]},
    {"id": 2, "name": "Plain", "type": "http", "url": "http://plain.example", "active": true},
    {"id": 3, "name": "Off", "type": "keyword", "url": "https://off.example", "active": 0},
    {"id": 4, "name": "Mail", "type": "smtp", "hostname": "mail.example", "port": 587, "smtpSecurity": "starttls",
     "active": true, "parent": 9, "ignoreTls": true},
    {"id": 5, "name": "Mails", "type": "smtp", "hostname": "mail.example", "port": null, "smtpSecurity": "secure"},
    {"id": 6, "name": "Ping", "type": "ping", "hostname": "192.0.2.1"},
    {"id": 7, "name": "Db", "type": "postgres", "databaseConnectionString": "postgres://ada:hush@db.example/x"},
    {"id": 8, "name": "Not", "type": "http", "url": "https://not.example", "upsideDown": true},
    {"id": 9, "name": "Group", "type": "group"},
    {"id": 10, "name": "Rpc", "type": "grpc-keyword", "grpcUrl": "rpc.example:8443", "grpcEnableTls": true},
    {"id": 11, "name": "Broker", "type": "mqtt", "hostname": "mqtts://broker.example", "port": 8883},
    {"id": 12, "name": null, "type": "http", "url": "https://[2001:db8::1]:8443/"}
  ]
}"##;
    let converted = convert("uptime-kuma", text);
    insta::assert_snapshot!(told(&converted));
    assert!(!told(&converted).contains("hush"));
    let by_id =
        "{\"monitorList\": {\"1\": {\"name\": \"a\", \"type\": \"http\", \"url\": \"https://a.example\"}}}";
    assert_eq!(convert("uptime-kuma", by_id).endpoints, 1);
}

#[test]
fn what_is_no_list_of_its_format_is_refused_with_its_line() {
    let deep = "[".repeat(10_000);
    let cases: Vec<(&str, &str)> = vec![
        ("csv", ""),
        ("csv", "shop.example\nwww.example\n"),
        ("file-sd", ""),
        ("file-sd", "targets: [a]"),
        ("file-sd", "[{\"targets\": [\"a\"]"),
        ("file-sd", "- targets: [a\n- b: ]"),
        ("file-sd", "- targets: *nowhere"),
        ("file-sd", "<html><body>Sign in</body></html>"),
        ("file-sd", &deep),
        ("gatus", "- a"),
        ("gatus", "endpoints: 3"),
        ("gatus", "<!DOCTYPE html>\n<title>Sign in: please</title>"),
        ("uptime-kuma", "{}"),
        ("uptime-kuma", "[]"),
        ("uptime-kuma", "{\"monitorList\": 3}"),
        ("uptime-kuma", "<html>"),
    ];
    let refused = |(format, text): (&str, &str)| {
        let error = Format::named(format).unwrap().convert(text).unwrap_err();
        let shown: String = text.chars().take(40).collect();
        format!("{format} {shown:?}: {error}")
    };
    insta::assert_snapshot!(cases.into_iter().map(refused).collect::<Vec<_>>().join("\n"));
}

/// A few lines that stand for a billion (CWE-776), and a list that is deeper than the stack.
#[test]
fn a_text_that_would_grow_without_end_is_refused() {
    let too_much = |text: &str| {
        let refused = Format::named("gatus").unwrap().convert(text).unwrap_err();
        assert!(refused.to_string().contains("refers to too much"), "{refused}");
    };
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..40 {
        let before = format!("*a{}, ", level - 1).repeat(10);
        text += &format!("a{level}: &a{level} [{before}]\n");
    }
    text += "endpoints: *a39\n";
    too_much(&text);
    let merged: String =
        (1..40).map(|level| format!("m{level}: &m{level} {{<<: [*m{0}, *m{0}]}}\n", level - 1)).collect();
    let text = format!("m0: &m0 {{url: 'https://a.example'}}\n{merged}endpoints: [{{<<: *m39}}]\n");
    too_much(&text);
    let deep = format!("endpoints: {}", "[".repeat(100_000));
    assert!(Format::named("gatus").unwrap().convert(&deep).is_err());
    assert_eq!(
        Format::named("csv").unwrap().convert(&"x".repeat(LONGEST + 1)),
        Err(Unreadable::TooLong(LONGEST + 1))
    );
}

proptest! {
    /// Whatever pieces of lists stand beside one another: what is made of them is taken by `apply`, and what is told obeys
    /// nobody.
    #[test]
    fn pieces_of_lists_in_any_order_make_an_inventory_or_are_refused(
        pieces in prop::collection::vec(prop::sample::select(PIECES), 0..30)
    ) {
        let text = pieces.concat();
        for format in ALL {
            match format.convert(&text) {
                Ok(converted) => {
                    applied(&converted);
                    let said = told(&converted).replace('\n', "");
                    prop_assert!(!said.contains(char::is_control), "{said:?}");
                }
                Err(error) => prop_assert!(!error.to_string().contains(char::is_control), "{error:?}"),
            }
        }
    }
}

const PIECES: &[&str] = &[
    "target,owner,label.a,port\n",
    "host;labels\n",
    "shop.example",
    ",",
    ";",
    "\n",
    "\r\n",
    "\t",
    " ",
    "\"",
    "'",
    ":",
    ": ",
    "- ",
    "[",
    "]",
    "{",
    "}",
    "&a ",
    "*a",
    "<<: *a",
    "targets",
    "labels",
    "endpoints:\n  - ",
    "url: ",
    "name: ",
    "https://",
    "smtp://",
    "monitorList",
    "{\"monitorList\": [",
    "{\"type\": \"http\", \"url\": \"https://a.example\"}",
    "]}",
    "web",
    "=1+1",
    "\u{1b}[2J",
    "\u{202e}",
    "\u{0}",
    "\u{feff}",
    "| \n",
    "? ",
    "!!binary ",
    "---\n",
    "...\n",
    "#",
    "\\",
    "null",
    "1e9",
];

/// A password in a cell was repeated where another cell of the row was wrong, or the row was a comment.
#[test]
fn no_reason_repeats_a_password() {
    for text in
        ["target,port\nhttps://ada:secret@shop.example,99999\n", "target\n#https://ada:secret@shop.example\n"]
    {
        let told = told(&convert("csv", text));
        assert!(told.contains("line 2") && !told.contains("secret"), "{told}");
    }
}

/// References to references went as deep as the text was long, and the program ended without a word when it let go of them;
/// or they came to a thousand million endpoints.
#[test]
fn what_refers_to_itself_again_and_again_is_refused() {
    let deep: String = (1..200_000).map(|level| format!("- &a{level} [*a{}]\n", level - 1)).collect();
    let wide = "- *g\n".repeat(100_000);
    let hosts = "x, ".repeat(1000);
    for text in [format!("- &a0 [x]\n{deep}"), format!("- &g {{targets: [{hosts}]}}\n{wide}")] {
        let refused = super::read::yaml(&text).unwrap_err();
        assert!(refused.to_string().contains("refers to too much"), "{refused}");
    }
}
