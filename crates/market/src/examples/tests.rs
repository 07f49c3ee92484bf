use super::*;
use crate::model::MODELS;
use crate::risk::{compile, explain_slot};
use mandate_statement::Mode;

const AS_OF: u64 = 1_800_000_000;

#[test]
fn each_market_compiles_on_its_shape() {
    for (made, accounts) in [(large(AS_OF), 4), (snapshot(AS_OF), 4), (small(AS_OF), 4), (tiny(AS_OF), 3)] {
        let shape = made.universe.validate().unwrap();
        let part = compile(&made, shape).unwrap();
        assert_eq!(part.shape().unwrap().name, shape.name);
        assert_eq!(made.universe.accounts.len(), accounts);
        let free = 100 - 100 * made.universe.listed() / shape.slots;
        assert!(free >= 50, "{}: {free}% free", shape.name);
        assert_eq!(part, compile(&made, shape).unwrap());
    }
}

#[test]
fn the_file_and_its_json_are_one_snapshot() {
    let made = snapshot(AS_OF);
    let read = Snapshot::from_bytes(&made.to_bytes()).unwrap();
    assert_eq!(read, made);
    let json = Snapshot::from_bytes(made.to_json().as_bytes()).unwrap();
    assert_eq!(json.digest(), made.digest());
    assert!(Snapshot::from_bytes(b"").is_err() && Snapshot::from_bytes(b"{}").is_err());
}

#[test]
fn labels_and_lookups_agree() {
    let universe = snapshot(AS_OF).universe;
    let index = universe.index().unwrap();
    assert_eq!(index.len(), universe.listed());
    for ((account, name), slot) in &index {
        assert!(universe.account_slots(*account).unwrap().contains(slot));
        assert_eq!(universe.slot(*slot).unwrap().slot.instrument.to_string(), *name);
    }
    let harbour = universe.account_index("harbour/cross/main").unwrap();
    let perp = universe.find(harbour, "BTC-PERPETUAL").unwrap();
    assert_eq!(universe.slot_label(perp).unwrap(), "harbour/cross/main BTC-PERPETUAL");
    let shape = universe.shape().unwrap();
    assert_eq!(universe.group_label(perp / shape.segment_len()).unwrap(), "harbour/cross/main BTC");
    assert_eq!(universe.find(harbour, "DOGE"), None);
    assert!(universe.slot(shape.slots).is_none() && universe.slot(shape.slots - 1).is_none());
}

/// Every weight has the sign its column may have, and every slot is either usable or forbidden.
#[test]
fn columns_have_their_signs() {
    let made = snapshot(AS_OF);
    let shape = made.universe.shape().unwrap();
    let part = compile(&made, shape).unwrap();
    for slot in 0..shape.slots {
        let row = part.weights_of(shape, slot);
        let (lots, forbidden) = (row[shape.lots_column()], row[shape.forbidden_column()]);
        assert_eq!(lots + forbidden, 1, "slot {slot}");
        assert_eq!(lots == 1, made.universe.slot(slot).is_some());
        for (k, w) in row.iter().enumerate() {
            if forbidden == 1 && k != shape.forbidden_column() {
                assert_eq!(*w, 0, "slot {slot} column {k}");
            }
            assert!(
                *w >= 0 || matches!(shape.mode(k), Mode::Signed | Mode::Scenario),
                "slot {slot} column {k}"
            );
        }
    }
}

#[test]
fn weights_are_what_the_words_say() {
    let made = snapshot(AS_OF);
    let shape = made.universe.shape().unwrap();
    let part = compile(&made, shape).unwrap();
    let column = |name: &str| MODELS[0].column(name).unwrap().0;
    let weight = |account: &str, name: &str, k: usize| {
        let account = made.universe.account_index(account).unwrap();
        part.weights_of(shape, made.universe.find(account, name).unwrap())[k]
    };
    let down15 = shape.metrics() + 12;
    let up45 = shape.metrics() + 14;
    // One lot of BTC is 10^-8 coin: 60,000 USD * 10^-8 * 10^10 units.
    for (name, wanted) in
        [("value", 6_000_000), ("assets", 5_700_000), ("liabilities", 6_300_000), ("delta", 6_000_000)]
    {
        assert_eq!(weight("vault/segregated/main", "BTC", column(name)), wanted, "{name}");
    }
    assert_eq!(weight("vault/segregated/main", "BTC", down15), -900_000);
    assert_eq!(weight("vault/segregated/main", "BTC", up45), 6_000_000 * 45 * 35 / 10_000);
    // Dollars: no exposure, no haircut, no scenario.
    for (name, wanted) in
        [("value", 10_000_000), ("cash", 10_000_000), ("gross", 0), ("long", 0), ("delta", 0)]
    {
        assert_eq!(weight("harbour/cross/main", "USD", column(name)), wanted, "{name}");
    }
    assert_eq!(weight("harbour/cross/main", "USD", down15), 0);
    // A stablecoin is exposure, and still moves with no price.
    assert_eq!(weight("vault/segregated/main", "USDC", column("gross")), 9_998_000);
    assert_eq!(weight("vault/segregated/main", "USDC", down15), 0);
    // Unsettled profit is value, outside cash and gross.
    for (name, wanted) in
        [("value", 6_000_000), ("unsettled", 6_000_000), ("gross", 0), ("cash", 0), ("long", 0)]
    {
        assert_eq!(weight("harbour/cross/main", "PNL:BTC", column(name)), wanted, "{name}");
    }
    // A linear perpetual: no value, face at the mark in USDT.
    assert_eq!(weight("quay/cross/main", "BTC_USDT-PERPETUAL", column("value")), 0);
    assert_eq!(weight("quay/cross/main", "BTC_USDT-PERPETUAL", column("gross")), 6_003_601);
    assert_eq!(weight("quay/cross/main", "BTC_USDT-PERPETUAL", down15), -900_540);
    // An inverse one: face in dollars, delta by index over mark.
    assert_eq!(weight("harbour/cross/main", "BTC-PERPETUAL", column("gross")), 10_000_000);
    assert_eq!(weight("harbour/cross/main", "BTC-PERPETUAL", column("delta")), 9_996_002);
    assert_eq!(weight("harbour/cross/main", "BTC-PERPETUAL", down15), -1_499_400);
    let account = made.universe.account_index("harbour/cross/main").unwrap();
    let perp = made.universe.find(account, "BTC-PERPETUAL").unwrap();
    assert!(explain_slot(&part, &made, perp).unwrap().contains("= 1 USD per unit"));
    assert!(explain_slot(&part, &made, shape.slots - 1).unwrap().contains("must stay empty"));
}
