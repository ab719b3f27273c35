/** The dashboard: a server for this machine and its page. */
export { serveDashboard } from './server/listen.ts';
export { exportedPage } from './exported-page.ts';
export { newToken } from './server/token.ts';
