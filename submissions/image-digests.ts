/** What a run keeps to recognise the images that its probabilities are of, without reading their pixels. */
import { sha256 } from '../base/sha256.ts';

export const digestOfIds = (ids: readonly string[]): string => sha256(JSON.stringify(ids));

export const digestOfLabels = ({ buffer, byteOffset, byteLength }: Uint16Array): string =>
  sha256(new Uint8Array(buffer, byteOffset, byteLength));
