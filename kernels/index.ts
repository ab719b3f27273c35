/** All kernels of the engine, in one module. */
export * from './input';
export * from './convolution';
export * from './winograd';
export * from './patch-gram';
export * from './first-convolution';
export * from './pooling';
export * from './im2col';
export * from './batch-norm';
export * from './layer-norm';
export * from './windows';
export * from './elementwise';
export * from './activation';
export * from './depthwise';
export * from './product';
export * from './dropout';
export * from './matrix';
export * from './loss';
