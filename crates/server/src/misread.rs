//! What somebody sent that cannot be read, in our words: which member, what it is, what it may be. The libraries that read it
//! speak of variants and deserializing to whoever wrote the program, and not to whoever asks it.

/// What a library said of it, in our words.
pub(crate) fn in_words(said: &str) -> String {
    let said = said.strip_prefix("Failed to deserialize query string: ").unwrap_or(said);
    let said = said.strip_prefix("Failed to deserialize form body: ").unwrap_or(said);
    let said = said.strip_prefix("Failed to deserialize form: ").unwrap_or(said);
    let (said, place) = match said.rfind(" at line ") {
        Some(at) => said.split_at(at),
        None => (said, ""),
    };
    let (member, said) = member(said);
    format!("{}{place}", told(member, said))
}

/// `limit: invalid digit` is about `limit`.
fn member(said: &str) -> (Option<&str>, &str) {
    let is_name = |text: &str| {
        !text.is_empty()
            && text.chars().all(|letter| letter.is_ascii_alphanumeric() || "_.-[]".contains(letter))
    };
    match said.split_once(": ") {
        Some((name, rest)) if is_name(name) => (Some(name), rest),
        _ => (None, said),
    }
}

fn told(member: Option<&str>, said: &str) -> String {
    let it = member.map_or_else(|| "a value".to_owned(), |name| format!("`{name}`"));
    if let Some(rest) = said.strip_prefix("unknown variant ") {
        let (value, may) = expected(rest);
        return format!("{it} is {value}, and may be {}", choice(may, "or"));
    }
    if let Some(rest) = said.strip_prefix("unknown field ") {
        let (name, may) = expected(rest);
        return match may {
            "" => format!("there is no {name} here, and nothing else is taken"),
            may => format!("there is no {name} here; there are {}", choice(may, "and")),
        };
    }
    if let Some(name) = said.strip_prefix("missing field ") {
        return format!("{name} is left out, and there must be one");
    }
    if let Some(name) = said.strip_prefix("duplicate field ") {
        return format!("{name} is there twice");
    }
    if said.starts_with("invalid digit found") || said.starts_with("cannot parse integer") {
        return format!("{it} is no number");
    }
    if said.starts_with("number too ") {
        return format!("{it} is a number out of all bounds");
    }
    if said.starts_with("provided string was not `true` or `false`") {
        return format!("{it} may be `true` or `false`");
    }
    for kind in ["invalid type: ", "invalid value: "] {
        if let Some((found, wanted)) = said.strip_prefix(kind).and_then(|rest| rest.split_once(", expected "))
        {
            return format!("{it} is {found}, and must be {}", type_name(wanted));
        }
    }
    match member {
        Some(name) if !said.contains(name) => format!("`{name}`: {said}"),
        _ => said.to_owned(),
    }
}

/// What was found, and what may be there.
fn expected(rest: &str) -> (&str, &str) {
    match rest.split_once(", expected ") {
        Some((found, may)) => (found, may.strip_prefix("one of ").unwrap_or(may)),
        None => (rest.split(',').next().unwrap_or(rest), ""),
    }
}

/// "`a`, `b` or `c`".
fn choice(may: &str, word: &str) -> String {
    match may.rsplit_once(", ") {
        Some((before, last)) => format!("{before} {word} {last}"),
        None => may.to_owned(),
    }
}

fn type_name(wanted: &str) -> &str {
    match wanted {
        "u32" | "u64" | "i64" | "usize" | "u16" | "u8" => "a whole number",
        other => other.strip_prefix("struct ").map_or(other, |_| "an object"),
    }
}

#[cfg(test)]
mod tests {
    use axum::extract::Query;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Default, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    enum Which {
        #[default]
        Open,
        Closed,
        All,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "they are read from text alone")]
    struct Wish {
        host: String,
        #[serde(default)]
        state: Which,
        limit: Option<u32>,
        all: Option<bool>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Nothing {}

    #[test]
    fn the_words_of_a_library_leaked_into_problems_about_addresses() {
        let said = |query: &str| {
            let uri = format!("/x?{query}").parse().unwrap();
            in_words(&Query::<Wish>::try_from_uri(&uri).unwrap_err().body_text())
        };
        let told = [
            "host=a&state=x",
            "host=a&q=x",
            "",
            "host=a&limit=x",
            "host=a&limit=-1",
            "host=a&limit=99999999999",
            "host=a&all=x",
            "host=a&host=b",
        ]
        .map(|query| format!("{query}: {}", said(query)));
        insta::assert_snapshot!(told.join("\n"));
    }

    #[test]
    fn the_words_of_a_library_leaked_into_problems_about_bodies() {
        let wish = |text: &str| in_words(&serde_json::from_str::<Wish>(text).unwrap_err().to_string());
        let mut told =
            [r#"{"host":"a","state":"x"}"#, r#"{"host":3}"#, r#"{"host":"a","limit":"x"}"#, "{}", "[]x", "{"]
                .map(|text| format!("{text}: {}", wish(text)))
                .to_vec();
        let nothing = serde_json::from_str::<Nothing>(r#"{"x":1}"#).unwrap_err().to_string();
        told.push(in_words(&nothing));
        insta::assert_snapshot!(told.join("\n"));
    }
}
