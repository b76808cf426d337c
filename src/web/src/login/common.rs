//! Passwords that are easy to guess although they are long.

/// Words that make up most long passwords found on guessing lists; compared after undoing the usual disguises.
const WORDS: &[&str] = &[
    "admin",
    "administrator",
    "asdfghjkl",
    "asterisk",
    "azerty",
    "baseball",
    "changeme",
    "charlie",
    "company",
    "computer",
    "default",
    "dragon",
    "extension",
    "football",
    "freepbx",
    "geheim",
    "guest",
    "hello",
    "iloveyou",
    "internet",
    "jesus",
    "letmein",
    "liverpool",
    "login",
    "love",
    "manager",
    "master",
    "michael",
    "minecraft",
    "monkey",
    "motdepasse",
    "office",
    "operator",
    "pass",
    "passwd",
    "password",
    "passwort",
    "phone",
    "pokemon",
    "princess",
    "private",
    "qazwsx",
    "qwerty",
    "qwertyuiop",
    "qwertz",
    "root",
    "secret",
    "secure",
    "security",
    "server",
    "shadow",
    "soleil",
    "starwars",
    "strowger",
    "summer",
    "sunshine",
    "superman",
    "superuser",
    "system",
    "telephone",
    "test",
    "trustno",
    "user",
    "voip",
    "wachtwoord",
    "welcome",
    "whatever",
    "winter",
    "spring",
    "autumn",
    "zxcvbnm",
    "abc",
    "and",
    "is",
    "my",
    "new",
    "now",
    "the",
    "this",
    "to",
    "for",
    "you",
    "your",
    "mein",
    "mon",
    "mijn",
    "i",
    "a",
];

/// Rows of keys and of counting, both ways: any stretch of four or more is worth one sign.
const ROWS: &[&str] =
    &["abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "qwertzuiop", "azertyuiop", "asdfghjkl", "zxcvbnm", "01234567890"];

/// Whether this password, however long, falls to a short list: it is made of common words, of the account's or
/// firm's name, of runs along the keyboard, or of few different signs.
pub(crate) fn is_easy(password: &str, names: &[&str]) -> bool {
    let plain = password.to_lowercase();
    let mut different: Vec<char> = plain.chars().collect();
    different.sort_unstable();
    different.dedup();
    if different.len() < 5 {
        return true;
    }
    let undisguised: String = plain.chars().map(undisguise).collect();
    [plain, undisguised].iter().any(|text| worth(text, names) < 5)
}

/// How many signs are left to guess once words, names and runs are known.
fn worth(text: &str, names: &[&str]) -> usize {
    let mut rest = text.to_owned();
    for name in names.iter().map(|name| name.to_lowercase()).filter(|name| name.chars().count() >= 3) {
        rest = rest.replace(&name, " ");
    }
    let mut words: Vec<&str> = WORDS.iter().copied().filter(|word| word.len() >= 3).collect();
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    for word in words {
        rest = rest.replace(word, " ");
    }
    let rest = without_runs(&rest);
    // Digits and signs around words are the usual decoration ("…2024!"): each is worth little.
    let letters = rest.chars().filter(|c| c.is_alphabetic()).count();
    let others = rest.chars().filter(|c| !c.is_alphabetic() && *c != ' ').count();
    letters + others / 2
}

fn without_runs(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::new();
    let mut at = 0;
    while at < chars.len() {
        let run = run_at(&chars[at..]);
        if run >= 4 {
            out.push(' ');
            at += run;
        } else {
            out.push(chars[at]);
            at += 1;
        }
    }
    out
}

fn run_at(chars: &[char]) -> usize {
    let same = chars.iter().take_while(|c| **c == chars[0]).count();
    let longest = ROWS
        .iter()
        .flat_map(|row| [row.to_string(), row.chars().rev().collect::<String>()])
        .map(|row| {
            let row: Vec<char> = row.chars().collect();
            let Some(start) = row.iter().position(|c| *c == chars[0]) else { return 0 };
            row[start..].iter().zip(chars).take_while(|(a, b)| a == b).count()
        })
        .max()
        .unwrap_or(0);
    same.max(longest)
}

fn undisguise(c: char) -> char {
    match c {
        '0' => 'o',
        '1' | '!' | '|' => 'i',
        '3' | '€' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' | '+' => 't',
        '8' => 'b',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_but_easy_passwords_are_known() {
        for easy in [
            "password1234",
            "Passw0rd2024!",
            "P@$$w0rdP@$$w0rd",
            "qwertyuiop123",
            "1234567890123",
            "abcdefghijklm",
            "aaaaaaaaaaaaaa",
            "Welcome12345!",
            "letmein-letmein",
            "admin-admin-admin",
            "Acme-Widgets-1",
            "strowger2025!",
            "iloveyou12345",
            "Summer2026!!!",
            "98765432109876",
        ] {
            assert!(is_easy(easy, &["admin", "Acme Widgets", "acme", "widgets"]), "{easy}");
        }
    }

    #[test]
    fn passphrases_and_random_ones_pass() {
        for good in ["correct horse battery", "kxq7-vnd2-w9rt", "Der Apfel fällt nicht weit", "gurken-trompete-41"] {
            assert!(!is_easy(good, &["admin", "Acme"]), "{good}");
        }
    }
}
