//! Lawful runs of strikes.

use crate::risk::{Kind, slot_weights};
use crate::stream;
use mandate_statement::{RiskPart, Runs, Shape};
use rand::Rng;

/// The tiny shape with strips: 64 slots in 4 segments of one strip each.
pub fn r64() -> &'static Shape {
    Shape::by_name("r64").expect("`r64` is a default shape")
}

/// Puts random runs into the strips of owned segments, but for the first strip of each segment (or, where a segment is one strip,
/// for segment 0): there the fixtures hold cash. Half of the strips that can continue a run do.
pub fn put(shape: &Shape, part: &mut RiskPart, seed: u64, top: i64) {
    let mut rng = stream(9, seed);
    let per_segment = shape.strips / shape.segments;
    let mut strike = 0;
    // What a coin is worth, in units of money, over 1024.
    let mut price = 1;
    for strip in 0..shape.strips {
        let segment = strip / per_segment;
        let cash = strip % per_segment.max(2) == 0 && (per_segment > 1 || segment == 0);
        if cash || part.layout.account[segment].is_none() || rng.gen_bool(0.2) {
            continue;
        }
        let joins = strip % per_segment > 0 || part.layout.carry[segment];
        let before = strip - 1;
        part.runs.carry[strip] = joins && part.runs.used[before] && rng.gen_bool(0.6);
        if part.runs.carry[strip] {
            part.runs.used[before] = false;
        } else {
            (strike, price) = (0, rng.gen_range(1..1 << 20));
        }
        part.runs.used[strip] = true;
        for pair in strip * Runs::STRIP_PAIRS..(strip + 1) * Runs::STRIP_PAIRS {
            let first = !part.runs.carry[strip] && pair % Runs::STRIP_PAIRS == 0;
            let listed = !first && (pair % Runs::STRIP_PAIRS < 2 || rng.gen_bool(0.8));
            if listed {
                part.runs.gap[pair] = rng.gen_range(i64::from(strike == 0)..1 << 12);
                strike += part.runs.gap[pair];
            }
            for slot in [2 * pair, 2 * pair + 1] {
                // The call of the first strike is always there, so that every run and group has something.
                let there = listed && (pair % Runs::STRIP_PAIRS == 1 || rng.gen_bool(0.8));
                let kind = if there { Kind::Option } else { Kind::Forbidden };
                let weights = slot_weights(shape, kind, top, &mut rng);
                part.weights[slot * shape.columns()..(slot + 1) * shape.columns()].copy_from_slice(&weights);
                if there {
                    part.runs.coins[slot] = rng.gen_range(1..1 << 12);
                }
            }
            // To the nearest.
            part.runs.cover[pair] = (part.runs.coins[2 * pair] * price + 512) >> 10;
        }
    }
}
