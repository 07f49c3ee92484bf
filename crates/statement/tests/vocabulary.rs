//! The vocabulary, held to numbers worked out elsewhere: sizes and positions by hand from `docs/statement.md`, digests and a
//! signature by `vocabulary.py`, which shares no code with this crate.

use mandate_statement::{
    AccountEntry, AccountSet, Attestation, AttestorGrade, Context, Digest, Family, GlobalVar, InputLayout,
    Kind, LocalVar, Mode, RiskPart, RowRef, RulesPart, Runs, SHAPES, Shape, SheetError, SignedAttestation,
    keccak,
};

fn shape(name: &str) -> &'static Shape {
    Shape::by_name(name).expect("a default shape")
}

#[test]
fn widths_are_those_of_the_statement() {
    use mandate_statement as s;
    assert_eq!((s::QUANTITY_BITS, s::QUANTITY_LIMIT), (48, 140_737_488_355_328));
    assert_eq!((s::WEIGHT_SUM_BITS, s::TOTAL_BITS, s::WORST_BITS), (41, 88, 89));
    assert_eq!((s::PEAK_BITS, s::PEAK_SLACK_BITS), (88, 89));
    assert_eq!((s::LOCAL_WITNESS_BITS, s::GLOBAL_WITNESS_BITS), (104, 112));
    assert_eq!((s::LOCAL_SLACK_BITS, s::GLOBAL_SLACK_BITS), (112, 128));
}

#[test]
fn positions_of_inputs() {
    // shape: first commitment, first coefficient, universe digest, all.
    let wanted = [
        ("t32", [2, 5, 2_448, 3_507]),
        ("r64", [2, 5, 2_249, 4_466]),
        ("s256", [2, 6, 4_985, 13_279]),
        ("m1024", [2, 10, 4_902, 37_966]),
        ("l4096", [2, 18, 4_910, 138_174]),
        ("o2048", [2, 10, 27_818, 159_728]),
    ];
    for (name, positions) in wanted {
        let at = InputLayout::of(shape(name));
        assert_eq!([at.commitments, at.rules, at.risk, at.total], positions, "{name}");
    }
    assert_eq!(SHAPES.map(|s| s.name), wanted.map(|w| w.0), "every shape is in this table");
    assert_eq!(RulesPart::len(shape("t32")), 2_443);
    assert_eq!(RiskPart::integer_count(shape("t32")), 1_058);
}

#[test]
fn columns_of_every_shape() {
    for s in SHAPES.iter().filter(|s| s.name != "o2048") {
        assert_eq!((s.metrics(), s.columns()), (16, 32), "{}", s.name);
        assert_eq!((s.lots_column(), s.forbidden_column()), (10, 11), "{}", s.name);
        let mode = |k| match k {
            0..=7 => Mode::Signed,
            8..=11 => Mode::Absolute,
            12..=13 => Mode::Long,
            14..=15 => Mode::Short,
            _ => Mode::Scenario,
        };
        for k in 0..32 {
            assert_eq!(s.mode(k), mode(k), "column {k} of {}", s.name);
        }
    }
    let s = shape("o2048");
    assert_eq!((s.metrics(), s.columns(), s.lots_column(), s.forbidden_column()), (22, 62, 14, 15));
    let ends = [
        (9, Mode::Signed),
        (10, Mode::Absolute),
        (15, Mode::Absolute),
        (16, Mode::Long),
        (18, Mode::Long),
        (19, Mode::Short),
        (21, Mode::Short),
        (22, Mode::Scenario),
    ];
    ends.into_iter().for_each(|(k, mode)| assert_eq!(s.mode(k), mode, "column {k} of o2048"));
    let of = |name| (shape(name).segment_len(), shape(name).packed_per_segment());
    assert_eq!([of("t32"), of("s256"), of("m1024"), of("l4096")], [(8, 2), (32, 7), (64, 13), (64, 13)]);
    assert_eq!([of("r64"), of("o2048")], [(16, 4), (64, 13)]);
}

#[test]
fn families_of_every_shape() {
    // Row templates, blocks, local variables; groups, accounts, assets, slots, the book.
    let wanted = [
        ("t32", [(8, 4, 22), (4, 3, 22), (4, 3, 21), (1, 32, 16), (16, 1, 0)]),
        ("s256", [(8, 8, 22), (4, 4, 22), (4, 6, 21), (1, 256, 16), (48, 1, 0)]),
        ("m1024", [(8, 16, 22), (4, 8, 22), (4, 8, 21), (0, 1024, 16), (48, 1, 0)]),
        ("l4096", [(8, 64, 22), (4, 16, 22), (4, 16, 21), (0, 4096, 16), (48, 1, 0)]),
        ("r64", [(8, 4, 25), (4, 3, 25), (4, 3, 24), (0, 64, 16), (12, 1, 0)]),
        ("o2048", [(12, 32, 38), (8, 8, 38), (8, 8, 37), (0, 2048, 22), (100, 1, 0)]),
    ];
    for (name, families) in wanted {
        let s = shape(name);
        for (family, wanted) in Family::ALL.into_iter().zip(families) {
            assert_eq!((family.rows(s), family.blocks(s), family.locals(s)), wanted, "{family:?} of {name}");
        }
    }
    assert_eq!(Family::ALL.map(Family::has_worst), [true, true, false, false, false]);
    assert_eq!(Family::ALL.map(Family::has_witnesses), [true, true, true, false, false]);
}

/// The order of docs/statement.md: totals, worst loss, `x`, `z`; every position taken once, and nothing beyond.
#[test]
fn positions_of_local_variables() {
    for s in &SHAPES {
        for family in Family::ALL {
            let mut wanted = Vec::new();
            if family != Family::Global {
                wanted.extend((0..s.metrics()).map(LocalVar::Total));
            }
            if matches!(family, Family::Group | Family::Account) {
                wanted.push(LocalVar::Worst);
            }
            if matches!(family, Family::Group | Family::Account | Family::Asset) {
                let (x, z, peaks) = if s.name == "o2048" { (8, 4, 3) } else { (4, 1, 0) };
                wanted.extend((0..x).map(LocalVar::Witness));
                wanted.extend((0..z).map(LocalVar::Bit));
                wanted.extend((0..if s.name == "r64" { 3 } else { peaks }).map(LocalVar::Peak));
            }
            assert_eq!(wanted.len(), family.locals(s));
            for (position, variable) in wanted.iter().enumerate() {
                assert_eq!(
                    variable.index(s, family),
                    Some(position),
                    "{variable:?} of {family:?} in {}",
                    s.name
                );
            }
            for absent in [
                LocalVar::Total(s.metrics()),
                LocalVar::Total(31),
                LocalVar::Witness(8),
                LocalVar::Bit(4),
                LocalVar::Peak(0),
                LocalVar::Peak(3),
                LocalVar::Worst,
                LocalVar::Witness(0),
                LocalVar::Bit(0),
                LocalVar::Total(0),
            ] {
                if !wanted.contains(&absent) {
                    assert_eq!(absent.index(s, family), None, "{absent:?} of {family:?} in {}", s.name);
                }
            }
        }
    }
}

/// Totals, sums of worst losses, the book's worst loss, sums of `x`, sums of `z`, `y`, bits, peaks of runs, one.
#[test]
fn positions_of_global_variables() {
    let counts = [
        ("t32", (4, 1), (8, 4), 0),
        ("r64", (4, 1), (8, 4), 3),
        ("s256", (4, 1), (12, 8), 0),
        ("m1024", (4, 1), (12, 8), 0),
        ("l4096", (4, 1), (12, 8), 0),
        ("o2048", (8, 4), (24, 80), 3),
    ];
    for (s, (name, (x, z), (y, bits), peaks)) in SHAPES.iter().zip(counts) {
        assert_eq!(s.name, name);
        let blocks = [Family::Group, Family::Account, Family::Asset];
        let mut wanted: Vec<GlobalVar> = (0..s.columns()).map(GlobalVar::Total).collect();
        wanted.push(GlobalVar::WorstSum(Family::Group));
        wanted.push(GlobalVar::WorstSum(Family::Account));
        wanted.push(GlobalVar::WorstBook);
        for family in blocks {
            wanted.extend((0..x).map(|i| GlobalVar::WitnessSum(family, i)));
        }
        for family in blocks {
            wanted.extend((0..z).map(|i| GlobalVar::BitSum(family, i)));
        }
        wanted.extend((0..y).map(GlobalVar::Witness));
        wanted.extend((0..bits).map(GlobalVar::Bit));
        wanted.extend((0..peaks).map(GlobalVar::PeakSum));
        wanted.push(GlobalVar::One);
        assert_eq!(wanted.len(), GlobalVar::count(s));
        for (position, variable) in wanted.iter().enumerate() {
            assert_eq!(variable.index(s), Some(position), "{variable:?} in {}", s.name);
        }
        for absent in [
            GlobalVar::Total(s.columns()),
            GlobalVar::PeakSum(peaks),
            GlobalVar::WorstSum(Family::Asset),
            GlobalVar::WorstSum(Family::Slot),
            GlobalVar::WorstSum(Family::Global),
            GlobalVar::WitnessSum(Family::Group, x),
            GlobalVar::WitnessSum(Family::Slot, 0),
            GlobalVar::WitnessSum(Family::Global, 0),
            GlobalVar::BitSum(Family::Asset, z),
            GlobalVar::BitSum(Family::Slot, 0),
            GlobalVar::Witness(y),
            GlobalVar::Bit(bits),
        ] {
            assert_eq!(absent.index(s), None, "{absent:?} in {}", s.name);
        }
    }
}

/// Rows lie one after another, local coefficients before global ones, and fill the part exactly.
#[test]
fn rows_fill_the_part() {
    for s in &SHAPES {
        let mut next = 0;
        for family in Family::ALL {
            for index in 0..u16::try_from(family.rows(s)).unwrap() {
                let (local, global) = RulesPart::span(s, RowRef { family, index });
                assert_eq!(local, next..next + family.locals(s));
                assert_eq!(global, local.end..local.end + GlobalVar::count(s));
                next = global.end;
            }
        }
        assert_eq!(next, RulesPart::len(s), "{}", s.name);
    }
    let s = shape("t32");
    let mut part = RulesPart::empty("m", s, Digest::default());
    let row = RowRef { family: Family::Account, index: 2 };
    let (local, global) = part.row_mut(s, row);
    (local[21], global[62]) = (4, -6);
    // Eight group rows of 22 + 63, two account rows before this one.
    assert_eq!(part.entries().collect::<Vec<_>>(), [(10 * 85 + 21, 4), (10 * 85 + 84, -6)]);
    let (local, global) = part.row(s, row);
    assert_eq!((local.len(), local[21], global.len(), global[62]), (22, 4, 63, -6));
}

#[test]
#[should_panic(expected = "the shape has no row")]
fn a_row_that_is_not_there_is_not_another_row() {
    let _ = RulesPart::span(shape("t32"), RowRef { family: Family::Global, index: 16 });
}

/// The integers of a risk part in the order of docs/statement.md.
#[test]
fn integers_of_a_risk_part() {
    let s = shape("t32");
    let mut part = RiskPart {
        model: "crypto-usd/1".into(),
        shape: "t32".into(),
        universe: keccak(b"u"),
        snapshot: keccak(b"s"),
        as_of: 1,
        layout: mandate_statement::Layout {
            carry: vec![false, true, false, false],
            group_used: vec![false, true, true, false],
            account: vec![Some(0), Some(0), Some(2), None],
            asset: vec![Some(1), Some(1), None, Some(0)],
        },
        weights: (0..1024).collect(),
        runs: Runs::default(),
    };
    let integers = part.integers(s);
    let marks = [
        vec![1, 0, 0],
        vec![0, 1, 1, 0],
        [[1, 1, 0, 0], [0; 4], [0, 0, 1, 0]].concat(),
        [[0, 0, 0, 1], [1, 1, 0, 0], [0; 4]].concat(),
        vec![1, 1, 0],
    ]
    .concat();
    assert_eq!(integers[..34], marks);
    assert_eq!(integers[34..], (0..1024).collect::<Vec<i64>>());
    assert_eq!(part.weights_of(s, 3), (96..128).collect::<Vec<i64>>());
    assert_eq!(part.shape(), Ok(s));
    part.layout.account[3] = Some(3);
    assert!(part.shape().is_err(), "t32 has accounts 0 to 2");
    part.layout.account[3] = Some(2);
    part.layout.asset[2] = Some(3);
    assert!(part.shape().is_err(), "t32 has assets 0 to 2");
    part.layout.asset[2] = Some(2);
    assert!(part.shape().is_ok());
}

/// A part of a shape with strips says where its runs lie after its weights, in its integers and in its file; one without strips
/// is written as if there were no such thing.
#[test]
fn runs_follow_the_weights() {
    let s = shape("r64");
    let bare = RiskPart {
        model: "m".into(),
        shape: "r64".into(),
        universe: keccak(b"u"),
        snapshot: keccak(b"s"),
        as_of: 1,
        layout: mandate_statement::Layout {
            carry: vec![false; 4],
            group_used: vec![false; 4],
            account: vec![None; 4],
            asset: vec![None; 4],
        },
        weights: vec![0; 64 * 32],
        runs: Runs::none(s),
    };
    let mut part = bare.clone();
    part.runs.carry = vec![false, true, false, true];
    part.runs.used = vec![false, true, true, false];
    part.runs.gap = (100..132).collect();
    part.runs.coins = (200..264).collect();
    part.runs.cover = (300..332).collect();
    assert_eq!(part.runs.spans(), [(0, 1), (2, 3)]);
    let integers = part.integers(s);
    assert_eq!(integers.len(), RiskPart::integer_count(s));
    assert_eq!(integers[..RiskPart::runs_at(s)], bare.integers(s)[..RiskPart::runs_at(s)]);
    let wanted: Vec<i64> =
        [vec![1, 0, 1], vec![0, 1, 1, 0], (101..132).collect(), (200..264).collect(), (300..332).collect()]
            .concat();
    assert_eq!(integers[RiskPart::runs_at(s)..], wanted);
    assert_ne!(part.digest(), bare.digest());
    let mut other = part.clone();
    other.runs.cover[31] += 1;
    assert_ne!(part.digest(), other.digest());
    let file = mandate_statement::encode(Kind::RiskPart, &part);
    assert_eq!(mandate_statement::decode::<RiskPart>(Kind::RiskPart, &file), Ok(part.clone()));

    // Every length is checked.
    let lists: [fn(&mut Runs); 5] = [
        |r| {
            r.carry.pop();
        },
        |r| {
            r.used.pop();
        },
        |r| {
            r.gap.pop();
        },
        |r| r.coins.push(0),
        |r| {
            r.cover.pop();
        },
    ];
    assert_eq!(part.shape(), Ok(s));
    for change in lists {
        let mut other = part.clone();
        change(&mut other.runs);
        assert!(matches!(other.shape(), Err(SheetError::Length { .. })));
    }
    // A shape without strips takes no runs, and one with strips not none at all: neither file reads.
    let (mut with, mut without) = (part.clone(), part);
    with.shape = "t32".into();
    without.runs = Runs::default();
    for part in [with, without] {
        assert!(part.shape().is_err());
        let file = mandate_statement::encode(Kind::RiskPart, &part);
        assert!(mandate_statement::decode::<RiskPart>(Kind::RiskPart, &file).is_err(), "{}", part.shape);
    }
}

/// What a risk part of a shape without strips is in bytes did not change when runs came: a digest that was published stays.
#[test]
fn a_part_without_runs_is_written_as_before() {
    let part = RiskPart {
        model: "m".into(),
        shape: "t32".into(),
        universe: Digest([1; 32]),
        snapshot: Digest([2; 32]),
        as_of: 3,
        layout: mandate_statement::Layout {
            carry: vec![false; 4],
            group_used: vec![true; 4],
            account: vec![Some(1); 4],
            asset: vec![None; 4],
        },
        weights: vec![-5; 32 * 32],
        runs: Runs::default(),
    };
    let file = mandate_statement::encode(Kind::RiskPart, &part);
    // After the header: texts, digests, instant, four lists of four, 1,024 weights of one byte each behind their count.
    assert_eq!(file.len() - 52, 2 + 4 + 32 + 32 + 1 + 5 + 5 + (1 + 8) + (1 + 4) + 3 + 1024);
}

#[test]
fn digests_agree_with_other_code() {
    let fill = |b: u8| Digest([b; 32]);
    assert_eq!(
        keccak(b"mandate").to_string(),
        "0x8b35b2102cc2a4dccfbe431de553a5ad8bde22ada6274559da549bfb4a459cfa"
    );
    assert_eq!(keccak(b"mandate").short(), "8b35b2102cc2");
    let mut field = keccak(b"mandate").0;
    field[0] = 0;
    assert_eq!(keccak(b"mandate").field_bytes(), field);
    let mut registry = [0; 20];
    for (byte, value) in registry.iter_mut().zip(1..) {
        *byte = value;
    }
    let context = Context {
        chain_id: 8453,
        registry,
        subject: fill(0xa1),
        key: fill(0xa2),
        mandate: fill(0xa3),
        risk: fill(0xa4),
        account_set: fill(0xa5),
        as_of: 1_700_000_000,
        valid_until: 1_700_086_400,
        epoch: 42,
    };
    assert_eq!(
        context.digest().to_string(),
        "0x3a659b5f1d650a760ef2a32f853eafa7bb23e08e5d0148252a140054e999e55d"
    );
    let mut attestor = ([0x61; 20], [0x62; 20]);
    let set = AccountSet {
        subject: fill(0x11),
        version: 7,
        entries: vec![
            AccountEntry {
                netting_set: 0,
                account: fill(0x51),
                attestor: attestor.0,
                grade: AttestorGrade::Venue,
            },
            AccountEntry {
                netting_set: 2,
                account: fill(0x52),
                attestor: attestor.1,
                grade: AttestorGrade::Administrator,
            },
        ],
    };
    assert_eq!(
        set.digest().to_string(),
        "0x87895251fef870e70c34069f097827b6ff859c25873ba00d67e2e95006a99b30"
    );
    attestor.0[19] ^= 1;
    let mut other = set.clone();
    other.entries[0].attestor = attestor.0;
    assert_ne!(other.digest(), set.digest());

    let mut rules = RulesPart::empty("crypto-usd/1", shape("t32"), fill(9));
    (rules.coefficients[0], rules.coefficients[7], rules.coefficients[2442]) = (5, -1, -(1 << 100));
    assert_eq!(
        rules.digest().to_string(),
        "0xa430e137260a318efddf96c9e042202381f3c098e3446cc0ac38bfa1525a6078"
    );
}

#[test]
fn a_signature_made_by_other_code() {
    let fill = |b: u8| Digest([b; 32]);
    let mut commitment = fill(0x44);
    commitment.0[0] = 4;
    let attestation = Attestation {
        subject: fill(0x11),
        account: fill(0x22),
        netting_set: 3,
        universe: fill(0x33),
        as_of: 1_700_000_000,
        sequence: 9,
        commitment,
    };
    assert_eq!(
        attestation.signing_hash().to_string(),
        "0x745de2b574f43bf7333cecd32c09fe9d0e174f6bc1a18a9defaf7b6deaf42b3e"
    );
    let signature = "524c8d0eaea6fc1f7f8b8ba5efa03b5d6943723d2664c43357bf121d0d5d6ee0\
                     354379015d136372428e147c6542cae8a46c3a028fb31bc5e294cc0efd9e80591c";
    let signed = SignedAttestation { attestation, signature: hex::decode(signature).unwrap() };
    let address = hex::decode("2c7536e3605d9c16a7a3d7b1898e529396a65c23").unwrap();
    assert_eq!(signed.signer().map(|a| a.to_vec()), Some(address));
    let with = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut other = signed.clone();
        change(&mut other.signature);
        other.signer()
    };
    assert_eq!(with(&|s| s[64] = 1), None, "v is 27 or 28");
    assert_eq!(with(&|s| s[64] = 29), None);
    assert_eq!(with(&|s| s.push(0)), None);
    assert_eq!(with(&|s| s.truncate(64)), None);
    assert_eq!(with(&|s| s[..32].fill(0)), None, "r is not zero");
    assert_ne!(with(&|s| s[64] = 27), signed.signer(), "the other point of the same r");
    // The twin with s in the upper half: n - s, and the other v.
    let high = hex::decode("cabc86fea2ec9c8dbd71eb839abd35161642a2e41f958475dd3d927dd297c0e8").unwrap();
    assert_eq!(
        with(&|s| {
            s[32..64].copy_from_slice(&high);
            s[64] = 27;
        }),
        None,
        "one signature has one spelling"
    );
}

#[test]
fn grades_in_order_and_in_words() {
    let grades = [
        (AttestorGrade::SelfAttested, "self", 0),
        (AttestorGrade::Administrator, "administrator", 1),
        (AttestorGrade::Custodian, "custodian", 2),
        (AttestorGrade::Venue, "venue", 3),
    ];
    for (grade, name, number) in grades {
        assert_eq!((grade.name(), grade as u8), (name, number));
        assert_eq!(serde_json::to_string(&grade).unwrap(), format!("\"{name}\""));
    }
    assert!(grades.windows(2).all(|pair| pair[0].0 < pair[1].0));
}

#[test]
fn digests_in_words() {
    let text = "0x3a659b5f1d650a760ef2a32f853eafa7bb23e08e5d0148252a140054e999e55d";
    let digest = Digest::from_hex(text).expect("64 digits");
    assert_eq!(Digest::from_hex(&text[2..]), Some(digest));
    assert_eq!((digest.to_string(), format!("{digest:?}")), (text.to_owned(), text.to_owned()));
    assert_eq!(serde_json::to_string(&digest).unwrap(), format!("\"{text}\""));
    assert_eq!(serde_json::from_str::<Digest>(&format!("\"{text}\"")).unwrap(), digest);
    for bad in ["", "0x", &text[..65], &format!("{text}0"), &text.replace('3', "g"), "0x0x11"] {
        assert_eq!(Digest::from_hex(bad), None, "{bad}");
        assert!(serde_json::from_str::<Digest>(&format!("\"{bad}\"")).is_err(), "{bad}");
    }
}

#[test]
fn runs_are_empty_where_every_list_is() {
    let nothing = || Runs { carry: vec![], used: vec![], gap: vec![], coins: vec![], cover: vec![] };
    assert!(nothing().is_empty());
    let changes: [fn(&mut Runs); 5] = [
        |r| r.carry.push(false),
        |r| r.used.push(false),
        |r| r.gap.push(0),
        |r| r.coins.push(0),
        |r| r.cover.push(0),
    ];
    for change in changes {
        let mut runs = nothing();
        change(&mut runs);
        assert!(!runs.is_empty(), "{runs:?}");
    }
}
