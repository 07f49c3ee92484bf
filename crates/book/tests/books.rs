//! From statements to slots, over the made-up market.

use mandate_book::examples::{self, Example};
use mandate_book::{Book, BookError, MarketSlots, Options, Report, Rounding, SlotIndex, read, resolve};
use mandate_market::{Snapshot, examples as market};
use proptest::prelude::*;

const AS_OF: u64 = 1_790_000_000;
const HARBOUR: &str = "harbour/cross/main";
const QUAY: &str = "quay/cross/main";
const VAULT: &str = "vault/segregated/main";

fn place(snapshot: &Snapshot, text: &str, options: &Options) -> Result<(Book, Report), BookError> {
    let slots = MarketSlots::new(snapshot).unwrap();
    resolve(&read::csv("book.csv", text.as_bytes())?, &slots, options)
}
fn small(text: &str) -> Result<(Book, Report), BookError> {
    place(&market::small(AS_OF), text, &Options::default())
}
fn error(text: &str) -> String {
    small(text).err().expect("this must be refused").to_string()
}
/// The quantity of an instrument, as text in its own unit.
fn held(book: &Book, snapshot: &Snapshot, account: &str, instrument: &str) -> String {
    let slots = MarketSlots::new(snapshot).unwrap();
    let index = slots.account(account).unwrap();
    let info = slots.slot(index, instrument).unwrap();
    let lots = book.account(index).unwrap().lots(info.slot).unwrap();
    snapshot.universe.slot(info.slot).unwrap().slot.quantity(lots).to_string()
}

#[test]
fn long_here_and_short_there_are_two_positions() {
    let snapshot = market::snapshot(AS_OF);
    let text = format!(
        "account,instrument,quantity,entry_price\n{HARBOUR},BTC,100,\n{QUAY},BTC,-100,\n{HARBOUR},BTC-PERPETUAL,100,60000\n"
    );
    let (book, report) = place(&snapshot, &text, &Options::default()).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(report, Report::default());
    assert_eq!(held(&book, &snapshot, HARBOUR, "BTC"), "100");
    assert_eq!(held(&book, &snapshot, QUAY, "BTC"), "-100");
    let slots = MarketSlots::new(&snapshot).unwrap();
    let spot: Vec<usize> =
        [0, 1].map(|account| slots.slot(account, "BTC").unwrap().slot).into_iter().collect();
    let lots = book.quantities(slots.shape().slots);
    let gross: i64 = spot.iter().map(|s| lots[*s].abs()).sum();
    assert_eq!(gross, 2 * lots[spot[0]], "100 and -100 are 200, never 0");
    assert_ne!(spot[0], spot[1]);
}

#[test]
fn unsettled_profit_is_exact_and_rounded_down_once() {
    let snapshot = market::snapshot(AS_OF);
    let slots = MarketSlots::new(&snapshot).unwrap();
    let mark = |account, name| slots.mark(slots.slot(account, name).unwrap().slot).unwrap().to_string();
    assert_eq!((mark(0, "BTC-PERPETUAL"), mark(1, "BTC_USDT-PERPETUAL")), ("60024".into(), "60024".into()));
    let text = format!(
        "account,instrument,quantity,entry_price,entry_cost\n\
         {QUAY},BTC_USDT-PERPETUAL,8,59000,\n\
         {QUAY},ETH_USDT-PERPETUAL,-100,,-255000\n\
         {HARBOUR},BTC-PERPETUAL,-600000,60500,\n"
    );
    let (book, _) = place(&snapshot, &text, &Options::default()).unwrap_or_else(|e| panic!("{e}"));
    // 8 (60024 - 59000) = 8192; -100 x 2501 + 255000 = 4900.
    assert_eq!(held(&book, &snapshot, QUAY, "PNL:USDT"), "13092");
    // -600000 (1/60500 - 1/60024) = 0.0786457..: a gain of a short whose price fell, towards minus infinity.
    let gain = held(&book, &snapshot, HARBOUR, "PNL:BTC");
    let exact = 600_000.0 / 60_024.0 - 600_000.0 / 60_500.0;
    let gain: f64 = gain.parse().unwrap();
    assert!(gain <= exact && exact - gain < 1e-7, "{gain} {exact}");
    // The same position the other way loses at least as much.
    let text = format!("account,instrument,quantity,entry_price\n{HARBOUR},BTC-PERPETUAL,600000,60500\n");
    let (book, _) = place(&snapshot, &text, &Options::default()).unwrap_or_else(|e| panic!("{e}"));
    let loss: f64 = held(&book, &snapshot, HARBOUR, "PNL:BTC").parse().unwrap();
    assert!(loss <= -exact && -exact - loss < 1e-7 && loss < -gain);
}

#[test]
fn what_the_statement_lists_itself_stands() {
    let snapshot = market::small(AS_OF);
    let text = format!(
        "account,instrument,quantity,entry_price\n{QUAY},PNL:USDT,-12.5,\n{QUAY},BTC_USDT-PERPETUAL,8,59000\n"
    );
    let (book, _) = small(&text).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(held(&book, &snapshot, QUAY, "PNL:USDT"), "-12.5");
    let unknown = error(&format!("account,instrument,quantity\n{QUAY},BTC_USDT-PERPETUAL,8\n"));
    assert!(unknown.starts_with("book.csv:2: ") && unknown.contains("`PNL:USDT`"), "{unknown}");
}

#[test]
fn errors_say_where_and_what_would_be_right() {
    let with = |rows: &str| error(&format!("account,instrument,quantity,entry_price\n{rows}"));
    for (rows, wanted) in [
        (
            format!("{HARBOUR},BTC,1,\n{HARBOUR},BTC,2,\n"),
            "book.csv:3: `BTC` of account `harbour/cross/main` stands already at book.csv:2",
        ),
        (format!("{HARBOUR},BTC-PERP,1,\n"), "did you mean `BTC-PERPETUAL`"),
        (format!("{HARBOUR},DOGE,-1,\n"), "what it can lose would go uncounted"),
        (format!("{HARBOUR},DOGE,1,\n"), "leave out unlisted assets with `--ignore-unlisted-assets`"),
        ("harbor/cross/main,BTC,1,\n".into(), "accounts are `harbour/cross/main`, `quay/cross/main`"),
        (format!("\n{HARBOUR},BTC,NaN,\n"), "book.csv:3: quantity of `BTC` is not a finite number"),
        (format!("{HARBOUR},BTC,inf,\n"), "is not a finite number"),
        (format!("{HARBOUR},BTC,1;5,\n"), "is not a decimal number such as"),
        (format!("{HARBOUR},BTC,,\n"), "the quantity of `BTC` is empty"),
        (format!("{HARBOUR},BTC,1e-17,\n"), "has 17 decimals, the lot is 1e-"),
        (format!("{HARBOUR},BTC,1e12,\n"), "is out of range: a slot holds less than 2^47 lots of 1e-"),
        (format!("{HARBOUR},BTC,1,60000\n"), "is no perpetual or future"),
        (format!("{HARBOUR},BTC-PERPETUAL,1,0\n"), "the entry price of `BTC-PERPETUAL` must be above zero"),
        (format!("{HARBOUR},BTC,1\n"), "3 fields, the header has 4"),
        (",BTC,1,\n".into(), "the account is empty"),
    ] {
        let text = with(&rows);
        assert!(text.contains(wanted), "{text}\nwanted: {wanted}");
    }
    let unsigned = format!("account,instrument,quantity,entry_cost\n{HARBOUR},BTC-PERPETUAL,-600000,10\n");
    assert!(
        error(&unsigned).contains("the entry cost of `BTC-PERPETUAL` must have the sign of its quantity")
    );
    assert!(error("harbour,BTC,1\n").contains("the first line must be a header"));
    assert!(error("").contains("the first line must be a header"));
    assert!(error("account,quantity\n").contains("column `instrument` is missing"));
}

#[test]
fn rounding_is_asked_for_by_name_and_never_touches_derivatives() {
    let snapshot = market::small(AS_OF);
    let down = Options { rounding: Rounding::Down, ..Options::default() };
    let text = format!(
        "account,instrument,quantity\n{HARBOUR},BTC,1.00000000000000001\n{VAULT},BTC,-1.00000000000000001\n"
    );
    assert!(place(&snapshot, &text, &Options::default()).is_err());
    let (book, report) = place(&snapshot, &text, &down).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(held(&book, &snapshot, HARBOUR, "BTC"), "1");
    assert!(held(&book, &snapshot, VAULT, "BTC").starts_with("-1.0"), "a debt is rounded up");
    assert_eq!(report.rounded.len(), 2);
    let text = format!(
        "account,instrument,quantity,entry_price\n{HARBOUR},BTC-PERPETUAL,1.00000000000000001,60000\n"
    );
    assert!(place(&snapshot, &text, &down).is_err());
}

#[test]
fn only_assets_are_ever_left_out() {
    let snapshot = market::small(AS_OF);
    let open = Options { ignore_unlisted_assets: true, ..Options::default() };
    let go = |row: &str| place(&snapshot, &format!("account,instrument,quantity\n{HARBOUR},{row}\n"), &open);
    let (_, report) = go("DOGE,5").unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(report.left_out, ["book.csv:2: `DOGE` of `harbour/cross/main` is not listed and is left out"]);
    for row in [
        "DOGE,-5",
        "BORROW:DOGE,5",
        "BORROW:DOGE,-5",
        "DOGE-PERPETUAL,5",
        "BTC-1JAN27-100000-C,-1",
        "PNL:XRP,-1",
    ] {
        assert!(go(row).is_err(), "{row}");
    }
    assert!(go("BTC-1JAN27-100000-C,1").is_ok());
}

#[test]
fn json_reads_like_the_table() {
    let snapshot = market::small(AS_OF);
    let slots = MarketSlots::new(&snapshot).unwrap();
    let text = format!(
        "{{\"accounts\": {{\n \"{QUAY}\": {{ \"positions\": [\n  {{\"instrument\": \"BTC_USDT-PERPETUAL\", \"quantity\": 8, \"entry_price\": \"59000\"}} ],\n  \"cash\": {{\"USDT\": 10.25}} }},\n \"{VAULT}\": {{}} }} }}"
    );
    let records = read::json("book.json", text.as_bytes()).unwrap_or_else(|e| panic!("{e}"));
    let (book, _) = resolve(&records, &slots, &Options::default()).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(book.accounts().map(|a| a.netting_set()).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(held(&book, &snapshot, QUAY, "USDT"), "10.25");
    assert_eq!(held(&book, &snapshot, QUAY, "PNL:USDT"), "8192");
    let wrong = text.replace("quantity", "qty");
    let why = read::json("book.json", wrong.as_bytes()).err().unwrap().to_string();
    assert!(why.starts_with("book.json:3: `qty` means nothing here"), "{why}");
}

#[test]
fn example_books_fit_every_example_market() {
    for snapshot in [market::snapshot(AS_OF), market::small(AS_OF), market::tiny(AS_OF)] {
        for which in [Example::Lawful, Example::OverLeveraged] {
            let book = examples::book(&snapshot, which);
            assert_eq!(book.accounts().count(), snapshot.universe.accounts.len());
            assert!(book.accounts().all(|a| a.quantities().iter().any(|q| *q != 0)));
        }
    }
}

/// Net asset value, gross, and the largest group's gross, in dollars.
fn figures(snapshot: &Snapshot, book: &Book) -> (i128, i128, i128) {
    let model = mandate_market::RiskModel::by_name("crypto-usd/1").unwrap();
    let shape = snapshot.universe.shape().unwrap();
    let part = mandate_market::risk::compile(snapshot, shape).unwrap();
    let (value, gross) = (model.column("value").unwrap().0, model.column("gross").unwrap().0);
    let lots = book.quantities(shape.slots);
    let sum = |column: usize, slots: std::ops::Range<usize>| -> i128 {
        let total: i128 = slots
            .map(|s| {
                let q = i128::from(if column == gross { lots[s].abs() } else { lots[s] });
                i128::from(part.weights_of(shape, s)[column]) * q
            })
            .sum();
        total / 10i128.pow(u32::from(model.money_places))
    };
    let largest = snapshot
        .universe
        .groups()
        .map(|(_, _, g, _)| sum(gross, g.start * shape.segment_len()..g.end * shape.segment_len()))
        .max()
        .unwrap();
    (sum(value, 0..shape.slots), sum(gross, 0..shape.slots), largest)
}

#[test]
fn the_lawful_book_is_lawful_and_the_other_is_not() {
    for snapshot in [market::snapshot(AS_OF), market::small(AS_OF), market::tiny(AS_OF)] {
        let (nav, gross, largest) = figures(&snapshot, &examples::book(&snapshot, Example::Lawful));
        assert!(nav > 5_000_000 && gross < nav && 4 * largest < nav, "{nav} {gross} {largest}");
        let (nav, gross, _) = figures(&snapshot, &examples::book(&snapshot, Example::OverLeveraged));
        assert!(nav > 1_000_000 && gross > 3 * nav, "{nav} {gross}");
    }
}

proptest! {
    /// Whatever is wrong with a row, no amount of it comes out again.
    #[test]
    fn no_error_tells_an_amount(
        secret in "[1-9][0-9]{9}7731",
        form in prop::sample::select(vec!["{}", "-{}", "{}.5", "0.{}", "x{}", "{}e30", "{}e-30", "nan{}", "{},{}", "\"{}"]),
        instrument in prop::sample::select(vec!["BTC", "BTC-PERPETUAL", "DOGE", "PNL:BTC", "BTC_USDT-PERPETUAL", "BTC-27MAR26-1-C"]),
        account in prop::sample::select(vec![HARBOUR, QUAY, "nowhere"]),
        entry in prop::sample::select(vec!["", "1", "0", "-1", "?", "secret"]),
        down in any::<bool>(),
        twice in any::<bool>(),
    ) {
        let snapshot = market::small(AS_OF);
        let options = Options {
            rounding: if down { Rounding::Down } else { Rounding::Exact },
            ignore_unlisted_assets: down,
        };
        let quantity = form.replace("{}", &secret);
        let entry = if entry == "secret" { secret.as_str() } else { entry };
        let row = format!("{account},{instrument},{quantity},{entry}\n");
        let text = format!("account,instrument,quantity,entry_price\n{row}{}", if twice { row.as_str() } else { "" });
        if let Err(e) = place(&snapshot, &text, &options) {
            let told = format!("{e} {e:?}");
            prop_assert!(!told.contains("7731") && !told.contains(&secret[..6]), "{}", told);
        }
        let number = if form == "{}" { secret.clone() } else { format!("\"{}\"", quantity.replace('"', "")) };
        let cut = if twice { "" } else { "}" };
        for json in [
            format!("{{\"accounts\":{{\"{account}\":{{\"positions\":[{{\"instrument\":\"{instrument}\",\"quantity\":{number}}}]}}}}{cut}"),
            format!("[{{\"symbol\":\"{instrument}\",\"contracts\":{number},\"contractSize\":{number},\"entryPrice\":{number},\"side\":\"long\"}}]{cut}"),
            format!("{{\"total\":{{\"{instrument}\":{number}}}}}{cut}"),
            format!("{{\"code\":0,\"data\":[{{\"instId\":\"{instrument}\",\"pos\":{number},\"avgPx\":{number}}}]}}{cut}"),
        ] {
            let slots = MarketSlots::new(&snapshot).unwrap();
            let own = read::json("f.json", json.as_bytes());
            let venue = read::venue("f.json", json.as_bytes(), account, &read::VenueOptions::default());
            for records in [own, venue] {
                if let Err(e) = records.and_then(|r| resolve(&r, &slots, &options).map(|_| ())) {
                    let told = format!("{e} {e:?}");
                    prop_assert!(!told.contains("7731") && !told.contains(&secret[..6]), "{}", told);
                }
            }
        }
    }

    #[test]
    fn readers_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), text in "[a-z,\"\\n{}\\[\\]:0-9.-]{0,200}") {
        for bytes in [bytes.as_slice(), text.as_bytes()] {
            let _ = read::csv("f", bytes);
            let _ = read::json("f", bytes);
            let _ = read::venue("f", bytes, "a", &read::VenueOptions::default());
        }
    }
}

/// The file that the documentation works with is the made-up book without its options, whose names hold their expiries:
/// it fits the made-up market of any instant.
#[test]
fn the_example_file_is_the_example_book() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/demo/book.csv");
    let text = std::fs::read_to_string(&path).unwrap();
    let snapshot = market::small(AS_OF);
    let wanted: Vec<String> = examples::csv(&snapshot, Example::Lawful)
        .lines()
        .filter(|l| !l.contains("-C,") && !l.contains("-P,"))
        .map(str::to_owned)
        .collect();
    let rows: Vec<&str> = text.lines().filter(|l| !l.starts_with('#')).collect();
    assert_eq!(rows, wanted, "{}", path.display());
    for as_of in [AS_OF, AS_OF + 86_400 * 400] {
        let snapshot = market::small(as_of);
        let (book, report) = place(&snapshot, &text, &Options::default()).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(report, Report::default());
        assert_eq!(book.accounts().count(), snapshot.universe.accounts.len());
    }
}

/// The documentation's table and JSON are read as they stand there.
#[test]
fn the_documented_forms_are_read() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/books.md");
    let text = std::fs::read_to_string(path).unwrap();
    let block = |kind: &str| {
        let (_, rest) = text.split_once(&format!("```{kind}\n")).unwrap();
        rest.split_once("```").unwrap().0.to_owned()
    };
    let table = read::csv("books.md", block("text").as_bytes()).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!((table.len(), table.accounts().count()), (4, 3));
    let json = read::json("books.md", block("json").as_bytes()).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!((json.len(), json.accounts().count()), (4, 2));
}
