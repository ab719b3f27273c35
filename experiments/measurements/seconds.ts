/** CPU time of this thread in seconds if Node can measure it (from 23.9 on), else wall time. Only differences count. */
export function secondsNow(): number {
  const usage = (process as Partial<Pick<NodeJS.Process, 'threadCpuUsage'>>).threadCpuUsage?.();
  return usage ? (usage.user + usage.system) / 1e6 : performance.now() / 1000;
}
