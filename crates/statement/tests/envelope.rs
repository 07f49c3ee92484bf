//! The envelope of every file, byte by byte, and the sizes at which a reader stops.

use mandate_statement::{CodecError, Kind, decode, encode, keccak};

const KINDS: [(Kind, u16, &str, usize); 9] = [
    (Kind::Snapshot, 1, "snapshot", 67_108_864),
    (Kind::RiskPart, 2, "risk part", 67_108_864),
    (Kind::RulesPart, 3, "rules part", 8_388_608),
    (Kind::Bundle, 4, "bundle", 1_048_576),
    (Kind::Opening, 5, "opening", 4_194_304),
    (Kind::Attestation, 6, "attestation", 4_096),
    (Kind::ProvingKey, 7, "proving key", 2_147_483_648),
    (Kind::VerifyingKey, 8, "verifying key", 67_108_864),
    (Kind::Disclosure, 9, "disclosure", 4_194_304),
];

#[test]
fn the_envelope_byte_by_byte() {
    for (kind, number, name, limit) in KINDS {
        assert_eq!(kind.limit(), limit, "{name}");
        let file = encode(kind, &vec![1u64, 300]);
        // Two entries; 300 takes the marker of two bytes.
        let payload = [2u8, 1, 251, 44, 1];
        let mut wanted = b"MANDATE\0\x01\x00".to_vec();
        wanted.extend_from_slice(&number.to_le_bytes());
        wanted.extend_from_slice(&[5, 0, 0, 0, 0, 0, 0, 0]);
        wanted.extend_from_slice(&keccak(&payload).0);
        assert_eq!(wanted.len(), 52);
        wanted.extend_from_slice(&payload);
        assert_eq!(file, wanted, "{name}");
        assert_eq!(decode::<Vec<u64>>(kind, &file).unwrap(), [1, 300]);
    }
}

/// Every refusal says what was wanted.
#[test]
fn refusals_in_words() {
    for (kind, number, name, _) in KINDS {
        let words = |bytes: &[u8]| decode::<Vec<u64>>(kind, bytes).unwrap_err().to_string();
        assert_eq!(words(&[]), format!("this is no {name} file: 0 bytes are too few for the 52-byte header"));
        assert!(words(&[0; 51]).contains("51 bytes are too few"));
        assert!(words(&[0; 52]).contains("does not begin with"));
        let mut file = encode(kind, &vec![1u64]);
        file[8] = 2;
        assert!(words(&file).ends_with("format version 2, this program reads 1"));
        file[8] = 1;
        file[10] = 99;
        assert!(words(&file).ends_with(&format!("its kind is 99, wanted {number}")));
        file[10..12].copy_from_slice(&number.to_le_bytes());
        file[52] = 7;
        assert!(words(&file).starts_with(&format!("{name} is damaged")));
    }
}

/// One byte over the limit is not looked into; the limit itself is.
#[test]
fn sizes_at_which_a_reader_stops() {
    for (kind, _, _, limit) in KINDS.into_iter().filter(|k| k.3 <= 8 << 20) {
        let bytes = vec![0; 52 + limit + 1];
        let (got, most) = (52 + limit + 1, 52 + limit);
        assert!(
            matches!(decode::<Vec<u64>>(kind, &bytes), Err(CodecError::TooLarge { got: g, limit: l, .. }) if (g, l) == (got, most))
        );
        assert!(matches!(decode::<Vec<u64>>(kind, &bytes[..most]), Err(CodecError::NotThisKind { .. })));
        assert!(matches!(decode::<Vec<u64>>(kind, &bytes[..limit]), Err(CodecError::NotThisKind { .. })));
    }
}

/// Lists as long as a file can hold: memory is given out in steps, and each step has room for what stands below it.
#[test]
fn long_honest_lists_are_read() {
    for entries in [2_000usize, 2_048, 8_000, 8_192, 30_000, 32_768, 130_000, 1_000_000] {
        // The tightest honest value there is: 16 bytes of memory for each byte of the file.
        let list = vec![0i128; entries];
        let file = encode(Kind::RulesPart, &list);
        assert!(
            decode::<Vec<i128>>(Kind::RulesPart, &file).is_ok_and(|back| back == list),
            "{entries} entries"
        );
    }
}
