//! The points of a query, ready for many multiplications.

use crate::{Path, Scalars};
use ark_bn254::{G1Affine, G1Projective, G2Affine, G2Projective};
use ark_ec::VariableBaseMSM;

macro_rules! bases {
    ($name:ident, $affine:ty, $projective:ty, $group:literal) => {
        #[doc = concat!("Points of ", $group, ", made once per key. Points at infinity take no room and no time.")]
        pub struct $name {
            points: Vec<$affine>,
        }

        impl $name {
            /// Prepares `points`; each must lie on the curve.
            #[must_use]
            pub fn new(points: &[$affine]) -> Self {
                Self { points: points.to_vec() }
            }
            /// How many scalars they take: the points given, those at infinity too.
            #[must_use]
            pub fn len(&self) -> usize {
                self.points.len()
            }
            /// Whether there are none.
            #[must_use]
            pub fn is_empty(&self) -> bool {
                self.points.is_empty()
            }
            /// The sum of `scalars[first + i] * points[i]` over all points. On all of rayon's threads.
            ///
            /// # Panics
            /// Where there are fewer than `first + self.len()` scalars.
            pub fn msm(&self, scalars: &Scalars, first: usize, path: Path) -> $projective {
                let _ = path;
                <$projective>::msm_unchecked(&self.points, scalars.slice(first, self.points.len()))
            }
        }
    };
}

bases!(G1Bases, G1Affine, G1Projective, "G1");
bases!(G2Bases, G2Affine, G2Projective, "G2");
