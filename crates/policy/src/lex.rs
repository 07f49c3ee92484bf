//! Words of the mandate language.

use crate::error::Span;
use mandate_numeric::Decimal;

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Token {
    Number(Decimal),
    Name(String),
    Percent,
    Plus,
    Minus,
    Star,
    Slash,
    Open,
    Close,
    Comma,
    Semicolon,
    Colon,
    AtMost,
    AtLeast,
    Less,
    More,
    End,
}

impl Token {
    pub(crate) fn show(&self) -> String {
        match self {
            Self::Number(n) => format!("`{n}`"),
            Self::Name(n) => format!("`{n}`"),
            Self::Percent => "`%`".into(),
            Self::Plus => "`+`".into(),
            Self::Minus => "`-`".into(),
            Self::Star => "`*`".into(),
            Self::Slash => "`/`".into(),
            Self::Open => "`(`".into(),
            Self::Close => "`)`".into(),
            Self::Comma => "`,`".into(),
            Self::Semicolon => "`;`".into(),
            Self::Colon => "`:`".into(),
            Self::AtMost => "`<=`".into(),
            Self::AtLeast => "`>=`".into(),
            Self::Less => "`<`".into(),
            Self::More => "`>`".into(),
            Self::End => "the end of the rule".into(),
        }
    }
}

/// Something wrong at a place of the expression (offsets into the expression, not yet into the file).
#[derive(Debug)]
pub(crate) struct Complaint {
    pub(crate) span: Span,
    pub(crate) message: String,
    pub(crate) label: String,
    pub(crate) help: Option<String>,
}

impl Complaint {
    pub(crate) fn new(span: Span, message: impl Into<String>, label: impl Into<String>) -> Self {
        Self { span, message: message.into(), label: label.into(), help: None }
    }
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// Whether the underscores of a number, if any, part groups of three digits, counted from the point.
fn grouped(number: &str) -> bool {
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let groups = |digits: &str, first: bool| {
        let list: Vec<&str> = digits.split('_').collect();
        let short = if first { 0 } else { list.len() - 1 };
        list.len() == 1
            || list.iter().enumerate().all(
                |(i, g)| {
                    if i == short { (1..=3).contains(&g.len()) } else { g.len() == 3 }
                },
            )
    };
    groups(whole, true) && groups(part, false)
}

/// Splits an expression into tokens, the last of which is [`Token::End`].
pub(crate) fn lex(text: &str) -> Result<Vec<(Token, Span)>, Complaint> {
    let bytes = text.as_bytes();
    let mut out = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        let two = |second: u8| bytes.get(start + 1) == Some(&second);
        let token = match bytes[at] {
            b' ' | b'\t' | b'\r' | b'\n' => {
                at += 1;
                continue;
            }
            b'0'..=b'9' | b'.' => {
                while at < bytes.len() && matches!(bytes[at], b'0'..=b'9' | b'.' | b'_') {
                    at += 1;
                }
                let span = Span { start, end: at };
                let number = &text[start..at];
                if !grouped(number) {
                    return Err(Complaint::new(
                        span,
                        format!("the underscores of `{number}` do not part groups of three digits"),
                        "grouped otherwise",
                    )
                    .help(
                        "underscores part thousands, so that an amount is what it looks like: `5_000_000`, `0.000_001`",
                    ));
                }
                let number: Decimal = number.parse().map_err(|e| {
                    Complaint::new(span, format!("{e}"), "not a number").help(
                        "numbers look like `3`, `0.25`, `5_000_000`, with `%`, `bps` or `USD` after them",
                    )
                })?;
                out.push((Token::Number(number), span));
                continue;
            }
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => {
                while at < bytes.len() && (bytes[at].is_ascii_alphanumeric() || bytes[at] == b'_') {
                    at += 1;
                }
                out.push((Token::Name(text[start..at].to_owned()), Span { start, end: at }));
                continue;
            }
            b'<' if two(b'=') => Token::AtMost,
            b'>' if two(b'=') => Token::AtLeast,
            b'=' => {
                let end = start + if two(b'=') { 2 } else { 1 };
                return Err(Complaint::new(
                    Span { start, end },
                    "equality cannot be proven",
                    "every total carries a rounding allowance",
                )
                .help("bound it from both sides: `a <= b + 1 USD and a >= b - 1 USD`"));
            }
            b'<' => Token::Less,
            b'>' => Token::More,
            b'%' => Token::Percent,
            b'+' => Token::Plus,
            b'-' => Token::Minus,
            b'*' => Token::Star,
            b'/' => Token::Slash,
            b'(' => Token::Open,
            b')' => Token::Close,
            b',' => Token::Comma,
            b';' => Token::Semicolon,
            b':' => Token::Colon,
            _ => {
                let c = text[start..].chars().next().unwrap_or('?');
                let shown: String = c.escape_default().collect();
                let shown = if c.is_alphanumeric() || c.is_ascii_graphic() { c.to_string() } else { shown };
                return Err(Complaint::new(
                    Span { start, end: start + c.len_utf8() },
                    format!("`{shown}` means nothing here"),
                    "not a word of the language",
                )
                .help("comparisons are `<=`, `>=`, `<`, `>`; arithmetic is `+`, `-`, `*`, `/`"));
            }
        };
        at += if matches!(token, Token::AtMost | Token::AtLeast) { 2 } else { 1 };
        out.push((token, Span { start, end: at }));
    }
    out.push((Token::End, Span { start: bytes.len(), end: bytes.len() }));
    Ok(out)
}
