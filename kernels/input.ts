/** Bytes to floats. */
import { FLOAT, QUAD } from './simd';

/**
 * Converts B images of H rows × `rowValues` bytes (W·C) to floats, value / 255, in rows `outputRow` bytes apart. Memory
 * between the rows (the zero halo of a 'same' convolution) is not written.
 */
export function spreadBytes(
  bytes: usize,
  output: usize,
  outputRow: usize,
  outputImage: usize,
  height: i32,
  rowValues: i32,
  images: i32,
): void {
  const scale: f32 = <f32>(1.0 / 255.0);
  const scales = f32x4.splat(scale);
  for (let n = 0; n < images; n++) {
    let row = output;
    for (let y = 0; y < height; y++) {
      let to = row;
      let x = 0;
      for (; x <= rowValues - 4; x += 4) {
        const quad = i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load_zero<u32>(bytes)));
        v128.store(to, f32x4.mul(f32x4.convert_i32x4_s(quad), scales));
        bytes += 4;
        to += QUAD;
      }
      for (; x < rowValues; x++) {
        store<f32>(to, <f32>load<u8>(bytes) * scale);
        bytes += 1;
        to += FLOAT;
      }
      row += outputRow;
    }
    output += outputImage;
  }
}

/** As `spreadBytes`, for pixels of C channels in which each byte has a value of its own: `table` f32 [C][256]. */
export function lookUpBytes(
  bytes: usize,
  output: usize,
  outputRow: usize,
  outputImage: usize,
  height: i32,
  rowValues: i32,
  images: i32,
  table: usize,
  channels: i32,
): void {
  const channel: usize = 256 * FLOAT, end = table + <usize>channels * channel;
  for (let n = 0; n < images; n++) {
    let row = output;
    for (let y = 0; y < height; y++) {
      let values = table;
      for (let to = row, behind = row + <usize>rowValues * FLOAT; to < behind; to += FLOAT) {
        store<f32>(to, load<f32>(values + <usize>load<u8>(bytes) * FLOAT));
        bytes += 1;
        values += channel;
        if (values == end) values = table;
      }
      row += outputRow;
    }
    output += outputImage;
  }
}
