/** What a pass through a network is for. */
export type Mode = 'train' | 'measure' | 'evaluate';
