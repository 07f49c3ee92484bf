//! Sizes of the default shapes.
use mandate_circuits::r1cs::relation;
use mandate_statement::SHAPES;
use std::collections::BTreeMap;

#[test]
fn sizes() {
    for shape in &SHAPES {
        let t = std::time::Instant::now();
        let r = relation(shape);
        let nnz: usize = r.matrices.iter().flatten().map(Vec::len).sum();
        println!(
            "{} constraints {} inputs {} witnesses {} points {} log2 {:.3} nnz {} {:?}",
            shape.name,
            r.constraints(),
            r.inputs,
            r.witnesses,
            r.domain_points(),
            (r.domain_points() as f64).log2(),
            nnz,
            t.elapsed()
        );
        let mut by = BTreeMap::new();
        for id in &r.ids {
            *by.entry(id.name()).or_insert(0usize) += 1;
        }
        println!("  {by:?}");
    }
}
