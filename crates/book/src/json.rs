//! JSON as statements need it: numbers keep their digits, every value knows its line, a key stands once, and texts are
//! wiped.
//!
//! `serde_json` reads numbers into floats (or changes how every crate of the build reads them), lets the last of two
//! equal keys win, and forgets where a value stood.

use crate::error::{BookError, Place, clip};
use zeroize::Zeroizing;

const DEPTH: usize = 32;

/// A value with its line.
pub(crate) struct Json {
    pub(crate) line: u64,
    pub(crate) value: Value,
}

/// What a value is. Numbers are the text they were written as.
pub(crate) enum Value {
    Null,
    Bool,
    Number(Zeroizing<String>),
    Text(Zeroizing<String>),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    /// Reads one document.
    pub(crate) fn parse(file: &str, bytes: &[u8]) -> Result<Self, BookError> {
        let text = std::str::from_utf8(bytes).map_err(|e| {
            let line = 1 + bytes[..e.valid_up_to()].iter().filter(|b| **b == b'\n').count() as u64;
            BookError::Form { place: Place::new(file, line), why: "this is not UTF-8 text".into() }
        })?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut reader = Reader { file, text, at: 0, line: 1 };
        let value = reader.value(0)?;
        reader.space();
        if reader.at < text.len() {
            return Err(reader.wrong("something follows the end of the JSON document"));
        }
        Ok(value)
    }
    /// The member of an object.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        self.members().iter().find(|(k, _)| k == key).map(|(_, v)| v)
    }
    /// The member of an object, if it is there and not null and not an empty text.
    pub(crate) fn given(&self, key: &str) -> Option<&Self> {
        self.get(key).filter(|v| match &v.value {
            Value::Null => false,
            Value::Text(t) => !t.is_empty(),
            _ => true,
        })
    }
    /// Members of an object; nothing for all else.
    pub(crate) fn members(&self) -> &[(String, Self)] {
        match &self.value {
            Value::Object(members) => members,
            _ => &[],
        }
    }
    pub(crate) const fn is_object(&self) -> bool {
        matches!(self.value, Value::Object(_))
    }
    /// Items of a list.
    pub(crate) fn list(&self) -> Option<&[Self]> {
        match &self.value {
            Value::List(items) => Some(items),
            _ => None,
        }
    }
    /// The text of a text.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }
    /// The text of a number, or of a text that should be one.
    pub(crate) fn number(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) | Value::Number(text) => Some(text),
            _ => None,
        }
    }
    pub(crate) fn place(&self, file: &str) -> Place {
        Place::new(file, self.line)
    }
}

struct Reader<'a> {
    file: &'a str,
    text: &'a str,
    at: usize,
    line: u64,
}

impl Reader<'_> {
    fn wrong(&self, why: &str) -> BookError {
        BookError::Form { place: Place::new(self.file, self.line), why: why.into() }
    }
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }
    fn space(&mut self) {
        while let Some(b @ (b' ' | b'\t' | b'\r' | b'\n')) = self.peek() {
            self.line += u64::from(b == b'\n');
            self.at += 1;
        }
    }
    fn take(&mut self, byte: u8) -> bool {
        self.space();
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }
    fn word(&mut self, word: &str, value: Value) -> Option<Value> {
        let rest = self.text.get(self.at..)?;
        rest.starts_with(word).then(|| self.at += word.len())?;
        Some(value)
    }

    fn value(&mut self, depth: usize) -> Result<Json, BookError> {
        if depth > DEPTH {
            return Err(self.wrong("the JSON is nested deeper than 32 levels"));
        }
        self.space();
        let line = self.line;
        let value = match self.peek() {
            Some(b'{') => self.object(depth)?,
            Some(b'[') => self.array(depth)?,
            Some(b'"') => Value::Text(self.string()?),
            Some(b'-' | b'0'..=b'9') => self.numeral()?,
            Some(b't') => self.word("true", Value::Bool).ok_or_else(|| self.wrong(NOT_JSON))?,
            Some(b'f') => self.word("false", Value::Bool).ok_or_else(|| self.wrong(NOT_JSON))?,
            Some(b'n') => self.word("null", Value::Null).ok_or_else(|| self.wrong(NOT_JSON))?,
            None => return Err(self.wrong("the JSON ends in the middle of a value")),
            Some(_) => return Err(self.wrong(NOT_JSON)),
        };
        Ok(Json { line, value })
    }
    fn object(&mut self, depth: usize) -> Result<Value, BookError> {
        self.at += 1;
        let mut members: Vec<(String, Json)> = Vec::new();
        let mut seen = std::collections::BTreeSet::new();
        if self.take(b'}') {
            return Ok(Value::Object(members));
        }
        loop {
            self.space();
            if self.peek() != Some(b'"') {
                return Err(self.wrong("a key in quotes must stand here"));
            }
            let key = self.string()?.to_string();
            if !seen.insert(key.clone()) {
                return Err(self.wrong(&format!("the key `{}` stands twice in one object", clip(&key))));
            }
            if !self.take(b':') {
                return Err(self.wrong("a `:` must follow a key"));
            }
            let value = self.value(depth + 1)?;
            members.push((key, value));
            if self.take(b'}') {
                return Ok(Value::Object(members));
            }
            if !self.take(b',') {
                return Err(self.wrong("a `,` or `}` must follow a member of an object"));
            }
        }
    }
    fn array(&mut self, depth: usize) -> Result<Value, BookError> {
        self.at += 1;
        let mut items = Vec::new();
        if self.take(b']') {
            return Ok(Value::List(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            if self.take(b']') {
                return Ok(Value::List(items));
            }
            if !self.take(b',') {
                return Err(self.wrong("a `,` or `]` must follow an item of a list"));
            }
        }
    }
    /// JSON's own grammar: no leading zeros, digits on both sides of the point.
    fn numeral(&mut self) -> Result<Value, BookError> {
        let start = self.at;
        self.at += usize::from(self.peek() == Some(b'-'));
        let digits = |r: &mut Self| {
            let from = r.at;
            while matches!(r.peek(), Some(b'0'..=b'9')) {
                r.at += 1;
            }
            r.at - from
        };
        let zero = self.peek() == Some(b'0');
        let whole = digits(self);
        let mut good = whole > 0 && (!zero || whole == 1);
        if self.peek() == Some(b'.') {
            self.at += 1;
            good &= digits(self) > 0;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            self.at += usize::from(matches!(self.peek(), Some(b'+' | b'-')));
            good &= digits(self) > 0;
        }
        if !good {
            return Err(self.wrong("this number is not written as JSON writes numbers"));
        }
        Ok(Value::Number(Zeroizing::new(self.text[start..self.at].to_owned())))
    }
    fn string(&mut self) -> Result<Zeroizing<String>, BookError> {
        self.at += 1;
        // An unescaped text is never longer than its escaped one, so the buffer is never moved.
        let rest = &self.text[self.at..];
        let room = rest.bytes().position(|b| b == b'"').unwrap_or(0);
        let mut out = Zeroizing::new(String::with_capacity(room));
        loop {
            let Some(c) = self.text.get(self.at..).and_then(|r| r.chars().next()) else {
                return Err(self.wrong("the JSON ends in the middle of a text"));
            };
            self.at += c.len_utf8();
            match c {
                '"' => return Ok(out),
                '\\' => {
                    let c = self.escape()?;
                    out.push(c);
                }
                c if u32::from(c) < 0x20 => {
                    return Err(self.wrong("a text holds a control character; write it as an escape"));
                }
                c => out.push(c),
            }
        }
    }
    fn escape(&mut self) -> Result<char, BookError> {
        let Some(b) = self.peek() else { return Err(self.wrong("the JSON ends in the middle of a text")) };
        self.at += 1;
        Ok(match b {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let first = self.hex4()?;
                let code = if (0xd800..0xdc00).contains(&first) {
                    if !(self.peek() == Some(b'\\') && self.text.as_bytes().get(self.at + 1) == Some(&b'u')) {
                        return Err(self.wrong(BAD_ESCAPE));
                    }
                    self.at += 2;
                    let second = self.hex4()?;
                    if !(0xdc00..0xe000).contains(&second) {
                        return Err(self.wrong(BAD_ESCAPE));
                    }
                    0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00)
                } else {
                    first
                };
                char::from_u32(code).ok_or_else(|| self.wrong(BAD_ESCAPE))?
            }
            _ => return Err(self.wrong(BAD_ESCAPE)),
        })
    }
    fn hex4(&mut self) -> Result<u32, BookError> {
        let digits = self.text.get(self.at..self.at + 4);
        let digits = digits.filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()));
        let code =
            digits.and_then(|d| u32::from_str_radix(d, 16).ok()).ok_or_else(|| self.wrong(BAD_ESCAPE))?;
        self.at += 4;
        Ok(code)
    }
}

const NOT_JSON: &str = "a JSON value must stand here (`NaN` and `Infinity` are none)";
const BAD_ESCAPE: &str = "a text holds an escape that JSON does not have";

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn values_keep_digits_and_lines() {
        let text = "{\n \"a\": [1.10, -2e-7, \"x\\u00e9\\n\\ud83d\\ude00\", null],\n \"b\": {\"c\": true}\n}";
        let json = Json::parse("f", text.as_bytes()).unwrap_or_else(|e| panic!("{e}"));
        let list = json.get("a").unwrap().list().unwrap();
        assert_eq!(list[0].number(), Some("1.10"));
        assert_eq!(list[1].number(), Some("-2e-7"));
        assert_eq!(list[2].text(), Some("x\u{e9}\n\u{1f600}"));
        assert_eq!((list[0].line, json.get("b").unwrap().line), (2, 3));
        assert!(json.given("z").is_none());
    }

    #[test]
    fn what_is_not_json_is_refused_by_line() {
        for text in [
            "",
            "{",
            "[1,]",
            "{\"a\":1,}",
            "[1] 2",
            "01",
            "1.",
            ".5",
            "-",
            "NaN",
            "[Infinity]",
            "\"\\x\"",
            "\"\\ud800\"",
            "{\"a\":1,\"a\":2}",
            "tru",
            "{a:1}",
            "\"\n\"",
            "1e",
            "[1 2]",
        ] {
            assert!(Json::parse("f", text.as_bytes()).is_err(), "{text}");
        }
        let deep = "[".repeat(100_000);
        assert!(Json::parse("f", deep.as_bytes()).is_err());
        let error = Json::parse("f", b"{\n\n x").err().unwrap().to_string();
        assert!(error.starts_with("f:3: "), "{error}");
    }

    proptest! {
        #[test]
        fn nothing_panics(bytes in prop::collection::vec(any::<u8>(), 0..200), text in "[\\[\\]{}\",:0-9eE.\\\\un -]{0,60}") {
            let _ = Json::parse("f", &bytes);
            let _ = Json::parse("f", text.as_bytes());
        }
    }
}
