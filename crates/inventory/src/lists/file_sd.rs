//! Prometheus's lists of targets in files (`file_sd_configs`), JSON or YAML: groups of targets with labels.

use std::rc::Rc;

use super::read::{Lines, Node, is_json, yaml};
use super::{Finds, Format, Found, Unreadable, target};

pub(super) const FORMAT: Format = Format {
    name: "file-sd",
    title: "Prometheus's file_sd_configs, JSON or YAML: groups of `targets` with `labels`",
    read,
};

const SHAPE: Unreadable = Unreadable::Shape("it is no list of groups with `targets`");

fn read(text: &str) -> Result<Finds, Unreadable> {
    let groups = match is_json(text) {
        true => of_json(text)?,
        false => yaml(text)?.list().ok_or(SHAPE)?.to_vec(),
    };
    let mut finds = Finds::default();
    for one in &groups {
        group(&mut finds, one);
    }
    Ok(finds)
}

fn of_json(text: &str) -> Result<Vec<Rc<Node>>, Unreadable> {
    let lines = Lines::of(text);
    let groups = lines.json()?.list().ok_or(SHAPE)?;
    groups.into_iter().map(super::read::Json::node).collect()
}

fn group(finds: &mut Finds, group: &Node) {
    let Some(targets) = group.get("targets").and_then(Node::list) else {
        return finds.leave_out(group.line, "a group", "it has no list of `targets`");
    };
    let labels = group.get("labels").map(Node::pairs).unwrap_or_default();
    let in_the_clear = labels.iter().any(|(name, node)| *name == "__scheme__" && node.word() == Some("http"));
    for node in targets {
        let Some(written) = node.word() else {
            finds.leave_out(node.line, "a target", "it is no word");
            continue;
        };
        if in_the_clear {
            finds.leave_out(node.line, written, "its group has the label __scheme__ = http: no TLS");
            continue;
        }
        match target(written) {
            Ok(target) => {
                let mut found = Found::new(node.line, target);
                labels.iter().for_each(|(name, node)| label(finds, &mut found, name, node));
                finds.found.push(found);
            }
            Err(why) => finds.leave_out(node.line, written, why),
        }
    }
}

/// Labels that begin with two underscores are for Prometheus alone.
fn label(finds: &mut Finds, found: &mut Found, name: &str, node: &Node) {
    match node.word() {
        Some(_) if name.starts_with("__") => {
            finds.not_kept(found.line, format!("label {name}: it tells Prometheus how to ask"));
        }
        Some(value) => finds.label(found, name, value),
        None => finds.not_kept(found.line, format!("label {name}: it is no word")),
    }
}
