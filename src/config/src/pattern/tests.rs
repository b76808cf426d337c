use proptest::prelude::*;

use super::*;

fn pattern(text: &str) -> Pattern {
    Pattern::parse(text).unwrap()
}

#[test]
fn a_pattern_matches_whole_numbers_and_tells_where_its_tail_began() {
    let cases = [
        ("112", "112", Some(3)),
        ("112", "1122", None),
        ("112", "11", None),
        ("+32X.", "+3225551234", Some(4)),
        ("+32X.", "+322", None),
        ("+32X.", "3225551234", None),
        ("0Z!", "02", Some(2)),
        ("0Z!", "0255", Some(2)),
        ("0Z!", "00", None),
        ("0N.", "01555", None),
        ("09[0-27].", "0905", Some(3)),
        ("09[0-27].", "0975", Some(3)),
        ("09[0-27].", "0935", None),
        ("*21*X.", "*21*0470", Some(5)),
        ("X.", "12#", Some(1)),
        ("X.", "12+3", None),
        ("!", "", Some(0)),
        (".", "5", Some(0)),
        (".", "", None),
        ("+!", "+49", Some(1)),
        ("X", "é", None),
        ("X", "١", None),
    ];
    for (text, number, expected) in cases {
        assert_eq!(pattern(text).matches(number), expected, "{text} against {number}");
    }
}

#[test]
fn what_is_no_pattern_is_told_apart() {
    let cases = [
        ("", PatternError::Empty),
        (&"1".repeat(33), PatternError::TooLong),
        ("0x.", PatternError::Unknown('x')),
        ("32+", PatternError::PlusInside),
        ("0.1", PatternError::BehindTail),
        ("0.!", PatternError::BehindTail),
        ("[", PatternError::Brackets),
        ("[]", PatternError::Brackets),
        ("[5-2]", PatternError::Brackets),
        ("[2-]", PatternError::Brackets),
        ("[-2]", PatternError::Brackets),
        ("[1-2-3]", PatternError::Brackets),
        ("[*]", PatternError::Brackets),
        ("]", PatternError::Unknown(']')),
    ];
    for (text, error) in cases {
        assert_eq!(Pattern::parse(text), Err(error), "{text}");
    }
}

#[test]
fn the_pattern_that_says_more_comes_first() {
    let mut patterns = ["!", ".", "X.", "0.", "0X.", "0Z.", "02.", "02!", "02X", "+32.", "02[1-3]", "021"].map(pattern);
    patterns.sort_by(Pattern::by_specificity);
    let shown = patterns.map(|pattern| pattern.to_string());
    assert_eq!(shown, ["021", "+32.", "02[1-3]", "02X", "02.", "02!", "0Z.", "0X.", "0.", "X.", ".", "!"]);
}

#[test]
fn a_wider_pattern_covers_a_narrower_one() {
    for (wide, narrow) in
        [("X.", "0X."), ("0.", "0XX"), ("0!", "0"), ("0!", "0."), (".", "1"), ("X", "Z"), ("+.", "+32."), ("0.", "0X!")]
    {
        assert!(pattern(wide).covers(&pattern(narrow)), "{wide} {narrow}");
        assert!(!pattern(narrow).covers(&pattern(wide)), "{narrow} {wide}");
    }
    for (a, b) in [("0.", "0"), (".", "+32."), ("02.", "03."), ("0.", "0!"), ("0XX", "0.")] {
        assert!(!pattern(a).covers(&pattern(b)), "{a} {b}");
    }
}

proptest! {
    #[test]
    fn a_pattern_reads_back_as_it_prints(text in "\\+?([0-9*#XZN]|\\[[0-4]-[5-9]\\]){0,6}[.!]?") {
        if let Ok(read) = Pattern::parse(&text) {
            prop_assert_eq!(Pattern::parse(&read.to_string()), Ok(read));
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in any::<String>(), number in any::<String>()) {
        if let Ok(read) = Pattern::parse(&text) {
            let _ = read.matches(&number);
        }
    }

    #[test]
    fn what_a_narrower_pattern_matches_a_wider_one_matches(
        wide in "[0-2XZN]{0,3}[.!]?", narrow in "[0-2XZN]{0,3}[.!]?", number in "[0-3]{0,5}",
    ) {
        if let (Ok(wide), Ok(narrow)) = (Pattern::parse(&wide), Pattern::parse(&narrow))
            && wide.covers(&narrow) && narrow.matches(&number).is_some()
        {
            prop_assert!(wide.matches(&number).is_some());
        }
    }
}
