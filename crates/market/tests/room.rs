//! The file reader gives 64 bytes of memory for each byte of payload (`room` in `mandate-statement`). Bound here: the large
//! made-up market is read again, and so is the lawful snapshot that takes most memory for its bytes: every slot of the largest
//! shape a balance of a coin with a short name, none of them priced.

use mandate_market::{
    Account, Currency, CurrencyClass, Group, Instrument, Slot, Snapshot, Source, State, Universe, examples,
};
use mandate_statement::Shape;

#[test]
fn the_large_market_reads_again() {
    let made = examples::large(1_767_268_800);
    assert_eq!(Snapshot::from_bytes(&made.to_bytes()).expect("it reads"), made);
}

#[test]
fn a_snapshot_of_short_names_reads_again() {
    let shape = Shape::by_name("l4096").expect("the largest shape");
    let letters = || (b'0'..=b'9').chain(b'A'..=b'Z').map(char::from);
    let mut symbols: Vec<String> =
        letters().flat_map(|a| letters().map(move |b| format!("{a}{b}"))).collect();
    symbols.truncate(shape.slots / 4);
    let slot = |asset: &String| Slot { instrument: Instrument::Spot { asset: asset.clone() }, lot_places: 8 };
    let account = |venue: &str| Account {
        venue: venue.into(),
        pool: "p".into(),
        entity: "e".into(),
        groups: vec![Group {
            asset: 0,
            segments: u16::try_from(shape.segments / 4).expect("few"),
            slots: symbols.iter().map(slot).collect(),
        }],
    };
    let coin = |symbol: &String| Currency { symbol: symbol.clone(), class: CurrencyClass::Coin };
    let made = Snapshot {
        as_of: 1_767_268_800,
        sources: vec![Source { name: "s".into(), digest: None }],
        currencies: symbols.iter().map(|s| (s.clone(), State::Unpriced { why: String::new() })).collect(),
        quotes: std::collections::BTreeMap::new(),
        universe: Universe {
            name: String::new(),
            shape: shape.name.into(),
            rule: String::new(),
            cut_at: 0,
            currencies: symbols.iter().map(coin).collect(),
            assets: vec!["other".into()],
            accounts: ["a", "b", "c", "d"].map(account).into(),
        },
    };
    made.validate().expect("a lawful snapshot");
    let file = made.to_bytes();
    let memory = 4 * symbols.len() * size_of::<Slot>();
    assert!(memory > 128 << 10, "{memory} bytes of slots are within the floor");
    assert_eq!(Snapshot::from_bytes(&file).expect("it reads"), made);
}
