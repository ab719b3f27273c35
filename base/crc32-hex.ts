/** Short digests of what is not secret. */

/** A CRC-32, in 8 hexadecimal digits. */
export const crc32Hex = (sum: number): string => sum.toString(16).padStart(8, '0');
