//! What holds scalars cannot be printed or copied, and is wiped.

use mandate_arith::Scalars;

/// Fails to compile where a type has the trait: the constant below then has two meanings.
macro_rules! lacks {
    ($type:ty; $($one:path),+) => {$(
        const _: fn() = || {
            trait Lacks<A> {
                const SAID: () = ();
            }
            impl<T: ?Sized> Lacks<()> for T {}
            #[allow(dead_code)] // never made: it only stands for the second meaning
            struct Has;
            impl<T: ?Sized + $one> Lacks<Has> for T {}
            <$type as Lacks<_>>::SAID
        };
    )+};
}

lacks!(Scalars; std::fmt::Debug, std::fmt::Display, std::fmt::LowerHex, Clone);

const _: fn() = || {
    const fn on_drop<T: zeroize::ZeroizeOnDrop>() {}
    on_drop::<Scalars>();
};
