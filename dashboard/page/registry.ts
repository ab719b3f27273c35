/** Every page by its path: a new one is a file in `pages/` and a line here. */
import type { Page } from './view.ts';

export interface PageEntry {
  readonly path: string;
  readonly title: string;
  /** Path of the entry in the navigation that is marked while this page is shown. */
  readonly under: string;
  readonly load: () => Promise<{ readonly page: Page }>;
}

export const pages: readonly PageEntry[] = [
  { path: '/studies', title: 'Studies', under: '/studies', load: () => import('./pages/studies.ts') },
  { path: '/study', title: 'Study', under: '/studies', load: () => import('./pages/study.ts') },
  { path: '/compare', title: 'Compare studies', under: '/studies', load: () => import('./pages/compare.ts') },
  { path: '/runs', title: 'Runs', under: '/runs', load: () => import('./pages/runs.ts') },
  { path: '/errors', title: 'Wrong images', under: '/runs', load: () => import('./pages/errors.ts') },
  { path: '/leaderboard', title: 'Leaderboard', under: '/leaderboard', load: () => import('./pages/leaderboard.ts') },
  { path: '/experiments', title: 'Experiments', under: '/experiments', load: () => import('./pages/experiments.ts') },
  { path: '/data', title: 'Data', under: '/data', load: () => import('./pages/data.ts') },
  { path: '/draw', title: 'Draw', under: '/draw', load: () => import('./pages/draw.ts') },
  { path: '/geometry', title: 'Geometry', under: '/geometry', load: () => import('./pages/geometry.ts') },
];
