//! The doors to code that is compiled for AVX-512 IFMA.
//!
//! Everything vectorised is inlined into one of these functions. Each is called only where [`crate::Path::ifma`] found the
//! instructions; a [`crate::Path`] of that kind cannot be made otherwise.
#![allow(unsafe_code, reason = "calls of functions for a processor feature that was detected")]

use super::adder::{Across, Group, Within, add_all, images};
use super::coordinate::{Base, Coordinate, Extension};
use super::fft;
use super::plan::{Cell, Factors};
use crate::points::Packed;
use crate::recipe::Sizes;
use crate::sums::Add;
use ark_bn254::Fr;
use ark_ff::MontFp;

/// One product of two vectors of elements, not copied to where it is used.
#[inline(always)]
pub(crate) fn mul(a: &Base, b: &Base) -> Base {
    #[target_feature(enable = "avx512f,avx512ifma")]
    #[inline(never)]
    fn call(a: &Base, b: &Base) -> Base {
        a.mul(b)
    }
    // SAFETY: reached only from the functions below, so the processor has the instructions.
    unsafe { call(a, b) }
}

macro_rules! additions {
    ($across:ident, $within:ident, $images:ident, $coordinate:ty, $rows:literal, $beta:expr) => {
        /// Sums of points of `from` go to `to`.
        pub(crate) fn $across(
            notes: &mut Vec<Group<$coordinate>>,
            from: &[Packed<$rows>],
            adds: &[Add],
            to: &mut [Packed<$rows>],
        ) {
            #[target_feature(enable = "avx512f,avx512ifma")]
            fn call(
                notes: &mut Vec<Group<$coordinate>>,
                from: &[Packed<$rows>],
                adds: &[Add],
                to: &mut [Packed<$rows>],
            ) {
                add_all(notes, &mut Across(from, to), adds);
            }
            // SAFETY: the caller holds a path of this kind, which is made only where the instructions were detected.
            unsafe { call(notes, from, adds, to) }
        }
        /// Sums of points of `points` replace some of them.
        pub(crate) fn $within(
            notes: &mut Vec<Group<$coordinate>>,
            points: &mut [Packed<$rows>],
            adds: &[Add],
        ) {
            #[target_feature(enable = "avx512f,avx512ifma")]
            fn call(notes: &mut Vec<Group<$coordinate>>, points: &mut [Packed<$rows>], adds: &[Add]) {
                add_all(notes, &mut Within(points), adds);
            }
            // SAFETY: as above.
            unsafe { call(notes, points, adds) }
        }
        /// The images of points under the endomorphism.
        pub(crate) fn $images(points: &[Packed<$rows>], to: &mut [Packed<$rows>]) {
            #[target_feature(enable = "avx512f,avx512ifma")]
            fn call(points: &[Packed<$rows>], to: &mut [Packed<$rows>]) {
                images::<$coordinate, $rows>(points, to, &Base::splat(&Base::constant($beta)));
            }
            // SAFETY: as above.
            unsafe { call(points, to) }
        }
    };
}

// The two cube roots of one, each with the group where it stands for the smaller eigenvalue.
additions!(
    add_g1_across,
    add_g1_within,
    images_g1,
    Base,
    1,
    MontFp!("2203960485148121921418603742825762020974279258880205651966")
);
additions!(
    add_g2_across,
    add_g2_within,
    images_g2,
    Extension,
    2,
    MontFp!("21888242871839275220042445260109153167277707414472061641714758635765020556616")
);

/// Forgets notes.
pub(crate) fn wipe<C: Coordinate>(notes: &mut Vec<Group<C>>) {
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn call<C: Coordinate>(notes: &mut Vec<Group<C>>) {
        let room = notes.capacity();
        notes.clear();
        notes.resize(room, Group::nothing());
        std::hint::black_box(notes);
    }
    // SAFETY: notes are made only where the instructions were detected; with none there is nothing to do.
    if notes.capacity() > 0 {
        unsafe { call(notes) }
    }
}

/// See [`fft::columns`].
pub(crate) fn columns(sizes: Sizes, recipe: &Factors, values: &[Fr], block: usize, out: &mut [Cell]) {
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn call(sizes: Sizes, recipe: &Factors, values: &[Fr], block: usize, out: &mut [Cell]) {
        fft::columns(sizes, recipe, values, block, out);
    }
    // SAFETY: a plan is made only where the instructions were detected.
    unsafe { call(sizes, recipe, values, block, out) }
}

/// See [`fft::rows`].
pub(crate) fn rows(
    sizes: Sizes,
    recipe: &Factors,
    from: &[Cell],
    block: usize,
    work: &mut [Cell],
    lines: &mut [[Fr; 8]],
) {
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn call(
        sizes: Sizes,
        recipe: &Factors,
        from: &[Cell],
        block: usize,
        work: &mut [Cell],
        lines: &mut [[Fr; 8]],
    ) {
        fft::rows(sizes, recipe, from, block, work, lines);
    }
    // SAFETY: as above.
    unsafe { call(sizes, recipe, from, block, work, lines) }
}

/// For benches, on a detected path only: `rounds` products in each of eight chains of vectors. Says how many products.
pub(crate) fn products(rounds: usize) -> usize {
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn call(rounds: usize) {
        let by = <Base as Coordinate>::one().double();
        let mut chains = [by; 8];
        for _ in 0..rounds {
            for x in &mut chains {
                *x = Base::mul(x, &by);
            }
        }
        // To memory, or nothing would have been computed.
        for x in chains {
            let words = x.to_words();
            std::hint::black_box(&words);
        }
    }
    // SAFETY: as above.
    unsafe { call(rounds) }
    64 * rounds
}
