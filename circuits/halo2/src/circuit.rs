//! The circuit as the proof system sees it.

use crate::gates::{Cells, gates};
use crate::layout::{Cell, Layout};
use crate::sizes::{RESERVED, Sizes};
use crate::witness::Witness;
use ff::Field;
use halo2_proofs::circuit::{Layouter, Region, SimpleFloorPlanner, Value};
use halo2_proofs::plonk::{
    Advice, Circuit, Column, ConstraintSystem, Error, Expression, Fixed, Instance, TableColumn, VirtualCells,
};
use halo2_proofs::poly::Rotation;
use mandate_statement::SHAPES;
use pasta_curves::Fp;

/// A layout and, for a proof, its witness. The parameter is the position of its shape in [`SHAPES`]: columns are a matter of
/// the type.
#[derive(Clone, Copy)]
pub struct SheetCircuit<'a, const SHAPE: usize> {
    layout: &'a Layout,
    witness: Option<&'a Witness>,
}

impl<'a, const SHAPE: usize> SheetCircuit<'a, SHAPE> {
    /// For a key, without a witness, or for a proof, with one.
    ///
    /// # Panics
    /// If the layout is of another shape.
    pub fn new(layout: &'a Layout, witness: Option<&'a Witness>) -> Self {
        assert_eq!(layout.shape().name, SHAPES[SHAPE].name, "the layout's shape");
        Self { layout, witness }
    }
}

/// The columns.
#[derive(Clone, Debug)]
pub struct Columns {
    sizes: Sizes,
    advice: Vec<Column<Advice>>,
    fixed: Vec<Column<Fixed>>,
    instance: Column<Instance>,
    bytes: TableColumn,
}

struct Queries<'a, 'b> {
    columns: &'a Columns,
    cells: &'a mut VirtualCells<'b, Fp>,
}

impl Cells<Expression<Fp>> for Queries<'_, '_> {
    fn advice(&mut self, column: usize, rotation: i32) -> Expression<Fp> {
        self.cells.query_advice(self.columns.advice[column], Rotation(rotation))
    }
    fn fixed(&mut self, column: usize) -> Expression<Fp> {
        self.cells.query_fixed(self.columns.fixed[column])
    }
}

impl<const SHAPE: usize> Circuit<Fp> for SheetCircuit<'_, SHAPE> {
    type Config = Columns;
    type FloorPlanner = SimpleFloorPlanner;

    fn without_witnesses(&self) -> Self {
        Self { layout: self.layout, witness: None }
    }

    fn configure(meta: &mut ConstraintSystem<Fp>) -> Columns {
        let sizes = Sizes::of(&SHAPES[SHAPE]);
        let columns = Columns {
            sizes,
            advice: (0..sizes.advice()).map(|_| meta.advice_column()).collect(),
            fixed: (0..sizes.fixed()).map(|_| meta.fixed_column()).collect(),
            instance: meta.instance_column(),
            bytes: meta.lookup_table_column(),
        };
        meta.enable_equality(columns.instance);
        for column in sizes.copied() {
            meta.enable_equality(columns.advice[column]);
        }
        meta.create_gate("mandate", |cells| gates(&sizes, &mut Queries { columns: &columns, cells }));
        for column in sizes.looked_up() {
            meta.lookup(|cells| {
                vec![(cells.query_advice(columns.advice[column], Rotation::cur()), columns.bytes)]
            });
        }
        // Gates have degree four at most. Five costs no larger domain, and lets each product of the permutation argument
        // take three columns.
        meta.set_minimum_degree(5);
        assert_eq!(meta.degree(), 5, "the quotient's domain is four times as long as the columns");
        assert_eq!(meta.blinding_factors() + 1, RESERVED, "reserved rows");
        columns
    }

    fn synthesize(&self, columns: Columns, mut layouter: impl Layouter<Fp>) -> Result<(), Error> {
        layouter.assign_table(
            || "bytes",
            |mut table| {
                (0..256usize).try_for_each(|byte| {
                    let value = Value::known(Fp::from(byte as u64));
                    table.assign_cell(|| "byte", columns.bytes, byte, || value)
                })
            },
        )?;
        layouter.assign_region(|| "sheet", |mut region| self.assign(&columns, &mut region))
    }
}

impl<const SHAPE: usize> SheetCircuit<'_, SHAPE> {
    fn assign(&self, columns: &Columns, region: &mut Region<'_, Fp>) -> Result<(), Error> {
        for (column, values) in columns.fixed.iter().zip(&self.layout.fixed) {
            for (row, value) in values.iter().enumerate().filter(|(_, v)| **v != Fp::ZERO) {
                region.assign_fixed(|| "sheet", *column, row, || Value::known(*value))?;
            }
        }
        if let Some(witness) = self.witness {
            for (column, values) in columns.advice.iter().zip(&witness.columns) {
                for (row, value) in values.iter().enumerate() {
                    region.assign_advice(|| "witness", *column, row, || Value::known(*value))?;
                }
            }
        }
        for (left, right) in &self.layout.copies {
            self.copy(columns, region, *left, *right)?;
        }
        Ok(())
    }

    fn copy(
        &self,
        columns: &Columns,
        region: &mut Region<'_, Fp>,
        left: Cell,
        right: Cell,
    ) -> Result<(), Error> {
        let value = |column: usize, row: usize| match self.witness {
            Some(witness) => Value::known(witness.columns[column][row]),
            None => Value::unknown(),
        };
        let Cell::Advice(column, row) = right else { return Err(Error::Synthesis) };
        match left {
            Cell::Advice(from, at) => {
                let to =
                    region.assign_advice(|| "copy", columns.advice[column], row, || value(column, row))?;
                let from = region.assign_advice(|| "home", columns.advice[from], at, || value(from, at))?;
                region.constrain_equal(from.cell(), to.cell())
            }
            Cell::Instance(i) => {
                let to = columns.advice[column];
                region.assign_advice_from_instance(|| "input", columns.instance, i, to, row).map(|_| ())
            }
        }
    }
}

impl Columns {
    /// The columns' sizes.
    pub const fn sizes(&self) -> &Sizes {
        &self.sizes
    }
}
