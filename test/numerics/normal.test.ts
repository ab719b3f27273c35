import test from 'ava';
import {
  erf,
  logNormalCdf,
  logNormalMass,
  normalCdf,
  normalQuantile,
  truncatedNormalQuantile,
} from '../../numerics/normal.ts';

/** Relative. The last digits are lost in exp(−x²/2), whose argument is rounded. */
const tolerance = 1e-12;

function isClose(actual: number, expected: number): boolean {
  return Math.abs(actual - expected) <= tolerance * Math.abs(expected);
}

test('the normal distribution has its known values, tails included', (t) => {
  // Computed with 50 digits (mpmath).
  const cdf = [
    [-37, 5.725571222524577e-300],
    [-10, 7.6198530241605e-24],
    [-3, 0.0013498980316300946],
    [-1, 0.15865525393145705],
    [-0.3, 0.3820885778110474],
    [0, 0.5],
    [0.66, 0.745373085328664],
    [2, 0.9772498680518208],
  ];
  for (const [x, expected] of cdf) {
    t.true(isClose(normalCdf(x), expected), `Φ(${x})`);
    t.true(isClose(logNormalCdf(x), Math.log(expected)), `log Φ(${x})`);
  }
  t.true(isClose(logNormalCdf(-100), -5005.524208694205));
  t.true(isClose(erf(0.4), 0.42839235504666845));
  t.true(isClose(erf(-2.5), -0.999593047982555));
});

test('the mass between two points keeps its digits in the tails', (t) => {
  t.true(isClose(logNormalMass(-40, -39.5), -784.7208791066238));
  t.true(isClose(logNormalMass(30, 31), -454.32124395634315));
  t.true(isClose(logNormalMass(-1, 2), -0.20016629432446262));
  t.is(logNormalMass(-3, -2), logNormalMass(2, 3));
});

test('a cell far narrower than its distance still has a mass', (t) => {
  t.true(Math.abs(logNormalMass(1, 1 + 1e-12) - (Math.log(1e-12) - 0.5 - Math.log(2 * Math.PI) / 2)) < 1e-3);
});

test('the quantile is the inverse of the distribution', (t) => {
  t.true(isClose(normalQuantile(0.975), 1.959963984540054));
  for (const p of [1e-300, 1e-100, 1e-20, 1e-9, 0.01, 0.3, 0.5, 0.7, 0.999]) {
    t.true(isClose(normalCdf(normalQuantile(p)), p), `p = ${p}`);
  }
});

test('the truncated quantile runs from end to end and splits the mass in proportion', (t) => {
  const [a, b] = [-0.25, 40];
  t.true(Math.abs(truncatedNormalQuantile(0, a, b) - a) < tolerance);
  for (const u of [1e-9, 0.1, 0.5, 0.9, 0.999999]) {
    const x = truncatedNormalQuantile(u, a, b);
    t.true(Math.abs(Math.exp(logNormalMass(a, x) - logNormalMass(a, b)) - u) < tolerance, `u = ${u}`);
  }
});
