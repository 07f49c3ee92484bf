//! The vector field against whole integers, at the ends of every bound that a docstring states.
#![allow(unsafe_code, reason = "calls of functions for a processor feature that was detected")]

use super::coordinate::{Coordinate, Extension};
use super::fft;
use super::field::{F, Modulus};
use super::lanes::{V, transpose};
use super::plan::Cell;
use crate::Path;
use crate::recipe::{Kind, Recipe, Sizes, reversed};
use ark_bn254::{Fq, Fq2, FqConfig, Fr, FrConfig};
use ark_ff::{AdditiveGroup, Field, UniformRand};
use num_bigint::BigUint;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;

type Int = BigUint;

fn modulus<M: Modulus>() -> Int {
    M::MODULUS.into()
}

/// Integers below `limit * p`: every multiple of `p` and its neighbours, the largest, random ones.
fn integers<M: Modulus>(limit: u32, rng: &mut impl Rng) -> Vec<Int> {
    let (p, one) = (modulus::<M>(), Int::from(1u8));
    let top = &p * limit;
    let mut out = vec![Int::ZERO, one.clone(), &top - &one, &top - Int::from(2u8)];
    for k in 1..limit {
        out.extend([&p * k - &one, &p * k, &p * k + &one]);
    }
    // Limbs of all ones and of zeros.
    out.extend((1..5).map(|i| (&one << (52 * i)) - &one).filter(|x| *x < top));
    out.extend((1..5).map(|i| &one << (52 * i)).filter(|x| *x < top));
    for _ in 0..40 {
        let digits: Vec<u32> = (0..10).map(|_| rng.r#gen()).collect();
        out.push(Int::new(digits) % &top);
    }
    out
}

fn limbs(x: &Int) -> [u64; 5] {
    std::array::from_fn(|i| {
        let low = (x >> (52 * i)) & Int::from((1u64 << 52) - 1);
        low.to_u64_digits().first().copied().unwrap_or(0)
    })
}

/// Eight integers, and back; limbs must be below `2^52`.
fn pack<M: Modulus>(x: &[Int]) -> F<M> {
    let all: Vec<[u64; 5]> = (0..8).map(|i| limbs(&x[i % x.len()])).collect();
    let mut out = [V::zero(); 5];
    for (i, o) in out.iter_mut().enumerate() {
        *o = V::load(&std::array::from_fn(|lane| all[lane][i]));
    }
    F::of(out)
}

fn unpack<M: Modulus>(x: &F<M>) -> Vec<Int> {
    let mut out = vec![Int::ZERO; 8];
    for (i, limb) in x.limbs().iter().enumerate() {
        let mut words = [0; 8];
        limb.store(&mut words);
        for (o, w) in out.iter_mut().zip(words) {
            assert!(w < 1 << 52, "a limb of more than 52 bits");
            *o += Int::from(w) << (52 * i);
        }
    }
    out
}

fn field<M: Modulus>() {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let p = modulus::<M>();
    let r = Int::from(1u8) << 260;
    // a b <= 84 p^2 gives less than 2p.
    for (x, y) in [(1, 1), (2, 2), (4, 4), (9, 9), (84, 1), (42, 2), (2, 42)] {
        let (a, b) = (integers::<M>(x, &mut rng), integers::<M>(y, &mut rng));
        for (i, a) in a.chunks(8).enumerate() {
            for b in b.iter().cycle().skip(i).take(9) {
                let got = unpack(&pack::<M>(a).mul(&pack(std::slice::from_ref(b))));
                for (a, got) in a.iter().zip(got) {
                    assert!(got < &p * 2u8, "a product of {x}p and {y}p");
                    assert_eq!((&got * &r) % &p, (a * b) % &p);
                }
            }
            let square = unpack(&pack::<M>(a).square());
            for (a, got) in a.iter().zip(square).filter(|(a, _)| *a * *a <= &p * &p * 84u8) {
                assert!(got < &p * 2u8);
                assert_eq!((&got * &r) % &p, (a * a) % &p);
            }
        }
    }
    for a in integers::<M>(8, &mut rng).chunks(8) {
        let x = pack::<M>(a);
        let (tidy, zero, maybe) = (unpack(&x.tidy()), x.is_zero(), x.maybe_zero());
        for (i, (a, t)) in a.iter().zip(&tidy).enumerate() {
            assert!(t * 100u8 < &p * 107u8, "tidy leaves {t}");
            assert_eq!(t % &p, a % &p);
            assert_eq!(zero >> i & 1 == 1, a % &p == Int::ZERO);
            assert!(maybe >> i & 1 == 1 || a % &p != Int::ZERO, "a zero is missed");
        }
        // Sums and differences.
        for b in integers::<M>(2, &mut rng).iter().chain([&(&p * 2u8)]) {
            let y = pack::<M>(std::slice::from_ref(b));
            let (sum, less) = (unpack(&x.add(&y)), unpack(&x.sub::<2>(&y)));
            let two = unpack(&x.sub_two::<4>(&y, &y));
            for (i, a) in a.iter().enumerate() {
                assert_eq!(sum[i], a + b);
                assert_eq!(less[i], a + &p * 2u8 - b);
                assert_eq!(two[i], a + &p * 4u8 - b - b);
            }
        }
    }
    for a in integers::<M>(32, &mut rng).chunks(8) {
        for (a, got) in a.iter().zip(unpack(&pack::<M>(a).canonical())) {
            assert_eq!(got, a % &p);
        }
    }
    // Words: there and back.
    for a in integers::<M>(5, &mut rng).chunks(8) {
        let x = pack::<M>(a);
        assert_eq!(unpack(&F::<M>::from_words(x.to_words())), unpack(&x));
    }
}

fn extension() {
    let mut rng = ChaCha20Rng::seed_from_u64(2);
    // As elements: ark's words, read as ours, are a sixteenth, so products of them lack a sixteenth.
    let sixteenth = Fq::from(16u64).inverse().unwrap();
    let read = |list: &[Fq2; 8]| {
        let mut words = [V::zero(); 8];
        for (i, w) in words.iter_mut().enumerate() {
            let of = |x: &Fq2| if i < 4 { x.c0.0.0[i] } else { x.c1.0.0[i - 4] };
            *w = V::load(&std::array::from_fn(|lane| of(&list[lane])));
        }
        Extension::from_words(&words)
    };
    let back = |x: Extension| -> Vec<Fq2> {
        let zero = Extension::zero();
        let mut words = [V::zero(); 8];
        x.sub_tidy(&zero).to_words(&mut words);
        let mut rows = [[0; 8]; 8];
        words.iter().zip(&mut rows).for_each(|(w, r)| w.store(r));
        let part = |lane: usize, first: usize| {
            let words: [u64; 4] = std::array::from_fn(|i| rows[first + i][lane]);
            <Fq as crate::points::Words>::reduced(&words)
        };
        (0..8).map(|lane| Fq2::new(part(lane, 0), part(lane, 4))).collect()
    };
    // Words on purpose, not a number: `p - 1` as the words that stand in memory, the largest there are.
    let most = -Fq::new_unchecked(Fq::ONE.into());
    let special = [
        Fq2::ZERO,
        Fq2::ONE,
        -Fq2::ONE,
        Fq2::new(most, most),
        Fq2::new(Fq::ZERO, most),
        Fq2::new(most, Fq::ZERO),
        Fq2::new(Fq::ZERO, Fq::ONE),
        Fq2::new(Fq::ONE, most),
    ];
    for round in 0..200 {
        let mut some = || -> [Fq2; 8] {
            std::array::from_fn(|i| if rng.r#gen() { special[(i + round) % 8] } else { Fq2::rand(&mut rng) })
        };
        let (a, b) = (some(), some());
        let (x, y) = (read(&a), read(&b));
        let each = |f: &dyn Fn(usize) -> Fq2| (0..8).map(f).collect::<Vec<_>>();
        let less = |mut z: Fq2| {
            z.mul_assign_by_fp(&sixteenth);
            z
        };
        assert_eq!(back(x.mul(&y)), each(&|i| less(a[i] * b[i])));
        assert_eq!(back(x.square()), each(&|i| less(a[i] * a[i])));
        assert_eq!(back(x.sub(&y)), each(&|i| a[i] - b[i]));
        assert_eq!(back(x.double()), each(&|i| a[i].double()));
        assert_eq!(back(x.triple()), each(&|i| a[i].double() + a[i]));
        assert_eq!(x.is_zero(), (0..8).fold(0, |m, i| m | u8::from(a[i] == Fq2::ZERO) << i));
        assert_eq!(x.sub(&y).is_zero(), (0..8).fold(0, |m, i| m | u8::from(a[i] == b[i]) << i));
        if a.iter().all(|a| *a != Fq2::ZERO) {
            // x / x is one in our form, which is neutral.
            assert_eq!(back(x.mul(&x.inverse()).mul(&y)), b.to_vec());
        }
    }
}

/// A row's transform on integers at the ends of their bound, which values of a whole transform hardly ever reach.
fn row(n: usize) {
    let mut rng = ChaCha20Rng::seed_from_u64(4);
    let p = modulus::<FrConfig>();
    let top = &p * 16u8 / 10u8;
    let plain = Recipe::new(Kind::Forward, Sizes { rows: n, columns: n });
    let root: Int = plain.twiddles[1].into();
    let twiddles: Vec<[u64; 5]> = plain.twiddles.iter().map(|x| F::<FrConfig>::constant(*x)).collect();
    for _ in 0..30 {
        let values: Vec<Vec<Int>> = (0..n)
            .map(|_| {
                let mut one = || match rng.gen_range(0..4) {
                    0 => Int::ZERO,
                    1 | 2 => &top - 1u8,
                    _ => &p - 1u8,
                };
                (0..8).map(|_| one()).collect()
            })
            .collect();
        let mut cells = vec![Cell([[0; 8]; 5]); n];
        for (i, value) in values.iter().enumerate() {
            let x = pack::<FrConfig>(value);
            let cell = &mut cells[reversed(i, n.trailing_zeros())];
            x.limbs().iter().zip(&mut cell.0).for_each(|(limb, to)| limb.store(to));
        }
        fft::transform(&mut cells, &twiddles);
        // All of a small one; of a large one, what is a sum without many powers.
        for k in if n <= 32 { (0..n).collect() } else { vec![0, n / 2, n - 1] } {
            let mut limbs = [V::zero(); 5];
            limbs.iter_mut().zip(&cells[k].0).for_each(|(limb, from)| *limb = V::load(from));
            let got = unpack(&F::<FrConfig>::of(limbs));
            let w = root.modpow(&Int::from(k), &p);
            for lane in 0..8 {
                assert!(got[lane] < &p * 26u8, "beyond the bound");
                // Horner's rule.
                let sum = values.iter().rev().fold(Int::ZERO, |sum, x| (sum * &w + &x[lane]) % &p);
                assert_eq!(&got[lane] % &p, sum, "{n} points, value {k}");
            }
        }
    }
}

#[test]
fn the_field_keeps_its_bounds() {
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn call() {
        field::<FqConfig>();
        field::<FrConfig>();
        extension();
        [8, 16, 32, 2048].into_iter().for_each(row);
        let rows: [V; 8] = std::array::from_fn(|i| V::load(&std::array::from_fn(|j| (8 * i + j) as u64)));
        for (j, column) in transpose(rows).into_iter().enumerate() {
            let mut words = [0; 8];
            column.store(&mut words);
            assert_eq!(words, std::array::from_fn(|i| (8 * i + j) as u64));
        }
    }
    if Path::ifma().is_none() {
        return;
    }
    // SAFETY: the instructions were detected.
    unsafe { call() }
}

/// Sums and differences of the portable path, and its products in the extension, are another code than ark's.
#[test]
fn plain_operations_are_arks() {
    use crate::fast::Fast;
    let mut rng = ChaCha20Rng::seed_from_u64(3);
    macro_rules! check {
        ($field:ty) => {
            // Unchecked to choose the words in memory and not the number: the words of `p - 1`, and single bits below.
            let words = <$field>::new_unchecked((-<$field>::ONE).into());
            let mut list =
                vec![<$field>::ZERO, <$field>::ONE, -<$field>::ONE, words, words - <$field>::ONE, -words];
            list.extend((0..64).map(|i| <$field>::new_unchecked(<$field>::from(2u64).pow([4 * i]).into())));
            list.extend((0..100).map(|_| <$field>::rand(&mut rng)));
            for a in &list {
                for b in &list {
                    assert_eq!(a.times(b), *a * b);
                    assert_eq!(a.plus(b), *a + b);
                    assert_eq!(a.minus(b), *a - b);
                }
                assert_eq!((a.squared(), a.doubled()), (*a * a, *a + a));
            }
        };
    }
    check!(Fq);
    check!(Fr);
    for _ in 0..2000 {
        let (a, b) = (Fq2::rand(&mut rng), Fq2::rand(&mut rng));
        assert_eq!((a.times(&b), a.squared(), a.plus(&b), a.minus(&b)), (a * b, a * a, a + b, a - b));
    }
}
