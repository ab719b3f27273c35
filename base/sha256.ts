/** The digest that identifies contents of files. */
import { createHash } from 'node:crypto';

/** SHA-256, in 64 hexadecimal digits. */
export const sha256 = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex');
