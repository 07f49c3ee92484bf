//! The vector path: AVX-512 IFMA, eight lanes of 52-bit multiply-add.

mod adder;
mod coordinate;
mod enter;
mod fft;
mod field;
mod lanes;
mod plan;
#[cfg(test)]
mod tests;

use crate::points::Packed;
use crate::sums::{Add, Adder};
use coordinate::{Base, Extension};

pub(crate) use enter::products;
pub(crate) use plan::Plan;

macro_rules! adder {
    ($adder:ident, $rows:literal, $coordinate:ty, $chunk:literal, $across:ident, $within:ident, $images:ident) => {
        /// Additions in this group, with the memory they work in.
        pub(crate) struct $adder(Vec<adder::Group<$coordinate>>);

        impl Adder<$rows> for $adder {
            const CHUNK: usize = $chunk;
            fn new() -> Self {
                Self(Vec::new())
            }
            fn across(&mut self, from: &[Packed<$rows>], adds: &[Add], to: &mut [Packed<$rows>]) {
                enter::$across(&mut self.0, from, adds, to);
            }
            fn within(&mut self, points: &mut [Packed<$rows>], adds: &[Add]) {
                enter::$within(&mut self.0, points, adds);
            }
            fn signed(point: &Packed<$rows>, negative: bool) -> Packed<$rows> {
                if negative { point.negated() } else { *point }
            }
            fn images(points: &[Packed<$rows>], to: &mut [Packed<$rows>]) {
                enter::$images(points, to);
            }
            fn wipe(&mut self) {
                enter::wipe(&mut self.0);
            }
        }
    };
}

adder!(AdderG1, 1, Base, 8192, add_g1_across, add_g1_within, images_g1);
adder!(AdderG2, 2, Extension, 4096, add_g2_across, add_g2_within, images_g2);
