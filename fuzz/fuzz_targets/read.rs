//! Any bytes give a reading whose spans lie within them.
#![no_main]

use blockholder::reading::read::read;
use blockholder::terms::span::{Field, Span};
use libfuzzer_sys::fuzz_target;

fn within<T>(field: &Field<T>, bytes: &[u8]) {
    if let Some(span) = field.span() {
        assert!(span.cut(bytes).is_some(), "{span:?} of {}", bytes.len());
    }
}

fuzz_target!(|bytes: &[u8]| {
    let reading = read(bytes);
    let troubles = reading.troubles.iter().filter_map(|trouble| trouble.span);
    let items = reading.items.iter().map(|item| item.span);
    for span in troubles.chain(items).collect::<Vec<Span>>() {
        assert!(span.cut(bytes).is_some(), "{span:?} of {}", bytes.len());
    }
    within(&reading.form, bytes);
    within(&reading.event_date, bytes);
    within(&reading.issuer.name, bytes);
    for holder in &reading.holders {
        within(&holder.name, bytes);
        within(&holder.percent, bytes);
        for amount in [
            &holder.sole_voting,
            &holder.shared_voting,
            &holder.sole_dispositive,
            &holder.shared_dispositive,
            &holder.aggregate,
        ] {
            within(amount, bytes);
        }
    }
});
