//! Eight 64-bit lanes in one register.
//!
//! The only module that names the processor's instructions. Everything here is inlined into functions that are compiled
//! for AVX-512 (`enter.rs`), which run only where [`crate::Path::ifma`] found the instructions.
#![allow(
    unsafe_code,
    reason = "instructions of a processor feature; loads and stores of whole arrays through references"
)]

use core::arch::x86_64::{
    __m512i, _mm512_add_epi64, _mm512_and_si512, _mm512_cmpeq_epi64_mask, _mm512_cmplt_epi64_mask,
    _mm512_loadu_si512, _mm512_madd52hi_epu64, _mm512_madd52lo_epu64, _mm512_mask_blend_epi64,
    _mm512_or_si512, _mm512_permutex2var_epi64, _mm512_permutexvar_epi64, _mm512_set1_epi64,
    _mm512_setzero_si512, _mm512_shuffle_i64x2, _mm512_slli_epi64, _mm512_srai_epi64, _mm512_srli_epi64,
    _mm512_storeu_si512, _mm512_sub_epi64, _mm512_unpackhi_epi64, _mm512_unpacklo_epi64,
};

/// Eight lanes. Values of this type are made only below functions that were entered with the instructions present.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(crate) struct V(__m512i);

/// One bit per lane.
pub(crate) type Mask = u8;

// SAFETY, for every block below that is a plain instruction: the processor has AVX-512F and IFMA, as nothing of this
// module is reached but from the functions of `enter.rs`, which are called only on a path that was detected.
macro_rules! op {
    ($(#[$doc:meta])* $name:ident($self:ident, $($a:ident),*) = $f:ident) => {
        $(#[$doc])*
        #[inline(always)]
        pub(crate) fn $name($self, $($a: Self),*) -> Self {
            // SAFETY: see above: the instruction exists on this processor.
            Self(unsafe { $f($self.0, $($a.0),*) })
        }
    };
}

impl V {
    op!(/// `self + b`, wrapping.
        add(self, b) = _mm512_add_epi64);
    op!(/// `self - b`, wrapping.
        sub(self, b) = _mm512_sub_epi64);
    op!(/// Bits in both.
        and(self, b) = _mm512_and_si512);
    op!(/// Bits in either.
        or(self, b) = _mm512_or_si512);
    op!(/// `self + (a * b mod 2^52)` of the low 52 bits of `a` and `b`.
        madd_lo(self, a, b) = _mm512_madd52lo_epu64);
    op!(/// `self + (a * b >> 52)` of the low 52 bits of `a` and `b`.
        madd_hi(self, a, b) = _mm512_madd52hi_epu64);
    op!(/// Lanes 0, 2, 4, 6 of `self` and `b`, alternating.
        unpack_lo(self, b) = _mm512_unpacklo_epi64);
    op!(/// Lanes 1, 3, 5, 7 of `self` and `b`, alternating.
        unpack_hi(self, b) = _mm512_unpackhi_epi64);

    /// Zero in every lane.
    #[inline(always)]
    pub(crate) fn zero() -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm512_setzero_si512() })
    }
    /// `x` in every lane.
    #[inline(always)]
    pub(crate) fn splat(x: u64) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm512_set1_epi64(x.cast_signed()) })
    }
    /// `a >> N`, filling with zeros.
    #[inline(always)]
    pub(crate) fn shr<const N: u32>(self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm512_srli_epi64::<N>(self.0) })
    }
    /// `a >> N`, filling with the sign.
    #[inline(always)]
    pub(crate) fn sar<const N: u32>(self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm512_srai_epi64::<N>(self.0) })
    }
    /// `a << N`.
    #[inline(always)]
    pub(crate) fn shl<const N: u32>(self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm512_slli_epi64::<N>(self.0) })
    }
    /// Where lanes are equal.
    #[inline(always)]
    pub(crate) fn eq(self, other: Self) -> Mask {
        // SAFETY: see above.
        unsafe { _mm512_cmpeq_epi64_mask(self.0, other.0) }
    }
    /// Where the highest bit is set.
    #[inline(always)]
    pub(crate) fn negative(self) -> Mask {
        // SAFETY: see above.
        unsafe { _mm512_cmplt_epi64_mask(self.0, _mm512_setzero_si512()) }
    }
    /// `other` where the mask has a bit, `self` elsewhere.
    #[inline(always)]
    pub(crate) fn or_where(self, mask: Mask, other: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm512_mask_blend_epi64(mask, self.0, other.0) })
    }
    /// `self[index]` per lane; the index is taken modulo 8.
    #[inline(always)]
    pub(crate) fn at(self, index: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm512_permutexvar_epi64(index.0, self.0) })
    }
    /// Lanes of `self` then `other`, by index modulo 16.
    #[inline(always)]
    pub(crate) fn pick(self, index: Self, other: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm512_permutex2var_epi64(self.0, index.0, other.0) })
    }
    /// Pairs of lanes: two of `self`, then two of `other`, by the bits of `N`.
    #[inline(always)]
    pub(crate) fn pairs<const N: i32>(self, other: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm512_shuffle_i64x2::<N>(self.0, other.0) })
    }
    /// Eight integers from memory.
    #[inline(always)]
    pub(crate) fn load(from: &[u64; 8]) -> Self {
        // SAFETY: as above; the reference is to 64 readable bytes, and no alignment is asked for.
        Self(unsafe { _mm512_loadu_si512(from.as_ptr().cast()) })
    }
    /// Eight integers to memory.
    #[inline(always)]
    pub(crate) fn store(self, to: &mut [u64; 8]) {
        // SAFETY: as above; the reference is to 64 bytes that are ours to write, and no alignment is asked for.
        unsafe { _mm512_storeu_si512(to.as_mut_ptr().cast(), self.0) }
    }
}

/// Rows to columns: lane `i` of result `j` is lane `j` of `rows[i]`.
#[inline(always)]
pub(crate) fn transpose(rows: [V; 8]) -> [V; 8] {
    let [a, b, c, d, e, f, g, h] = rows;
    // Pairs of rows, then of pairs, then of halves.
    let (ab0, ab1) = (a.unpack_lo(b), a.unpack_hi(b));
    let (cd0, cd1) = (c.unpack_lo(d), c.unpack_hi(d));
    let (ef0, ef1) = (e.unpack_lo(f), e.unpack_hi(f));
    let (gh0, gh1) = (g.unpack_lo(h), g.unpack_hi(h));
    // `ab0` is a0 b0 a2 b2 a4 b4 a6 b6.
    let low = V::load(&[0, 1, 8, 9, 4, 5, 12, 13]);
    let high = V::load(&[2, 3, 10, 11, 6, 7, 14, 15]);
    let (x0, x2) = (ab0.pick(low, cd0), ab0.pick(high, cd0)); // columns 0 and 4; 2 and 6, rows a to d
    let (x1, x3) = (ab1.pick(low, cd1), ab1.pick(high, cd1));
    let (y0, y2) = (ef0.pick(low, gh0), ef0.pick(high, gh0));
    let (y1, y3) = (ef1.pick(low, gh1), ef1.pick(high, gh1));
    [
        x0.pairs::<0x44>(y0),
        x1.pairs::<0x44>(y1),
        x2.pairs::<0x44>(y2),
        x3.pairs::<0x44>(y3),
        x0.pairs::<0xee>(y0),
        x1.pairs::<0xee>(y1),
        x2.pairs::<0xee>(y2),
        x3.pairs::<0xee>(y3),
    ]
}
