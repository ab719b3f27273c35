/**
 * Softmax and cross-entropy. exp and log come from this module, not from the host, so the bits are the same everywhere.
 */
import { FLOAT } from './simd';

/** Softmax in place: each row of logits z becomes exp(z − max z) / Σ. Rows are `row` bytes apart. */
export function softmax(logits: usize, row: usize, rows: i32, classes: i32): void {
  for (let i = 0; i < rows; i++) {
    const sum = exponentials(logits, classes);
    const scale: f32 = 1 / sum;
    for (let j = 0; j < classes; j++) {
      const at = logits + <usize>j * FLOAT;
      store<f32>(at, load<f32>(at) * scale);
    }
    logits += row;
  }
}

/**
 * Replaces logits by the gradient (probability − [class = label]) · `weight`. `weight` is 1 / B.
 * @returns Σ over rows of −log probability(label), in nats
 */
export function softmaxCrossEntropy(
  logits: usize, row: usize, labels: usize, rows: i32, classes: i32, weight: f32,
): f64 {
  let loss: f64 = 0;
  for (let i = 0; i < rows; i++) {
    const label = logits + <usize>load<u16>(labels) * FLOAT;
    const raw = load<f32>(label);
    const largest = maximum(logits, classes);
    const sum = exponentials(logits, classes);
    loss += <f64>(Mathf.log(sum) - (raw - largest));
    const scale: f32 = weight / sum;
    for (let j = 0; j < classes; j++) {
      const at = logits + <usize>j * FLOAT;
      store<f32>(at, load<f32>(at) * scale);
    }
    store<f32>(label, load<f32>(label) - weight);
    logits += row;
    labels += 2;
  }
  return loss;
}

/**
 * Like softmaxCrossEntropy, for soft labels `targets` f32[rows][classes] whose rows sum to 1. Replaces logits by the
 * gradient (probability − target) · `weight`.
 * @returns Σ over rows of −Σ target · log probability, in nats
 */
export function softmaxCrossEntropySoft(
  logits: usize, row: usize, targets: usize, rows: i32, classes: i32, weight: f32,
): f64 {
  let loss: f64 = 0;
  for (let i = 0; i < rows; i++) {
    const largest = maximum(logits, classes);
    // Σ target · (max − logit), before the logits are overwritten.
    let margin: f64 = 0, total: f64 = 0;
    for (let j = 0; j < classes; j++) {
      const target = load<f32>(targets + <usize>j * FLOAT);
      margin += <f64>target * <f64>(largest - load<f32>(logits + <usize>j * FLOAT));
      total += <f64>target;
    }
    const sum = exponentials(logits, classes);
    loss += margin + total * <f64>Mathf.log(sum);
    const scale: f32 = weight / sum;
    for (let j = 0; j < classes; j++) {
      const at = logits + <usize>j * FLOAT;
      store<f32>(at, load<f32>(at) * scale - load<f32>(targets) * weight);
      targets += FLOAT;
    }
    logits += row;
  }
  return loss;
}

@inline
function maximum(values: usize, count: i32): f32 {
  let largest = load<f32>(values);
  for (let j = 1; j < count; j++) largest = max(largest, load<f32>(values + <usize>j * FLOAT));
  return largest;
}

/** values ← exp(values − max). @returns their sum */
function exponentials(values: usize, count: i32): f32 {
  const largest = maximum(values, count);
  let sum: f32 = 0;
  for (let j = 0; j < count; j++) {
    const at = values + <usize>j * FLOAT;
    const e = Mathf.exp(load<f32>(at) - largest);
    sum += e;
    store<f32>(at, e);
  }
  return sum;
}
