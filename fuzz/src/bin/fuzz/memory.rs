//! The fuzzer's memory: a request that no honest input of these sizes makes ends the process, which libFuzzer reports as a
//! finding. libFuzzer's own `-malloc_limit_mb` counts only under a sanitizer, which the stable toolchain has not.

use std::alloc::{GlobalAlloc, Layout, System};

/// Largest single request, in bytes. Inputs are at most 16 KiB, for which the file reader gives at most 1 MiB; the largest
/// honest request is the weights of a risk part on `l4096`, 4,096 slots of 32 columns of eight bytes: 1 MiB.
const MOST: usize = 16 << 20;

struct Bounded;

#[global_allocator]
static MEMORY: Bounded = Bounded;

#[allow(clippy::print_stderr)] // read by people, beside the finding
fn bounded(bytes: usize) {
    if bytes > MOST {
        eprintln!("fuzz: one request of {bytes} bytes of memory; at most {MOST} are lawful");
        std::process::abort();
    }
}

// SAFETY: every call is handed to the system's allocator as it came, or the process ends.
unsafe impl GlobalAlloc for Bounded {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        bounded(layout.size());
        // SAFETY: the caller's promises are those that `System` asks for.
        unsafe { System.alloc(layout) }
    }
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        bounded(layout.size());
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }
    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        bounded(size);
        // SAFETY: as above; all memory here comes from `System`.
        unsafe { System.realloc(at, layout, size) }
    }
    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(at, layout) }
    }
}
