//! What people write.

use crate::accounts::AccountFile;
use crate::fixtures::world;
use crate::targets::sheets::assert_rows_cannot_wrap;
use mandate_market::time::{instant_text, parse_expiry, parse_instant};
use mandate_market::{Instrument, Price};
use mandate_numeric::Decimal;
use mandate_policy::{Mandate, compile, compile_smallest, dump, explain};
use mandate_statement::{Kind, RulesPart, Shape, decode, encode};

/// Text of the input; what is not UTF-8 is for the readers of bytes.
fn text(data: &[u8]) -> Option<&str> {
    std::str::from_utf8(data).ok()
}

pub(super) fn mandate(data: &[u8]) -> bool {
    let Some(text) = text(data) else { return false };
    let mandate = match Mandate::parse("fund.toml", text) {
        Ok(mandate) => mandate,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return false;
        }
    };
    let shape = Shape::by_name("t32").expect("the shape for tests");
    for explained in [explain(&mandate, None), explain(&mandate, Some(shape))] {
        match explained {
            Ok(words) => assert!(!words.is_empty()),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
    let mut any = false;
    for compiled in [compile(&mandate, mandate.model, shape), compile_smallest(&mandate, mandate.model)] {
        let Ok(compiled) = compiled else { continue };
        any = true;
        assert!(!dump(&compiled).is_empty());
        let report = mandate_checker::check_rules(&compiled.part);
        assert!(report.is_ok(), "the compiler's own sheet is refused: {:?}", report.err());
        assert_rows_cannot_wrap(&compiled.part);
        let again = compile(&mandate, mandate.model, compiled.shape).expect("it compiled before");
        assert_eq!(again.part, compiled.part, "one text, two sheets");
        let read: RulesPart =
            decode(Kind::RulesPart, &encode(Kind::RulesPart, &compiled.part)).expect("it reads");
        assert_eq!(read, compiled.part);
    }
    any
}

pub(super) fn names(data: &[u8]) -> bool {
    let Some(text) = text(data) else { return false };
    let mut any = false;
    if let Ok(value) = text.parse::<Decimal>() {
        any = true;
        let again: Decimal = value.to_string().parse().expect("a decimal's own spelling reads");
        assert_eq!(again, value);
        assert_eq!(again.to_string(), value.to_string());
        // Down is never above, and differs by less than one.
        for places in 0..=18 {
            if let (Ok(exact), Ok(floor)) = (value.to_scaled(places), value.to_scaled_floor(places)) {
                assert_eq!(exact, floor);
            }
        }
    }
    if let Ok(price) = text.parse::<Price>() {
        any = true;
        let again: Price = price.to_string().parse().expect("a price's own spelling reads");
        assert_eq!(again, price);
        assert!(price.places() <= Price::MAX_PLACES);
    }
    if let Some(instrument) = Instrument::parse_derivative(text) {
        any = true;
        assert_eq!(instrument.to_string(), text, "a second spelling of an instrument");
    }
    if let Some(seconds) = parse_instant(text) {
        any = true;
        assert_eq!(parse_instant(&instant_text(seconds)), Some(seconds));
    }
    if let Some(seconds) = parse_expiry(text) {
        any = true;
        assert!(seconds < u64::MAX);
    }
    any
}

pub(super) fn accounts(data: &[u8]) -> bool {
    let Some(text) = text(data) else { return false };
    let Ok(file) = toml::from_str::<AccountFile>(text) else { return false };
    let universe = &world().snapshot.universe;
    let set = match file.set(universe) {
        Ok(set) => set,
        Err(failure) => {
            assert!(!failure.0.is_empty());
            return false;
        }
    };
    assert!(!set.entries.is_empty());
    for pair in set.entries.windows(2) {
        assert!(pair[0].netting_set < pair[1].netting_set, "out of order");
    }
    for (i, entry) in set.entries.iter().enumerate() {
        assert!(usize::from(entry.netting_set) < universe.accounts.len(), "no such account");
        assert_ne!(entry.attestor, [0; 20]);
        let twice = |other: &&mandate_statement::AccountEntry| {
            (other.attestor, other.account) == (entry.attestor, entry.account)
        };
        assert!(!set.entries[..i].iter().any(|other| twice(&other)), "one account twice");
    }
    // A file that TOML cannot write (a number above its range) has no text of its own.
    if let Ok(own) = toml::to_string(&file) {
        let again: AccountFile = toml::from_str(&own).expect("its own text reads");
        let Ok(again) = again.set(universe) else { panic!("its own text is no set") };
        assert_eq!(again, set);
        assert_eq!(again.digest(), set.digest());
    }
    true
}
