//! The risk part: layout and weights.

use crate::finding::{Finding, Findings, clip};
use crate::model::{Bond, Model};
use crate::runs;
use mandate_statement::{Column, Digest, Layout, Mode, RiskPart, Shape, WEIGHT_SUM_BITS};
use std::collections::BTreeSet;

/// What [`check_risk`] found out about a lawful risk part. All counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RiskReport {
    /// The shape.
    pub shape: &'static str,
    /// The risk model.
    pub model: &'static str,
    /// Slots that may hold something.
    pub usable_slots: usize,
    /// Accounts with a segment.
    pub accounts: usize,
    /// Groups in use.
    pub groups: usize,
    /// Assets with a segment.
    pub assets: usize,
    /// Accounts that have segments but no usable slot: lawful, but nothing can be held in them.
    pub accounts_without_slots: Vec<u16>,
    /// Runs of strikes in use.
    pub runs: usize,
    /// Per column: its name and the bits of the sum of its magnitudes, at most 41.
    pub columns: Vec<(String, u32)>,
}

/// Shape and model of a part, each with its finding where there is none.
pub(crate) fn shape_and_model(
    part: &'static str,
    shape: &str,
    model: &str,
    findings: &mut Findings,
) -> Option<(&'static Shape, &'static Model)> {
    let found_shape = Shape::by_name(shape);
    if found_shape.is_none() {
        findings.push(Finding::UnknownShape { part, shape: clip(shape) });
    }
    let found_model = Model::by_name(model);
    if found_model.is_none() {
        findings.push(Finding::UnknownModel { part, model: clip(model) });
    }
    let (shape, model) = (found_shape?, found_model?);
    if !model.fits(shape) {
        findings.push(Finding::ModelMisfit { part, model: model.name, shape: shape.name });
        return None;
    }
    Some((shape, model))
}

/// Checks a risk part: names, lengths, layout, marks, signs, column sums. Does not price anything.
///
/// # Errors
/// Everything that is wrong with it. An unknown shape or model, or a wrong length, hides the rest.
pub fn check_risk(part: &RiskPart) -> Result<RiskReport, Vec<Finding>> {
    let mut findings = Findings::default();
    for (what, digest) in [("universe", part.universe), ("snapshot", part.snapshot)] {
        if digest == Digest::default() {
            findings.push(Finding::ZeroDigest { what });
        }
    }
    if part.as_of == 0 {
        findings.push(Finding::ZeroInstant);
    }
    let known = shape_and_model("risk part", &part.shape, &part.model, &mut findings);
    let Some((shape, model)) = known else { return Err(findings.into_list()) };
    if let Err(error) = part.shape() {
        findings.push(Finding::Lengths(error));
        return Err(findings.into_list());
    }
    let usable: Vec<bool> =
        (0..shape.slots).map(|slot| part.weights_of(shape, slot)[shape.lots_column()] != 0).collect();
    check_layout(shape, &part.layout, &usable, &mut findings);
    for slot in 0..shape.slots {
        check_slot(shape, model, slot, part.weights_of(shape, slot), &mut findings);
    }
    if !usable.contains(&true) {
        findings.push(Finding::NoUsableSlot);
    }
    let runs = runs::check(shape, model, part, &usable, &mut findings);
    let columns = column_sums(shape, model, part, &mut findings);
    let layout = &part.layout;
    let distinct = |list: &[Option<u16>]| list.iter().flatten().collect::<BTreeSet<_>>().len();
    let report = RiskReport {
        shape: shape.name,
        model: model.name,
        usable_slots: usable.iter().filter(|u| **u).count(),
        accounts: distinct(&layout.account),
        groups: layout.group_used.iter().filter(|u| **u).count(),
        assets: distinct(&layout.asset),
        accounts_without_slots: unused(shape, &layout.account, &usable),
        runs,
        columns,
    };
    findings.finish(report)
}

fn slots_of(shape: &Shape, segment: usize) -> std::ops::Range<usize> {
    segment * shape.segment_len()..(segment + 1) * shape.segment_len()
}

/// The accounts or assets that have segments, but no usable slot in any of them.
fn unused(shape: &Shape, of: &[Option<u16>], usable: &[bool]) -> Vec<u16> {
    let has_slot = |segment: &usize| slots_of(shape, *segment).any(|slot| usable[slot]);
    let used: BTreeSet<u16> = (0..shape.segments).filter(has_slot).filter_map(|s| of[s]).collect();
    let all: BTreeSet<u16> = of.iter().flatten().copied().collect();
    all.difference(&used).copied().collect()
}

/// Accounts are runs in order of first use; groups are runs inside one account and one asset, no two of the same account
/// and asset, each marked at its end where it has a usable slot; assets have usable slots, and usable slots an asset.
fn check_layout(shape: &Shape, layout: &Layout, usable: &[bool], findings: &mut Findings) {
    if layout.carry[0] {
        findings.push(Finding::FirstCarries);
    }
    for asset in unused(shape, &layout.asset, usable) {
        findings.push(Finding::AssetEmpty { asset });
    }
    let (mut accounts, mut groups) = (BTreeSet::new(), BTreeSet::new());
    let mut group_slot = None;
    for segment in 0..shape.segments {
        let account = layout.account[segment];
        let before = segment.checked_sub(1);
        if layout.carry[segment]
            && let Some(before) = before
        {
            if layout.account[before] != account {
                findings.push(Finding::CarryAcross { segment, what: "account" });
            }
            if layout.asset[before] != layout.asset[segment] {
                findings.push(Finding::CarryAcross { segment, what: "asset" });
            }
        }
        if let Some(account) = account
            && before.is_none_or(|b| layout.account[b] != Some(account))
        {
            let wanted = accounts.len();
            if !accounts.insert(account) {
                findings.push(Finding::AccountSplit { segment, account });
            } else if usize::from(account) != wanted {
                findings.push(Finding::AccountOrder { segment, account, wanted });
            }
        }
        if let (Some(account), Some(asset), false) = (account, layout.asset[segment], layout.carry[segment])
            && !groups.insert((account, asset))
        {
            findings.push(Finding::GroupSplit { segment, account, asset });
        }
        let first_usable = slots_of(shape, segment).find(|&slot| usable[slot]);
        if let (None, Some(slot)) = (layout.asset[segment], first_usable) {
            findings.push(Finding::NoAsset { segment, slot });
        }
        if account.is_none() {
            if let Some(slot) = first_usable {
                findings.push(Finding::UnownedUsable { segment, slot });
            }
            if layout.group_used[segment] {
                findings.push(Finding::UnownedInUse { segment, what: "its group is marked as in use" });
            }
            if layout.asset[segment].is_some() {
                findings.push(Finding::UnownedInUse { segment, what: "it belongs to an asset" });
            }
        }
        group_slot = group_slot.or(first_usable);
        let carried_on = segment + 1 < shape.segments && layout.carry[segment + 1];
        match (carried_on, layout.group_used[segment], group_slot) {
            (true, true, _) => findings.push(Finding::MarkInsideGroup { segment }),
            (false, true, None) => findings.push(Finding::GroupEmpty { segment }),
            (false, false, Some(slot)) => findings.push(Finding::GroupUnmarked { segment, slot }),
            _ => {}
        }
        if !carried_on {
            group_slot = None;
        }
    }
}

/// Marks and signs of one slot's weights.
fn check_slot(shape: &Shape, model: &Model, slot: usize, weights: &[i64], findings: &mut Findings) {
    let (lots, forbidden) = (weights[shape.lots_column()], weights[shape.forbidden_column()]);
    if !matches!((lots, forbidden), (1, 0) | (0, 1)) {
        findings.push(Finding::SlotMarks { slot, lots, forbidden });
    }
    let marks = [shape.lots_column(), shape.forbidden_column()];
    for (k, &weight) in weights.iter().enumerate().filter(|(k, w)| !marks.contains(k) && **w != 0) {
        let column = || model.column_name(k);
        if forbidden != 0 {
            findings.push(Finding::ForbiddenWeight { slot, column: column(), weight });
        }
        if weight < 0 && matches!(shape.mode(k), Mode::Absolute | Mode::Long | Mode::Short) {
            findings.push(Finding::NegativeOneSided { slot, column: column(), weight });
        }
    }
    if forbidden != 0 {
        return;
    }
    let (value, notional) = (weights[model.value], weights[model.notional]);
    let (assets, liabilities) = (weights[model.assets], weights[model.liabilities]);
    if value == 0 && notional == 0 {
        findings.push(Finding::FreeSlot { slot });
    }
    if value < 0 {
        findings.push(Finding::NegativeValue { slot, weight: value });
        return;
    }
    for (k, role) in model.metrics.iter().enumerate() {
        check_bond(model, slot, k, role.bond, weights, findings);
    }
    if assets > value {
        findings.push(Finding::AssetsAboveValue { slot, assets, value });
    }
    if liabilities < value {
        findings.push(Finding::LiabilitiesBelowValue { slot, liabilities, value });
    }
}

/// What one column of a usable slot weighs beside another.
fn check_bond(model: &Model, slot: usize, k: Column, bond: Bond, weights: &[i64], findings: &mut Findings) {
    let (Bond::Same(of) | Bond::Part(of) | Bond::PartDown(of) | Bond::PartUp(of) | Bond::AtLeast(of)) = bond
    else {
        return;
    };
    // Tables are whole, tests say; a model without the other column would have no slot that passes.
    let other = model.column(of).map(|column| weights[column]);
    let (weight, whole) = (weights[k], other.unwrap_or(i64::MIN));
    let lawful = match bond {
        Bond::Free => true,
        Bond::Same(_) => weight == whole,
        Bond::Part(_) => weight == 0 || weight == whole,
        Bond::PartDown(_) => weight == 0 || (whole.saturating_sub(1)..=whole).contains(&weight),
        Bond::PartUp(_) => weight == 0 || (whole..=whole.saturating_add(1)).contains(&weight),
        Bond::AtLeast(_) => weight >= whole,
    };
    if lawful {
        return;
    }
    let column = model.column_name(k);
    findings.push(match (bond, of) {
        (Bond::Same(_), _) => Finding::FaceValue { slot, column, weight, notional: whole },
        (_, "value") => Finding::PartOfValue { slot, column, weight, value: whole },
        _ => Finding::PartOfColumn { slot, column, weight, of, whole },
    });
}

/// The magnitudes of every column sum to less than `2^41`, so every total stays below `2^88`.
fn column_sums(shape: &Shape, model: &Model, part: &RiskPart, findings: &mut Findings) -> Vec<(String, u32)> {
    let mut sums = vec![0u128; shape.columns()];
    for slot in 0..shape.slots {
        for (sum, weight) in sums.iter_mut().zip(part.weights_of(shape, slot)) {
            *sum += u128::from(weight.unsigned_abs());
        }
    }
    let mut out = Vec::with_capacity(sums.len());
    for (column, &sum) in sums.iter().enumerate() {
        let (name, bits) = (model.column_name(column), u128::BITS - sum.leading_zeros());
        if bits > WEIGHT_SUM_BITS {
            findings.push(Finding::ColumnSum { column, name: name.clone(), sum, bits });
        }
        out.push((name, bits));
    }
    out
}
