/** The activations without weights, besides ReLU, which has kernels of its own. */
export const activationNames = ['relu6', 'leakyRelu', 'sigmoid', 'tanh', 'swish', 'gelu'] as const;

/** `gelu` is x Φ(x), with Φ the distribution of a standard normal, and `swish` x · sigmoid(x). */
export type ActivationName = (typeof activationNames)[number];
