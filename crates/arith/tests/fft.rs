//! Transforms against ark's, on both paths.

use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, FftField, Field, UniformRand};
use ark_poly::{EvaluationDomain, Radix2EvaluationDomain};
use mandate_arith::{Fft, Path};
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;

#[allow(clippy::print_stderr)]
fn paths() -> Vec<Path> {
    if Path::ifma().is_none() {
        eprintln!("no AVX-512 IFMA here: only the portable path is tried");
    }
    std::iter::once(Path::PORTABLE).chain(Path::ifma()).collect()
}

fn agree(log: u32, values: &[Fr]) {
    let domain = Radix2EvaluationDomain::<Fr>::new(1 << log).unwrap();
    let coset = domain.get_coset(Fr::GENERATOR).unwrap();
    let fft = Fft::new(log).unwrap();
    assert_eq!(fft.size(), 1 << log);
    assert_eq!(fft.vanishing_on_coset(), domain.evaluate_vanishing_polynomial(Fr::GENERATOR));
    for path in paths() {
        let run = |f: &dyn Fn(&mut [Fr])| {
            let mut list = values.to_vec();
            f(&mut list);
            list
        };
        assert!(run(&|v| fft.forward(v, path)) == domain.fft(values), "forward 2^{log} {path}");
        assert!(run(&|v| fft.inverse(v, path)) == domain.ifft(values), "inverse 2^{log} {path}");
        assert!(run(&|v| fft.coset_forward(v, path)) == coset.fft(values), "coset 2^{log} {path}");
        assert!(run(&|v| fft.coset_inverse(v, path)) == coset.ifft(values), "coset inverse 2^{log} {path}");
        let expected = coset.fft(&domain.ifft(values));
        assert!(run(&|v| fft.to_coset(v, path)) == expected, "to coset 2^{log} {path}");
    }
}

#[test]
fn every_size_on_random_values() {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    for log in 0..=15 {
        let values: Vec<Fr> = (0..1usize << log).map(|_| Fr::rand(&mut rng)).collect();
        agree(log, &values);
    }
}

#[test]
fn extreme_values() {
    for log in [3, 6, 7, 10, 13] {
        let n = 1usize << log;
        let (zero, one, most) = (Fr::ZERO, Fr::ONE, -Fr::ONE);
        // The largest words there are: those of r - 1 in Montgomery form, and an element whose words are r - 1.
        let words = Fr::new_unchecked((-Fr::ONE).into());
        for list in [
            vec![zero; n],
            vec![one; n],
            vec![most; n],
            vec![words; n],
            (0..n).map(|i| if i % 2 == 0 { words } else { zero }).collect(),
            (0..n).map(|i| if i % 2 == 0 { words } else { -words }).collect(),
            (0..n).map(|i| if i == n - 1 { one } else { zero }).collect(),
            (0..n).map(|i| if i < n / 2 { words } else { -words }).collect(),
        ] {
            agree(log, &list);
        }
    }
}

#[test]
fn sizes_at_the_ends() {
    assert!(Fft::new(Fft::MAX_LOG + 1).is_none());
    let fft = Fft::new(3).unwrap();
    for length in [0, 7, 9] {
        let wrong = std::panic::catch_unwind(|| fft.forward(&mut vec![Fr::ZERO; length], Path::best()));
        assert!(wrong.is_err(), "{length} values");
    }
}
