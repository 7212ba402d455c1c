//! Linear equations over counts, solved exactly.

use std::collections::BTreeMap;
use std::ops::{Div, Mul, Sub};

/// A fraction in lowest terms, with a positive denominator. Overflow panics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fraction(i128, i128);

impl Fraction {
    pub(super) const ZERO: Self = Self(0, 1);
    pub(super) const ONE: Self = Self(1, 1);

    fn new(above: i128, below: i128) -> Self {
        let (mut a, mut b) = (above.unsigned_abs(), below.unsigned_abs());
        while b > 0 {
            (a, b) = (b, a % b);
        }
        let common = a as i128 * below.signum();
        Self(above / common, below / common)
    }
}

impl From<u64> for Fraction {
    fn from(whole: u64) -> Self {
        Self(whole.into(), 1)
    }
}

impl Sub for Fraction {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        let above = self.0.checked_mul(other.1).unwrap() - other.0.checked_mul(self.1).unwrap();
        Self::new(above, self.1.checked_mul(other.1).unwrap())
    }
}

impl Mul for Fraction {
    type Output = Self;

    fn mul(self, other: Self) -> Self {
        Self::new(self.0.checked_mul(other.0).unwrap(), self.1.checked_mul(other.1).unwrap())
    }
}

impl Div for Fraction {
    type Output = Self;

    fn div(self, other: Self) -> Self {
        Self::new(self.0.checked_mul(other.1).unwrap(), self.1.checked_mul(other.0).unwrap())
    }
}

/// A sum of unknowns, each with its factor, and what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Equation {
    pub(super) factors: BTreeMap<usize, Fraction>,
    pub(super) sum: Fraction,
}

impl Equation {
    /// That these unknowns are so many together.
    pub(super) fn of(unknowns: impl IntoIterator<Item = usize>, sum: u64) -> Self {
        let factors = unknowns.into_iter().map(|unknown| (unknown, Fraction::ONE)).collect();
        Self { factors, sum: sum.into() }
    }

    /// Takes another one away, so often that `unknown` is in it no longer.
    fn without(&mut self, unknown: usize, other: &Self) {
        let Some(factor) = self.factors.get(&unknown).copied() else { return };
        for (i, of_other) in &other.factors {
            let left = self.factors.get(i).copied().unwrap_or(Fraction::ZERO) - factor * *of_other;
            if left == Fraction::ZERO {
                self.factors.remove(i);
            } else {
                self.factors.insert(*i, left);
            }
        }
        self.sum = self.sum - factor * other.sum;
    }
}

/// Brings equations into the reduced row echelon form: what they say, with as few unknowns in
/// each as can be. Two equations have the same first unknown only if one of them is empty.
pub(super) fn reduced(equations: impl IntoIterator<Item = Equation>) -> Vec<Equation> {
    let mut basis: BTreeMap<usize, Equation> = BTreeMap::new();
    for mut equation in equations {
        for (first, other) in &basis {
            equation.without(*first, other);
        }
        let Some((first, factor)) = equation.factors.iter().next().map(|(i, f)| (*i, *f)) else {
            assert_eq!(equation.sum, Fraction::ZERO, "the figures contradict each other");
            continue;
        };
        equation.factors.values_mut().for_each(|f| *f = *f / factor);
        equation.sum = equation.sum / factor;
        for other in basis.values_mut() {
            other.without(first, &equation);
        }
        basis.insert(first, equation);
    }
    basis.into_values().collect()
}

#[test]
fn equations_say_what_they_say() {
    // a + b = 7, b + c = 5, a + c = 4, and once more a + b + c = 8.
    let given = [
        Equation::of([0, 1], 7),
        Equation::of([1, 2], 5),
        Equation::of([0, 2], 4),
        Equation::of([0, 1, 2], 8),
    ];
    let solved = reduced(given.clone());
    let expected = [Equation::of([0], 3), Equation::of([1], 4), Equation::of([2], 1)];
    assert_eq!(solved, expected);
    let some = reduced(given[..2].to_vec());
    assert_eq!(some.len(), 2);
    assert_eq!(some[0].factors[&2], Fraction::ZERO - Fraction::ONE, "a - c = 2");
}
