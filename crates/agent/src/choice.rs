//! Which book is tried first.

use crate::world::{Book, Draw, Epochs, View};

/// In which order books are tried: the newest first. Where instants are drawn, the book that an instant asks for is the one
/// nearest after it, and the oldest epoch comes first: none need be missed. Books of no drawn epoch do not count.
pub(crate) fn order(books: &mut Vec<Book>, view: &View, last: Option<u64>) {
    let epoch = |b: &Book| view.epochs.of(b.as_of, last);
    if is_newest_first(view) {
        books.sort_by(|a, b| b.as_of.cmp(&a.as_of).then_with(|| a.name.cmp(&b.name)));
    } else {
        books.retain(|b| epoch(b).is_some());
        books.sort_by(|a, b| (epoch(a), a.as_of, &a.name).cmp(&(epoch(b), b.as_of, &b.name)));
    }
}

/// Whether [`order`] puts the newest book first.
pub(crate) const fn is_newest_first(view: &View) -> bool {
    !matches!(view.epochs, Epochs::Drawn { .. })
}

/// What is lacking where no book can be tried at all.
pub(crate) fn nothing_fits(view: &View, last: Option<u64>) -> String {
    match (&view.epochs, view.epochs.oldest_draw(last)) {
        (Epochs::Drawn { window, .. }, Some(Draw { epoch, instant })) => {
            let latest = instant.saturating_add(*window);
            format!("no book is of epoch {epoch}, whose drawn instant is {instant}: from there to {latest}")
        }
        (Epochs::Drawn { .. }, None) => "no epoch after the record's has its instant drawn".to_owned(),
        _ => "no book is newer than the record".to_owned(),
    }
}
