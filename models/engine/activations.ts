/** Activations without weights, except ReLU, which has its own kernels. */
export const activationNames = ['relu6', 'leakyRelu', 'sigmoid', 'tanh', 'swish', 'gelu'] as const;

/** `gelu` is x Φ(x) with Φ the standard normal distribution, and `swish` is x · sigmoid(x). */
export type ActivationName = (typeof activationNames)[number];
