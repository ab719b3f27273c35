/** The mode of a forward pass. */
export type Mode = 'train' | 'measure' | 'evaluate';
