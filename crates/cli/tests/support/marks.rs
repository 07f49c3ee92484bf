//! The many spellings of a secret, and a search for all of them at once.

use mandate_attest::Opening;
use std::collections::BTreeMap;

/// Secrets to look for.
#[derive(Default)]
pub struct Marks {
    /// What each spelling is of, without its value, and its bytes.
    list: Vec<(String, Vec<u8>)>,
    /// First two bytes to places in the list.
    starts: BTreeMap<[u8; 2], Vec<usize>>,
}

impl Marks {
    /// How many spellings there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }
    fn add(&mut self, what: &str, bytes: Vec<u8>) {
        assert!(bytes.len() >= 5, "{what} is too short to be told from chance");
        self.starts.entry([bytes[0], bytes[1]]).or_default().push(self.list.len());
        self.list.push((what.to_owned(), bytes));
    }
    /// Bytes as they are, in hex of both cases, and in base64 wherever they may begin.
    fn encoded(&mut self, what: &str, bytes: &[u8]) {
        self.add(what, bytes.to_vec());
        self.add(&format!("{what}, hex"), hex::encode(bytes).into_bytes());
        self.add(&format!("{what}, HEX"), hex::encode_upper(bytes).into_bytes());
        for skip in 0..3 {
            let mut shifted = vec![0; skip];
            shifted.extend_from_slice(bytes);
            let text = base64(&shifted);
            // Characters that hold bits of what stands before or after are left aside.
            let inner = &text[(skip * 8).div_ceil(6)..shifted.len() * 8 / 6];
            self.add(&format!("{what}, base64 from byte {skip}"), inner.to_vec());
        }
    }
    /// A number as people write it, of eight characters or more.
    pub fn text(&mut self, what: &str, text: &str) {
        assert!(text.len() >= 8, "`{text}` may stand somewhere by chance");
        self.encoded(what, text.as_bytes());
        let whole = text.split('.').next().unwrap_or(text);
        if whole.len() >= 7 {
            let bare = whole.trim_start_matches('-');
            for comma in [",", "_", "'"] {
                let mut out = String::new();
                for (i, c) in bare.chars().enumerate() {
                    if i > 0 && (bare.len() - i).is_multiple_of(3) {
                        out.push_str(comma);
                    }
                    out.push(c);
                }
                self.add(&format!("{what}, in groups"), out.into_bytes());
            }
        }
    }
    /// Everything secret of an opening: large quantities in lots, and the blinding.
    pub fn opening(&mut self, name: &str, opening: &Opening) {
        for (slot, lots) in opening.quantities.iter().enumerate().filter(|q| q.1.unsigned_abs() > 10_000_000)
        {
            let what = format!("slot {slot} of {name}");
            self.text(&what, &lots.unsigned_abs().to_string());
            self.encoded(&format!("{what}, i64 le"), &lots.to_le_bytes());
            self.encoded(&format!("{what}, i64 be"), &lots.to_be_bytes());
            self.add(&format!("{what}, short hex"), format!("{:x}", lots.unsigned_abs()).into_bytes());
            // As the circuit and the commitment have it, in offset binary.
            let offset = lots + (1 << 47);
            self.encoded(&format!("{what}, offset be"), &offset.to_be_bytes()[2..]);
            self.encoded(&format!("{what}, offset le"), &offset.to_le_bytes()[..6]);
            self.add(&format!("{what}, offset in decimal"), offset.to_string().into_bytes());
            // As the machine files have it.
            let zigzag = ((lots << 1) ^ (lots >> 63)).cast_unsigned();
            let small = u32::try_from(zigzag).map(|v| [&[252][..], &v.to_le_bytes()].concat());
            self.add(
                &format!("{what}, in a machine file"),
                small.unwrap_or_else(|_| [&[253][..], &zigzag.to_le_bytes()].concat()),
            );
        }
        let big = opening.blinding.to_bytes();
        let little: Vec<u8> = big.iter().rev().copied().collect();
        self.encoded(&format!("blinding of {name}, be"), &*big);
        self.encoded(&format!("blinding of {name}, le"), &little);
        self.add(
            &format!("blinding of {name}, decimal"),
            opening.blinding.element().to_string().into_bytes(),
        );
        // As it lies in memory.
        let limbs: Vec<u8> = opening.blinding.element().0.0.iter().flat_map(|l| l.to_le_bytes()).collect();
        self.encoded(&format!("blinding of {name}, in memory"), &limbs);
    }
    /// The first secret that stands in `bytes`, by what it is.
    pub fn find(&self, bytes: &[u8]) -> Option<&str> {
        self.find_but(bytes, "nothing is called so")
    }
    /// The same, for text whose purpose is to tell the secrets whose names begin with `told`.
    pub fn find_but(&self, bytes: &[u8], told: &str) -> Option<&str> {
        for (at, pair) in bytes.windows(2).enumerate() {
            let Some(places) = self.starts.get(&[pair[0], pair[1]]) else { continue };
            let rest = &bytes[at..];
            let stands = |p: &&usize| {
                let (what, spelling) = &self.list[**p];
                rest.starts_with(spelling) && !what.starts_with(told)
            };
            if let Some(hit) = places.iter().find(stands) {
                return Some(&self.list[*hit].0);
            }
        }
        None
    }
}

fn base64(bytes: &[u8]) -> Vec<u8> {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = Vec::new();
    for chunk in bytes.chunks(3) {
        let word = chunk.iter().fold(0u32, |w, b| w << 8 | u32::from(*b)) << (8 * (3 - chunk.len()));
        for i in 0..4 {
            out.push(DIGITS[(word >> (18 - 6 * i)) as usize & 63]);
        }
    }
    out
}
