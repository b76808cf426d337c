//! Settings: what a template comes to, before it is written in a maker's format.

use minijinja::value::ValueKind;
use minijinja::{Environment, ErrorKind, UndefinedBehavior};
use serde::Serialize;

use crate::ProvisionError;

/// Settings in one file at most; a layout with every key of every page stays below.
const SETTINGS_MAX: usize = 20_000;

/// One setting. The name is the maker's; values are single lines without control characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Setting {
    /// As the template or the administrator wrote it.
    pub name: String,
    /// As it is meant, not escaped.
    pub value: String,
}

/// Fills a template with a view and reads the settings in it.
pub(crate) fn fill<V: Serialize>(
    template: &'static str,
    text: &'static str,
    view: &V,
) -> Result<Vec<Setting>, ProvisionError> {
    let wrong = |error: minijinja::Error| ProvisionError::Template { template, cause: cause(&error) };
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_trim_blocks(true);
    environment.set_lstrip_blocks(true);
    environment.set_formatter(|out, _, value| {
        if matches!(value.kind(), ValueKind::None | ValueKind::Undefined) {
            return Err(minijinja::Error::new(ErrorKind::UndefinedError, "a value is missing"));
        }
        // A line break would begin another setting; nothing else can, for a line is cut at its first ` = ` and the
        // names stand before it.
        let line: String = value.to_string().chars().map(|c| if is_break(c) { ' ' } else { c }).collect();
        out.write_str(&line).map_err(minijinja::Error::from)
    });
    environment.add_template(template, text).map_err(wrong)?;
    let filled = environment.get_template(template).and_then(|t| t.render(view)).map_err(wrong)?;
    filled
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with("//"))
        .take(SETTINGS_MAX)
        .map(|line| {
            // A setting without a value empties what the phone had.
            let (name, value) = line
                .split_once(" = ")
                .or_else(|| Some((line.strip_suffix(" =")?, "")))
                .ok_or_else(|| ProvisionError::Setting(line.to_owned()))?;
            Ok(Setting { name: name.trim().to_owned(), value: value.trim().to_owned() })
        })
        .collect()
}

/// What the administrator wrote beside the phone, `name=value`: it takes the place of what the template says.
pub(crate) fn override_with(settings: &mut Vec<Setting>, extra: &[String]) -> Result<(), ProvisionError> {
    for line in extra {
        let (name, value) = line.split_once('=').ok_or_else(|| ProvisionError::Setting(line.clone()))?;
        let value = value.trim().chars().map(|c| if is_break(c) { ' ' } else { c }).collect();
        let fresh = Setting { name: name.trim().to_owned(), value };
        match settings.iter_mut().find(|setting| setting.name == fresh.name) {
            Some(setting) => *setting = fresh,
            None => settings.push(fresh),
        }
    }
    Ok(())
}

/// Control characters, and what Unicode calls a line's end.
pub(crate) fn is_break(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}')
}

fn cause(error: &minijinja::Error) -> String {
    let line = error.line().map(|line| format!(" in line {line}")).unwrap_or_default();
    format!("{error}{line}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    struct View {
        name: &'static str,
        empty: Option<&'static str>,
    }

    fn settings(text: &'static str, name: &'static str) -> Result<Vec<(String, String)>, ProvisionError> {
        let settings = fill("test", text, &View { name, empty: None })?;
        Ok(settings.into_iter().map(|s| (s.name, s.value)).collect())
    }

    #[test]
    fn a_value_stays_in_its_line() {
        let evil = "Eve\nadmin = 1\r\n\u{2028}x = y {{ name }} {% raw %} = \"<z>\" // é\u{0}";
        let read = settings("// a comment\nlabel = {{ name }}\nnext = 2\nnone =\n", evil).unwrap();
        assert_eq!(read.len(), 3);
        assert_eq!(read[0].0, "label");
        assert_eq!(read[0].1, "Eve admin = 1   x = y {{ name }} {% raw %} = \"<z>\" // é");
        assert_eq!(read[1..], [("next".to_owned(), "2".to_owned()), ("none".to_owned(), String::new())]);
    }

    #[test]
    fn a_missing_value_is_an_error() {
        for text in ["a = {{ nobody }}", "a = {{ empty }}", "a = {{ name.x.y }}", "a = {{", "no setting"] {
            assert!(settings(text, "x").is_err(), "{text}");
        }
    }

    #[test]
    fn what_the_administrator_wrote_takes_the_place() {
        let mut settings = fill("test", "a = 1\nb = 2", &()).unwrap();
        override_with(&mut settings, &["b=3=4".into(), " c = x\ny ".into()]).unwrap();
        let read: Vec<_> = settings.iter().map(|s| (s.name.as_str(), s.value.as_str())).collect();
        assert_eq!(read, [("a", "1"), ("b", "3=4"), ("c", "x y")]);
        assert!(override_with(&mut settings, &["nothing".into()]).is_err());
    }
}
