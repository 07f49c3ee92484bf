//! A list written by several threads in stripes: each has every line's own eight neighbours.
#![allow(unsafe_code, reason = "disjoint parts of a list that no slice describes")]

use ark_bn254::Fr;
use std::marker::PhantomData;

/// The values `8 * index` to `8 * index + 7` of every line. Of one list, every index is handed out once.
pub(crate) struct Block<'a> {
    list: *mut Fr,
    lines: usize,
    length: usize,
    index: usize,
    of: PhantomData<&'a mut [Fr]>,
}

// SAFETY: a block stands for exclusive access to its own values, as a `&mut` to each of them would; `Fr` is `Send`.
unsafe impl Send for Block<'_> {}

/// All blocks of `list`, whose lines have `length` values.
///
/// # Panics
/// Unless lines are of eights, and the list of lines.
pub(crate) fn blocks(list: &mut [Fr], length: usize) -> Vec<Block<'_>> {
    assert!(length.is_multiple_of(8) && list.len().is_multiple_of(length), "lines of eights");
    let (lines, list) = (list.len() / length, list.as_mut_ptr());
    (0..length / 8).map(|index| Block { list, lines, length, index, of: PhantomData }).collect()
}

impl Block<'_> {
    /// Which.
    pub(crate) const fn index(&self) -> usize {
        self.index
    }
    /// Writes it, line by line.
    ///
    /// # Panics
    /// Where there are other than as many lines as the list has.
    pub(crate) fn put(&mut self, lines: &[[Fr; 8]]) {
        assert_eq!(lines.len(), self.lines, "a line for every line");
        for (i, line) in lines.iter().enumerate() {
            // SAFETY: line `i` of the list has `length` values from `i * length` on, and `8 * index + 8 <= length`; no other block has these
            // eight, and the list is borrowed for as long as the blocks live.
            unsafe {
                let to = self.list.add(i * self.length + 8 * self.index);
                std::ptr::copy_nonoverlapping(line.as_ptr(), to, 8);
            }
        }
    }
}
