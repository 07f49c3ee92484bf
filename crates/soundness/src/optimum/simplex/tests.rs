use super::*;
use rand::{Rng, SeedableRng};

fn program(lower: &[i64], rows: &[(&[i64], i64)]) -> Program {
    let row = |(c, at_least): &(&[i64], i64)| Row {
        coefficients: c
            .iter()
            .enumerate()
            .filter(|(_, c)| **c != 0)
            .map(|(j, c)| (j, BigInt::from(*c)))
            .collect(),
        at_least: BigInt::from(*at_least),
    };
    Program { lower: lower.iter().map(|l| BigInt::from(*l)).collect(), rows: rows.iter().map(row).collect() }
}

fn objective(c: &[i64]) -> Vec<(usize, BigInt)> {
    c.iter().enumerate().map(|(j, c)| (j, BigInt::from(*c))).collect()
}

fn best(p: &Program, c: &[i64]) -> Option<BigRational> {
    match Solver::new(p).unwrap_or_else(|_| panic!("it has points")).maximise(&objective(c)) {
        Optimum::At { value, .. } => Some(value),
        Optimum::Unbounded => None,
    }
}

fn ratio(n: i64, d: i64) -> BigRational {
    BigRational::new(n.into(), d.into())
}

#[test]
fn textbook_programs() {
    // Two rows meet at (8/5, 6/5).
    let p = program(&[0, 0], &[(&[-1, -2], -4), (&[-3, -1], -6)]);
    assert_eq!(best(&p, &[1, 1]), Some(ratio(14, 5)));
    assert_eq!(best(&p, &[-1, 0]), Some(ratio(0, 1)));
    // Bounds below zero, and an equality by two rows.
    let p = program(&[-5, -7], &[(&[1, 1], 3), (&[-1, -1], -3), (&[-1, 0], -1)]);
    assert_eq!(best(&p, &[2, 1]), Some(ratio(4, 1)));
    assert_eq!(best(&p, &[0, 1]), Some(ratio(8, 1)));
}

#[test]
fn unbounded_programs_have_a_ray() {
    let p = program(&[0, 0], &[(&[1, -1], -2)]);
    assert_eq!(best(&p, &[1, 1]), None);
    assert_eq!(best(&p, &[-1, 1]), Some(ratio(2, 1)));
    assert_eq!(best(&program(&[3], &[]), &[1]), None);
    assert_eq!(best(&program(&[3], &[]), &[-1]), Some(ratio(-3, 1)));
}

#[test]
fn infeasible_programs_are_refuted() {
    for p in [
        program(&[0, 0], &[(&[-1, -1], 1)]),
        program(&[0, 0], &[(&[1, 1], 5), (&[-1, 0], -2), (&[0, -1], -2)]),
        program(&[], &[(&[], 1)]),
        // Over the fractions there is a point, off by the least: 2x >= 1 and 3x <= 1.
        program(&[0], &[(&[2], 1), (&[-3], -1)]),
    ] {
        let Err(proof) = Solver::new(&p) else { panic!("it has no point") };
        assert!(proof.refute(&p));
        // A proof of this is no proof of anything weaker.
        let mut weaker = p.clone();
        weaker.rows.iter_mut().for_each(|r| r.at_least -= 10);
        assert!(!proof.refute(&weaker));
        let mut negative = proof.clone();
        negative.rows[0] = -ratio(1, 1);
        assert!(!negative.refute(&p));
    }
    assert!(Solver::new(&program(&[], &[(&[], 0)])).is_ok());
}

/// Beale's program, on which the simplex method without Bland's rule goes round for ever.
#[test]
fn degenerate_programs_end() {
    let p = program(&[0; 4], &[(&[-25, 6000, 4, -900], 0), (&[-50, 9000, 2, -300], 0), (&[0, 0, -1, 0], -1)]);
    assert_eq!(best(&p, &[75, -15000, 2, -600]), Some(ratio(5, 1)));
    // Ten rows through one vertex.
    let rows: Vec<(Vec<i64>, i64)> = (1..=10).map(|k| (vec![-k, -(11 - k), -5], 0)).collect();
    let rows: Vec<(&[i64], i64)> = rows.iter().map(|(c, b)| (c.as_slice(), *b)).collect();
    let p = program(&[0; 3], &rows);
    assert_eq!(best(&p, &[1, 2, 3]), Some(ratio(0, 1)));
}

/// All corners of a program in few variables: every choice of as many constraints as variables, solved as equalities.
fn corners(p: &Program) -> Vec<Vec<BigRational>> {
    let n = p.lower.len();
    let mut all: Vec<(Vec<BigRational>, BigRational)> = Vec::new();
    for (j, l) in p.lower.iter().enumerate() {
        let mut c = vec![BigRational::zero(); n];
        c[j] = BigRational::one();
        all.push((c, l.clone().into()));
    }
    for row in &p.rows {
        let mut c = vec![BigRational::zero(); n];
        row.coefficients.iter().for_each(|(j, v)| c[*j] = v.clone().into());
        all.push((c, row.at_least.clone().into()));
    }
    let mut out = Vec::new();
    for choice in 0u32..1 << all.len() {
        if choice.count_ones() as usize != n {
            continue;
        }
        let picked = all.iter().enumerate().filter(|(i, _)| choice >> i & 1 == 1).map(|(_, c)| c.clone());
        if let Some(x) = gauss(picked.collect())
            && p.holds(&x)
        {
            out.push(x);
        }
    }
    out
}

fn gauss(mut rows: Vec<(Vec<BigRational>, BigRational)>) -> Option<Vec<BigRational>> {
    let n = rows.len();
    for j in 0..n {
        let at = (j..n).find(|i| !rows[*i].0[j].is_zero())?;
        rows.swap(j, at);
        let pivot = rows[j].clone();
        for (i, row) in rows.iter_mut().enumerate() {
            if i != j && !row.0[j].is_zero() {
                let f = &row.0[j] / &pivot.0[j];
                for (a, b) in row.0.iter_mut().zip(&pivot.0) {
                    *a -= &f * b;
                }
                row.1 -= &f * &pivot.1;
            }
        }
    }
    Some((0..n).map(|j| &rows[j].1 / &rows[j].0[j]).collect())
}

/// With a lower bound for each variable a program has a corner if it has a point, and its optimum is at a corner.
#[test]
fn random_programs_agree_with_all_their_corners() {
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(1);
    let (mut empty, mut unbounded, mut reached) = (0, 0, 0);
    for _ in 0..1500 {
        let n = rng.gen_range(1..=3);
        let m = rng.gen_range(0..=6);
        let lower: Vec<i64> = (0..n).map(|_| rng.gen_range(-4..4)).collect();
        let rows: Vec<(Vec<i64>, i64)> = (0..m)
            .map(|_| ((0..n).map(|_| rng.gen_range(-3..=3)).collect(), rng.gen_range(-9..=6)))
            .collect();
        let rows: Vec<(&[i64], i64)> = rows.iter().map(|(c, b)| (c.as_slice(), *b)).collect();
        let p = program(&lower, &rows);
        let corners = corners(&p);
        let Ok(mut solver) = Solver::new(&p) else {
            assert!(corners.is_empty());
            empty += 1;
            continue;
        };
        assert!(!corners.is_empty());
        for _ in 0..3 {
            let c = objective(&(0..n).map(|_| rng.gen_range(-5..=5)).collect::<Vec<i64>>());
            let value = |x: &Vec<BigRational>| c.iter().fold(BigRational::zero(), |s, (j, c)| s + &x[*j] * c);
            match solver.maximise(&c) {
                Optimum::At { value: found, .. } => {
                    assert_eq!(Some(found), corners.iter().map(value).max());
                    reached += 1;
                }
                Optimum::Unbounded => unbounded += 1,
            }
        }
    }
    assert!(empty > 200 && unbounded > 200 && reached > 800, "{empty} {unbounded} {reached}");
}
