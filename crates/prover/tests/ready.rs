//! A ready key is used only under a digest that somebody pinned, and is then the key that it was made of.

mod common;
use common::{bundle, check, proving_key, story, task};
use mandate_prover::{Prover, ReadyError, made_of, ready_file};
use mandate_statement::Digest;
use rand::{Rng, SeedableRng};

const HEADER: usize = 102;

fn file() -> (Vec<u8>, Digest) {
    let (key, relation) = proving_key();
    let (file, digest) = ready_file(&key, &relation).expect("the key of this relation");
    assert_eq!(made_of(&file), Some(key.digest()), "it names the file it was made of");
    assert_eq!(key.digest().0, key.to_bytes()[36..68], "which is what that file's header says");
    let (again, _) = ready_file(&key, &relation).expect("once more");
    assert!(again == file, "the same key, the same bytes");
    (file, digest)
}

/// The digest in the header, made right again after a change: what an attacker who can write the file does first.
fn sealed(mut file: Vec<u8>) -> (Vec<u8>, Digest) {
    let length = (file.len() - HEADER) as u64;
    file[62..70].copy_from_slice(&length.to_le_bytes());
    let mut hasher = blake3::Hasher::new();
    hasher.update(&file[..70]).update(&file[HEADER..]);
    let digest = Digest(*hasher.finalize().as_bytes());
    file[70..HEADER].copy_from_slice(&digest.0);
    (file, digest)
}

#[test]
fn a_pinned_file_proves_and_any_other_is_refused() {
    let (file, digest) = file();
    let prover = Prover::from_ready(&file, &[digest]).expect("it was pinned");
    assert!(prover.key().is_vouched_for());
    let made = prover.prove(&task(story(), bundle().context)).expect("a lawful book");
    check(&made).expect("it verifies under the key of the other file");

    // The key of the tests' seed is nobody's: without a pin, or under another's, it is refused.
    for pins in [vec![], vec![Digest([7; 32])]] {
        let refused = Prover::from_ready(&file, &pins);
        assert!(matches!(refused, Err(ReadyError::NotPinned(d)) if d == digest));
    }
    // One bit anywhere: refused under the pin, whether the header was made right again or not.
    let mut rng = rand_chacha::ChaCha20Rng::from_seed([5; 32]);
    let some: Vec<usize> = (0..40).map(|_| rng.gen_range(HEADER..file.len())).collect();
    for place in (0..HEADER).chain(some) {
        let mut bad = file.clone();
        bad[place] ^= 1 << rng.gen_range(0..8);
        for bad in [bad.clone(), sealed(bad).0] {
            if bad == file {
                continue; // length and digest were put right again
            }
            assert!(Prover::from_ready(&bad, &[digest]).is_err(), "byte {place}");
        }
    }
}

/// Even a file that somebody pinned by mistake is an error and no panic, wherever it ends and whatever its counts say.
#[test]
fn a_pinned_file_of_nonsense_is_an_error() {
    let (file, _) = file();
    let mut rng = rand_chacha::ChaCha20Rng::from_seed([6; 32]);
    for _ in 0..30 {
        let (cut, digest) = sealed(file[..rng.gen_range(HEADER..file.len())].to_vec());
        assert!(Prover::from_ready(&cut, &[digest]).is_err());
    }
    // The counts at the beginning of the body, and any word of the matrices at its end.
    let counts = HEADER + 64 + 3 * 128;
    let places =
        [counts, counts + 4].into_iter().chain((0..40).map(|_| file.len() - 4 * rng.gen_range(1..2000)));
    for place in places {
        let mut bad = file.clone();
        bad[place..place + 4].copy_from_slice(&u32::MAX.to_le_bytes());
        let (bad, digest) = sealed(bad);
        assert!(Prover::from_ready(&bad, &[digest]).is_err(), "word at {place}");
    }
    assert!(Prover::from_ready(&[], &[]).is_err());
    assert!(made_of(&file[..69]).is_none() && made_of(&[0; 200]).is_none());
}
