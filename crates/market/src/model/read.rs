//! The strict reader of model files. Unknown keys are refused; every error names file and key and says what would be right.

mod parts;

use super::part::Part;
use super::scenario::{Scenario, VolShift};
use super::vocabulary::{REQUIRED, VOCABULARY, word};
use super::{BackTest, ColumnDef, Details, Exceeded, Parameters, RiskModel, WrittenMargin};
use crate::instrument::is_symbol;
use crate::price::Price;
use crate::time::days_of;
use mandate_numeric::Decimal;
use mandate_statement::Mode;
use std::collections::BTreeMap;
use toml::{Table, Value};

/// Largest model file that is read, in bytes.
pub const SIZE_LIMIT: usize = 64 << 10;
const COLUMN_LIMIT: usize = 64;
const SCENARIO_LIMIT: usize = 256;
const TEXT_LIMIT: usize = 1000;

/// Why a file is not a risk model.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}: `{key}`: {why}")]
pub struct ModelError {
    /// The file.
    pub file: String,
    /// The key, with the tables that it stands in: `vol.up.shift`, `scenarios[3].price`.
    pub key: String,
    /// What is wrong, and what would be right.
    pub why: String,
}

/// A table that is read key by key; what is left at the end is unknown.
struct Reader<'a> {
    file: &'a str,
    path: String,
    left: Table,
    known: Vec<&'static str>,
}

impl<'a> Reader<'a> {
    fn new(file: &'a str, path: String, left: Table) -> Self {
        Self { file, path, left, known: Vec::new() }
    }
    fn key(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }
    fn wrong<T>(&self, key: &str, why: impl Into<String>) -> Result<T, ModelError> {
        Err(ModelError { file: self.file.to_owned(), key: self.key(key), why: why.into() })
    }
    fn optional(&mut self, key: &'static str) -> Option<Value> {
        self.known.push(key);
        self.left.remove(key)
    }
    fn take(&mut self, key: &'static str, wanted: &str) -> Result<Value, ModelError> {
        match self.optional(key) {
            Some(value) => Ok(value),
            None => self.wrong(key, format!("it is missing; {wanted} must stand here")),
        }
    }
    fn as_text(&self, key: &str, value: Value) -> Result<&'static str, ModelError> {
        let Value::String(text) = value else {
            return self.wrong(key, format!("{} is not a text in quotes", value.type_str()));
        };
        let visible = |c: char| {
            !c.is_control()
                && !matches!(c, '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        };
        if text.trim().is_empty() || text.len() > TEXT_LIMIT || !text.chars().all(visible) {
            return self
                .wrong(key, format!("1 to {TEXT_LIMIT} bytes of visible text on one line must stand here"));
        }
        Ok(text.leak())
    }
    fn text(&mut self, key: &'static str) -> Result<&'static str, ModelError> {
        let value = self.take(key, "a text")?;
        self.as_text(key, value)
    }
    fn whole(&mut self, key: &'static str, most: usize) -> Result<usize, ModelError> {
        let value = self.take(key, "a whole number")?;
        match value.as_integer().and_then(|n| usize::try_from(n).ok()).filter(|n| *n <= most) {
            Some(n) => Ok(n),
            None => self.wrong(key, format!("a whole number from 0 to {most} must stand here")),
        }
    }
    /// A share such as `-15%`, from `least` to `most` percent.
    fn as_share(&self, key: &str, value: Value, least: i64, most: i64) -> Result<Price, ModelError> {
        let wanted = format!("a share from {least}% to {most}% must stand here, such as \"-15%\"");
        let Value::String(text) = value else { return self.wrong(key, wanted) };
        let digits = text
            .strip_suffix('%')
            .filter(|d| d.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-')));
        let number = digits.and_then(|d| d.parse::<Decimal>().ok()).filter(|d| d.scale() <= 12);
        let Some(percent) = number.and_then(|d| i64::try_from(d.digits()).ok().map(|n| (n, d.scale())))
        else {
            return self.wrong(key, format!("`{}` is not one; {wanted}", clip(&text)));
        };
        match Price::new(percent.0, percent.1 + 2) {
            Some(p) if (bound(least)..=bound(most)).contains(&p) => Ok(p),
            _ => self.wrong(key, format!("`{}` is out of range; {wanted}", clip(&text))),
        }
    }
    fn share(&mut self, key: &'static str, least: i64, most: i64) -> Result<Price, ModelError> {
        let value = self.take(key, "a share such as \"-15%\"")?;
        self.as_share(key, value, least, most)
    }
    /// A number such as `0.3`, from 0 to 1.
    fn fraction(&mut self, key: &'static str) -> Result<Price, ModelError> {
        let wanted = "a number from 0 to 1 in quotes must stand here, such as \"0.3\"";
        let value = self.take(key, "a number such as \"0.3\"")?;
        let number = value.as_str().and_then(|t| t.parse::<Price>().ok());
        match number.filter(|p| (Price::ZERO..=Price::ONE).contains(p)) {
            Some(number) => Ok(number),
            None => self.wrong(key, wanted),
        }
    }
    fn date(&mut self, key: &'static str) -> Result<u64, ModelError> {
        let text = self.text(key)?;
        let number = |from: usize, to: usize| {
            text.get(from..to).filter(|t| t.bytes().all(|b| b.is_ascii_digit())).and_then(|t| t.parse().ok())
        };
        let day = match (number(0, 4), number(5, 7), number(8, 10), text.len()) {
            (Some(y), Some(m), Some(d), 10) if text.as_bytes()[4] == b'-' && text.as_bytes()[7] == b'-' => {
                days_of(y, m, d)
            }
            _ => None,
        };
        match day {
            Some(days) => Ok(days),
            None => self.wrong(
                key,
                format!("`{}` is no day; one such as \"2026-11-21\" must stand here", clip(text)),
            ),
        }
    }
    fn as_table(&self, key: &str, value: Value) -> Result<Reader<'a>, ModelError> {
        match value {
            Value::Table(table) => Ok(Reader::new(self.file, self.key(key), table)),
            other => self.wrong(key, format!("{} is not a table", other.type_str())),
        }
    }
    fn list(&mut self, key: &'static str, most: usize) -> Result<Vec<Value>, ModelError> {
        let value = self.take(key, "a list")?;
        match value {
            Value::Array(list) if (1..=most).contains(&list.len()) => Ok(list),
            Value::Array(list) => {
                self.wrong(key, format!("it has {} entries; 1 to {most} must stand here", list.len()))
            }
            other => self.wrong(key, format!("{} is not a list", other.type_str())),
        }
    }
    /// Symbols in growing order.
    fn symbols(&self, key: &'static str, value: Value) -> Result<&'static [&'static str], ModelError> {
        let wanted = "symbols of `A-Z`, `0-9` in growing order must stand here, such as [\"BTC\", \"ETH\"]";
        let Value::Array(list) = value else { return self.wrong(key, wanted) };
        let mut out: Vec<&'static str> = Vec::new();
        for entry in list {
            let text = entry.as_str().filter(|t| is_symbol(t) && out.last().is_none_or(|before| before < t));
            match text {
                Some(text) => out.push(text.to_owned().leak()),
                None => return self.wrong(key, format!("{}: {wanted}", clip(&entry.to_string()))),
            }
        }
        Ok(out.leak())
    }
    fn end(self) -> Result<(), ModelError> {
        match self.left.keys().next() {
            None => Ok(()),
            Some(key) => {
                self.wrong(key, format!("unknown key; known here are `{}`", self.known.join("`, `")))
            }
        }
    }
}

fn bound(percent: i64) -> Price {
    Price::new(percent, 2).expect("two places")
}

fn clip(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(60).collect()
}

impl RiskModel {
    /// Reads a model file. `file` is only a name for errors. The model lives as long as the program: a handful are read.
    ///
    /// # Errors
    /// [`ModelError`], naming the first key that is wrong.
    pub fn read(file: &str, text: &str) -> Result<Self, ModelError> {
        let whole = |why: String| ModelError { file: file.to_owned(), key: "the file".into(), why };
        if text.len() > SIZE_LIMIT {
            return Err(whole(format!("it has {} bytes; at most {SIZE_LIMIT} are read", text.len())));
        }
        let table: Table = text.parse().map_err(|e: toml::de::Error| {
            let line = e.span().map_or(1, |s| text[..s.start.min(text.len())].matches('\n').count() + 1);
            whole(format!("line {line} is not TOML: {}", clip(&e.message().replace('\n', " "))))
        })?;
        let mut r = Reader::new(file, String::new(), table);
        let name = r.text("name")?;
        if !is_name(name) {
            return r.wrong("name", "a name and version such as \"crypto-usd/1\" must stand here: `a-z`, `0-9`, `-`, then `/` and a number from 1 to 9999");
        }
        for (key, wanted) in [("currency", "USD")] {
            if r.text(key)? != wanted {
                return r
                    .wrong(key, format!("weights are computed in {wanted}; \"{wanted}\" must stand here"));
            }
        }
        if r.whole("money_places", 10)? != 10 {
            return r.wrong("money_places", "money is counted in units of 10^-10; 10 must stand here");
        }
        let (as_of, valid_until) = (r.date("as_of")?, r.date("valid_until")?);
        if valid_until < as_of {
            return r.wrong("valid_until", "it is before `as_of`");
        }
        let (owner, source) = (r.text("owner")?, r.text("source")?);
        let (covers, leaves_out) = (r.text("covers")?, r.text("leaves_out")?);
        let parts = parts::parts(&mut r)?;
        let columns = columns(&mut r, parts)?;
        let vols = vols(&mut r)?;
        let mut scenarios = scenarios(&mut r, &vols)?;
        let distinct = scenarios.len();
        if let Some(value) = r.optional("filled_to") {
            let total = value.as_integer().and_then(|n| usize::try_from(n).ok());
            match total.filter(|n| (distinct + 1..=SCENARIO_LIMIT).contains(n)) {
                Some(total) => scenarios.resize(total, scenarios[0]),
                None => {
                    let least = distinct + 1;
                    return r.wrong("filled_to", format!("a number from {least} to {SCENARIO_LIMIT} must stand here: more than the {distinct} scenarios; without filling, leave it out"));
                }
            }
        }
        let repeated = scenarios.len() - distinct;
        let parameters = Parameters { parts, ..parameters(&mut r, columns)? };
        let back_test = back_test(&mut r)?;
        r.end()?;
        let details = Details {
            as_of,
            valid_until,
            owner,
            source,
            covers,
            leaves_out,
            repeated,
            back_test,
            parameters,
        };
        Ok(Self {
            name,
            currency: "USD",
            money_places: 10,
            columns,
            scenarios: scenarios.leak(),
            details: Box::leak(Box::new(details)),
        })
    }
}

fn is_name(text: &str) -> bool {
    let Some((name, version)) = text.split_once('/') else { return false };
    (1..=40).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && version.len() <= 4
        && !version.starts_with('0')
        && !version.is_empty()
        && version.bytes().all(|b| b.is_ascii_digit())
}

/// Words of the vocabulary: signed, absolute with `lots` and `forbidden` last, long, short.
fn columns(r: &mut Reader<'_>, parts: &[Part]) -> Result<&'static [ColumnDef], ModelError> {
    let list = r.list("columns", COLUMN_LIMIT)?;
    let mut out: Vec<ColumnDef> = Vec::new();
    let order =
        |mode: Mode| [Mode::Signed, Mode::Absolute, Mode::Long, Mode::Short].iter().position(|m| *m == mode);
    for value in list {
        let own = |name: &str| parts.iter().find(|part| part.name == name).and_then(Part::definition);
        let Some(def) = value.as_str().and_then(|name| word(name).copied().or_else(|| own(name))) else {
            let known: Vec<&str> =
                VOCABULARY.iter().map(|c| c.name).chain(parts.iter().map(|p| p.name)).collect();
            let got = clip(&value.to_string());
            return r
                .wrong("columns", format!("{got} is not a column; columns are `{}`", known.join("`, `")));
        };
        if out.iter().any(|c| c.name == def.name) {
            return r.wrong("columns", format!("`{}` stands here twice; once is right", def.name));
        }
        if out.last().is_some_and(|before| order(before.mode) > order(def.mode)) {
            let why = "columns stand in the order signed, absolute, long, short";
            return r.wrong("columns", format!("`{}` is too late: {why}", def.name));
        }
        out.push(def);
    }
    if let Some(part) = parts.iter().find(|part| out.iter().all(|c| c.name != part.name)) {
        return r.wrong(
            &format!("parts.{}", part.name),
            "no column is called that; name it among the columns, or leave it out",
        );
    }
    for name in REQUIRED {
        if out.iter().all(|c| c.name != name) {
            return r.wrong("columns", format!("`{name}` is missing; every model has it"));
        }
    }
    let absolute: Vec<&str> = out.iter().filter(|c| c.mode == Mode::Absolute).map(|c| c.name).collect();
    if !absolute.ends_with(&["lots", "forbidden"]) {
        return r.wrong("columns", "`lots` and then `forbidden` must be the last of the absolute columns");
    }
    Ok(out.leak())
}

/// Named shifts of implied volatilities.
fn vols(r: &mut Reader<'_>) -> Result<BTreeMap<String, VolShift>, ModelError> {
    let value =
        r.take("vol", "a table with a named shift of implied volatilities in each table of its own")?;
    let named = r.as_table("vol", value)?;
    let mut out = BTreeMap::new();
    for (name, value) in named.left.clone() {
        if name.is_empty() || name.len() > 20 || !name.bytes().all(|b| b.is_ascii_lowercase()) {
            return named.wrong(&clip(&name), "a shift is named by 1 to 20 of `a-z`");
        }
        let mut rule = named.as_table(&name, value)?;
        let kind = rule.text("rule")?;
        let shift = rule.share("shift", -100, 500)?;
        let shift = match kind {
            "constant" => VolShift::Constant { shift },
            "power" => {
                let (short_power, long_power) = (rule.fraction("short_power")?, rule.fraction("long_power")?);
                let min_vol = match rule.optional("min_vol") {
                    Some(value) => Some(rule.as_share("min_vol", value, 1, 500)?),
                    None => None,
                };
                VolShift::Power { shift, short_power, long_power, min_vol }
            }
            _ => return rule.wrong("rule", "\"constant\" or \"power\" must stand here"),
        };
        rule.end()?;
        out.insert(name, shift);
    }
    Ok(out)
}

fn scenarios(r: &mut Reader<'_>, vols: &BTreeMap<String, VolShift>) -> Result<Vec<Scenario>, ModelError> {
    let list = r.list("scenarios", SCENARIO_LIMIT)?;
    let mut out: Vec<Scenario> = Vec::new();
    let mut used: Vec<&'static str> = Vec::new();
    for (i, value) in list.into_iter().enumerate() {
        let mut s = r.as_table(&format!("scenarios[{i}]"), value)?;
        let label = match s.optional("label") {
            Some(value) => Some(s.as_text("label", value)?),
            None => None,
        };
        let price = s.share("price", -99, 1000)?;
        let vol = s.text("vol")?;
        let Some(shift) = vols.get(vol) else {
            let known: Vec<&str> = vols.keys().map(String::as_str).collect();
            return s.wrong(
                "vol",
                format!("`{}` is no table of `vol`; there are `{}`", clip(vol), known.join("`, `")),
            );
        };
        used.push(vol);
        let weight = match s.optional("weight") {
            Some(value) => s.as_share("weight", value, 0, 100)?,
            None => Price::ONE,
        };
        if !weight.is_positive() {
            return s.wrong("weight", "a share above 0% must stand here");
        }
        let moves = match s.optional("moves") {
            Some(value) => moves(&s.as_table("moves", value)?)?,
            None => &[],
        };
        s.end()?;
        let scenario = Scenario { label, price, moves, vol: *shift, weight };
        if let Some(before) = out.iter().position(|b| Scenario { label, ..*b } == scenario) {
            return r.wrong(
                &format!("scenarios[{i}]"),
                format!("it is scenario {before} again; `filled_to` fills a shape"),
            );
        }
        out.push(scenario);
    }
    match vols.keys().find(|name| !used.contains(&name.as_str())) {
        Some(name) => r.wrong(&format!("vol.{name}"), "no scenario uses it; leave it out"),
        None => Ok(out),
    }
}

fn moves(table: &Reader<'_>) -> Result<&'static [(&'static str, Price)], ModelError> {
    let mut out: Vec<(&'static str, Price)> = Vec::new();
    for (symbol, value) in table.left.clone() {
        if !is_symbol(&symbol) || symbol == "USD" {
            return table.wrong(
                &clip(&symbol),
                "a symbol of `A-Z`, `0-9` that is not the model's currency must stand here",
            );
        }
        out.push((symbol.clone().leak(), table.as_share(&symbol, value, -99, 1000)?));
    }
    out.sort_by_key(|(symbol, _)| *symbol);
    Ok(out.leak())
}

/// What columns take as parameters: those that the model's columns need, and no others.
fn parameters(r: &mut Reader<'_>, columns: &[ColumnDef]) -> Result<Parameters, ModelError> {
    let value = r.optional("parameters").unwrap_or_else(|| Value::Table(Table::new()));
    let mut p = r.as_table("parameters", value)?;
    let mut out = Parameters::default();
    let has = |name: &str| columns.iter().any(|c| c.name == name);
    if has("illiquid") {
        let list = p.take("liquid", "the list of liquid symbols, which column `illiquid` leaves out,")?;
        out.liquid = p.symbols("liquid", list)?;
    }
    if has("staked") {
        let list = p.take("staked", "the list of staked symbols, which column `staked` counts,")?;
        out.staked = p.symbols("staked", list)?;
    }
    if let Some(value) = p.optional("debts_at_par") {
        match value.as_bool() {
            Some(par) => out.debts_at_par = par,
            None => return p.wrong("debts_at_par", "true or false must stand here"),
        }
    }
    if has("written_margin") {
        let value = p.take("written_margin", "a table with `rate`, `floor` and `put_floor`")?;
        let mut w = p.as_table("written_margin", value)?;
        let (rate, floor) = (w.share("rate", 0, 100)?, w.share("floor", 0, 100)?);
        let put_floor_on_strike = match w.text("put_floor")? {
            "strike" => true,
            "index" => false,
            _ => return w.wrong("put_floor", "\"strike\" or \"index\" must stand here"),
        };
        w.end()?;
        out.written_margin = Some(WrittenMargin { rate, floor, put_floor_on_strike });
    }
    p.end()?;
    Ok(out)
}

fn back_test(r: &mut Reader<'_>) -> Result<BackTest, ModelError> {
    let value = r.take("back_test", "a table with `none` and a reason, or with `how` and `figures`,")?;
    let mut b = r.as_table("back_test", value)?;
    if let Some(why) = b.optional("none") {
        let why = b.as_text("none", why)?;
        b.end()?;
        return Ok(BackTest::None(why));
    }
    let how = b.text("how")?;
    let mut figures: Vec<Exceeded> = Vec::new();
    for (i, value) in b.list("figures", 64)?.into_iter().enumerate() {
        let mut f = b.as_table(&format!("figures[{i}]"), value)?;
        let coin = f.text("coin")?;
        if !is_symbol(coin) {
            return f.wrong("coin", "a symbol of `A-Z`, `0-9` must stand here");
        }
        let short = match f.text("side")? {
            "long" => false,
            "short" => true,
            _ => return f.wrong("side", "\"long\" or \"short\" must stand here"),
        };
        let worst = f.share("worst", 0, 1000)?;
        let mut count = |key| f.whole(key, 1_000_000).map(|n| u32::try_from(n).expect("at most a million"));
        let (days, exceeded) = (count("days")?, count("exceeded")?);
        if exceeded > days {
            return f.wrong("exceeded", "it is more than `days`");
        }
        f.end()?;
        figures.push(Exceeded { coin, short, worst, days, exceeded });
    }
    b.end()?;
    Ok(BackTest::Counted { how, figures: figures.leak() })
}
