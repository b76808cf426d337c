//! The demo company: something to phone with on the first try.

use std::fmt::Write;

use config::{Config, Document};

/// Who works there, from 101 on.
const PEOPLE: [&str; 9] = [
    "Anna Peeters",
    "Bart Willems",
    "Chloé Dubois",
    "Dirk Janssens",
    "Eva Maes",
    "Farid Haddad",
    "Greta Wouters",
    "Hugo Lambert",
    "Reception",
];
const FIRST: u32 = 101;

/// The document. It listens on this machine only: everybody knows its secrets.
pub fn document() -> Document {
    let mut text = String::from(
        "[system]\nname = \"Demo Company\"\nrealm = \"strowger-demo\"\n\n\
         [listen]\nsip = \"127.0.0.1:5060\"\nweb = \"127.0.0.1:8443\"\n\n",
    );
    for (number, name) in (FIRST..).zip(PEOPLE) {
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "[[extension]]\nnumber = \"{number}\"\nname = \"{name}\"\nsecret = \"{}\"\n",
            secret(&number.to_string())
        );
    }
    text.push_str("[[ring_group]]\nnumber = \"400\"\nname = \"Sales\"\nmembers = [\"101\", \"102\", \"103\"]\n");
    Document::parse(&text).expect("the demo company is valid: a test parses it")
}

fn secret(number: &str) -> String {
    format!("demo-{number}-secret")
}

/// What can be dialled, for people to read: each extension with its secret as long as it has the one
/// of the demo, the ring groups and the echo test.
pub fn dialling_guide(config: &Config) -> String {
    let mut out = String::from("What can be dialled:\n");
    for extension in config.extensions.values().filter(|extension| extension.enabled) {
        let demo = secret(&extension.number);
        let is_demo = config::secret::ha1(&extension.number, &config.system.realm, &demo)
            == (extension.ha1_md5, extension.ha1_sha256);
        let shown = if is_demo { format!("secret {demo}") } else { "secret known to its owner".to_owned() };
        row(&mut out, &extension.number, &extension.name, &shown);
    }
    for group in config.ring_groups.values() {
        row(&mut out, &group.number, &group.name, &format!("rings {}", group.members.join(", ")));
    }
    row(&mut out, &config.features.echo, "Echo test", "you hear yourself");
    out
}

fn row(out: &mut String, number: &str, name: &str, remark: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(out, "  {number:<6} {name:<20} {remark}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn the_guide_names_what_works_and_no_secret_that_was_changed() {
        let mut config = Config::clone(document().config());
        for extension in config.extensions.values_mut() {
            match extension.number.as_str() {
                "104" => extension.ha1_md5 = [0; 16],
                "105" => extension.enabled = false,
                _ => {}
            }
        }
        expect![[r#"
            What can be dialled:
              101    Anna Peeters         secret demo-101-secret
              102    Bart Willems         secret demo-102-secret
              103    Chloé Dubois         secret demo-103-secret
              104    Dirk Janssens        secret known to its owner
              106    Farid Haddad         secret demo-106-secret
              107    Greta Wouters        secret demo-107-secret
              108    Hugo Lambert         secret demo-108-secret
              109    Reception            secret demo-109-secret
              400    Sales                rings 101, 102, 103
              *43    Echo test            you hear yourself
        "#]]
        .assert_eq(&dialling_guide(&config));
    }
}
