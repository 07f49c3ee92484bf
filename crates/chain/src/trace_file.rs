//! A trace as a proposer publishes it: JSON, so that anyone reads it.

use crate::error::ChainError;
use crate::key::EvmPoint;
use crate::trace::{CHUNK, Chunk, Trace};
use alloy::primitives::U256;

/// The format.
const FORMAT: &str = "mandate trace 1";
/// Most chunks: the registry takes no more.
const MOST: usize = 1 << 16;

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: String,
    /// Per chunk 32 words, big-endian, in hex.
    values: Vec<String>,
    /// Per chunk the sum after it: x and y.
    sums: Vec<String>,
}

impl Trace {
    /// Largest file that is read, in bytes.
    pub const FILE_LIMIT: u64 = 160 << 20;

    /// As JSON.
    pub fn to_json(&self) -> String {
        let hex = |words: &[U256]| {
            hex::encode(words.iter().flat_map(|w| w.to_be_bytes::<32>()).collect::<Vec<u8>>())
        };
        let file = File {
            format: FORMAT.into(),
            values: self.values.iter().map(|c| hex(c)).collect(),
            sums: self.sums.iter().map(|p| hex(p)).collect(),
        };
        let mut text = serde_json::to_string_pretty(&file).expect("text");
        text.push('\n');
        text
    }
    /// Reads JSON. What it says may be wrong; that is for [`Trace::first_wrong`] to find.
    ///
    /// # Errors
    /// [`ChainError::Mismatch`] where it is no trace.
    pub fn from_json(text: &str) -> Result<Self, ChainError> {
        let wrong = |got: &str, wanted: &str| ChainError::mismatch("the trace's file", got, wanted);
        let file: File = serde_json::from_str(text).map_err(|e| wrong(&e.to_string(), "a trace in JSON"))?;
        if file.format != FORMAT {
            return Err(wrong(&format!("of format `{}`", file.format), FORMAT));
        }
        if file.values.is_empty() || file.values.len() > MOST || file.values.len() != file.sums.len() {
            let got = format!("{} chunks and {} sums", file.values.len(), file.sums.len());
            return Err(wrong(&got, "as many sums as chunks, from 1 to 65,536"));
        }
        let words = |text: &String, count: usize| -> Result<Vec<U256>, ChainError> {
            let bytes = hex::decode(text).ok().filter(|b| b.len() == 32 * count);
            let bytes = bytes.ok_or_else(|| wrong("a line of another length", "whole words in hex"))?;
            Ok(bytes.chunks(32).map(U256::from_be_slice).collect())
        };
        let chunk = |text: &String| -> Result<Chunk, ChainError> {
            Ok(words(text, CHUNK)?.try_into().expect("counted"))
        };
        let sum = |text: &String| -> Result<EvmPoint, ChainError> {
            Ok(words(text, 2)?.try_into().expect("counted"))
        };
        Ok(Self {
            values: file.values.iter().map(chunk).collect::<Result<_, _>>()?,
            sums: file.sums.iter().map(sum).collect::<Result<_, _>>()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_is_read_as_it_was_written() {
        let mut trace = Trace { values: vec![[U256::ZERO; CHUNK]; 2], sums: vec![[U256::from(1); 2]; 2] };
        trace.values[1][31] = U256::MAX;
        trace.sums[1][0] = U256::from(77);
        let text = trace.to_json();
        assert_eq!(Trace::from_json(&text).unwrap(), trace);
        for (from, to) in [
            ("trace 1", "trace 2"),
            ("\"sums\"", "\"sum\""),
            ("ffff\"", "ff\""),
            ("ffff\"", "ffgg\""),
            ("{", "["),
        ] {
            let bad = text.replacen(from, to, 1);
            assert_ne!(bad, text);
            assert!(Trace::from_json(&bad).is_err(), "{from} as {to}");
        }
        trace.sums.pop();
        assert!(Trace::from_json(&trace.to_json()).is_err(), "a sum is missing");
    }
}
