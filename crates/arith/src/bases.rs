//! The points of a query, ready for many multiplications.

use crate::msm::{Group, msm};
use crate::points::{Packed, Words};
use crate::portable::Plain;
use crate::{Path, Scalars};
use ark_bn254::{Fq, Fq2, G1Affine, G1Projective, G2Affine, G2Projective};
use ark_ec::AffineRepr;
use rayon::prelude::*;

/// Points without those at infinity.
struct Table<const ROWS: usize> {
    /// How many there were.
    given: usize,
    points: Vec<Packed<ROWS>>,
    /// The scalar of each point; empty where point `i` takes scalar `i`.
    of: Vec<u32>,
}

impl<const ROWS: usize> Table<ROWS> {
    fn new<P: AffineRepr<BaseField: Words>>(points: &[P]) -> Self {
        assert!(points.len() < 1 << 31, "fewer than 2^31 points");
        let pack = |p: &P| p.xy().map_or(Packed::INFINITY, |(x, y)| Packed::of(x, y));
        let some_infinite = points.par_iter().any(AffineRepr::is_zero);
        let finite = (0u32..).zip(points).filter(|(_, p)| !p.is_zero()).map(|(i, _)| i);
        let of: Vec<u32> = if some_infinite { finite.collect() } else { Vec::new() };
        let packed = if some_infinite {
            of.par_iter().map(|i| pack(&points[*i as usize])).collect()
        } else {
            points.par_iter().map(pack).collect()
        };
        Self { given: points.len(), points: packed, of }
    }
    fn msm<G: Group<Coordinate = F>, F: crate::portable::Coordinate, V: crate::sums::Adder<ROWS>>(
        &self,
        scalars: &Scalars,
        first: usize,
        vector: bool,
    ) -> G {
        assert!(first + self.given <= scalars.len(), "a scalar for every point");
        let whole = self.points.len() == self.given;
        let of = |i: usize| first + if whole { i } else { self.of[i] as usize };
        if vector {
            msm::<G, V, ROWS>(&self.points, of, scalars)
        } else {
            msm::<G, Plain<F>, ROWS>(&self.points, of, scalars)
        }
    }
}

#[cfg(target_arch = "x86_64")]
use crate::ifma::{AdderG1, AdderG2};
/// Elsewhere there is no vector path, and no way to ask for it.
#[cfg(not(target_arch = "x86_64"))]
type AdderG1 = Plain<Fq>;
#[cfg(not(target_arch = "x86_64"))]
type AdderG2 = Plain<Fq2>;

macro_rules! bases {
    ($name:ident, $affine:ty, $projective:ty, $group:literal, $rows:literal, $coordinate:ty, $adder:ty) => {
        #[doc = concat!("Points of ", $group, ", made once per key. Points at infinity take no room and no time.")]
        pub struct $name(Table<$rows>);

        impl $name {
            /// Prepares `points`. Each must lie in the group of prime order.
            ///
            /// # Panics
            /// At `2^31` points or more.
            #[must_use]
            pub fn new(points: &[$affine]) -> Self {
                Self(Table::new(points))
            }
            /// How many scalars they take: the points given, those at infinity too.
            #[must_use]
            pub const fn len(&self) -> usize {
                self.0.given
            }
            /// Whether there are none.
            #[must_use]
            pub const fn is_empty(&self) -> bool {
                self.0.given == 0
            }
            /// The sum of `scalars[first + i] * points[i]` over all points. On all of rayon's threads.
            ///
            /// # Panics
            /// Where there are fewer scalars.
            pub fn msm(&self, scalars: &Scalars, first: usize, path: Path) -> $projective {
                self.0.msm::<$projective, $coordinate, $adder>(scalars, first, path.is_ifma())
            }
        }
    };
}

impl G1Bases {
    /// The points that are not at infinity.
    pub(crate) fn points(&self) -> &[Packed<1>] {
        &self.0.points
    }
}

bases!(G1Bases, G1Affine, G1Projective, "G1", 1, Fq, AdderG1);
bases!(G2Bases, G2Affine, G2Projective, "G2", 2, Fq2, AdderG2);
