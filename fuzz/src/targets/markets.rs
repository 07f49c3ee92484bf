//! Snapshots, and what they are made from.

use crate::envelope::resealed;
use crate::fixtures::AS_OF;
use mandate_book::MarketSlots;
use mandate_market::import::{
    Desk, InputFile, read_chain, read_chain_with_greeks, read_collateral, read_futures, read_gateio,
    read_perpetuals, read_pools,
};
use mandate_market::{Snapshot, risk};
use mandate_statement::{Kind, Shape, decode};

/// What holds of every snapshot that was accepted.
fn hold(snapshot: &Snapshot) {
    snapshot.validate().expect("it was accepted");
    let bytes = snapshot.to_bytes();
    let again = Snapshot::from_bytes(&bytes).expect("its own file reads");
    assert_eq!(&again, snapshot);
    assert_eq!(again.digest(), snapshot.digest());
    let json = Snapshot::from_bytes(snapshot.to_json().as_bytes()).expect("its own JSON reads");
    assert_eq!(json.digest(), snapshot.digest(), "the two forms differ");
    assert!(MarketSlots::new(snapshot).is_ok());
    let shape = snapshot.universe.shape().expect("it was accepted");
    // The large shapes take seconds, and have no code of their own.
    if shape.slots > 256 {
        return;
    }
    match risk::compile(snapshot, shape) {
        Ok(part) => {
            let found = mandate_checker::check_risk(&part);
            assert!(found.is_ok(), "the market's own sheet is refused: {:?}", found.err());
            assert_eq!(part.universe, snapshot.universe.digest());
            assert_eq!(
                risk::compile(snapshot, shape).expect("it compiled before"),
                part,
                "one market, two sheets"
            );
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

pub(super) fn snapshot(data: &[u8]) -> bool {
    let json = data.iter().find(|b| !b.is_ascii_whitespace()) == Some(&b'{');
    let read = if json {
        Snapshot::from_bytes(data)
    } else {
        let file = resealed(Kind::Snapshot, data);
        let decoded = decode::<Snapshot>(Kind::Snapshot, &file);
        if let Ok(value) = &decoded {
            // Any value that decodes has a universe that says what is wrong with it, and no panic.
            let _ = (value.universe.validate(), value.universe.listed(), value.universe.digest());
            let _ = Shape::by_name(&value.universe.shape).map(|shape| risk::compile(value, shape).is_ok());
        }
        Snapshot::from_bytes(&file)
    };
    match read {
        Ok(snapshot) => {
            hold(&snapshot);
            true
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            false
        }
    }
}

/// Files of a desk, one after the other: a line `%%` between them, and the first byte of each says what it is.
pub(super) fn import(data: &[u8]) -> bool {
    let mut desk = Desk { as_of: Some(AS_OF), custody_all: true, ..Desk::default() };
    let mut any = false;
    for part in split(data) {
        let Some((tag, bytes)) = part.split_first() else { continue };
        let Ok(file) = InputFile::of_bytes("file", bytes.to_vec()) else { continue };
        match tag {
            b'c' => {
                any |= read_chain(&file).is_ok() || read_chain_with_greeks(&file).is_ok();
                (desk.chain, desk.as_of) = (Some(file), None);
            }
            b'p' => {
                any |= read_perpetuals(&file).is_ok();
                desk.perpetuals = Some(file);
            }
            b'f' => {
                any |= read_futures(&file).is_ok();
                desk.futures = Some(file);
            }
            b'b' => {
                any |= read_collateral(&file).is_ok();
                desk.collateral = Some(file);
            }
            b'g' => {
                any |= read_gateio(&file).is_ok();
                desk.gateio = Some(file);
            }
            b'l' => {
                any |= read_pools(&file).is_ok();
                desk.pools = Some(file);
            }
            _ => {}
        }
    }
    match desk.import() {
        Ok(imported) => {
            hold(&imported.snapshot);
            assert!(!imported.report.to_string().is_empty());
            true
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            any
        }
    }
}

fn split(data: &[u8]) -> Vec<&[u8]> {
    let mut out = Vec::new();
    let mut from = 0;
    for at in 0..data.len() {
        if data[at..].starts_with(b"\n%%\n") && at >= from {
            out.push(&data[from..at + 1]);
            from = at + 4;
        }
    }
    out.push(&data[from.min(data.len())..]);
    out
}
