//! Montgomery products of four words with two carry chains (`mulx`, `adcx`, `adox`), for processors of the portable path that
//! have them: nearly all x86-64 ones since 2015. Elsewhere ark's own products serve.
//!
//! The algorithm is the textbook's, operand scanning with the reduction interleaved (Koc, Acar, Kaliski 1996), without the carry word
//! that moduli below `2^254` do not need (gnark-crypto's observation).
#![allow(unsafe_code, reason = "two carry chains at once are out of a compiler's reach")]

use std::arch::asm;

/// Whether this processor has the instructions.
#[inline(always)]
pub(crate) fn available() -> bool {
    is_x86_feature_detected!("bmi2") && is_x86_feature_detected!("adx")
}

/// A modulus and `-1/p` modulo `2^64`.
pub(crate) type Modulus = [u64; 5];

/// `x y / 2^256` modulo `p`, below `p`, for `x` and `y` below `p`, and `p < 2^254`.
///
/// # Safety
/// [`available`] is true.
#[inline(always)]
pub(crate) unsafe fn mul(x: &[u64; 4], y: &[u64; 4], p: &Modulus) -> [u64; 4] {
    let (t0, t1, t2, t3): (u64, u64, u64, u64);
    macro_rules! reduce {
        () => {
            "mov rdx, [{p} + 32]
             imul rdx, {t0}
             xor eax, eax
             mulx {b}, rax, [{p}]
             adcx rax, {t0}
             mov {t0}, {b}
             adcx {t0}, {t1}
             mulx {t1}, rax, [{p} + 8]
             adox {t0}, rax
             adcx {t1}, {t2}
             mulx {t2}, rax, [{p} + 16]
             adox {t1}, rax
             adcx {t2}, {t3}
             mulx {t3}, rax, [{p} + 24]
             adox {t2}, rax
             mov eax, 0
             adcx {t3}, rax
             adox {t3}, {a}"
        };
    }
    macro_rules! row {
        ($offset:literal) => {
            concat!(
                "mov rdx, [{y} + ",
                $offset,
                "]
             xor eax, eax
             mulx {a}, rax, [{x}]
             adox {t0}, rax
             adcx {t1}, {a}
             mulx {a}, rax, [{x} + 8]
             adox {t1}, rax
             adcx {t2}, {a}
             mulx {a}, rax, [{x} + 16]
             adox {t2}, rax
             adcx {t3}, {a}
             mulx {a}, rax, [{x} + 24]
             adox {t3}, rax
             mov eax, 0
             adcx {a}, rax
             adox {a}, rax"
            )
        };
    }
    // SAFETY: the caller vouches for the instructions; memory is read only, through three references, within their arrays.
    unsafe {
        asm!(
            "mov rdx, [{y}]
             xor eax, eax
             mulx {t1}, {t0}, [{x}]
             mulx {t2}, rax, [{x} + 8]
             adox {t1}, rax
             mulx {t3}, rax, [{x} + 16]
             adox {t2}, rax
             mulx {a}, rax, [{x} + 24]
             adox {t3}, rax
             mov eax, 0
             adox {a}, rax",
            reduce!(),
            row!("8"),
            reduce!(),
            row!("16"),
            reduce!(),
            row!("24"),
            reduce!(),
            // Below 2p; less p where that is not negative.
            "mov {b}, {t0}
             sub {b}, [{p}]
             mov rax, {t1}
             sbb rax, [{p} + 8]
             mov rdx, {t2}
             sbb rdx, [{p} + 16]
             mov {a}, {t3}
             sbb {a}, [{p} + 24]
             cmovnc {t0}, {b}
             cmovnc {t1}, rax
             cmovnc {t2}, rdx
             cmovnc {t3}, {a}",
            x = in(reg) x.as_ptr(),
            y = in(reg) y.as_ptr(),
            p = in(reg) p.as_ptr(),
            t0 = out(reg) t0,
            t1 = out(reg) t1,
            t2 = out(reg) t2,
            t3 = out(reg) t3,
            a = out(reg) _,
            b = out(reg) _,
            out("rax") _,
            out("rdx") _,
            options(pure, readonly, nostack),
        );
    }
    [t0, t1, t2, t3]
}
