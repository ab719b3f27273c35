/** Fields of which the schemas of records are made. */
import { z } from 'zod';

export const text = z.string('a text');
export const number = z.number('a number');
export const count = z.int('a whole number').min(0, 'at least 0');
