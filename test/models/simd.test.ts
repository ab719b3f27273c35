import test from 'ava';
import { createSimdNetwork } from '../../models/engine/simd.ts';
import { networkContract } from '../contracts/network.ts';

/** Single precision has 6e-8; sums over some thousand terms lose two digits of it. */
const tolerance = 1e-5;

networkContract(test, 'simd', createSimdNetwork, tolerance);
