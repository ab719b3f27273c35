/** Everything that the engine may call, in one module. */
export * from './input';
export * from './convolution';
export * from './pooling';
export * from './matrix';
export * from './loss';
